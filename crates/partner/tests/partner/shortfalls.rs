//! What becomes of a balance that a fact took below zero? The examples of loyalty.md §8.

use crate::side::*;
use outside::Clock;
use serde_json::{Value, json};

async fn negative(side: &Side, negative: Value) {
    let body = json!({
        "name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
        "program": {"earn": {"points": 1, "perAmount": 10}, "negative": negative}
    });
    assert_eq!(side.admin("PUT", MERCHANT, "", Some(body)).await.status, 200);
}

fn anna(body: Value) -> Value {
    with(body, json!({"customerId": "anna"}))
}

async fn kinds(side: &Side, balance: &str) -> Vec<String> {
    let view = side.view(&format!("/balances/{balance}")).await;
    view["entries"].as_array().unwrap().iter().map(|entry| text(&entry["kind"])).collect()
}

on_both_engines! {
    /// What a hold kept fills the shortfall beside it once the hold is over: an explanation sees that, and leaves nothing of
    /// it behind.
    async fn an_explanation_fills_shortfalls_as_the_offer_does(side: Side) {
        negative(&side, json!({"multiPurposePrepaidVoucher": "blockCard"})).await;
        side.voucher("V", 300).await;
        let held = side.offer("o1", 1, 300, &["V"]).await;
        assert_eq!(held["benefitInputs"][0]["applicable"], true, "{held}");
        side.report(&report("o2", "b2", "200", &[("V", 200, 0)])).await;
        side.clock.advance_seconds(600);
        let before = side.view("/balances/V").await;
        let question = json!({
            "checkId": "check-2", "loyaltyOfferId": "o3", "deviceNumber": 2, "currencyCode": "CZK", "countryCode": "CZ",
            "posLang": "cs", "billLang": "cs", "pricePrecision": 2, "benefitInputs": [{"inputCode": "V"}], "balances": [],
            "merchantId": MERCHANT, "placeId": "P",
            "itemsToPay": [{"checkItemId": "1", "amount": 1, "measure": "pcs", "totalPriceWithVat": 250, "vatRate": 0.12,
                "product": {"productId": "p:1", "name": "Guláš", "categories": []}}]
        });
        let explained = side.admin("POST", MERCHANT, "/explain", Some(question)).await;
        let balance = &explained.body["offer"]["balances"][0];
        assert_eq!((text(&balance["balanceId"]), &balance["valueToUseInCurrency"]), ("V".to_owned(), &json!(100)), "{explained:?}");
        assert_eq!(side.view("/balances/V").await, before, "nothing is filled or held by an explanation");
        side.offer("o3", 2, 250, &["V"]).await;
        side.books_add_up().await;
    }

    /// Double spend: the voucher is frozen at −200, and an offer says so.
    async fn a_voucher_below_zero_is_frozen(side: Side) {
        side.voucher("V", 300).await;
        side.report(&report("o1", "b1", "300", &[("V", 300, 0)])).await;
        side.report(&report("o2", "b2", "200", &[("V", 200, 0)])).await;
        let view = side.view("/balances/V").await;
        assert_eq!((&view["posted"], &view["status"]), (&json!(-200), &json!("frozen")));
        let flags = side.flags("b2").await;
        assert!(flags[0].1.contains(&"overdraft".to_owned()), "{flags:?}");
        let offer = side.offer("o3", 1, 100, &["V"]).await;
        assert_eq!(offer["benefitInputs"][0]["applicable"], false, "{offer}");
        side.books_add_up().await;
    }

    /// Earn 100, spend 80 more than stays, the earning bill refunded: written off to 0; the next 50 are all there.
    async fn a_clamped_shortfall_is_written_off(side: Side) {
        side.member().await;
        negative(&side, json!({"collectablePoints": "clamp"})).await;
        let earning = anna(report("o1", "b1", "1000", &[]));
        side.report(&earning).await;
        side.report(&report("o2", "b2", "20", &[("points", 180, 0)])).await;
        side.report(&with(earning.clone(), json!({"billState": "refunded"}))).await;
        assert_eq!(side.posted("points").await, 0);
        assert_eq!(kinds(&side, "points").await.last().unwrap(), "writeOff");
        side.books_add_up().await;
        side.report(&with(earning, json!({"billState": "cancelled"}))).await;
        assert_eq!(side.posted("points").await, 0, "what was written off of a claw-back is not asked for again");
        side.report(&anna(report("o3", "b3", "500", &[]))).await;
        assert_eq!(side.state("points").await, (50, 0, 50));
        side.books_add_up().await;
    }

    /// A bill whose own shortfall was written off gives back no more than it took.
    async fn a_cancelled_bill_takes_its_write_off_along(side: Side) {
        negative(&side, json!({"multiPurposePrepaidVoucher": "clamp"})).await;
        side.voucher("V", 300).await;
        let over = report("o1", "b1", "500", &[("V", 500, 0)]);
        side.report(&over).await;
        assert_eq!(side.state("V").await, (0, 0, 0));
        side.books_add_up().await;
        side.report(&with(over, json!({"billState": "cancelled"}))).await;
        assert_eq!(side.state("V").await, (300, 0, 300));
        side.books_add_up().await;
    }

    /// A hold ends: the shortfall beside it takes what was held, and the bill that made it gets it back to its lot.
    async fn a_shortfall_takes_what_a_hold_leaves(side: Side) {
        side.voucher("V", 300).await;
        side.offer("o1", 1, 170, &["V"]).await;
        let over = report("o2", "b2", "200", &[("V", 200, 0)]);
        side.report(&over).await;
        let shown = async || {
            let view = side.view("/balances/V").await;
            let remaining = |kind: &str| {
                let lots = view["lots"].as_array().unwrap().iter().filter(|lot| lot["kind"] == kind);
                lots.map(|lot| lot["remaining"].as_i64().unwrap()).sum::<i64>()
            };
            (side.state("V").await, view["shortfall"].as_i64().unwrap(), remaining("paid"), view["status"].clone())
        };
        assert_eq!(shown().await, ((100, 170, -70), 70, 170, json!("active")));
        side.books_add_up().await;
        side.clock.advance_seconds(180);
        side.offer("o3", 3, 300, &["V"]).await;
        assert_eq!(shown().await, ((100, 100, 0), 0, 100, json!("active")), "an offer moves nothing that is posted");
        side.books_add_up().await;
        side.report(&with(over, json!({"billState": "cancelled"}))).await;
        assert_eq!(shown().await, ((300, 100, 200), 0, 300, json!("active")), "to the lot it came from");
        side.books_add_up().await;
    }

    /// Whatever ends a hold: the register that does not want the offer, one that asks for less, one that pays less.
    async fn whatever_ends_a_hold_fills_the_shortfall(side: Side) {
        for (voucher, ends) in [("V1", "invalid"), ("V2", "less"), ("V3", "paid"), ("V4", "paid whole")] {
            side.voucher(voucher, 300).await;
            let (asked, over) = (format!("o1-{voucher}"), format!("o2-{voucher}"));
            side.offer(&asked, 1, 170, &[voucher]).await;
            side.report(&report(&over, voucher, "200", &[(voucher, 200, 0)])).await;
            let lots = async || {
                let view = side.view(&format!("/balances/{voucher}")).await;
                (view["posted"].as_i64().unwrap(), view["shortfall"].as_i64().unwrap(), text(&view["status"]))
            };
            let paid = format!("paid-{voucher}");
            let by_first = async |used: i64| side.report(&report(&asked, &paid, "170", &[(voucher, used, 0)])).await;
            match ends {
                "invalid" => {
                    let body = json!({"loyaltyOfferId": asked, "errors": [{"code": "TOO_MUCH"}]});
                    let path = "/partner/loyalty/reportOfferValidationError";
                    let authorization = format!("Bearer {}", side.loyalty);
                    side.call("POST", path, &authorization, Some(body.to_string())).await;
                    assert_eq!(lots().await, (100, 0, "active".to_owned()));
                }
                "less" => {
                    side.offer(&asked, 1, 130, &[voucher]).await;
                    assert_eq!(lots().await, (100, 0, "active".to_owned()), "100 are held, 70 were left over");
                }
                "paid" => {
                    by_first(100).await;
                    assert_eq!(lots().await, (0, 70, "active".to_owned()), "70 are still held for the check");
                    side.clock.advance_seconds(180);
                    assert_eq!(side.partner.sweep().await.unwrap(), 2, "a shortfall filled, a hold marked");
                    assert_eq!(lots().await, (0, 0, "active".to_owned()));
                }
                _ => {
                    by_first(170).await;
                    assert_eq!(lots().await, (-70, 70, "frozen".to_owned()));
                }
            }
            side.books_add_up().await;
            side.clock.advance_seconds(180);
            side.partner.sweep().await.unwrap();
            side.books_add_up().await;
        }
    }

    /// The sums do not depend on when the sweeper comes: at every turn, or once when everything is over.
    async fn when_the_sweeper_came_does_not_matter(side: Side) {
        let mut ends = Vec::new();
        for (voucher, always) in [("V1", true), ("V2", false)] {
            let now = side.clock.now();
            let until = now.checked_add(jiff::SignedDuration::from_mins(30)).unwrap().to_string();
            let body = json!({"code": voucher, "type": "multiPurposePrepaidVoucher", "value": 300, "validUntil": until});
            assert_eq!(side.admin("POST", MERCHANT, "/vouchers", Some(body)).await.status, 201);
            side.offer(&format!("o1-{voucher}"), 1, 170, &[voucher]).await;
            side.report(&report("o2", &format!("b2-{voucher}"), "200", &[(voucher, 200, 0)])).await;
            let turn = async |seconds: i64| {
                side.clock.advance_seconds(seconds);
                if always {
                    side.partner.sweep().await.unwrap();
                }
            };
            turn(100).await;
            turn(80).await;
            turn(1_620).await;
            // after its end: nothing is left of it, so this is a shortfall of its own
            side.report(&report("o4", &format!("b4-{voucher}"), "50", &[(voucher, 50, 0)])).await;
            turn(10).await;
            side.partner.sweep().await.unwrap();
            let view = side.view(&format!("/balances/{voucher}")).await;
            ends.push((view["posted"].clone(), view["shortfall"].clone(), view["status"].clone()));
            side.books_add_up().await;
        }
        assert_eq!(ends[0], (json!(-50), json!(50), json!("frozen")));
        assert_eq!(ends[0], ends[1]);
    }

    /// The books lift their own block when the hole is filled, however that happens; a person's freeze they leave.
    async fn a_block_ends_with_the_shortfall(side: Side) {
        let negative_credit = json!({"prepaidCredit": "blockCard"});
        negative(&side, negative_credit).await;
        side.member().await;
        let adjust = json!({"amount": 200, "reason": "found"});
        for (voucher, fills) in [("V1", "adjust"), ("V2", "cancel"), ("V3", "person")] {
            side.voucher(voucher, 300).await;
            side.report(&report("o1", &format!("1-{voucher}"), "300", &[(voucher, 300, 0)])).await;
            let over = report("o2", &format!("2-{voucher}"), "200", &[(voucher, 200, 0)]);
            side.report(&over).await;
            let path = format!("/balances/{voucher}");
            let shown = async || {
                let view = side.view(&path).await;
                (view["status"].clone(), view["frozenBy"].clone(), view["shortfall"].clone())
            };
            assert_eq!(shown().await, (json!("frozen"), json!("shortfall"), json!(200)));
            match fills {
                "adjust" => {
                    let answer = side.admin("POST", MERCHANT, &format!("{path}/adjust"), Some(adjust.clone())).await;
                    assert_eq!((&answer.body["status"], &answer.body["frozenBy"]), (&json!("active"), &Value::Null));
                }
                "cancel" => side.report(&with(over, json!({"billState": "cancelled"}))).await,
                _ => {
                    let answer = side.admin("PUT", MERCHANT, &path, Some(json!({"status": "frozen"}))).await;
                    assert_eq!(answer.body["frozenBy"], "person", "{answer:?}");
                    side.report(&with(over, json!({"billState": "refunded"}))).await;
                    assert_eq!(shown().await, (json!("frozen"), json!("person"), json!(0)));
                    continue;
                }
            }
            assert_eq!(shown().await, (json!("active"), Value::Null, json!(0)), "{fills}");
        }
        // credit that was used beyond what was there is topped up
        side.report(&anna(report("o5", "b5", "1000", &[("credit", 1_000, 0)]))).await;
        let view = async || side.view("/balances/credit").await;
        assert_eq!((&view().await["status"], &view().await["posted"]), (&json!("frozen"), &json!(-100)));
        side.report(&anna(report("o6", "b6", "150", &[("credit", 0, 150)]))).await;
        assert_eq!((&view().await["status"], &view().await["posted"]), (&json!("active"), &json!(50)));
        side.books_add_up().await;
    }
}
