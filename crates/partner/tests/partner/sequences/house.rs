//! Which merchants do the sequences happen at, and how are thousands of them set up quickly?
//!
//! A few are set up over HTTP, each with other rules; every case gets a copy of one of them, made by the database.

use super::steps::{CASE_SECONDS, GROUP};
use crate::rows::{statement, tables};
use crate::side::*;
use db::{Never, TxError, params};
use door::token;
use serde_json::{Value, json};
use std::ops::Range;

/// How many kinds of merchants there are; a case has the kind of its number.
pub(super) const KINDS: usize = 5;

/// The merchant of a case.
pub(super) fn merchant(case: usize) -> String {
    format!("case-{}", 10_000_000 + case)
}

/// The token of a case's loyalty connection.
pub(super) fn token_of(case: usize) -> String {
    format!("stg_loyalty_{case:016}_{case:043}")
}

fn template(kind: usize) -> String {
    format!("template-{kind}")
}

/// Stamps, and what differs from kind to kind.
fn program(kind: usize) -> Value {
    let card = json!([{"stampCardId": "coffee", "needed": 2, "products": ["coffee"]}]);
    match kind {
        0 => json!({"earn": {"points": 1, "perAmount": 10}, "stampCards": card}),
        1 => json!({
            "earn": {"points": 1, "perAmount": 10, "pendingDays": 1}, "stampCards": card, "refundTender": "moneyFirst",
            "negative": {"collectablePoints": "clamp", "prepaidCredit": "clamp", "multiPurposePrepaidVoucher": "clamp",
                "singlePurposePrepaidVoucher": "clamp"}
        }),
        2 => json!({
            "earn": {"points": 2, "perAmount": 10}, "stampCards": card, "refundTender": "creditOnly",
            "expiry": {"collectablePoints": {"days": 1, "sliding": true, "returnedGraceDays": 1},
                "prepaidCredit": {"days": 2, "returnedGraceDays": 2}}
        }),
        3 => json!({
            "earn": {"points": 1, "perAmount": 10, "earnOn": "topUp", "multipliers": [{"times": 2, "tiers": ["Silver"]}]},
            "tiers": [{"tierId": "Silver", "threshold": 300, "of": "spend", "windowMonths": 1}],
            "negative": {"collectablePoints": "blockCard", "multiPurposePrepaidVoucher": "allow"},
            "itemRefunds": {"products": ["cup"]}, "stampCards": card, "expiry": {"collectablePoints": {"days": 1}}
        }),
        _ => json!({
            "earn": {"points": 1, "perAmount": 7}, "defaultUse": "none", "itemRefunds": {"products": ["cup"]},
            "stampCards": [{"stampCardId": "coffee", "needed": 3, "products": ["coffee"], "pick": "dearest", "expiry": {"days": 1}}]
        }),
    }
}

/// Sets up a merchant of a kind: a member with points, credit with a bonus and stamps, an SPV, an MPV, a promotion
/// that may be used twice, one with a budget, one for each day.
async fn set_up(side: &Side, kind: usize) {
    let merchant = template(kind);
    let put = async |path: &str, body: Value| {
        let answer = side.admin("PUT", &merchant, path, Some(body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    let post = async |path: &str, body: Value| {
        let answer = side.admin("POST", &merchant, path, Some(body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    };
    put(
        "",
        json!({"name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
        "holdTtlSeconds": 180, "program": program(kind)}),
    )
    .await;
    post("/members", json!({
        "memberId": "anna", "cards": ["card-1"], "person": {"firstName": "Anna", "country": "CZ"},
        "balances": [
            {"balanceId": "points", "type": "collectablePoints", "openingValue": 100, "settings": {"pointValue": 0.3}},
            {"balanceId": "credit", "type": "prepaidCredit", "openingValue": 50, "validUntil": "2026-03-02T10:00:00Z",
                "settings": {"prepayment": {"value": 200, "editable": true, "bonus": [{"from": 100, "percent": 10}]}}}
        ]
    })).await;
    let vouchers = [
        // sold below its face by some
        json!({"code": "MPV", "type": "multiPurposePrepaidVoucher", "value": 300, "validUntil": "2026-03-02T23:00:00Z",
            "paidValue": if kind.is_multiple_of(2) { 300 } else { 250 }}),
        json!({"code": "SPV", "type": "singlePurposePrepaidVoucher", "value": 80, "vatRate": 0.12}),
    ];
    for voucher in vouchers {
        post("/vouchers", voucher).await;
    }
    post("/top-up-codes", json!({"code": "TOP"})).await;
    let percent = |percent: i64, on: &str, trigger: &str, limits: Value| json!({"kind": {"percent": {"percent": percent}}, "scope": {"on": on}, "trigger": trigger, "limits": limits});
    let once = percent(10, "order", "code", json!([{"per": "code", "uses": 2}]));
    put("/promotions/once", json!({"definition": once, "codes": ["ONCE"]})).await;
    let budget = percent(20, "items", "code", json!([{"per": "campaign", "amount": 40}]));
    put("/promotions/budget", json!({"definition": budget, "codes": ["BUDGET"]})).await;
    if kind.is_multiple_of(2) {
        let daily = percent(5, "order", "automatic", json!([{"per": "member", "uses": 1, "period": "day"}]));
        put("/promotions/daily", json!({"definition": daily, "codes": []})).await;
    }
    let token = side.token(&merchant, "connections", json!({"name": "cloud"})).await;
    for (bill, body) in
        [("t1", report("t-1", "t1", "200", &[("credit", 0, 200)])), ("t2", report("t-2", "t2", "60", &[]))]
    {
        let mut body = with(body, json!({"customerId": "anna"}));
        body["paidItems"][0]["product"]["productId"] = json!("coffee");
        let (status, answer) = side.webhook("reportBenefitUsage", &token, body.to_string()).await;
        assert_eq!((status, &answer[..]), (200, &b"{}"[..]), "{bill}");
    }
}

/// Makes the merchants of these cases; each group of them lives in a time of its own, `first` at the very start.
pub(super) async fn set_up_all(side: &Side, first: usize, cases: Range<usize>) {
    for kind in 0..KINDS {
        set_up(side, kind).await;
        let from = cases.clone().find(|case| case % KINDS == kind).unwrap_or(cases.end);
        for table in tables().iter().filter(|table| table.name != "partner_credential") {
            let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            let values = table.columns.iter().map(|column| match column.name.as_str() {
                "merchant" => "'case-' || CAST(10000000 + n.i AS TEXT)".to_owned(),
                name if column.is_instant() => format!("t.{name} + (n.i / {GROUP} - $5) * $4"),
                name => format!("t.{name}"),
            });
            let (names, values, table) =
                (names.join(", "), values.collect::<Vec<_>>().join(", "), &table.name);
            let copy = statement(format!(
                "WITH RECURSIVE n(i) AS (SELECT CAST($2 AS BIGINT) WHERE CAST($2 AS BIGINT) < $3
                    UNION ALL SELECT i + {KINDS} FROM n WHERE i + {KINDS} < $3)
                 INSERT INTO {table} ({names}) SELECT {values} FROM {table} AS t CROSS JOIN n
                 WHERE t.merchant = $1 AND CAST($4 AS BIGINT) > 0 AND CAST($5 AS BIGINT) >= 0"
            ));
            let ends = [from, cases.end, first].map(|case| i64::try_from(case).unwrap());
            let copied = side.db.write("copy_merchants", move |tx| {
                let apart = CASE_SECONDS * 1_000_000;
                Ok::<_, TxError<Never>>(
                    tx.execute(copy, params![&template(kind), ends[0], ends[1], apart, ends[2]])?,
                )
            });
            copied.await.unwrap();
        }
    }
    let credentials = side.db.write("credentials", move |tx| {
        for case in cases.clone() {
            let text = token_of(case);
            let hash = token::hash(&text);
            tx.execute(&CREDENTIAL, params![token::prefix_of(&text), &hash[..], &merchant(case)])?;
        }
        Ok::<_, TxError<Never>>(())
    });
    credentials.await.unwrap();
}

db::statement! {
    /// The loyalty connection of a case.
    CREDENTIAL = "INSERT INTO partner_credential (token_prefix, token_hash, kind, merchant, loyalty_provider_id, name, created_at)
        VALUES ($1, $2, 'loyalty', $3, 'provider', 'case', 0)";
}
