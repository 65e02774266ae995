//! Does the running server's own sweeper end what has ended, stamps and tiers included, and nothing else?

use super::usage;
use serde_json::{Value, json};
use testkit::{House, assert_number, eventually};

const PATH: &str = "/partner/loyalty/reportBenefitUsage";

/// A bill of two coffees for 120.00, paid in cash.
fn coffees(house: &House, number: u32) -> Value {
    let bill = format!("bill-{number}");
    let mut body = usage(&format!("5f0000000000000000{number:06}"), &bill, 1, "none", "120");
    body["usedBalances"] = json!([]);
    body["paymentsByBalances"] = json!([]);
    body["otherPaymentsValue"] = json!(120);
    body["customerId"] = json!(house.restaurant.member_id);
    body["paidItems"] = json!([{
        "originalCheckItemId": "1", "amount": 2, "measure": "pcs", "vatRate": 0.12, "totalPriceWithVat": 120,
        "product": {"productId": "p:kava", "name": "Káva", "categories": []}, "appliedBenefits": []
    }]);
    body
}

testkit::on_both_engines! {
    async fn points_and_stamps_end_by_the_clock(engine: Engine) {
        let fast = |config: &mut stamgast::config::Config| config.partner.sweep_seconds = 1;
        let house = House::start_with(engine, fast, Box::new(|router| router)).await;
        house.app.admin.put(
            &house.partner_admin(),
            &json!({"name": "U Štamgasta", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague", "program": {
                "earn": {"points": 1, "perAmount": 10, "multipliers": [{"times": 2, "tiers": ["Gold"]}, {"times": 3, "days": ["monday"]}]},
                "expiry": {"collectablePoints": {"months": 1, "at": "monthEnd"}},
                "stampCards": [{"stampCardId": "coffee", "needed": 10, "products": ["p:kava"], "expiry": {"days": 60}}]
            }}),
        ).await.unwrap();
        let points = house.restaurant.points_balance_id.clone();
        let stamps = format!("stamps:coffee:{}", house.restaurant.member_id);
        // paid on a Monday by a Gold member: 12 · 4, and two stamps
        house.partner().post(PATH, &coffees(&house, 1)).await.unwrap();
        assert_number("points", "548", &house.balance(&points).await["posted"]);
        assert_number("stamps", "2", &house.balance(&stamps).await["posted"]);
        house.assert_verified().await;

        // 30 April, 24:00 in Prague
        house.app.clock.set("2026-04-30T22:00:00Z".parse().unwrap());
        assert_number("free at once", "500", &house.balance(&points).await["free"]);
        eventually("the end of March's points", async || {
            let balance = house.balance(&points).await;
            (balance["posted"] == json!(500)).then_some(())
        }).await;
        assert_number("stamps", "2", &house.balance(&stamps).await["posted"]);
        house.assert_verified().await;

        // 60 days after 2 March
        house.app.clock.set("2026-05-01T22:00:00Z".parse().unwrap());
        eventually("the end of the stamps", async || {
            let balance = house.balance(&stamps).await;
            (balance["posted"] == json!(0)).then_some(())
        }).await;
        assert_number("the opening points have no end", "500", &house.balance(&points).await["posted"]);
        house.assert_verified().await;
    }
}
