//! Do the rows follow the rules: holds, kept offers, refusals, one merchant never in another's?

use crate::MIGRATIONS;
use crate::loyalty::offer::quoted::{Quoted, Worded};
use crate::loyalty::offer::report_offer_validation_error::Refused;
use crate::loyalty::offer::request::OfferRequest;
use crate::loyalty::program::ProgramCache;
use db::{Db, Never, Options, TxError, params};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

db::row! {
    struct HoldOfTest {
        balance_id: String,
        device_number: i64,
        check_id: String,
        amount: i64,
        state: String,
        expires_at: Timestamp,
    }
}

db::row! {
    struct Posted {
        sum: i64,
        balances: i64,
    }
}

db::statement! {
    MERCHANT = "INSERT INTO partner_merchant (merchant, name, currency_code, price_precision, time_zone, hold_ttl_seconds,
            program, program_version, created_at, updated_at)
        VALUES ($1, 'Bar', 'CZK', 2, 'Europe/Prague', 180, '{}', 1, 0, 0)";
    MEMBER = "INSERT INTO partner_member (merchant, member_id, customer_number, status, created_at, updated_at)
        VALUES ($1, $2, $3, 'active', 0, 0)";
    PERSON = "INSERT INTO partner_person (merchant, member_id, first_name, last_name) VALUES ($1, $2, 'Jana', 'Nová')";
    BALANCE = "INSERT INTO partner_balance (merchant, balance_id, type, member_id, status, settings, posted, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 'active', $5, $6, 0, 0)";
    LOT = "INSERT INTO partner_lot (merchant, balance_id, lot_id, type, kind, source, issued, remaining, earned_at)
        VALUES ($1, $2, 'lot-1', $4, 'paid', 'opening', $3, $3, 0)";
    CODE = "INSERT INTO partner_code (merchant, code, kind, member_id, balance_id, promotion_id, status, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'active', 0)";
    PROMOTION = "INSERT INTO partner_promotion (merchant, promotion_id, definition, status, created_at, updated_at)
        VALUES ($1, $2, $3, 'active', 0, 0)";
    HOLDS -> HoldOfTest = "SELECT balance_id, device_number, check_id, amount, state, expires_at FROM partner_hold
        WHERE merchant = $1 ORDER BY balance_id, hold_number";
    OFFER -> Kept = "SELECT state, response, remarks, validation_errors AS errors, balances, member_id FROM partner_offer
        WHERE merchant = $1 AND offer_id = $2";
    POSTED -> Posted = "SELECT CAST(SUM(posted) AS BIGINT) AS sum, COUNT(*) AS balances FROM partner_balance";
}

/// A database with one merchant's guest: a card with points and credit, a voucher, a promotion.
struct House {
    db: Db,
    programs: Arc<ProgramCache>,
    _folder: tempfile::TempDir,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_772_359_200 + second).unwrap()
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("house.db").display());
        let db = Db::open(Options::new(&url)).await.unwrap();
        db.migrate(&[MIGRATIONS]).await.unwrap();
        let house = Self { db, programs: Arc::default(), _folder: folder };
        house.merchant("m").await;
        house.merchant("other").await;
        house
    }

    async fn merchant(&self, merchant: &'static str) {
        let no: Option<&str> = None;
        let made = self.db.write("house", move |tx| {
            tx.execute(&MERCHANT, params![merchant])?;
            for (number, member) in [(1, "jana"), (2, "petr")] {
                tx.execute(&MEMBER, params![merchant, member, number as i64])?;
                tx.execute(&PERSON, params![merchant, member])?;
                tx.execute(
                    &CODE,
                    params![merchant, format!("card-{member}").as_str(), "card", member, no, no],
                )?;
            }
            for (id, kind, member, settings, posted) in [
                ("jana-points", "collectablePoints", Some("jana"), r#"{"pointValue":"0.10"}"#, 500_i64),
                ("jana-credit", "prepaidCredit", Some("jana"), "{}", 10_000),
                ("petr-credit", "prepaidCredit", Some("petr"), "{}", 5_000),
                ("voucher", "multiPurposePrepaidVoucher", no, "{}", 30_000),
            ] {
                tx.execute(&BALANCE, params![merchant, id, kind, member, settings, posted])?;
                tx.execute(&LOT, params![merchant, id, posted, kind])?;
            }
            tx.execute(&CODE, params![merchant, "voucher", "voucher", no, "voucher", no])?;
            let rule = r#"{"kind":{"percent":{"percent":10}},"scope":{"on":"order"},"trigger":"code"}"#;
            tx.execute(&PROMOTION, params![merchant, "ten", rule])?;
            tx.execute(&CODE, params![merchant, "discount_10", "promotion", no, no, "ten"])?;
            Ok::<_, TxError<Never>>(())
        });
        made.await.unwrap();
    }

    async fn ask(&self, ask: Ask, second: i64) -> Value {
        serde_json::from_str(&self.bytes("m", &ask.body(), second).await).unwrap()
    }

    async fn bytes(&self, merchant: &str, body: &Value, second: i64) -> String {
        let body = serde_json::to_vec(body).unwrap();
        let asked = OfferRequest::read(
            merchant.to_owned(),
            wire::read::from_slice(&body).unwrap(),
            &body,
            at(second),
        );
        let (asked, programs) = (Arc::new(asked.unwrap()), self.programs.clone());
        let made = self.db.write_in_parts(
            "ask",
            move |tx| asked.quote(tx, &programs, crate::loyalty::offer::quote::quote),
            Quoted::into_words,
            |tx, worded: Result<Worded, db::Error>| Ok(worded?.keep(tx)?),
        );
        let made = made.await.unwrap();
        if let Some((merchant, version, program)) = made.parsed {
            self.programs.keep(&merchant, version, program);
        }
        made.body
    }

    /// (balance, device, check, amount, state, seconds of its end).
    async fn holds(&self, merchant: &'static str) -> Vec<(String, i64, String, i64, String, i64)> {
        let read = self.db.read("holds", move |tx| {
            let mut holds = Vec::new();
            for row in tx.query(&HOLDS, params![merchant])? {
                let ends = row.expires_at.duration_since(at(0)).as_secs();
                holds.push((row.balance_id, row.device_number, row.check_id, row.amount, row.state, ends));
            }
            Ok::<_, TxError<Never>>(holds)
        });
        read.await.unwrap()
    }

    /// The active ones, short: (balance, device, amount, seconds of its end).
    async fn active(&self) -> Vec<(String, i64, i64, i64)> {
        let holds = self.holds("m").await;
        holds
            .into_iter()
            .filter(|hold| hold.4 == "active")
            .map(|(balance, device, _, amount, _, ends)| (balance, device, amount, ends))
            .collect()
    }

    async fn offer(&self, offer_id: &'static str) -> Option<Kept> {
        let read = self
            .db
            .read("offer", move |tx| Ok::<_, TxError<Never>>(tx.optional(&OFFER, params!["m", offer_id])?));
        read.await.unwrap()
    }

    async fn refuse(&self, offer_id: &str, second: i64) {
        let report = json!({ "loyaltyOfferId": offer_id, "errors": [{ "code": "SUM_MISMATCH" }],
            "placeId": "p", "deviceNumber": 1, "checkId": "c1" });
        let body = serde_json::to_vec(&report).unwrap();
        let refused =
            Refused::read("m".to_owned(), wire::read::from_slice(&body).unwrap(), at(second)).unwrap();
        self.db.write("refuse", move |tx| refused.keep(tx).map_err(TxError::<Never>::from)).await.unwrap();
    }

    /// What no offer may change.
    async fn posted(&self) -> (i64, i64) {
        let read = self.db.read("posted", |tx| {
            let row = tx.optional(&POSTED, params![])?.unwrap();
            Ok::<_, TxError<Never>>((row.sum, row.balances))
        });
        read.await.unwrap()
    }
}

db::row! {
    struct Kept {
        state: String,
        response: Value as crate::row::Packed,
        remarks: String,
        errors: Option<String>,
        balances: String,
        member_id: Option<String>,
    }
}

/// A question of device 1, check `c1`, one line.
#[derive(Clone)]
struct Ask {
    device: i64,
    check: &'static str,
    offer: &'static str,
    total: i64,
    codes: Vec<&'static str>,
}

impl Ask {
    fn new(device: i64, offer: &'static str, total: i64, codes: &[&'static str]) -> Self {
        Self { device, check: "c1", offer, total, codes: codes.to_vec() }
    }

    fn body(&self) -> Value {
        let inputs: Value = self.codes.iter().map(|code| json!({ "inputCode": code })).collect();
        let mut lines = Vec::new();
        if self.total != 0 {
            lines.push(
                json!({ "checkItemId": "1", "product": { "productId": "a", "name": "a", "categories": [] },
                "amount": 1, "totalPriceWithVat": self.total, "vatRate": 0.12 }),
            );
        }
        json!({ "checkId": self.check, "loyaltyOfferId": self.offer, "deviceNumber": self.device,
            "currencyCode": "CZK", "posLang": "en", "billLang": "en", "pricePrecision": 2,
            "benefitInputs": inputs, "balances": [], "itemsToPay": lines, "merchantId": "m", "placeId": "p" })
    }
}

fn values(answer: &Value) -> Vec<(String, String, Option<String>)> {
    answer["balances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |member: &str| one[member].as_str().map(str::to_owned);
            (text("balanceId").unwrap(), one["valueToUseInCurrency"].to_string(), text("reasonCode"))
        })
        .collect()
}

fn value(balance: &str, amount: &str, reason: Option<&str>) -> (String, String, Option<String>) {
    (balance.to_owned(), amount.to_owned(), reason.map(str::to_owned))
}

fn hold(balance: &str, device: i64, amount: i64, ends: i64) -> (String, i64, i64, i64) {
    (balance.to_owned(), device, amount, ends)
}

/// loyalty.md §4, the rows up to the first report.
#[tokio::test]
async fn two_registers_share_one_voucher() {
    let house = House::new().await;
    let before = house.posted().await;
    let first = house.ask(Ask::new(1, "o1", 200, &["voucher"]), 0).await;
    assert_eq!(values(&first), [value("voucher", "200", None)]);
    assert_eq!(house.active().await, [hold("voucher", 1, 20_000, 180)]);

    let second = house.ask(Ask::new(2, "o2", 150, &["voucher"]), 30).await;
    assert_eq!(values(&second), [value("voucher", "100", Some("PARTLY_RESERVED"))]);

    let more = house.ask(Ask::new(1, "o3", 260, &["voucher"]), 60).await;
    assert_eq!(values(&more), [value("voucher", "200", Some("PARTLY_RESERVED"))]);
    let less = house.ask(Ask::new(1, "o4", 120, &["voucher"]), 70).await;
    assert_eq!(values(&less), [value("voucher", "120", None)]);
    assert_eq!(house.active().await, [hold("voucher", 2, 10_000, 210), hold("voucher", 1, 12_000, 250)]);

    let third = house.ask(Ask::new(3, "o5", 300, &["voucher"]), 100).await;
    assert_eq!(values(&third), [value("voucher", "80", Some("PARTLY_RESERVED"))]);
    let locked = house.ask(Ask { check: "c9", ..Ask::new(3, "o6", 300, &["voucher"]) }, 101).await;
    assert_eq!(locked["benefitInputs"][0]["reasonCode"], "LOCKED_BY_OTHER_DEVICE");
    assert!(values(&locked).is_empty());

    // at the instant it ends a hold is over, and its check asks anew
    let again = house.ask(Ask::new(2, "o2", 150, &["voucher"]), 210).await;
    assert_eq!(values(&again), [value("voucher", "100", Some("PARTLY_RESERVED"))]);
    let states: Vec<(i64, String)> =
        house.holds("m").await.into_iter().map(|hold| (hold.1, hold.4)).collect();
    let state = |device, state: &str| (device, state.to_owned());
    assert_eq!(
        states,
        [
            state(1, "replaced"),
            state(2, "expired"),
            state(1, "active"),
            state(3, "active"),
            state(2, "active")
        ]
    );
    assert_eq!(house.posted().await, before, "an offer never changes what is posted");
}

#[tokio::test]
async fn the_same_question_gets_the_same_bytes_and_only_moves_the_end() {
    let house = House::new().await;
    let ask = Ask::new(1, "o1", 400, &["card-jana", "discount_10", "voucher"]);
    let first = house.bytes("m", &ask.body(), 0).await;
    let ends = |second: i64| {
        vec![
            hold("jana-credit", 1, 1_000, second),
            hold("jana-points", 1, 500, second),
            hold("voucher", 1, 30_000, second),
        ]
    };
    assert_eq!(house.active().await, ends(180));
    assert_eq!(house.bytes("m", &ask.body(), 100).await, first);
    assert_eq!(house.active().await, ends(280));
    assert_eq!(house.holds("m").await.len(), 3, "no hold was replaced");
    // the platform gives every question an id of its own; the holds go with the check
    let renamed = house.bytes("m", &Ask { offer: "o2", ..ask }.body(), 110).await;
    assert_eq!(renamed, first.replace("o1", "o2"));
    assert_eq!(house.active().await, ends(290));
}

#[tokio::test]
async fn what_is_taken_off_the_check_is_free_again() {
    let house = House::new().await;
    let all = Ask::new(1, "o1", 400, &["card-jana", "voucher"]);
    house.ask(all.clone(), 0).await;
    house.ask(Ask { codes: vec!["voucher"], ..all.clone() }, 1).await;
    assert_eq!(house.active().await, [hold("voucher", 1, 30_000, 181)], "the card was removed");

    let petr = house.ask(Ask { codes: vec!["card-petr", "voucher"], ..all.clone() }, 2).await;
    assert_eq!(petr["customer"]["customerId"], "petr");
    assert_eq!(house.active().await, [hold("petr-credit", 1, 5_000, 182), hold("voucher", 1, 30_000, 182)]);
    house.ask(Ask { codes: vec!["card-jana", "voucher"], ..all.clone() }, 3).await;
    let of_petr: Vec<_> = house.active().await.into_iter().filter(|hold| hold.0 == "petr-credit").collect();
    assert!(of_petr.is_empty(), "another customer was scanned on the same check");

    house.ask(Ask { total: 0, ..all.clone() }, 4).await;
    assert!(house.active().await.is_empty(), "the basket is empty");

    let mut body = all.body();
    body["balances"] = json!([{ "balanceId": "voucher", "rejectedByPOS": true }]);
    house.bytes("m", &body, 5).await;
    assert!(house.active().await.iter().all(|hold| hold.0 != "voucher"), "the till refused it");
}

#[tokio::test]
async fn the_kept_offer_knows_the_member_but_not_the_name() {
    let house = House::new().await;
    let answer = house.ask(Ask::new(1, "o1", 400, &["card-jana"]), 0).await;
    assert_eq!(answer["customer"]["fullName"], "Jana Nová");
    let kept = house.offer("o1").await.unwrap();
    assert_eq!((kept.state.as_str(), kept.member_id.as_deref()), ("open", Some("jana")));
    assert!(!kept.response.to_string().contains("Jana"), "{}", kept.response);
    let balances: Value = serde_json::from_str(&kept.balances).unwrap();
    assert_eq!(
        balances,
        json!([{ "balanceId": "jana-points", "amount": 500 }, { "balanceId": "jana-credit", "amount": 10_000 }])
    );
    assert_eq!(
        serde_json::from_str::<Vec<String>>(&kept.remarks).unwrap().len(),
        1,
        "the place was never synchronized"
    );
}

#[tokio::test]
async fn a_refused_offer_keeps_nothing_for_itself() {
    let house = House::new().await;
    house.ask(Ask::new(1, "o1", 200, &["voucher"]), 0).await;
    house.refuse("o1", 10).await;
    assert!(house.active().await.is_empty());
    let kept = house.offer("o1").await.unwrap();
    assert_eq!((kept.state.as_str(), kept.errors.is_some()), ("invalid", true));

    house.ask(Ask::new(1, "o2", 200, &["voucher"]), 20).await;
    house.refuse("o1", 30).await;
    assert_eq!(house.active().await.len(), 1, "a late refusal of an older offer leaves the newer one alone");

    house.refuse("never-made", 40).await;
    let kept = house.offer("never-made").await.unwrap();
    assert_eq!(kept.state, "invalid");
    assert!(kept.errors.unwrap().contains("SUM_MISMATCH"));
    assert!(kept.remarks.contains("no offer"), "{}", kept.remarks);
}

#[tokio::test]
async fn a_body_never_reaches_another_merchant() {
    let house = House::new().await;
    let mut body = Ask::new(1, "o1", 200, &["voucher", "card-jana"]).body();
    body["merchantId"] = json!("other");
    body["balances"] = json!([{ "balanceId": "petr-credit", "controllableValueToUse": 10 }]);
    house.bytes("m", &body, 0).await;
    assert!(house.holds("other").await.is_empty());
    assert_eq!(house.active().await, [hold("jana-points", 1, 500, 180), hold("voucher", 1, 15_000, 180)]);
    let remarks: Vec<String> = serde_json::from_str(&house.offer("o1").await.unwrap().remarks).unwrap();
    assert_eq!(remarks.len(), 3, "{remarks:?}");
    assert!(remarks[0].contains("merchantId") && remarks[2].contains("petr-credit"), "{remarks:?}");
    // the other merchant's voucher is still whole
    let mut body = Ask::new(1, "o1", 300, &["voucher"]).body();
    body["merchantId"] = json!("other");
    let other: Value = serde_json::from_str(&house.bytes("other", &body, 1).await).unwrap();
    assert_eq!(values(&other), [value("voucher", "300", None)]);
}

/// The request of the page "Get benefit offer", unchanged.
#[tokio::test]
async fn the_documents_own_request_is_answered() {
    let house = House::new().await;
    let body: Value = serde_json::from_str(include_str!("documents_request.json")).unwrap();
    let first = house.bytes("m", &body, 0).await;
    let answer: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(answer["loyaltyOfferId"], "4d1dd08c4bcd1de163fbcbb8");
    let applied: Vec<(bool, Option<&str>)> = answer["benefitInputs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["applicable"].as_bool().unwrap(), entry["reasonCode"].as_str()))
        .collect();
    let again = (false, Some("ALREADY_APPLIED"));
    assert_eq!(applied, [(true, None), again, again]);
    assert_eq!(answer["generalDiscounts"][0]["valueToUse"].to_string(), "155.52");
    assert_eq!(house.bytes("m", &body, 10).await, first);
    assert!(house.holds("m").await.is_empty());
}

#[tokio::test]
async fn a_changed_program_is_read_anew() {
    let house = House::new().await;
    let ask = Ask::new(1, "o1", 100, &["discount_10"]);
    let off = |answer: &Value| answer["generalDiscounts"][0]["valueToUse"].to_string();
    assert_eq!(off(&house.ask(ask.clone(), 0).await), "10");
    assert!(house.programs.get("m", 1).is_some());
    let change = house.db.write("change", |tx| {
        let rule = r#"{"kind":{"percent":{"percent":50}},"scope":{"on":"items"},"trigger":"code"}"#;
        tx.execute(&CHANGE_PROMOTION, params!["m", rule])?;
        tx.execute(&CHANGE_VERSION, params!["m"])?;
        Ok::<_, TxError<Never>>(())
    });
    change.await.unwrap();
    assert_eq!(off(&house.ask(ask, 1).await), "50");
}

db::statement! {
    CHANGE_PROMOTION = "UPDATE partner_promotion SET definition = $2 WHERE merchant = $1";
    CHANGE_VERSION = "UPDATE partner_merchant SET program_version = program_version + 1 WHERE merchant = $1";
}
