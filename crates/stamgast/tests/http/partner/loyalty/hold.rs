//! Two registers, one voucher of 300.00: does each get only what is free? The table of loyalty.md §4.

use super::{offer, usage};
use serde_json::json;
use testkit::{House, assert_number, restaurant};

const VOUCHER: &str = restaurant::MPV;

/// What an event of the table does.
enum Event {
    /// A register asks, needing this much; what it gets, and whether part is reserved elsewhere.
    Offer(i64, &'static str, &'static str, bool),
    /// A register reports this much.
    Report(i64, &'static str),
    /// Nothing happens: time alone.
    Wait,
}

testkit::on_both_engines! {
    async fn the_table_of_holds(engine: Engine) {
        use Event::{Offer, Report, Wait};
        let house = House::start(engine).await;
        house.app.admin.put(
            &house.partner_admin(),
            &json!({"name": "U Štamgasta", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
                "holdTtlSeconds": 180}),
        ).await.unwrap();
        // second, event, then posted, held and free afterwards
        let table = [
            (0, Offer(1, "200.00", "200", false), "300", "200", "100"),
            (30, Offer(2, "150.00", "100", true), "300", "300", "0"),
            (60, Offer(1, "260.00", "200", true), "300", "300", "0"),
            (70, Offer(1, "120.00", "120", false), "300", "220", "80"),
            (100, Report(1, "120.00"), "180", "100", "80"),
            (209, Wait, "180", "100", "80"),
            (210, Wait, "180", "0", "180"),
            (240, Report(2, "100.00"), "80", "0", "80"),
        ];
        let mut now = 0;
        for (at, event, posted, held, free) in table {
            house.app.clock.advance_seconds(at - now);
            now = at;
            match event {
                Offer(device, needs, gets, shared) => {
                    let id = format!("5f0000000000000000000{device:03}");
                    let body = offer(&id, &format!("check-{device}"), device, needs, VOUCHER);
                    let answer = house.partner().post("/partner/loyalty/getBenefitOffer", &body).await.unwrap();
                    let balance = &answer["balances"][0];
                    assert_number(&format!("at {at} register {device} gets"), gets, &balance["valueToUseInCurrency"]);
                    assert_eq!(balance["reasonCode"] == "PARTLY_RESERVED", shared, "at {at}: {balance}");
                }
                Report(device, value) => {
                    let id = format!("5f0000000000000000000{device:03}");
                    let body = usage(&id, &format!("bill-{device}"), device, VOUCHER, value);
                    house.partner().post("/partner/loyalty/reportBenefitUsage", &body).await.unwrap();
                }
                Wait => {}
            }
            let balance = house.balance(VOUCHER).await;
            assert_number(&format!("posted at {at}"), posted, &balance["posted"]);
            assert_number(&format!("held at {at}"), held, &balance["held"]);
            assert_number(&format!("free at {at}"), free, &balance["free"]);
        }
        let usages = house.usages().await;
        let flags = |bill: &str| usages.iter().find(|usage| usage["billId"] == bill).unwrap()["flags"].clone();
        assert!(!flags("bill-1").to_string().contains("late"), "{}", flags("bill-1"));
        assert!(flags("bill-2").to_string().contains("late"), "{}", flags("bill-2"));
        house.assert_verified().await;
    }
}
