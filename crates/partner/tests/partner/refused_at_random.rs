//! Does what is refused leave every row as it was, whatever is wrong with it?
//!
//! Good requests of every kind, spoilt at random (acceptance property 7 of loyalty.md). Each goes to one merchant first, which
//! says whether it is refused; what is goes to a second one, in which nothing may ever move. Nothing may be answered
//! as a fault of the server's. `PROPTEST_CASES` says how many there are, `REFUSALS_SEED` which ones.

use crate::dice::Dice;
use crate::rows;
use crate::side::*;
use serde_json::{Value, json};

const CASES: u64 = 10_000;
/// The rows are looked at after so many.
const LOOKED_AT: u64 = 250;
/// Takes what is not refused.
const FIRST: &str = "5f00000000000000000000a2";
/// Takes nothing.
const SECOND: &str = "5f00000000000000000000a3";

/// Who calls.
#[derive(Debug, Clone, Copy)]
enum Caller {
    Admin,
    Loyalty,
    DataSync,
    Nobody,
}

/// A request, of whichever merchant.
#[derive(Debug)]
struct Call {
    caller: Caller,
    method: &'static str,
    /// After the merchant's own path for an operator.
    path: &'static str,
    body: String,
}

/// A merchant with its callers.
struct House {
    merchant: &'static str,
    loyalty: String,
    datasync: String,
}

impl House {
    async fn open(side: &Side, merchant: &'static str) -> Self {
        side.merchant(merchant).await;
        let house = Self {
            merchant,
            loyalty: side.token(merchant, "connections", json!({"name": "cloud"})).await,
            datasync: side.token(merchant, "datasync-secrets", json!({"name": "cloud"})).await,
        };
        for (method, path, body) in [
            ("POST", "/vouchers", voucher("V")),
            ("POST", "/members", member("anna")),
            ("PUT", "/promotions/ten", promotion()),
        ] {
            let made = side.admin(method, merchant, path, Some(body)).await;
            assert!(made.status.is_success(), "{path}: {made:?}");
        }
        house
    }

    async fn call(&self, side: &Side, call: &Call) -> Answer {
        let admin = format!("/admin/v1/partner/merchants/{}{}", self.merchant, call.path);
        let (path, authorization) = match call.caller {
            Caller::Admin => (admin.as_str(), format!("Bearer {}", side.admin)),
            Caller::Loyalty => (call.path, format!("Bearer {}", self.loyalty)),
            Caller::DataSync => (call.path, self.datasync.clone()),
            Caller::Nobody => (call.path, "Bearer stg_loyalty_0123456789abcdef_x".to_owned()),
        };
        side.call(call.method, path, &authorization, Some(call.body.clone())).await
    }
}

fn voucher(code: &str) -> Value {
    json!({"code": code, "type": "multiPurposePrepaidVoucher", "value": 300, "validUntil": "2027-01-01T00:00:00Z",
        "settings": {"posTitles": {"en": "Voucher"}, "prepayment": {"value": 300}}})
}

fn member(id: &str) -> Value {
    json!({"memberId": id, "tier": "Gold", "tags": ["staff"], "cards": [format!("card-{id}")],
        "person": {"firstName": "Anna", "country": "CZ", "email": "anna@example.cz", "birthDate": "1990-03-01", "allowSms": true},
        "balances": [{"balanceId": format!("{id}-points"), "type": "collectablePoints", "openingValue": 100, "settings": {"pointValue": 0.1}}]})
}

fn promotion() -> Value {
    json!({"active": true, "codes": ["TEN"], "definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"},
        "trigger": "code", "titles": {"pos": {"en": "Ten"}, "bill": {"en": "Ten"}}}})
}

fn offer() -> Value {
    json!({"loyaltyOfferId": "o1", "checkId": "c1", "deviceNumber": 1, "merchantId": "m", "placeId": "P", "currencyCode": "CZK",
        "countryCode": "CZ", "posLang": "cs", "billLang": "cs", "pricePrecision": 2,
        "benefitInputs": [{"inputCode": "card-anna"}, {"inputCode": "V"}],
        "balances": [{"balanceId": "V", "controllableValueToUse": 10, "rejectedByPOS": false}],
        "itemsToPay": [{"checkItemId": "1", "amount": 1, "measure": "pcs", "totalPriceWithVat": 120,
            "totalAppliedNonLoyaltyDiscounts": 0, "vatRate": 0.12, "vatId": 1,
            "product": {"productId": "p:1", "name": "Guláš", "categories": [{"categoryId": "c:1", "name": "Hlavní"}]}}]})
}

/// One of the good ones.
fn good(dice: &mut Dice) -> (Caller, &'static str, &'static str, Value) {
    use Caller::{Admin, DataSync, Loyalty};
    match dice.below(14) {
        0..=2 => (Loyalty, "POST", "/partner/loyalty/getBenefitOffer", offer()),
        3..=5 => (
            Loyalty,
            "POST",
            "/partner/loyalty/reportBenefitUsage",
            report("o1", "b1", "120", &[("V", 20, 0)]),
        ),
        6 => (
            Loyalty,
            "POST",
            "/partner/loyalty/reportOfferValidationError",
            json!({"loyaltyOfferId": "o1", "placeId": "P", "checkId": "c1", "deviceNumber": 1, "errors": [{"code": "SUM_MISMATCH"}]}),
        ),
        7 => (
            DataSync,
            "POST",
            "/partner/datasync",
            json!({"placeId": "P", "dataDomain": "bills", "data": [{"billId": "b1", "_lastModifiedAt": "2026-03-01T10:00:00.000Z",
                "finalPrice": 120, "currencyCode": "CZK", "paidAt": "2026-03-01T10:00:00.000Z", "items": []}]}),
        ),
        8 => (Admin, "POST", "/vouchers", voucher("W")),
        9 => (Admin, "POST", "/members", member("bea")),
        10 => (Admin, "PUT", "/promotions/ten", promotion()),
        11 => (
            Admin,
            "POST",
            "/balances/V/adjust",
            json!({"amount": 5, "reason": "a gift", "validUntil": "2027-01-01T00:00:00Z"}),
        ),
        12 => (
            Admin,
            "PUT",
            "/balances/V",
            json!({"status": "active", "settings": {"posTitles": {"en": "Voucher"}}}),
        ),
        _ => (
            Admin,
            "PUT",
            "/codes/V",
            json!({"status": "active", "validFrom": "2026-01-01T00:00:00Z", "validUntil": "2027-02-01T00:00:00Z"}),
        ),
    }
}

/// How many values there are in a value, itself among them.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

/// The value at a place, counted as [`size`] does.
fn at(value: &mut Value, place: usize) -> Option<&mut Value> {
    if place == 0 {
        return Some(value);
    }
    let mut before = 1;
    let inner: Vec<&mut Value> = match value {
        Value::Array(list) => list.iter_mut().collect(),
        Value::Object(members) => members.values_mut().collect(),
        _ => Vec::new(),
    };
    for one in inner {
        let size = size(one);
        if place < before + size {
            return at(one, place - before);
        }
        before += size;
    }
    None
}

fn garbage(dice: &mut Dice) -> Value {
    let long = "x".repeat(300);
    let text = dice.pick(&[
        "",
        " ",
        "-1",
        "many",
        "1e400",
        "a\u{0}",
        "2026-02-30T25:61:00Z",
        "[]",
        "ž",
        long.as_str(),
    ]);
    match dice.below(12) {
        0 => Value::Null,
        1 => json!([]),
        2 => json!({}),
        3 => json!(true),
        4 => json!(-1),
        5 => serde_json::from_str(dice.pick(&[
            "1e13",
            "0.00001",
            "-0.0",
            "123456789012345678901234567890",
            "1e-400",
        ]))
        .unwrap(),
        6 => json!([[[[{}]]]]),
        7 => json!({"x": null, "": 1}),
        _ => json!(text),
    }
}

fn spoil(dice: &mut Dice, body: &mut Value) {
    let place = dice.index(size(body));
    let Some(value) = at(body, place) else { return };
    match (dice.below(4), value) {
        (0, Value::Object(members)) if !members.is_empty() => {
            let name = members.keys().nth(dice.index(members.len())).unwrap().clone();
            members.remove(&name);
        }
        (1, Value::Object(members)) => {
            members.insert(dice.pick(&["extra", "Value", "billID", ""]).to_owned(), garbage(dice));
        }
        (2, Value::Array(list)) => {
            let more = list.first().cloned().unwrap_or_else(|| garbage(dice));
            list.push(more);
        }
        (_, value) => *value = garbage(dice),
    }
}

fn call(dice: &mut Dice) -> Call {
    let (mut caller, method, path, mut body) = good(dice);
    for _ in 0..=dice.below(2) {
        spoil(dice, &mut body);
    }
    let mut body = body.to_string();
    match dice.below(20) {
        0 => {
            let mut end = dice.index(body.len());
            while !body.is_char_boundary(end) {
                end -= 1;
            }
            body.truncate(end);
        }
        1 => body.push_str(dice.pick(&["x", "{}", "]"])),
        2 if !matches!(caller, Caller::Admin) => caller = Caller::Nobody,
        _ => {}
    }
    Call { caller, method, path, body }
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

on_both_engines! {
    async fn what_is_refused_changes_no_row(side: Side) {
        let (first, second) = (House::open(&side, FIRST).await, House::open(&side, SECOND).await);
        let until = format!("{SECOND}~");
        let seed = setting("REFUSALS_SEED").unwrap_or(1);
        let mut before = rows::rows(&side.db, SECOND, &until).await;
        let mut refused = 0_u64;
        let cases = setting("PROPTEST_CASES").unwrap_or(CASES);
        for number in 1..=cases {
            let mut dice = Dice::new(seed ^ number.wrapping_mul(0xD134_2543_DE82_EF95));
            let call = call(&mut dice);
            let answer = first.call(&side, &call).await;
            assert!(!answer.status.is_server_error(), "case {number} of seed {seed}: {answer:?} {call:?}");
            if answer.status.is_client_error() {
                refused += 1;
                assert!(answer.body["message"].is_string(), "case {number}: {answer:?} {call:?}");
                // what the first one has already, or has no more, may be news to the second one
                let again = second.call(&side, &call).await;
                if again.status.is_success() {
                    assert!(matches!(answer.status.as_u16(), 404 | 409), "case {number}: {answer:?} {again:?} {call:?}");
                    before = rows::rows(&side.db, SECOND, &until).await;
                }
            }
            if number % LOOKED_AT == 0 || number == cases {
                let now = rows::rows(&side.db, SECOND, &until).await;
                assert_eq!(before, now, "one of the cases up to {number} of seed {seed} changed a row");
            }
        }
        assert!(refused > cases / 4, "{refused} of {cases} were refused: too few to say anything");
        side.books_add_up().await;
    }
}
