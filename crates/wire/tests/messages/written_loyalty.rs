//! How does every loyalty message look that we write?
//!
//! Snapshots of a complete and of a least example of each: a change here is a change of what others read.

use crate::written::{assert_json_snapshot, at, number, text, two};
use money::Amount;
use serde_json::json;
use wire::{
    Number,
    list::Page,
    loyalty::{
        ApplicationType, AppliedBenefit, BalanceBenefitOfferRequest, BalanceType, Benefit, BenefitInput,
        BenefitInputResult, BenefitUsage, BillState, GeneralDiscount, ItemBenefits, ItemToPay,
        LoyaltyBenefitUsagesPayload, LoyaltyOfferResponse, LoyaltyOfferValidationError, MarkAsSynchronized,
        MarkedAsSynchronized, MenuProductDefinition, Metadata, OfferBalance, OfferCustomer, PaidItem,
        PaymentByBalance, Prepayment, ProductCategory, SourceType, ThirdPartyLoyaltyOfferRequest,
        UsedBalance, UsedGeneralDiscount, ValidationErrorDetail, ViolationCode,
    },
    read::Extra,
};

fn goulash() -> MenuProductDefinition {
    MenuProductDefinition {
        product_id: "p:bb2".to_owned(),
        name: text("Guláš"),
        categories: vec![ProductCategory {
            category_id: "c:aa1".to_owned(),
            parent_category_id: None,
            name: text("Hlavní"),
            extra: Extra::new(),
        }],
        extra: Extra::new(),
    }
}

fn request() -> ThirdPartyLoyaltyOfferRequest {
    ThirdPartyLoyaltyOfferRequest {
        check_id: "check-9".to_owned(),
        loyalty_offer_id: "65f000000000000000000001".to_owned(),
        device_number: 1,
        currency_code: "CZK".to_owned(),
        country_code: text("CZ"),
        pos_lang: text("cs"),
        bill_lang: text("cs"),
        price_precision: two(),
        benefit_inputs: vec![BenefitInput { input_code: "discount_10".to_owned(), extra: Extra::new() }],
        balances: vec![
            BalanceBenefitOfferRequest {
                balance_id: "points-1".to_owned(),
                used_controllable_value: Some(number("100")),
                used_non_controllable_value: Some(Number::ZERO),
                prepaid_value: Some(Number::ZERO),
                controllable_value_to_use: Some(number("120")),
                rejected_by_pos: false,
                extra: Extra::new(),
            },
            BalanceBenefitOfferRequest {
                balance_id: "credit-1".to_owned(),
                rejected_by_pos: true,
                ..BalanceBenefitOfferRequest::default()
            },
        ],
        items_to_pay: vec![ItemToPay {
            check_item_id: "A".to_owned(),
            product: goulash(),
            amount: number("1.50"),
            measure: text("pcs"),
            total_price_with_vat: Number::from_amount(Amount(34_500), two()),
            total_applied_non_loyalty_discounts: Some(Number::ZERO),
            vat_rate: Some(number("0.12")),
            vat_id: Some(json!(3)),
            extra: Extra::new(),
        }],
        merchant_id: "5f00000000000000000000a1".to_owned(),
        place_id: "5f00000000000000000000b1".to_owned(),
        extra: Extra::new(),
    }
}

#[test]
fn get_benefit_offer_request() {
    assert_json_snapshot!("get_benefit_offer_request", request());
    let mut least = request();
    least.country_code = None;
    least.pos_lang = None;
    least.bill_lang = None;
    least.benefit_inputs.clear();
    least.balances.clear();
    let item = &mut least.items_to_pay[0];
    (item.measure, item.total_applied_non_loyalty_discounts, item.vat_rate, item.vat_id) =
        (None, None, None, None);
    item.product.name = None;
    item.product.categories.clear();
    assert_json_snapshot!("get_benefit_offer_request_least", least);
}

fn response() -> LoyaltyOfferResponse {
    LoyaltyOfferResponse {
        loyalty_offer_id: "65f000000000000000000001".to_owned(),
        customer: Some(OfferCustomer {
            customer_id: "member-7".to_owned(),
            full_name: text("Jana Nová"),
            loyalty_status: None,
            extra: Extra::new(),
        }),
        benefit_inputs: vec![
            BenefitInputResult {
                input_code: "discount_10".to_owned(),
                applicable: true,
                pos_title: text("Sleva 10 %"),
                reason_code: None,
                extra: Extra::new(),
            },
            BenefitInputResult {
                input_code: "nobody".to_owned(),
                applicable: false,
                pos_title: None,
                reason_code: text("NOT_FOUND"),
                extra: Extra::new(),
            },
        ],
        balances: vec![
            OfferBalance {
                pos_title: text("Body"),
                bill_title: text("Body"),
                current_value: Some(number("350")),
                unit: text("points"),
                controllable_value_to_use: Some(number("100")),
                min_controllable_value: Some(Number::ZERO),
                max_controllable_value: Some(number("350")),
                controllable_step: Some(number("10")),
                non_controllable_value_to_use: Some(Number::ZERO),
                value_to_use_in_currency: Some(number("50.00")),
                valid_until: text("2026-12-31T22:59:59.000Z"),
                reason_code: text("PARTLY_RESERVED"),
                ..OfferBalance::new("points-1", BalanceType::CollectablePoints)
            },
            OfferBalance {
                prepayment: Some(Prepayment {
                    value: number("500"),
                    is_value_editable: true,
                    min_value: Some(number("100")),
                    max_value: Some(number("5000")),
                    preset_values: vec![number("200"), number("500")],
                    pos_title: text("Dobití kreditu"),
                    bill_title: text("Dobití kreditu"),
                    vat_rate: Some(Number::ZERO),
                    vat_id: None,
                    extra: Extra::new(),
                }),
                ..OfferBalance::new("credit-1", BalanceType::PrepaidCredit)
            },
        ],
        general_discounts: vec![GeneralDiscount {
            general_discount_id: "promo-1".to_owned(),
            pos_title: text("Sleva"),
            bill_title: text("Sleva"),
            is_item_specific: true,
            value_to_use: number("34.50"),
            kept_while: None,
            extra: Extra::new(),
        }],
        item_benefits_to_apply: vec![ItemBenefits {
            check_item_id: "A".to_owned(),
            benefits: vec![
                Benefit::of_discount("promo-1", number("34.50")),
                Benefit::of_balance("points-1", number("50")),
            ],
            extra: Extra::new(),
        }],
        pos_messages: vec!["Zeptejte se na kartu".to_owned()],
        bill_messages: vec!["Děkujeme".to_owned()],
        metadata: Metadata::Object([("tier".to_owned(), json!("gold"))].into_iter().collect()),
        extra: Extra::new(),
    }
}

#[test]
fn get_benefit_offer_response() {
    assert_json_snapshot!("get_benefit_offer_response", response());
    assert_json_snapshot!("get_benefit_offer_response_least", LoyaltyOfferResponse::default());
}

#[test]
fn report_offer_validation_error() {
    let error = LoyaltyOfferValidationError {
        loyalty_offer_id: "65f000000000000000000001".to_owned(),
        loyalty_provider_id: text("65f0000000000000000000c1"),
        merchant_id: text("5f00000000000000000000a1"),
        place_id: text("5f00000000000000000000b1"),
        device_number: Some(1),
        check_id: text("check-9"),
        created_at: Some(at("2026-03-01T13:00:00Z")),
        errors: vec![ValidationErrorDetail {
            code: Some(ViolationCode::BenefitExceedsItemPrice.to_string()),
            path: text("itemBenefitsToApply[0].benefits[1].absoluteTotalValue"),
            message: text("expected at most 50, found 90"),
            value: Some(json!(90)),
            extra: Extra::new(),
        }],
        offer_response: Some(json!("<html>")),
        extra: Extra::new(),
    };
    assert_json_snapshot!("report_offer_validation_error", error);
}

fn usage() -> LoyaltyBenefitUsagesPayload {
    LoyaltyBenefitUsagesPayload {
        loyalty_offer_id: "65f000000000000000000001".to_owned(),
        loyalty_provider_id: text("65f0000000000000000000c1"),
        bill_id: "QX2026000417".to_owned(),
        bill_state: Some(BillState::Paid),
        device_number: 1,
        benefit_inputs: vec![BenefitInput { input_code: "discount_10".to_owned(), extra: Extra::new() }],
        customer_id: text("member-7"),
        metadata: response().metadata.into_text(),
        currency_code: "CZK".to_owned(),
        country_code: text("CZ"),
        paid_at: at("2026-03-01T13:40:02.5Z"),
        used_balances: vec![UsedBalance {
            balance_id: "points-1".to_owned(),
            used_non_controllable_value: Some(Number::ZERO),
            used_controllable_value: Some(number("100")),
            prepaid_value: None,
            extra: Extra::new(),
        }],
        used_general_discounts: vec![UsedGeneralDiscount {
            general_discount_id: "promo-1".to_owned(),
            used_value: Some(number("34.50")),
            kept_while: None,
            extra: Extra::new(),
        }],
        paid_items: vec![PaidItem {
            original_check_item_id: text("A"),
            product: goulash(),
            amount: number("1.5"),
            measure: text("pcs"),
            vat_rate: Some(number("0.12")),
            total_price_with_vat: number("345.00"),
            applied_benefits: vec![AppliedBenefit {
                source_type: SourceType::GeneralDiscount,
                applied_from_general_discount_id: text("promo-1"),
                applied_from_balance_id: None,
                absolute_total_value: number("34.50"),
                application_type: Some(ApplicationType::Discount),
                extra: Extra::new(),
            }],
            extra: Extra::new(),
        }],
        payments_by_balances: vec![PaymentByBalance {
            balance_id: "mpv-1".to_owned(),
            value: Some(number("100")),
            value_in_currency: Some(number("100")),
            extra: Extra::new(),
        }],
        other_payments_value: number("210.50"),
        total_with_vat: number("310.50"),
        refund_number: None,
        corrective_bill_id: None,
        merchant_id: text("5f00000000000000000000a1"),
        place_id: text("5f00000000000000000000b1"),
        extra: Extra::new(),
    }
}

#[test]
fn report_benefit_usage() {
    assert_json_snapshot!("report_benefit_usage", usage());
    assert_eq!(wire::loyalty::close_usage(&usage()), []);
}

#[test]
fn benefit_usages() {
    let pulled = BenefitUsage {
        benefit_usage_id: "65f0000000000000000000d1".to_owned(),
        synchronized: false,
        synchronized_at: None,
        attempts: 4,
        last_error: text("status 500"),
        created_at: at("2026-03-01T13:40:02Z"),
        payload: usage(),
        extra: Extra::new(),
    };
    assert_json_snapshot!("benefit_usages", Page { data: vec![pulled], next_page: None, ok: None });
    let ids = vec!["65f0000000000000000000d1".to_owned()];
    let mark = MarkAsSynchronized { benefit_usage_ids: ids.clone(), extra: Extra::new() };
    assert_json_snapshot!("mark_as_synchronized", mark);
    let marked = MarkedAsSynchronized { synchronized: ids, not_found: Vec::new(), extra: Extra::new() };
    assert_json_snapshot!("marked_as_synchronized", marked);
}
