//! Does garbage get an error that names the member, and never a panic?

use crate::fixtures::fixture;
use proptest::prelude::*;
use serde_json::{Value, json};
use wire::{
    Read,
    bills::Bill,
    customers::CustomerPage,
    datasync::Envelope,
    loyalty::{
        LoyaltyBenefitUsagesPayload, LoyaltyOfferResponse, LoyaltyOfferValidationError,
        ThirdPartyLoyaltyOfferRequest,
    },
    read::{self, ReadError},
};

fn fault<T: Read + std::fmt::Debug>(body: &[u8]) -> ReadError {
    read::from_slice::<T>(body).expect_err("garbage is refused")
}

#[test]
fn the_error_names_the_member() {
    let id = "an id: text that is not empty";
    let number = "a decimal number, or one as text";
    for (pointer, value, path, expected, found) in [
        ("/loyaltyOfferId", Value::Null, "loyaltyOfferId", id, "null"),
        ("/loyaltyOfferId", json!(""), "loyaltyOfferId", id, "empty text"),
        ("/checkId", json!(["x"]), "checkId", id, "a list of 1"),
        (
            "/deviceNumber",
            json!("one"),
            "deviceNumber",
            "a whole number",
            "text of 3 characters: not a decimal number such as -12.34 or 1.2e3",
        ),
        ("/deviceNumber", json!(1.5), "deviceNumber", "a whole number", "the number 1.5"),
        ("/pricePrecision", json!(4), "pricePrecision", "0, 1, 2 or 3", "the number 4"),
        ("/pricePrecision", json!(-1), "pricePrecision", "0, 1, 2 or 3", "the number -1"),
        ("/benefitInputs", json!({"a": 1}), "benefitInputs", "a list", "an object"),
        ("/benefitInputs/2", json!("discount_10"), "benefitInputs[2]", "an object", "text of 11 characters"),
        ("/benefitInputs/2/inputCode", json!(true), "benefitInputs[2].inputCode", "text", "true"),
        (
            "/balances/0/usedControllableValue",
            json!("a lot"),
            "balances[0].usedControllableValue",
            number,
            "text of 5 characters: not a decimal number such as -12.34 or 1.2e3",
        ),
        (
            "/itemsToPay/1/totalPriceWithVat",
            json!({}),
            "itemsToPay[1].totalPriceWithVat",
            number,
            "an object",
        ),
        ("/itemsToPay/0/product", json!(["x"]), "itemsToPay[0].product", "an object", "a list of 1"),
        ("/itemsToPay/0/product", json!([]), "itemsToPay[0].product.productId", id, "nothing"),
        (
            "/checkId",
            json!("c\0"),
            "checkId",
            id,
            "a character that cannot be kept: U+0000, half a surrogate pair, or a byte that is no UTF-8",
        ),
        (
            "/itemsToPay/0/product/categories/1/categoryId",
            Value::Null,
            "itemsToPay[0].product.categories[1].categoryId",
            id,
            "null",
        ),
        ("/itemsToPay", Value::Null, "itemsToPay", "a list", "null"),
    ] {
        let mut body: Value = serde_json::from_str(fixture!("get_benefit_offer.request")).expect("JSON");
        *body.pointer_mut(pointer).expect(pointer) = value;
        let error = fault::<ThirdPartyLoyaltyOfferRequest>(body.to_string().as_bytes());
        assert_eq!(error, ReadError::new(path, expected, found));
    }
    let missing = fault::<ThirdPartyLoyaltyOfferRequest>(b"{}");
    assert_eq!(missing, ReadError::new("loyaltyOfferId", id, "nothing"));
    assert_eq!(missing.to_string(), "loyaltyOfferId: expected an id: text that is not empty, found nothing");
}

#[test]
fn numbers_beyond_reason_are_refused_at_once() {
    for price in ["1e999999999", "-1e999999999", "1e-999999999", "123456789012345678901234567890"] {
        let body = fixture!("get_benefit_offer.request").replace("603.39", price);
        let error = fault::<ThirdPartyLoyaltyOfferRequest>(body.as_bytes());
        assert_eq!(error.path, "itemsToPay[0].totalPriceWithVat", "{price}");
    }
    let body = fixture!("get_benefit_offer.request").replace("603.39", &"9".repeat(100_000));
    let error = fault::<ThirdPartyLoyaltyOfferRequest>(body.as_bytes());
    assert_eq!(error.found, "a number of 100000 characters: longer than 256 characters");
}

#[test]
fn what_is_no_object_is_refused_as_a_whole() {
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let deep_member = format!(r#"{{"a":{}1{}}}"#, r#"{"a":"#.repeat(5_000), "}".repeat(5_000));
    for (case, body) in [
        ("nothing", &b""[..]),
        ("white space", b" \n "),
        ("a list", b"[1]"),
        ("a scalar", b"42"),
        ("cut off", br#"{"loyaltyOfferId": "o""#),
        ("two bodies", b"{}{}"),
        ("no UTF-8", b"\xff\xfe"),
        ("UTF-16", b"{\0}\0"),
        ("NaN", br#"{"deviceNumber": NaN}"#),
        ("XML", b"<offer/>"),
        ("a form", b"loyaltyOfferId=o&checkId=c"),
        ("deep lists", &deep),
        ("deep objects", deep_member.as_bytes()),
    ] {
        let error = fault::<ThirdPartyLoyaltyOfferRequest>(body);
        assert_eq!(error.path, "", "{case}");
        assert!(!error.expected.is_empty() && !error.found.is_empty(), "{case}");
    }
}

/// An error goes to logs, so no text of the body may be in it.
#[test]
fn errors_quote_no_text() {
    for body in [
        br#"{"loyaltyOfferId": "o", "checkId": "c", "deviceNumber": "Jana Nova"}"#.as_slice(),
        br#"{"loyaltyOfferId": "o", "checkId": {"Jana": "Nova"}}"#,
        br#"{"loyaltyOfferId": "Jana Nova"#,
        br#"{"loyaltyOfferId": "o", "checkId": "c", "deviceNumber": 1, "currencyCode": "CZK", "pricePrecision": "Jana"}"#,
    ] {
        let error = fault::<ThirdPartyLoyaltyOfferRequest>(body).to_string();
        assert!(!error.contains("Jana") && !error.contains("Nova"), "{error}");
    }
}

fn read_as_everything(body: &[u8]) {
    let _outcomes = (
        read::from_slice::<ThirdPartyLoyaltyOfferRequest>(body)
            .map(|request| (wire::canonical::hash(body), request)),
        read::from_slice::<LoyaltyOfferResponse>(body),
        read::from_slice::<LoyaltyOfferValidationError>(body),
        read::from_slice::<LoyaltyBenefitUsagesPayload>(body).map(|usage| wire::loyalty::close_usage(&usage)),
        read::from_slice::<Bill>(body),
        read::from_slice::<Envelope>(body),
        read::from_slice::<CustomerPage>(body),
    );
}

const SEEDS: [&str; 5] = [
    fixture!("get_benefit_offer.request"),
    fixture!("get_benefit_offer.response"),
    fixture!("report_benefit_usage.request"),
    fixture!("bill"),
    fixture!("customers.response"),
];

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "-?(0|[1-9][0-9]{0,29})(\\.[0-9]{1,30})?(e-?[0-9]{1,9})?"
            .prop_map(|text| Value::Number(serde_json::Number::from_string_unchecked(text))),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("2026-03-01T14:59:48+01:00")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec(("[a-z_$]{1,8}", inner), 0..3)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// The places of every member and entry, as JSON pointers.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(entries) => {
            entries
                .iter()
                .enumerate()
                .for_each(|(index, entry)| pointers(entry, &format!("{at}/{index}"), found));
        }
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| pointers(member, &format!("{at}/{key}"), found));
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(10_000)
    ))]

    #[test]
    fn any_bytes(body in prop::collection::vec(any::<u8>(), 0..200)) {
        read_as_everything(&body);
    }

    #[test]
    fn any_json_text(value in any_json()) {
        read_as_everything(value.to_string().as_bytes());
    }

    /// A documented body with a few of its bytes changed, cut or doubled.
    #[test]
    fn seeds_with_changed_bytes(
        seed in 0..SEEDS.len(), edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6),
    ) {
        let mut body = SEEDS[seed].as_bytes().to_vec();
        for (place, byte, kind) in edits {
            let place = place.index(body.len());
            match kind {
                0 => body[place] = byte,
                1 => { body.remove(place); }
                _ => body.insert(place, byte),
            }
        }
        read_as_everything(&body);
    }

    /// A documented body with one member replaced by any JSON: either read, or refused at that member or above it.
    #[test]
    fn seeds_with_a_changed_member(
        seed in 0..SEEDS.len(), place in any::<prop::sample::Index>(), value in any_json(),
    ) {
        let mut body: Value = serde_json::from_str(SEEDS[seed]).expect("JSON");
        let mut places = Vec::new();
        pointers(&body, "", &mut places);
        let pointer = place.get(&places).clone();
        *body.pointer_mut(&pointer).expect("it is there") = value;
        let text = body.to_string();
        read_as_everything(text.as_bytes());
        if seed == 0 && let Err(error) = read::from_slice::<ThirdPartyLoyaltyOfferRequest>(text.as_bytes()) {
            let named = error.path.replace('[', "/").replace(']', "").replace('.', "/");
            prop_assert!(format!("/{named}").starts_with(&pointer) || pointer.is_empty() , "{pointer}: {error}");
        }
    }
}
