//! One offer for every way to break a rule, and the worked examples, which break none.

use super::*;
use crate::read::from_value;
use serde_json::json;

fn request(lines: &[(&str, &str)], precision: u8) -> ThirdPartyLoyaltyOfferRequest {
    let items: Vec<Value> = lines
        .iter()
        .map(|(id, price)| {
            json!({"checkItemId": id, "product": {"productId": id}, "amount": 1, "totalPriceWithVat": price})
        })
        .collect();
    from_value(json!({
        "loyaltyOfferId": "offer", "checkId": "check", "deviceNumber": 1, "currencyCode": "CZK",
        "pricePrecision": precision, "merchantId": "m", "placeId": "p", "itemsToPay": items,
    }))
    .expect("a request")
}

/// The basket of protocol.md §10.12.
fn goulash_and_beer() -> ThirdPartyLoyaltyOfferRequest {
    request(&[("A", "230.00"), ("B", "170.00")], 2)
}

fn offer(mut members: Value) -> LoyaltyOfferResponse {
    if members["loyaltyOfferId"].is_null() {
        members["loyaltyOfferId"] = json!("offer");
    }
    from_value(members).expect("an offer")
}

fn discount(id: &str, value: impl Into<Value>) -> Value {
    let value: Value = value.into();
    json!({"sourceType": "generalDiscount", "appliedFromGeneralDiscountId": id, "appliedFromBalanceId": null, "absoluteTotalValue": value})
}

fn from_balance(id: &str, value: impl Into<Value>) -> Value {
    let value: Value = value.into();
    json!({"sourceType": "balance", "appliedFromGeneralDiscountId": null, "appliedFromBalanceId": id, "absoluteTotalValue": value})
}

fn item(id: &str, benefits: &[Value]) -> Value {
    json!({"checkItemId": id, "benefits": benefits})
}

fn promo(value: impl Into<Value>, is_item_specific: bool) -> Value {
    let value: Value = value.into();
    json!({"generalDiscountId": "promo", "isItemSpecific": is_item_specific, "valueToUse": value})
}

fn balance(r#type: &str, members: Value) -> Value {
    let mut balance = members;
    balance["balanceId"] = json!("balance");
    balance["type"] = json!(r#type);
    balance
}

#[test]
fn the_worked_examples_may_be_used() {
    let spv = json!({"currentValue": 150, "nonControllableValueToUse": 150, "valueToUseInCurrency": 150});
    for (case, basket, answer) in [
        (
            "10 %",
            goulash_and_beer(),
            json!({
                "generalDiscounts": [promo(40, true)],
                "itemBenefitsToApply": [item("A", &[discount("promo", 23)]), item("B", &[discount("promo", 17)])],
            }),
        ),
        (
            "10.00 over three lines",
            request(&[("1", "50"), ("2", "50"), ("3", "50")], 2),
            json!({
                "generalDiscounts": [promo(10, false)],
            }),
        ),
        (
            "SPV",
            goulash_and_beer(),
            json!({
                "balances": [balance("singlePurposePrepaidVoucher", spv.clone())],
                "itemBenefitsToApply": [item("A", &[from_balance("balance", 150)])],
            }),
        ),
        (
            "MPV",
            goulash_and_beer(),
            json!({"balances": [balance("multiPurposePrepaidVoucher", spv.clone())]}),
        ),
        (
            "credit",
            goulash_and_beer(),
            json!({"balances": [balance("prepaidCredit", json!({
                "currentValue": 900, "controllableValueToUse": 300, "valueToUseInCurrency": 300,
            }))]}),
        ),
        (
            "points",
            goulash_and_beer(),
            json!({
                "balances": [balance("collectablePoints", json!({
                    "currentValue": 100, "controllableValueToUse": 100, "valueToUseInCurrency": 50,
                }))],
                "itemBenefitsToApply": [
                    item("A", &[from_balance("balance", 28.75)]), item("B", &[from_balance("balance", 21.25)]),
                ],
            }),
        ),
        (
            "credit top-up beside a coffee",
            request(&[("coffee", "60")], 2),
            json!({"balances": [
                balance("prepaidCredit", json!({"controllableValueToUse": 0, "prepayment": {"value": 500}})),
            ]}),
        ),
        (
            "credit and voucher by their worth alone",
            goulash_and_beer(),
            json!({
                "balances": [
                    balance("singlePurposePrepaidVoucher", json!({"currentValue": 150, "valueToUseInCurrency": 150})),
                    {"balanceId": "credit", "type": "prepaidCredit", "currentValue": 100, "valueToUseInCurrency": 100},
                ],
                "itemBenefitsToApply": [item("A", &[from_balance("balance", 150)])],
            }),
        ),
        (
            "bonus money: points in the currency, with decimals",
            goulash_and_beer(),
            json!({
                "balances": [balance("collectablePoints", json!({
                    "unit": "CZK", "currentValue": 12.35, "controllableValueToUse": 12.35, "valueToUseInCurrency": 12.35,
                }))],
                "itemBenefitsToApply": [item("A", &[from_balance("balance", 12.35)])],
            }),
        ),
        (
            "a top-up beside a voucher that pays for the coffee",
            request(&[("coffee", "60")], 2),
            json!({"balances": [
                balance("prepaidCredit", json!({"prepayment": {"value": 500}})),
                {"balanceId": "voucher", "type": "multiPurposePrepaidVoucher", "nonControllableValueToUse": 60},
            ]}),
        ),
        ("cup returned", request(&[("cup", "-50")], 2), json!({"posMessages": ["50 credited"]})),
    ] {
        assert_eq!(validate(&basket, &offer(answer)), [], "{case}");
    }
}

#[test]
fn what_is_at_the_edge_may_be_used() {
    for (case, basket, answer) in [
        (
            "everything paid by voucher",
            goulash_and_beer(),
            json!({
                "balances": [balance("multiPurposePrepaidVoucher", json!({"currentValue": 400, "nonControllableValueToUse": 400}))],
            }),
        ),
        (
            "a whole line free, in two benefits",
            goulash_and_beer(),
            json!({
                "generalDiscounts": [promo(230, true)],
                "itemBenefitsToApply": [item("A", &[discount("promo", 200), discount("promo", 30)])],
            }),
        ),
        (
            "one minor unit between a discount and its lines",
            goulash_and_beer(),
            json!({
                "generalDiscounts": [promo(33.34, true)],
                "itemBenefitsToApply": [item("A", &[discount("promo", 33.33)])],
            }),
        ),
        ("nothing recognised", goulash_and_beer(), json!({})),
        (
            "a balance that is only shown",
            goulash_and_beer(),
            json!({"balances": [
                balance("collectablePoints", json!({"currentValue": 7})),
            ]}),
        ),
        (
            "a bill that its returns bring to 50",
            request(&[("beer", "100"), ("cup", "-50")], 2),
            json!({
                "balances": [balance("prepaidCredit", json!({"currentValue": 900, "controllableValueToUse": 50}))],
            }),
        ),
        (
            "no decimals",
            request(&[("1", "1155")], 0),
            json!({
                "generalDiscounts": [promo(116, true)], "itemBenefitsToApply": [item("1", &[discount("promo", 116)])],
            }),
        ),
    ] {
        assert_eq!(validate(&basket, &offer(answer)), [], "{case}");
    }
}

#[test]
fn one_offer_per_violation() {
    use ViolationCode::{
        BenefitExceedsItemPrice, DuplicateId, NegativeTotal, NegativeValue, OfferIdMismatch,
        PrecisionExceeded, PrepaymentNotSupported, SchemaViolation, SpendAndPrepay, SumMismatch,
        UnknownCheckItem, UnknownSource, ValueExceedsBalance,
    };
    let value_path = "itemBenefitsToApply[0].benefits[0].absoluteTotalValue";
    let source_path = "itemBenefitsToApply[0].benefits[0]";
    let in_currency = "balances[0].valueToUseInCurrency";
    let on_a = |benefit: Value| json!([item("A", &[benefit])]);
    let credit = |members: Value| json!({"balances": [balance("prepaidCredit", members)]});
    let points = |members: Value| json!({"balances": [balance("collectablePoints", members)]});
    for (case, code, path, answer) in [
        ("another offer's id", OfferIdMismatch, "loyaltyOfferId", json!({"loyaltyOfferId": "other"})),
        (
            "a line of another basket",
            UnknownCheckItem,
            "itemBenefitsToApply[0].checkItemId",
            json!({
                "generalDiscounts": [promo(5, true)], "itemBenefitsToApply": [item("C", &[discount("promo", 5)])],
            }),
        ),
        (
            "a discount from nowhere",
            UnknownSource,
            source_path,
            json!({
                "itemBenefitsToApply": on_a(discount("promo", 5)),
            }),
        ),
        (
            "a balance from nowhere",
            UnknownSource,
            source_path,
            json!({
                "itemBenefitsToApply": on_a(from_balance("balance", 5)),
            }),
        ),
        (
            "a line lowered by what only pays",
            UnknownSource,
            source_path,
            json!({
                "balances": [balance("multiPurposePrepaidVoucher", json!({"nonControllableValueToUse": 5}))],
                "itemBenefitsToApply": on_a(from_balance("balance", 5)),
            }),
        ),
        (
            "both sources",
            UnknownSource,
            source_path,
            json!({"itemBenefitsToApply": on_a(json!({
                "sourceType": "balance", "appliedFromGeneralDiscountId": "promo", "appliedFromBalanceId": "balance", "absoluteTotalValue": 5,
            }))}),
        ),
        (
            "neither source",
            UnknownSource,
            source_path,
            json!({"itemBenefitsToApply": on_a(json!({
                "sourceType": "generalDiscount", "absoluteTotalValue": 5,
            }))}),
        ),
        (
            "a source not heard of",
            UnknownSource,
            source_path,
            json!({"itemBenefitsToApply": on_a(json!({
                "sourceType": "luck", "appliedFromBalanceId": "balance", "absoluteTotalValue": 5,
            }))}),
        ),
        (
            "more than the line",
            BenefitExceedsItemPrice,
            "itemBenefitsToApply[0].benefits[1].absoluteTotalValue",
            json!({
                "generalDiscounts": [promo(230.01, true)],
                "itemBenefitsToApply": [item("A", &[discount("promo", 230), discount("promo", 0.01)])],
            }),
        ),
        (
            "more than there is",
            ValueExceedsBalance,
            "balances[0]",
            credit(json!({
                "currentValue": 10, "controllableValueToUse": 6, "nonControllableValueToUse": 5,
            })),
        ),
        (
            "more than there is, said by its worth alone",
            ValueExceedsBalance,
            "balances[0]",
            credit(json!({"currentValue": 50, "valueToUseInCurrency": 100})),
        ),
        (
            "more of a voucher than there is, said by its worth alone",
            ValueExceedsBalance,
            "balances[0]",
            json!({
                "balances": [balance("singlePurposePrepaidVoucher", json!({"currentValue": 50, "valueToUseInCurrency": 100}))],
                "itemBenefitsToApply": on_a(from_balance("balance", 100)),
            }),
        ),
        (
            "a worth that costs no points",
            SchemaViolation,
            in_currency,
            json!({
                "balances": [balance("collectablePoints", json!({"currentValue": 500, "valueToUseInCurrency": 5}))],
                "itemBenefitsToApply": on_a(from_balance("balance", 5)),
            }),
        ),
        (
            "points for nothing",
            SumMismatch,
            in_currency,
            points(json!({"currentValue": 500, "controllableValueToUse": 5, "valueToUseInCurrency": 0})),
        ),
        (
            "more than may be chosen",
            ValueExceedsBalance,
            "balances[0].controllableValueToUse",
            credit(json!({
                "currentValue": 10, "controllableValueToUse": 6, "maxControllableValue": 5,
            })),
        ),
        (
            "a discount that its lines do not add up to",
            SumMismatch,
            "generalDiscounts[0].valueToUse",
            json!({
                "generalDiscounts": [promo(10, true)], "itemBenefitsToApply": on_a(discount("promo", 9.98)),
            }),
        ),
        (
            "a basket discount with item benefits",
            SumMismatch,
            "generalDiscounts[0].isItemSpecific",
            json!({
                "generalDiscounts": [promo(10, false)], "itemBenefitsToApply": on_a(discount("promo", 10)),
            }),
        ),
        (
            "points that their lines do not add up to",
            SumMismatch,
            in_currency,
            json!({
                "balances": [balance("collectablePoints", json!({"controllableValueToUse": 10, "valueToUseInCurrency": 5}))],
                "itemBenefitsToApply": on_a(from_balance("balance", 4.99)),
            }),
        ),
        (
            "credit that is worth something else",
            SumMismatch,
            in_currency,
            credit(json!({
                "controllableValueToUse": 10, "valueToUseInCurrency": 9,
            })),
        ),
        (
            "a tenth of a minor unit off a line",
            PrecisionExceeded,
            value_path,
            json!({
                "generalDiscounts": [promo(5, true)], "itemBenefitsToApply": on_a(discount("promo", 5.001)),
            }),
        ),
        (
            "a tenth of a minor unit paid",
            PrecisionExceeded,
            in_currency,
            credit(json!({"valueToUseInCurrency": 5.001})),
        ),
        (
            "a tenth of a minor unit off the basket",
            PrecisionExceeded,
            "generalDiscounts[0].valueToUse",
            json!({
                "generalDiscounts": [promo(5.001, false)],
            }),
        ),
        (
            "nothing off a line",
            NegativeValue,
            value_path,
            json!({
                "generalDiscounts": [promo(0, true)], "itemBenefitsToApply": on_a(discount("promo", 0)),
            }),
        ),
        (
            "a surcharge on a line",
            NegativeValue,
            value_path,
            json!({
                "generalDiscounts": [promo(-0.01, true)], "itemBenefitsToApply": on_a(discount("promo", -0.01)),
            }),
        ),
        (
            "a surcharge on the basket",
            NegativeValue,
            "generalDiscounts[0].valueToUse",
            json!({
                "generalDiscounts": [promo(-5, false)],
            }),
        ),
        (
            "a negative balance",
            NegativeValue,
            "balances[0].currentValue",
            points(json!({"currentValue": -80})),
        ),
        (
            "a negative payment",
            NegativeValue,
            "balances[0].controllableValueToUse",
            credit(json!({
                "controllableValueToUse": -5,
            })),
        ),
        (
            "a negative top-up",
            NegativeValue,
            "balances[0].prepayment.value",
            credit(json!({"prepayment": {"value": -5}})),
        ),
        (
            "spends and tops up",
            SpendAndPrepay,
            "balances[0].controllableValueToUse",
            credit(json!({
                "controllableValueToUse": 5, "prepayment": {"value": 500},
            })),
        ),
        (
            "points topped up",
            PrepaymentNotSupported,
            "balances[0].prepayment",
            points(json!({"prepayment": {"value": 500}})),
        ),
        (
            "one balance twice",
            DuplicateId,
            "balances[1].balanceId",
            json!({"balances": [
                balance("prepaidCredit", json!({})), balance("prepaidCredit", json!({})),
            ]}),
        ),
        (
            "one discount twice",
            DuplicateId,
            "generalDiscounts[1].generalDiscountId",
            json!({
                "generalDiscounts": [promo(1, false), promo(1, false)],
            }),
        ),
        (
            "one line twice",
            DuplicateId,
            "itemBenefitsToApply[1].checkItemId",
            json!({
                "itemBenefitsToApply": [item("A", &[]), item("A", &[])],
            }),
        ),
        ("more discount than basket", NegativeTotal, "", json!({"generalDiscounts": [promo(400.01, false)]})),
        ("more paid than basket", NegativeTotal, "", credit(json!({"controllableValueToUse": 400.01}))),
        (
            "a top-up paid by another balance",
            NegativeTotal,
            "",
            json!({"balances": [
                balance("prepaidCredit", json!({"prepayment": {"value": 500}})),
                {"balanceId": "voucher", "type": "multiPurposePrepaidVoucher", "nonControllableValueToUse": 400.01},
            ]}),
        ),
        (
            "a discount of a top-up",
            UnknownCheckItem,
            "itemBenefitsToApply[0].checkItemId",
            json!({
                "balances": [balance("prepaidCredit", json!({"prepayment": {"value": 500}}))],
                "generalDiscounts": [promo(5, true)],
                "itemBenefitsToApply": [item("prepayment:balance", &[discount("promo", 5)])],
            }),
        ),
        (
            "points of no known worth",
            SchemaViolation,
            in_currency,
            points(json!({"controllableValueToUse": 5})),
        ),
        (
            "beyond any amount",
            SchemaViolation,
            "generalDiscounts[0].valueToUse",
            json!({
                "generalDiscounts": [promo(1_000_000_000_000_000_i64, false)],
            }),
        ),
    ] {
        let violations = validate(&goulash_and_beer(), &offer(answer));
        let found: Vec<_> =
            violations.iter().map(|violation| (violation.code, violation.path.as_str())).collect();
        assert!(found.contains(&(code, path)), "{case}: expected {code} at {path:?}, found {found:?}");
        assert!(violations.iter().all(|violation| !violation.message.is_empty()), "{case}");
    }
}

/// A broken rule is said once and drags no other one in, so that the partner sees what to mend.
#[test]
fn a_single_fault_is_a_single_violation() {
    for answer in [
        json!({"loyaltyOfferId": "other"}),
        json!({"generalDiscounts": [promo(400.01, false)]}),
        json!({
            "generalDiscounts": [promo(231, true)],
            "itemBenefitsToApply": [item("A", &[discount("promo", 229), discount("promo", 1.5), discount("promo", 0.5)])],
        }),
        json!({"balances": [balance("collectablePoints", json!({"prepayment": {"value": 500}}))]}),
        json!({"itemBenefitsToApply": [item("A", &[discount("promo", 5)])]}),
        json!({"balances": [balance("prepaidCredit", json!({"currentValue": 50, "valueToUseInCurrency": 100}))]}),
        json!({"balances": [balance("collectablePoints", json!({"controllableValueToUse": 5, "valueToUseInCurrency": 0}))]}),
    ] {
        let violations = validate(&goulash_and_beer(), &offer(answer.clone()));
        assert_eq!(violations.len(), 1, "{answer}: {violations:?}");
    }
}

#[test]
fn a_return_line_gets_nothing() {
    let basket = request(&[("beer", "100"), ("cup", "-50")], 2);
    let benefit = |line, value: i64| {
        offer(
            json!({"generalDiscounts": [promo(value, true)], "itemBenefitsToApply": [item(line, &[discount("promo", value)])]}),
        )
    };
    assert_eq!(validate(&basket, &benefit("beer", 50)), []);
    assert_eq!(validate(&basket, &benefit("beer", 51))[0].code, ViolationCode::NegativeTotal);
    assert_eq!(validate(&basket, &benefit("cup", 1))[0].code, ViolationCode::BenefitExceedsItemPrice);
    let only_returned = request(&[("cup", "-50")], 2);
    let credit = offer(json!({"balances": [balance("prepaidCredit", json!({"controllableValueToUse": 1}))]}));
    assert_eq!(validate(&only_returned, &credit)[0].code, ViolationCode::NegativeTotal);
}

#[test]
fn the_documented_example_may_not_be_used() {
    let request = read::from_slice(include_bytes!("../../../tests/fixtures/get_benefit_offer.request.json"))
        .expect("read");
    let response =
        read_offer(include_bytes!("../../../tests/fixtures/get_benefit_offer.response.json")).expect("read");
    let codes: Vec<&str> =
        validate(&request, &response).iter().map(|violation| violation.code.as_str()).collect();
    assert_eq!(codes, ["OFFER_ID_MISMATCH", "UNKNOWN_CHECK_ITEM", "SUM_MISMATCH"]);
}

#[test]
fn an_answer_that_cannot_be_read_says_why() {
    for (body, code, path) in [
        (&b"<html>"[..], "INVALID_JSON", ""),
        (b"", "INVALID_JSON", ""),
        (b"[1]", "SCHEMA_VIOLATION", ""),
        (b"[]", "SCHEMA_VIOLATION", "loyaltyOfferId"),
        (b"{}", "SCHEMA_VIOLATION", "loyaltyOfferId"),
        (br#"{"loyaltyOfferId": "o", "balances": [{"balanceId": "b", "type": "stamps"}]}"#, "SCHEMA_VIOLATION", "balances[0].type"),
        (br#"{"loyaltyOfferId": "o", "generalDiscounts": [{"generalDiscountId": "d", "isItemSpecific": "perhaps", "valueToUse": 1}]}"#, "SCHEMA_VIOLATION", "generalDiscounts[0].isItemSpecific"),
    ] {
        let violation = read_offer(body).expect_err("unreadable");
        assert_eq!((violation.code.as_str(), violation.path.as_str()), (code, path));
    }
}
