//! `POST /partner/loyalty/reportBenefitUsage`: is a report booked exactly once, whatever comes again?

use super::{SEED_USAGE, usage};
use http::Method;
use serde_json::json;
use testkit::{House, assert_number, restaurant};

/// What is kept of every report, booked or put aside: a walk, so it is none of the program's own statements.
static KEPT_BODIES: db::Query<String> = db::Query::new(
    "KEPT_BODIES",
    module_path!(),
    "SELECT body FROM partner_usage UNION ALL SELECT body FROM partner_quarantine",
);

const PATH: &str = "/partner/loyalty/reportBenefitUsage";

testkit::on_both_engines! {
    async fn the_documents_example_is_kept_once_and_touches_no_balance(engine: Engine) {
        let house = House::start(engine).await;
        let transfers = house.rows().await["partner_transfer"];
        for _ in 0..3 {
            let answer = house.partner().send(Method::POST, PATH, Some(SEED_USAGE.into())).await.unwrap();
            assert_eq!((answer.status, answer.text.as_str()), (200, "{}"));
        }
        let rows = house.rows().await;
        assert_eq!((rows["partner_usage"], rows["partner_transfer"]), (1, transfers));
        let kept = &house.usages().await[0];
        assert!(kept["flags"].to_string().contains("no_offer"), "{kept}");
        assert!(kept["remarks"].to_string().contains("SPV123"), "the unknown balance is explained: {kept}");
        house.assert_verified().await;
    }

    async fn a_report_is_booked_once_however_often_and_at_once_it_comes(engine: Engine) {
        let house = House::start(engine).await;
        let body = usage("5f00000000000000000000d1", "bill-1", 1, restaurant::MPV, "120.00");
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (partner, body) = (house.partner(), body.clone());
            callers.spawn(async move { partner.post(PATH, &body).await });
        }
        while let Some(answer) = callers.join_next().await {
            assert_eq!(answer.unwrap().unwrap(), json!({}));
        }
        assert_number("posted", "180", &house.balance(restaurant::MPV).await["posted"]);
        assert_eq!(house.usages().await.len(), 1);
        house.assert_verified().await;
    }

    async fn another_body_under_the_same_key_goes_to_quarantine(engine: Engine) {
        let house = House::start(engine).await;
        let body = |value| usage("5f00000000000000000000d2", "bill-2", 1, restaurant::MPV, value);
        house.partner().post(PATH, &body("120.00")).await.unwrap();
        for _ in 0..2 {
            assert_eq!(house.partner().post(PATH, &body("121.00")).await.unwrap(), json!({}));
        }
        assert_number("posted", "180", &house.balance(restaurant::MPV).await["posted"]);
        let quarantine = house.app.admin.get(&format!("{}/quarantine", house.partner_admin())).await.unwrap();
        assert_eq!(quarantine["data"].as_array().unwrap().len(), 1, "{quarantine}");
        house.assert_verified().await;
    }

    async fn equal_reports_in_other_words_are_equal(engine: Engine) {
        let house = House::start(engine).await;
        house.partner().post(PATH, &usage("5f00000000000000000000d3", "bill-3", 1, restaurant::MPV, "120.00")).await.unwrap();
        house.partner().post(PATH, &usage("5f00000000000000000000d3", "bill-3", 1, restaurant::MPV, "120")).await.unwrap();
        assert_eq!(house.rows().await["partner_quarantine"], 0);
    }

    /// Who the guest is stands in one table only (loyalty.md G1); a code that looks like a number is none.
    async fn what_was_scanned_is_not_kept_with_the_report(engine: Engine) {
        let house = House::start(engine).await;
        let card = "8590000000017";
        let voucher = json!({"code": card, "type": "multiPurposePrepaidVoucher", "value": 10});
        house.app.admin.post(&format!("{}/vouchers", house.partner_admin()), &voucher).await.unwrap();
        let body = |value: &str, state: &str| {
            let mut body = usage("5f00000000000000000000d6", "bill-6", 1, restaurant::MPV, value);
            body["benefitInputs"] = ["+420 600 000 001", "jana@example.com", "700000007", card, restaurant::CARD]
                .map(|code| json!({"inputCode": code})).into();
            body["billState"] = json!(state);
            body
        };
        // booked, repeated, contradicted, in a state nobody knows, and taken back part by part and whole
        let mut part = body("20.00", "refunded");
        part["refundNumber"] = json!(1);
        for report in [body("120.00", "paid"), body("120.00", "paid"), body("121.00", "paid"), body("1", "odd"), part, body("120.00", "cancelled")] {
            house.partner().post(PATH, &report).await.unwrap();
        }
        let kept = house.app.app.db().read("kept_bodies", |tx| {
            Ok::<_, db::TxError<db::Never>>(tx.query(&KEPT_BODIES, &[])?)
        }).await.unwrap();
        assert_eq!(kept.len(), 6, "four reports, two of them put aside as well: {kept:?}");
        for body in kept {
            let body: serde_json::Value = serde_json::from_str(&body).unwrap();
            let inputs: Vec<&str> =
                body["benefitInputs"].as_array().unwrap().iter().map(|input| input["inputCode"].as_str().unwrap()).collect();
            assert_eq!(inputs, ["…001", "…@…", "…007", "…017", "…001"]);
        }
        house.assert_verified().await;
    }

    async fn a_report_beyond_the_balance_is_booked_and_flagged(engine: Engine) {
        let house = House::start(engine).await;
        house.partner().post(PATH, &usage("5f00000000000000000000d4", "bill-4", 1, restaurant::MPV, "300.00")).await.unwrap();
        house.partner().post(PATH, &usage("5f00000000000000000000d5", "bill-5", 2, restaurant::MPV, "200.00")).await.unwrap();
        let balance = house.balance(restaurant::MPV).await;
        assert_number("posted", "-200", &balance["posted"]);
        assert_eq!(balance["status"], "frozen");
        let usages = house.usages().await;
        let flags = usages.iter().find(|usage| usage["billId"] == "bill-5").unwrap()["flags"].to_string();
        assert!(flags.contains("overdraft"), "{flags}");
        house.assert_verified().await;
    }
}
