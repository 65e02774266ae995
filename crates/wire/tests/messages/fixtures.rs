//! Are the documents' own examples read unchanged and written back the same?

use serde_json::Value;
use wire::{Number, Read, loyalty, read};

/// Equal member by member; numbers by value, and a number equals the same number as text.
fn assert_same(path: &str, expected: &Value, found: &Value) {
    let decimal = |value: &Value| match value {
        Value::Number(number) => Number::parse(number.as_str()).ok(),
        Value::String(text) => Number::parse(text).ok(),
        _ => None,
    };
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (key, value) in expected {
                let member = found.get(key).unwrap_or_else(|| panic!("{path}.{key} was lost"));
                assert_same(&format!("{path}.{key}"), value, member);
            }
            for (key, value) in found {
                let nothing = value.is_null() || value == &Value::Array(Vec::new());
                assert!(expected.contains_key(key) || nothing, "{path}.{key} was made up: {value}");
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            assert_eq!(expected.len(), found.len(), "{path}");
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                assert_same(&format!("{path}[{index}]"), expected, found);
            }
        }
        (Value::Number(_), _) => assert_eq!(decimal(expected), decimal(found), "{path}"),
        (Value::String(text), Value::String(other)) if text != other => {
            assert!(decimal(expected).is_some(), "{path}: {text} became {other}");
            assert_eq!(decimal(expected), decimal(found), "{path}");
        }
        _ => assert_eq!(expected, found, "{path}"),
    }
}

fn round_trip<T: Read + serde::Serialize + PartialEq + std::fmt::Debug>(body: &str) -> T {
    let message: T = read::from_slice(body.as_bytes()).expect("the documented body is read");
    let written = serde_json::to_vec(&message).expect("it is written");
    assert_same(
        "",
        &serde_json::from_str(body).expect("JSON"),
        &serde_json::from_slice(&written).expect("JSON"),
    );
    let again: T = read::from_slice(&written).expect("what we write is read");
    assert_eq!(again, message);
    message
}

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/", $name, ".json"))
    };
}
pub(crate) use fixture;

#[test]
fn get_benefit_offer_request() {
    let request: loyalty::ThirdPartyLoyaltyOfferRequest = round_trip(fixture!("get_benefit_offer.request"));
    assert_eq!(request.benefit_inputs.len(), 3, "duplicates stay");
    assert_eq!(request.items_to_pay[0].vat_rate, Number::parse("-58645542.78854501").ok());
    assert!(request.extra.is_empty());
}

#[test]
fn get_benefit_offer_response() {
    let response: loyalty::LoyaltyOfferResponse = round_trip(fixture!("get_benefit_offer.response"));
    assert_eq!(response.item_benefits_to_apply[0].benefits.len(), 4);
    assert_eq!(response.item_benefits_to_apply[0].benefits[0].absolute_total_value.to_string(), "37.5");
}

#[test]
fn report_benefit_usage_request() {
    let payload: loyalty::LoyaltyBenefitUsagesPayload = round_trip(fixture!("report_benefit_usage.request"));
    assert_eq!(payload.metadata, loyalty::Metadata::Text("{}".to_owned()));
    assert_eq!(payload.bill_state, None);
    assert_eq!(payload.used_balances[0].used_controllable_value, None);
}

/// The documents' example breaks the definitions, which is remarked and nothing else.
#[test]
fn the_documented_usage_does_not_close() {
    let payload: loyalty::LoyaltyBenefitUsagesPayload =
        read::from_slice(fixture!("report_benefit_usage.request").as_bytes()).expect("read");
    let remarks = loyalty::close_usage(&payload);
    let messages: Vec<&str> = remarks.iter().map(|remark| remark.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the lines less their discounts come to 478, found 200",
            "payments by balances and other payments come to 100, found 200",
        ]
    );
}

#[test]
fn customers() {
    let customer: wire::customers::Customer = round_trip(fixture!("customer.response"));
    assert_eq!((customer.id, customer.categories.len()), (244_988, 2));
    let page: wire::customers::CustomerPage = round_trip(fixture!("customers.response"));
    assert_eq!(page.records, [wire::customers::CustomerRecord::Customer(Box::new(customer))]);
    let error: wire::customers::CustomerError = round_trip(fixture!("customer_error.response"));
    assert!(error.error.contains("244988"));
}

#[test]
fn messages_the_documents_only_name() {
    let bill: wire::bills::Bill = round_trip(fixture!("bill"));
    assert_eq!(bill.items.map(|items| items.len()), Some(2));
    let _token: wire::access::TokenResponse = round_trip(fixture!("token"));
    let _merchant: wire::merchants::Merchant = round_trip(fixture!("merchant"));
    let _error: loyalty::LoyaltyOfferValidationError = round_trip(fixture!("validation_error"));
    let envelope: wire::datasync::Envelope = round_trip(fixture!("datasync"));
    assert_eq!(envelope.data_domain, "desks");
    let balance: loyalty::OfferBalance = round_trip(fixture!("balance"));
    assert_eq!(balance.r#type, loyalty::BalanceType::CollectablePoints);
}
