//! How does every message look that we write, beside the loyalty messages?
//!
//! Snapshots of a complete and of a least example of each: a change here is a change of what others read.

use jiff::{Timestamp, tz::TimeZone};
use money::{Amount, Precision};
use serde_json::{Value, json};
use wire::{
    Number,
    access::{TokenRequest, TokenResponse},
    bills::{Bill, BillItem, OrderProvider, Payment, Person, TaxEntry},
    customers::{Customer, CustomerError, CustomerPage, CustomerRecord, ErasedCustomer},
    datasync::{Envelope, RawRecord},
    errors::ErrorBody,
    loyalty::{
        BenefitUsage, LoyaltyBenefitUsagesPayload, LoyaltyOfferResponse, LoyaltyOfferValidationError,
        MarkAsSynchronized, MarkedAsSynchronized, ThirdPartyLoyaltyOfferRequest,
    },
    merchants::{AddressParts, Merchant, Place},
    number::DecimalText,
    read::Extra,
    time::LocalTime,
};

/// The JSON text itself: insta's own JSON does not know numbers that are kept as text.
macro_rules! assert_json_snapshot {
    ($name:literal, $message:expr $(,)?) => {
        insta::assert_snapshot!($name, serde_json::to_string_pretty(&$message).expect("JSON"), $name)
    };
}
pub(crate) use assert_json_snapshot;

pub(crate) fn number(text: &str) -> Number {
    Number::parse(text).expect(text)
}

pub(crate) fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect(text)
}

fn prague(text: &str) -> LocalTime {
    LocalTime::new(at(text), &TimeZone::get("Europe/Prague").expect("a zone"))
}

pub(crate) fn two() -> Precision {
    Precision::new(2).expect("a precision")
}

fn bill() -> Bill {
    let money = |units| DecimalText::from_amount(Amount(units), two());
    let person = Person {
        person_id: Some(11),
        full_name: text("Jana Nová"),
        user_name: text("jana"),
        extra: Extra::new(),
    };
    Bill {
        bill_id: "QX2026000417".to_owned(),
        session_created: Some(prague("2026-07-01T12:02:00Z")),
        created_at: Some(prague("2026-07-01T12:40:03Z")),
        paid_at: Some(prague("2026-07-01T12:40:02Z")),
        final_price: number("400"),
        final_price_without_tax: Some(money(34_586)),
        tax_summaries: [("12".to_owned(), money(2_464)), ("21".to_owned(), money(2_950))]
            .into_iter()
            .collect(),
        taxes: vec![TaxEntry {
            vat: DecimalText(number("21").0),
            total_vat: money(2_950),
            total_without_vat: money(14_050),
            extra: Extra::new(),
        }],
        currency_code: text("CZK"),
        payment_method: text("split"),
        payments: vec![Payment {
            payment_method: "cash".to_owned(),
            price_with_vat: money(10_000),
            extra: Extra::new(),
        }],
        created_by: Some(person.clone()),
        paid_by: Some(person),
        person_count: Some(2),
        desk_id: text("12"),
        issued_as_vat_payer: Some(true),
        order_provider: Some(OrderProvider {
            code: text("wolt"),
            order_id: text("w-1"),
            extra: Extra::new(),
        }),
        items: Some(vec![BillItem {
            name: text("Pivo"),
            amount: number("2"),
            measure: text("pcs"),
            price: number("85"),
            vat_id: Some(json!(2)),
            vat_rate: Some(number("0.21")),
            product_id: text("p:ff6"),
            decoded_id: Some(60),
            category_id: text("c:aa9"),
            ..BillItem::default()
        }]),
        last_modified_at: Some(prague("2026-12-01T12:40:03Z")),
        ..Bill::default()
    }
}

#[test]
fn bills() {
    assert_json_snapshot!("bill", bill());
    let in_datasync = Bill {
        version: Some(3),
        merchant_id: text("5f00000000000000000000a1"),
        place_id: text("5f00000000000000000000b1"),
        ..bill()
    };
    assert_json_snapshot!(
        "datasync_envelope",
        Envelope {
            merchant_id: text("5f00000000000000000000a1"),
            place_id: text("5f00000000000000000000b1"),
            data_domain: "bills".to_owned(),
            data: vec![RawRecord(serde_json::to_value(in_datasync).expect("JSON"))],
            extra: Extra::new(),
        }
    );
    assert_json_snapshot!("bill_least", Bill { bill_id: "A".to_owned(), ..Bill::default() });
}

#[test]
fn merchants() {
    let place = Place {
        place_id: "5f00000000000000000000b1".to_owned(),
        name: "Bar U Mostu".to_owned(),
        state: "active".to_owned(),
        address_parts: Some(AddressParts {
            street: text("Dlouhá"),
            latitude: Some(number("50.07")),
            ..AddressParts::default()
        }),
        extra: Extra::new(),
    };
    assert_json_snapshot!(
        "merchant",
        Merchant {
            merchant_id: "5f00000000000000000000a1".to_owned(),
            name: "Example s.r.o.".to_owned(),
            business_id: text("01234567"),
            vat_id: None,
            is_vat_payer: true,
            country_code: text("CZ"),
            currency_code: text("CZK"),
            places: vec![place],
            extra: Extra::new(),
        }
    );
}

#[test]
fn access() {
    let request = TokenRequest {
        client_id: text("app"),
        client_secret: text("hush"),
        grant_type: text("client_credentials"),
    };
    let response = TokenResponse {
        token_type: "Bearer".to_owned(),
        expires_at: wire::time::utc_millis(at("2026-03-01T10:15:30.221Z")),
        access_token: "hush".to_owned(),
        extra: Extra::new(),
    };
    assert_json_snapshot!("token_request", request);
    assert_json_snapshot!("token_response", response);
    assert!(!format!("{request:?}{response:?}").contains("hush"), "secrets stay out of logs");
}

#[test]
fn customers() {
    let customer = Customer {
        id: 244_988,
        first_name: text("Amanda"),
        points: Some(number("322")),
        allow_sms: Some(true),
        total_orders: Some(65),
        total_sales: Some(number("4118.01")),
        date_first_order: Some(LocalTime::parse("2021-01-23T16:33:37-06:00").expect("a time")),
        store_id: Some(json!("5f00000000000000000000b1")),
        categories: vec!["Beauty".to_owned()],
        ..Customer::default()
    };
    assert_json_snapshot!(
        "customer_page",
        CustomerPage {
            count: 2,
            start: "0".to_owned(),
            limit: "25".to_owned(),
            records: vec![
                CustomerRecord::Customer(Box::new(customer)),
                CustomerRecord::Erased(ErasedCustomer { id: 5, deleted: true }),
            ],
            next: text("244988"),
            as_of: Some(at("2026-03-01T10:15:30Z")),
            extra: Extra::new(),
        }
    );
    assert_json_snapshot!("customer_error", CustomerError { error: "No customer found for id 7".to_owned() });
}

#[test]
fn errors() {
    assert_json_snapshot!(
        "error_body",
        ErrorBody {
            code: 400,
            message: "checkId: expected text, found nothing".to_owned(),
            error: "checkId: expected text, found nothing".to_owned(),
            name: "BAD_REQUEST".to_owned(),
            http_status: 400,
            extra: [("field".to_owned(), json!("checkId"))].into_iter().collect(),
        }
    );
    // body, code, name, message, httpStatus
    for (body, code, name, message, http_status) in [
        (r#"{"error": "gone", "code": 404}"#, 404, "", "gone", 0),
        (r#"{"message": "gone", "code": "404", "httpStatus": 404}"#, 404, "", "gone", 404),
        (r#"{"message": "gone", "code": "NOT_FOUND", "httpStatus": "404"}"#, 404, "NOT_FOUND", "gone", 404),
        (r#"{"code": "WORD", "name": "Other", "error": "e"}"#, 0, "Other", "e", 0),
        (r#"{"code": 1042.0, "httpStatus": 409, "name": "CONFLICT"}"#, 1042, "CONFLICT", "", 409),
        ("{}", 0, "", "", 0),
    ] {
        let read: ErrorBody = wire::read::from_slice(body.as_bytes()).expect(body);
        let found = (read.code, read.name.as_str(), read.message.as_str(), read.http_status);
        assert_eq!(found, (code, name, message, http_status), "{body}");
    }
}

/// Every message has a schema under its own name, with the documented spelling of its members.
#[test]
fn schemas() {
    #[derive(utoipa::OpenApi)]
    #[openapi(components(schemas(
        ThirdPartyLoyaltyOfferRequest,
        LoyaltyOfferResponse,
        LoyaltyOfferValidationError,
        LoyaltyBenefitUsagesPayload,
        BenefitUsage,
        MarkAsSynchronized,
        MarkedAsSynchronized,
        Bill,
        Merchant,
        Envelope,
        TokenRequest,
        TokenResponse,
        CustomerPage,
        CustomerError,
        ErrorBody,
    )))]
    struct Everything;
    let document: Value =
        serde_json::to_value(<Everything as utoipa::OpenApi>::openapi()).expect("an OpenAPI document");
    let schemas = &document["components"]["schemas"];
    for (schema, member) in [
        ("ThirdPartyLoyaltyOfferRequest", "pricePrecision"),
        ("BalanceBenefitOfferRequest", "rejectedByPOS"),
        ("LoyaltyOfferResponse", "itemBenefitsToApply"),
        ("OfferBalance", "type"),
        ("Prepayment", "presetValues"),
        ("LoyaltyOfferValidationError", "offerResponse"),
        ("LoyaltyBenefitUsagesPayload", "paymentsByBalances"),
        ("BenefitUsage", "synchronizedAt"),
        ("MarkAsSynchronized", "benefitUsageIds"),
        ("MarkedAsSynchronized", "notFound"),
        ("Bill", "_lastModifiedAt"),
        ("Place", "addressParts"),
        ("Envelope", "dataDomain"),
        ("TokenRequest", "grant_type"),
        ("Customer", "date_last_order"),
        ("CustomerPage", "as_of"),
        ("ErrorBody", "httpStatus"),
    ] {
        // one that holds another's members is written as the sum of both
        let parts =
            schemas[schema]["allOf"].as_array().cloned().unwrap_or_else(|| vec![schemas[schema].clone()]);
        assert!(parts.iter().any(|part| part["properties"][member].is_object()), "{schema}.{member}");
        assert!(parts.iter().all(|part| part["properties"]["extra"].is_null()), "{schema}");
    }
    assert_eq!(schemas["Number"]["type"], json!("number"));
    assert_eq!(schemas["DecimalText"]["type"], json!("string"));
}
