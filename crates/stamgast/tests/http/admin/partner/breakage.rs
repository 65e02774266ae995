//! `GET …/breakage`: what ended unused, what was paid for it, and which VAT stays paid? (loyalty.md §3 V7)

use super::send;
use crate::partner::usage;
use http::Method;
use serde_json::{Value, json};
use testkit::{House, eventually};

const REPORT: &str = "/partner/loyalty/reportBenefitUsage";
const SPV: &str = "singlePurposePrepaidVoucher";
const MPV: &str = "multiPurposePrepaidVoucher";
const CREDIT: &str = "prepaidCredit";

async fn report(house: &House) -> Value {
    let (status, answer) = send(house, Method::GET, "/breakage?from=2026-04-01&till=2026-04-30", None).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Class, treatment, rate, value, price, base, VAT and entries of the sums.
fn totals(answer: &Value) -> Vec<[String; 8]> {
    let members = ["type", "treatment", "vatRate", "value", "paidValue", "base", "vat", "entries"];
    let one = |total: &Value| {
        members.map(|member| total[member].as_str().map_or_else(|| total[member].to_string(), str::to_owned))
    };
    answer["totals"].as_array().unwrap().iter().map(one).collect()
}

fn texts(rows: &[[&str; 8]]) -> Vec<[String; 8]> {
    rows.iter().map(|row| row.map(str::to_owned)).collect()
}

testkit::on_both_engines! {
    /// getPartnerBreakage: what ended unused, with its VAT or outside of it.
    async fn vat_of_a_sold_purpose_stays_and_the_rest_is_outside(engine: Engine) {
        let fast = |config: &mut stamgast::config::Config| config.partner.sweep_seconds = 1;
        let house = House::start_with(engine, fast, Box::new(|router| router)).await;
        let program = json!({"breakage": {"spv": "VAT stays paid", "mpv": "no supply took place"},
            "expiry": {"prepaidCredit": {"days": 29}}});
        house.app.admin.put(&house.partner_admin(), &json!({"name": "U Štamgasta", "currencyCode": "CZK",
            "pricePrecision": 2, "timeZone": "Europe/Prague", "program": program})).await.unwrap();
        // all of them end when March does, in Prague
        let until = "2026-03-31T22:00:00Z";
        for (code, class, value, more) in [
            ("S", SPV, 500, json!({"vatRate": "0.12", "paidValue": 450})),
            ("M", MPV, 300, json!({})),
            ("P", "collectablePoints", 70, json!({})),
        ] {
            let mut body = json!({"code": code, "type": class, "value": value, "validUntil": until});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            house.app.admin.post(&format!("{}/vouchers", house.partner_admin()), &body).await.unwrap();
        }
        let prepayment = json!({"value": 1000, "bonus": [{"from": 1000, "bonus": 100}]});
        let member = json!({"memberId": "topper", "person": {}, "cards": [], "balances":
            [{"balanceId": "T", "type": CREDIT, "settings": {"prepayment": prepayment}}]});
        house.app.admin.post(&format!("{}/members", house.partner_admin()), &member).await.unwrap();
        let mut top_up = usage("5f0000000000000000000009", "bill-9", 1, "T", "0");
        top_up["usedBalances"] = json!([{"balanceId": "T", "prepaidValue": 1000}]);
        top_up["paymentsByBalances"] = json!([]);
        top_up["otherPaymentsValue"] = json!(1000);
        top_up["totalWithVat"] = json!(1000);
        house.partner().post(REPORT, &top_up).await.unwrap();
        let meal = usage("5f0000000000000000000001", "bill-1", 1, "S", "333");
        house.partner().post(REPORT, &meal).await.unwrap();
        assert_eq!(report(&house).await["totals"], json!([]), "nothing has ended");

        house.app.clock.set(until.parse().unwrap());
        for id in ["S", "M", "P", "T"] {
            eventually(id, async || (house.balance(id).await["posted"] == json!(0)).then_some(())).await;
        }
        let ended = report(&house).await;
        // 167 of 500 that cost 450: 150.30, of which 16.10 are VAT
        assert_eq!(totals(&ended), texts(&[
            [MPV, "outsideVat", "null", "300", "300", "null", "null", "1"],
            [CREDIT, "outsideVat", "null", "1000", "1000", "null", "null", "1"],
            [CREDIT, "givenFree", "null", "100", "0", "null", "null", "1"],
            [SPV, "vatStays", "0.12", "167", "150.3", "134.2", "16.1", "1"],
        ]));
        let rows = ended["data"].as_array().unwrap();
        assert_eq!(rows.len(), 4, "points are no money: {ended}");
        let reason = |id: &str| rows.iter().find(|row| row["balanceId"] == id).unwrap()["reason"].clone();
        assert_eq!((reason("S"), reason("M"), reason("T")),
            (json!("VAT stays paid"), json!("no supply took place"), json!("no supply took place")));

        // the bill is cancelled: its value comes back to a lot that is over, and ends with the rest of its price
        let mut back = meal.clone();
        back["billState"] = json!("cancelled");
        house.partner().post(REPORT, &back).await.unwrap();
        let later = report(&house).await;
        assert_eq!(totals(&later)[3], texts(&[[SPV, "vatStays", "0.12", "500", "450", "401.79", "48.21", "2"]])[0]);
        assert_eq!(later["data"].as_array().unwrap().iter().filter(|row| row["reason"] == "VAT stays paid").count(), 2);
        house.assert_verified().await;
    }
}
