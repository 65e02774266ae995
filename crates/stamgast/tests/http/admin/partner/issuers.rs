//! `GET …/issuers`: what did this merchant accept of vouchers that others issued, and does a period stay what it was?
//! (loyalty.md §3 V8)

use super::{other_merchant, send};
use crate::partner::{offer_of, usage};
use http::Method;
use serde_json::{Value, json};
use testkit::{House, assert_number};

const OFFER: &str = "/partner/loyalty/getBenefitOffer";
const REPORT: &str = "/partner/loyalty/reportBenefitUsage";

fn at(house: &House, instant: &str) {
    house.app.clock.set(instant.parse().unwrap());
}

/// A voucher of another issuer; with a rate it has one purpose.
async fn foreign(house: &House, code: &str, issuer: &str, value: i64, rate: Option<&str>) {
    let class = if rate.is_some() { "singlePurposePrepaidVoucher" } else { "multiPurposePrepaidVoucher" };
    let mut body = json!({"code": code, "type": class, "value": value, "vatRate": rate});
    body["settings"] = if issuer.is_empty() { json!({}) } else { json!({"issuerId": issuer}) };
    house.app.admin.post(&format!("{}/vouchers", house.partner_admin()), &body).await.unwrap();
}

/// A bill of two equal things at a place, paid by the voucher, reported now; the report.
async fn redeemed(house: &House, number: u32, place: &str, code: &str, value: &str, rate: &str) -> Value {
    let mut offer = offer_of(number, value, code);
    offer["placeId"] = json!(place);
    offer["itemsToPay"][0]["vatRate"] = serde_json::from_str(rate).unwrap();
    house.partner().post(OFFER, &offer).await.unwrap();
    let mut report =
        usage(&format!("5f0000000000000000{number:06}"), &format!("bill-{number}"), 1, code, value);
    report["paidItems"] = json!([{"originalCheckItemId": "1", "amount": 2, "measure": "pcs",
        "vatRate": serde_json::from_str::<Value>(rate).unwrap(), "totalPriceWithVat": report["totalWithVat"],
        "product": {"productId": "p:any", "name": "Any", "categories": []}, "appliedBenefits": []}]);
    house.partner().post(REPORT, &report).await.unwrap();
    report
}

async fn report(house: &House, path: &str) -> Value {
    let (status, answer) = send(house, Method::GET, path, None).await;
    assert_eq!(status, 200, "{path}: {answer}");
    answer
}

/// Class, rate, gross, base, VAT and entries of the sums.
fn totals(answer: &Value) -> Vec<[String; 6]> {
    let members = ["type", "vatRate", "gross", "base", "vat", "entries"];
    let one = |total: &Value| {
        members.map(|member| total[member].as_str().map_or_else(|| total[member].to_string(), str::to_owned))
    };
    answer["totals"].as_array().unwrap().iter().map(one).collect()
}

fn texts(rows: &[[&str; 6]]) -> Vec<[String; 6]> {
    rows.iter().map(|row| row.map(str::to_owned)).collect()
}

const SPV: &str = "singlePurposePrepaidVoucher";
const MPV: &str = "multiPurposePrepaidVoucher";

testkit::on_both_engines! {
    /// getPartnerIssuers, getPartnerIssuer: a period is what it was, whatever comes later.
    async fn a_period_is_invoiced_and_stays_what_it_was(engine: Engine) {
        let house = House::start(engine).await;
        let program = json!({"placeTimeZones": {"tokyo": "Asia/Tokyo"}});
        house.app.admin.put(&house.partner_admin(), &json!({"name": "U Štamgasta", "currencyCode": "CZK",
            "pricePrecision": 2, "timeZone": "Europe/Prague", "program": program})).await.unwrap();
        foreign(&house, "A", "CHAIN", 200, Some("0.12")).await;
        foreign(&house, "B", "CHAIN", 200, Some("0.21")).await;
        foreign(&house, "C", "CITY/1", 300, None).await;
        foreign(&house, "OWN", "", 100, Some("0.12")).await;

        at(&house, "2026-03-31T16:00:00Z");
        redeemed(&house, 1, "tokyo", "A", "50", "0.12").await;
        redeemed(&house, 2, "prague", "OWN", "50", "0.12").await;
        // 23:30 in Prague
        at(&house, "2026-03-31T21:30:00Z");
        let first = redeemed(&house, 3, "prague", "A", "60", "0.12").await;
        let march = report(&house, "/issuers/CHAIN?from=2026-03-01&till=2026-03-31").await;
        assert_eq!(totals(&march), texts(&[[SPV, "0.12", "110", "98.21", "11.79", "2"]]));
        assert_eq!((&march["currencyCode"], &march["timeZone"]), (&json!("CZK"), &json!("Europe/Prague")));

        // 00:30 in Prague
        at(&house, "2026-03-31T22:30:00Z");
        redeemed(&house, 4, "prague", "C", "250", "0.12").await;
        house.app.clock.advance_seconds(1);
        let beer = redeemed(&house, 5, "prague", "B", "100", "0.21").await;
        house.app.clock.advance_seconds(1);
        let mut part = beer.clone();
        part["billState"] = json!("refunded");
        part["refundNumber"] = json!(1);
        part["paidItems"][0]["amount"] = json!(1);
        part["paymentsByBalances"] = json!([]);
        part["totalWithVat"] = json!(50);
        house.partner().post(REPORT, &part).await.unwrap();
        house.app.clock.advance_seconds(1);
        let mut cancelled = first.clone();
        cancelled["billState"] = json!("cancelled");
        house.partner().post(REPORT, &cancelled).await.unwrap();

        let april = report(&house, "/issuers/CHAIN?from=2026-04-01&till=2026-04-30").await;
        assert_number("all of it", "-10", &april["gross"]);
        assert_eq!(totals(&april), texts(&[
            [SPV, "0.12", "-60", "-53.57", "-6.43", "1"],
            [SPV, "0.21", "50", "41.32", "8.68", "2"],
        ]));
        let rows: Vec<[String; 4]> = april["data"].as_array().unwrap().iter().map(|row| {
            ["billId", "balanceId", "gross", "placeId"].map(|member| {
                row[member].as_str().map_or_else(|| row[member].to_string(), str::to_owned)
            })
        }).collect();
        assert_eq!(rows, [
            ["bill-5", "B", "100", "prague"], ["bill-5", "B", "-50", "prague"], ["bill-3", "A", "-60", "prague"],
        ].map(|row| row.map(str::to_owned)));
        assert_eq!(april["data"][1]["reverses"], april["data"][0]["entry"]);
        assert_eq!(april["nextPage"], Value::Null);
        // what was invoiced for March is what it was
        assert_eq!(report(&house, "/issuers/CHAIN?from=2026-03-01&till=2026-03-31").await, march);

        let all = report(&house, "/issuers?from=2026-03-01&till=2026-04-30").await;
        let ids: Vec<&str> = all["data"].as_array().unwrap().iter().map(|one| one["issuerId"].as_str().unwrap()).collect();
        assert_eq!(ids, ["CHAIN", "CITY/1"], "nobody is invoiced for the own voucher");
        assert_number("CHAIN in both", "100", &all["data"][0]["gross"]);
        // the VAT of a voucher for anything is on the bills
        assert_eq!(totals(&all["data"][1]), texts(&[[MPV, "null", "250", "null", "null", "1"]]));
        let city = report(&house, "/issuers/CITY%2F1?from=2026-04-01&till=2026-04-01").await;
        assert_eq!(city["data"][0]["billId"], "bill-4");

        // 01:00 on 1 April in Tokyo
        let tokyo = report(&house, "/issuers/CHAIN?from=2026-04-01&till=2026-04-30&placeId=tokyo").await;
        assert_eq!((totals(&tokyo), &tokyo["timeZone"]), (texts(&[[SPV, "0.12", "50", "44.64", "5.36", "1"]]), &json!("Asia/Tokyo")));
        let before = report(&house, "/issuers?from=2026-03-01&till=2026-03-31&placeId=tokyo").await;
        assert_eq!(before["data"], json!([]));
        house.assert_verified().await;
    }

    /// More was taken than the voucher had: it was accepted all the same, at the voucher's own rate.
    async fn what_was_accepted_beyond_a_voucher_is_in_the_report(engine: Engine) {
        let house = House::start(engine).await;
        foreign(&house, "A", "CHAIN", 100, Some("0.12")).await;
        house.partner().post(REPORT, &usage("5f0000000000000000000001", "bill-1", 1, "A", "130")).await.unwrap();
        let march = report(&house, "/issuers/CHAIN?from=2026-03-01&till=2026-03-31").await;
        assert_eq!(totals(&march), texts(&[[SPV, "0.12", "130", "116.07", "13.93", "2"]]));
        let settings = json!({"settings": {"posTitles": {"en": "Gift"}}});
        send(&house, Method::PUT, "/balances/A", Some(&settings)).await;
        assert_eq!(report(&house, "/issuers/CHAIN?from=2026-03-01&till=2026-03-31").await, march);
    }

    async fn a_long_period_has_pages_and_one_sum(engine: Engine) {
        let house = House::start(engine).await;
        foreign(&house, "A", "a b&c", 1000, Some("0.12")).await;
        for number in 0..103 {
            if number % 3 == 0 {
                house.app.clock.advance_seconds(1);
            }
            let offer = format!("5f0000000000000000{number:06}");
            house.partner().post(REPORT, &usage(&offer, &format!("bill-{number:03}"), 1, "A", "1.11")).await.unwrap();
        }
        let first = report(&house, "/issuers/a%20b%26c?from=2026-03-01&till=2026-03-31").await;
        assert_eq!(first["data"].as_array().unwrap().len(), 100);
        let next = first["nextPage"].as_str().unwrap();
        let second = house.app.admin.get(next).await.unwrap();
        assert_eq!((&second["totals"], &second["nextPage"]), (&first["totals"], &Value::Null));
        assert_eq!(totals(&first), texts(&[[SPV, "0.12", "114.33", "102.08", "12.25", "103"]]));
        let mut bills: Vec<String> = [&first, &second].iter().flat_map(|page| page["data"].as_array().unwrap())
            .map(|row| row["billId"].as_str().unwrap().to_owned()).collect();
        assert_eq!(bills.len(), 103);
        bills.sort();
        bills.dedup();
        assert_eq!(bills.len(), 103, "each entry stands on one page");
    }

    async fn what_makes_no_sense_is_named(engine: Engine) {
        let house = House::start(engine).await;
        for (path, field) in [
            ("/issuers?till=2026-03-31", "from"),
            ("/issuers?from=2026-03-01", "till"),
            ("/issuers?from=2026-03-01&till=2026-02-01", "till"),
            ("/issuers?from=2026-03-01&till=2027-03-31", "till"),
            ("/issuers?from=2026-03-01T00:00:00Z&till=2026-03-31", "from"),
            ("/issuers?from=2026-03-01&till=2026-03-31&after=1", "after"),
            ("/issuers/X?from=2026-03-01&till=2026-03-31&after=1", "after"),
            ("/breakage?from=2026-03-01", "till"),
            ("/breakage?from=2026-03-01&till=2026-03-31&after=x.y.z", "after"),
        ] {
            let (status, answer) = send(&house, Method::GET, path, None).await;
            assert_eq!((status, &answer["field"]), (400, &json!(field)), "{path}: {answer}");
        }
        for path in ["/issuers?from=2026-03-01&till=2026-03-31&color=1", "/breakage?from=2026-03-01&till=2026-03-31&placeId=1"] {
            assert_eq!(send(&house, Method::GET, path, None).await.0, 400, "{path}");
        }
        let none = report(&house, "/issuers/nobody?from=2026-03-01&till=2026-03-31").await;
        assert_eq!((&none["data"], &none["totals"], none["gross"].to_string()), (&json!([]), &json!([]), "0".to_owned()));
    }

    async fn another_merchant_sees_nothing_of_it(engine: Engine) {
        let house = House::start(engine).await;
        foreign(&house, "A", "CHAIN", 100, Some("0.12")).await;
        house.partner().post(REPORT, &usage("5f0000000000000000000001", "bill-1", 1, "A", "30")).await.unwrap();
        let other = other_merchant(&house).await;
        for path in ["issuers/CHAIN", "issuers", "breakage"] {
            let path = format!("/admin/v1/partner/merchants/{other}/{path}?from=2026-03-01&till=2026-03-31");
            let answer = house.app.admin.get(&path).await.unwrap();
            assert_eq!(answer["data"], json!([]), "{path}: {answer}");
            for caller in [&house.app.anyone, &house.partner(), &house.marketing()] {
                assert_eq!(caller.send(Method::GET, &path, None).await.unwrap().status, 401, "{path}");
            }
        }
        let nobody = "/admin/v1/partner/merchants/nobody/issuers?from=2026-03-01&till=2026-03-31";
        assert_eq!(house.app.admin.send(Method::GET, nobody, None).await.unwrap().status, 404);
    }
}
