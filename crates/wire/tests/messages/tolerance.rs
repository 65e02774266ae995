//! What is taken although the documents write it another way?

use crate::fixtures::fixture;
use serde_json::{Value, json};
use wire::{
    Number, Read,
    bills::{Bill, PatchBill, RefundWholeBill},
    loyalty::{
        LoyaltyBenefitUsagesPayload, LoyaltyOfferResponse, MarkAsSynchronized, Metadata,
        ThirdPartyLoyaltyOfferRequest,
    },
    read,
    reservations::CreateReservation,
};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The documented request with one member, named by a JSON pointer, replaced.
fn request_with(pointer: &str, value: Value) -> ThirdPartyLoyaltyOfferRequest {
    let mut body = parsed(fixture!("get_benefit_offer.request"));
    *body.pointer_mut(pointer).expect(pointer) = value;
    read::from_value(body).unwrap_or_else(|error| panic!("{pointer}: {error}"))
}

#[test]
fn a_number_may_come_as_text() {
    for price in [json!(603.39), json!("603.39"), json!(" 603.390 "), parsed("60339e-2"), json!("6.0339E2")] {
        let request = request_with("/itemsToPay/0/totalPriceWithVat", price);
        assert_eq!(request.items_to_pay[0].total_price_with_vat, Number::parse("603.39").expect("a number"));
    }
    for device in [json!(7), json!("7"), parsed("7.0"), parsed("0.7e1")] {
        assert_eq!(request_with("/deviceNumber", device).device_number, 7);
    }
    for precision in [json!(2), json!("2"), parsed("2.0")] {
        assert_eq!(request_with("/pricePrecision", precision).price_precision.digits(), 2);
    }
}

#[test]
fn an_id_may_come_as_a_number() {
    let request = request_with("/benefitInputs/0/inputCode", parsed("100000065683041234567890"));
    assert_eq!(request.benefit_inputs[0].input_code, "100000065683041234567890");
    assert_eq!(request_with("/merchantId", json!(59)).merchant_id, "59");
    assert_eq!(
        request_with("/itemsToPay/0/product/categories/1/parentCategoryId", json!(16)).items_to_pay[0]
            .product
            .categories[1]
            .parent_category_id
            .as_deref(),
        Some("16")
    );
    assert_eq!(
        request_with("/itemsToPay/0/vatId", json!("vat-12")).items_to_pay[0].vat_id,
        Some(json!("vat-12"))
    );
}

#[test]
fn a_currency_may_come_in_any_case() {
    for (written, read_as) in [("CZK", "CZK"), ("czk", "CZK"), (" Eur ", "EUR")] {
        assert_eq!(request_with("/currencyCode", json!(written)).currency_code, read_as);
        let mut body = parsed(fixture!("report_benefit_usage.request"));
        body["currencyCode"] = json!(written);
        let report: LoyaltyBenefitUsagesPayload = read::from_value(body).expect("read");
        assert_eq!(report.currency_code, read_as);
    }
    let mut body = parsed(fixture!("get_benefit_offer.request"));
    for none in [json!(""), json!("  "), Value::Null, json!([])] {
        body["currencyCode"] = none;
        let refusal =
            read::from_value::<ThirdPartyLoyaltyOfferRequest>(body.clone()).expect_err("no currency");
        assert_eq!(refusal.path, "currencyCode");
    }
}

#[test]
fn a_flag_may_come_in_other_forms() {
    for (flag, expected) in [
        (json!(true), true),
        (json!(1), true),
        (json!("true"), true),
        (json!("0"), false),
        (Value::Null, false),
    ] {
        let mut body = parsed(fixture!("get_benefit_offer.request"));
        body["balances"][0]["rejectedByPOS"] = flag;
        let request: ThirdPartyLoyaltyOfferRequest = read::from_value(body).expect("read");
        assert_eq!(request.balances[0].rejected_by_pos, expected);
    }
}

#[test]
fn metadata_is_an_object_or_text() {
    for (metadata, expected) in [
        (json!({"a": 1}), Some(json!({"a": 1}))),
        (json!("{\"a\": 1}"), Some(json!({"a": 1}))),
        (json!("{}"), Some(json!({}))),
        (json!(""), Some(json!({}))),
        (Value::Null, Some(json!({}))),
        (json!("not JSON"), None),
    ] {
        let mut body = parsed(fixture!("report_benefit_usage.request"));
        body["metadata"] = metadata.clone();
        let payload: LoyaltyBenefitUsagesPayload = read::from_value(body).expect("read");
        assert_eq!(payload.metadata.members().map(Value::Object), expected, "{metadata}");
    }
    let text = Metadata::Object(parsed(r#"{"b": 1.50, "a": []}"#).as_object().expect("an object").clone())
        .into_text();
    assert_eq!(text, Metadata::Text(r#"{"a":[],"b":1.50}"#.to_owned()));
    assert_eq!(text.clone().into_text(), text);
}

#[test]
fn unknown_members_are_kept_at_every_level() {
    let mut body = parsed(fixture!("get_benefit_offer.request"));
    body["futureMember"] = json!({"deep": [1, 2.50]});
    body["itemsToPay"][0]["product"]["allergens"] = json!([1, 7]);
    body["benefitInputs"][1]["scannedAt"] = json!("2026-03-01T13:00:00Z");
    let request: ThirdPartyLoyaltyOfferRequest = read::from_value(body.clone()).expect("read");
    assert_eq!(request.extra["futureMember"], body["futureMember"]);
    let written = serde_json::to_value(&request).expect("written");
    for pointer in ["/futureMember", "/itemsToPay/0/product/allergens", "/benefitInputs/1/scannedAt"] {
        assert_eq!(written.pointer(pointer), body.pointer(pointer), "{pointer}");
    }
}

/// The message as it is written again after it was read.
fn again<T: Read + serde::Serialize>(body: &Value) -> Value {
    let message: T = read::from_value(body.clone()).unwrap_or_else(|error| panic!("{body}: {error}"));
    serde_json::to_value(message).expect("written")
}

/// Reads a body as a message and writes it again.
type Again = fn(&Value) -> Value;

#[test]
fn unknown_members_of_what_partners_send_are_kept() {
    let bodies: [(Value, Again); 6] = [
        (json!({"reasonId": "r"}), again::<RefundWholeBill>),
        (json!({"fiscalData": null}), again::<PatchBill>),
        (json!({"benefitUsageIds": ["u"]}), again::<MarkAsSynchronized>),
        (json!({"externalReservationId": "e", "deskId": "1"}), again::<CreateReservation>),
        (parsed(fixture!("get_benefit_offer.response")), again::<LoyaltyOfferResponse>),
        (parsed(fixture!("report_benefit_usage.request")), again::<LoyaltyBenefitUsagesPayload>),
    ];
    for (mut body, again) in bodies {
        for (name, value) in [
            ("futureMember", json!({"deep": [1, 2.50, null]})),
            ("snake_case", json!("x")),
            ("Ünknown", Value::Null),
        ] {
            body[name] = value;
        }
        let written = again(&body);
        for name in ["futureMember", "snake_case", "Ünknown"] {
            assert_eq!(written.get(name), body.get(name), "{name} of {body}");
        }
    }
    let guest = json!({"externalReservationId": "e", "deskId": "1", "customer": {"name": "Jana", "loyaltyNumber": 7}});
    assert_eq!(again::<CreateReservation>(&guest)["customer"]["loyaltyNumber"], 7);
}

#[test]
fn optional_members_may_be_missing_or_null() {
    let least = json!({
        "loyaltyOfferId": "o", "checkId": "c", "deviceNumber": 1, "currencyCode": "CZK", "pricePrecision": 0,
        "merchantId": "m", "placeId": "p", "countryCode": null, "balances": null,
        "itemsToPay": [{"checkItemId": "1", "product": {"productId": "x"}, "amount": 1, "totalPriceWithVat": 10, "vatRate": null}],
    });
    let request: ThirdPartyLoyaltyOfferRequest = read::from_value(least).expect("read");
    assert!(request.benefit_inputs.is_empty() && request.balances.is_empty());
    assert_eq!(
        (request.country_code, request.pos_lang, request.items_to_pay[0].vat_rate),
        (None, None, None)
    );

    let response: LoyaltyOfferResponse = read::from_slice(br#"{"loyaltyOfferId": "o"}"#).expect("read");
    assert_eq!(
        response,
        LoyaltyOfferResponse { loyalty_offer_id: "o".to_owned(), ..LoyaltyOfferResponse::default() }
    );
}

#[test]
fn of_a_key_given_twice_the_last_counts() {
    let body =
        fixture!("get_benefit_offer.request").replacen('{', r#"{"checkId": "first", "deviceNumber": [],"#, 1);
    let request: ThirdPartyLoyaltyOfferRequest = read::from_slice(body.as_bytes()).expect("read");
    assert_eq!((request.check_id.as_str(), request.device_number), ("check-123", 1));
}

#[test]
fn a_byte_order_mark_and_white_space_are_passed_over() {
    let body = format!("\u{feff}\r\n\t {} \n", fixture!("get_benefit_offer.request"));
    assert!(read::from_slice::<ThirdPartyLoyaltyOfferRequest>(body.as_bytes()).is_ok());
}

#[test]
fn either_name_of_the_cashiers_choice() {
    for (members, chosen) in [
        (json!({"usedControllableValue": 5}), Some(5)),
        (json!({"controllableValueToUse": 7}), Some(7)),
        (json!({"controllableValueToUse": 7, "usedControllableValue": 5}), Some(7)),
        (json!({"controllableValueToUse": 0, "usedControllableValue": 5}), Some(0)),
        (json!({}), None),
    ] {
        let mut body = parsed(fixture!("get_benefit_offer.request"));
        body["balances"][0] = members;
        body["balances"][0]["balanceId"] = json!("b");
        let request: ThirdPartyLoyaltyOfferRequest = read::from_value(body).expect("read");
        assert_eq!(request.balances[0].chosen_controllable_value(), chosen.map(Number::from));
    }
}

#[test]
fn a_bill_in_every_form_seen() {
    for (member, value) in [
        ("fiscalData", json!([])),
        ("fiscalData", json!({"fik": "x"})),
        ("invoiceData", json!([])),
        ("taxSummaries", json!([])),
        ("taxSummaries", json!({"21": 29.5})),
        ("finalPrice", json!("150.4")),
        ("finalPriceWithoutTax", json!(345.86)),
        ("discount", Value::Null),
        ("paymentMethod", json!("somethingNew")),
        ("refunded", json!(1)),
        ("_lastModifiedAt", json!("2026-03-01T13:40:03.250Z")),
        ("personCount", json!("2")),
    ] {
        let mut body = parsed(fixture!("bill"));
        body[member] = value.clone();
        let bill: Bill = read::from_value(body).unwrap_or_else(|error| panic!("{member} {value}: {error}"));
        if matches!(member, "fiscalData" | "invoiceData") {
            assert_eq!(serde_json::to_value(&bill).expect("written")[member], value);
        }
    }
    let listed: Bill = read::from_slice(br#"{"billId": "A", "finalPrice": 1, "items": null}"#).expect("read");
    assert_eq!(listed.items, None);
}
