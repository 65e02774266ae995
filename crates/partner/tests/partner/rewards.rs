//! Do points, stamps and tiers come and go as loyalty.md §9 and §10 say, by the clock and the sweeper?

use crate::side::*;
use serde_json::{Value, json};

/// Sets the program of the usual merchant.
async fn program(side: &Side, program: Value) {
    let answer = side.admin("PUT", MERCHANT, "", Some(merchant(program))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn merchant(program: Value) -> Value {
    json!({
        "name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
        "holdTtlSeconds": 300, "program": program
    })
}

/// Member `bob` with card `card-b`, 100 points and no tier; the customer number.
async fn bob(side: &Side) -> i64 {
    let body = json!({
        "memberId": "bob", "cards": ["card-b"], "person": {"firstName": "Bob"},
        "balances": [
            {"balanceId": "points", "type": "collectablePoints", "openingValue": 100, "settings": {"pointValue": 1}},
            {"balanceId": "credit", "type": "prepaidCredit", "openingValue": 500}
        ]
    });
    let answer = side.admin("POST", MERCHANT, "/members", Some(body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.body["customerId"].as_i64().unwrap()
}

/// A paid bill of bob.
fn bill(number: &str, total: &str, used: &[(&str, i64, i64)]) -> Value {
    with(report(&format!("o-{number}"), number, total, used), json!({"customerId": "bob"}))
}

fn paid_at(body: Value, at: &str) -> Value {
    with(body, json!({"paidAt": at}))
}

async fn tier(side: &Side) -> Value {
    side.offer("o-tier", 7, 10, &["card-b"]).await["customer"]["loyaltyStatus"].clone()
}

fn at(side: &Side, instant: &str) {
    side.clock.set(instant.parse().unwrap());
}

async fn sweep(side: &Side) -> u64 {
    side.partner.sweep().await.unwrap()
}

on_both_engines! {
    /// A tier is reached by a bill, multiplies from the next one on, survives a refund while it is kept, and is
    /// lost when its time is over and nothing reaches it.
    async fn a_tier_multiplies_is_kept_and_lost(side: Side) {
        let number = bob(&side).await;
        program(&side, json!({
            "earn": {"points": 1, "perAmount": 10, "multipliers": [{"times": 2, "tiers": ["Silver"]}, {"times": 3, "from": "2026-03-05T00:00:00Z"}]},
            "tiers": [{"tierId": "Silver", "threshold": 1000, "of": "spend", "windowMonths": 12}],
            "keep": {"untilEndOf": "year", "graceDays": 31}
        })).await;
        side.report(&bill("b1", "999.99", &[])).await;
        assert_eq!((tier(&side).await, side.posted("points").await), (Value::Null, 199));
        side.report(&bill("b2", "10", &[])).await;
        assert_eq!((tier(&side).await, side.posted("points").await), (json!("Silver"), 200), "earned as before");
        side.report(&bill("b3", "100", &[])).await;
        assert_eq!(side.posted("points").await, 220, "twice");
        at(&side, "2026-03-05T10:00:00Z");
        side.report(&paid_at(bill("b4", "100", &[]), "2026-03-05T10:00:00Z")).await;
        assert_eq!(side.posted("points").await, 260, "twice for the tier, three times for the campaign: four times");
        side.report(&with(bill("b1", "999.99", &[]), json!({"billState": "refunded"}))).await;
        assert_eq!((tier(&side).await, side.posted("points").await), (json!("Silver"), 161), "kept");
        assert_eq!(side.customer(number).await["points"], 161);
        at(&side, "2027-01-31T22:59:59Z");
        sweep(&side).await;
        assert_eq!(tier(&side).await, json!("Silver"));
        at(&side, "2027-01-31T23:00:00Z");
        assert_eq!(sweep(&side).await, 1);
        assert_eq!((tier(&side).await, sweep(&side).await), (Value::Null, 0));
        side.books_add_up().await;
    }

    /// Without a rule that keeps it a tier goes with the bill that reached it; one given by hand stays.
    async fn a_tier_that_nothing_keeps_goes_with_its_bill(side: Side) {
        bob(&side).await;
        side.member_with("staff", "Staff").await;
        program(&side, json!({"tiers": [{"tierId": "Silver", "threshold": 100, "of": "points", "windowMonths": 12}],
            "earn": {"points": 1, "perAmount": 10}})).await;
        side.report(&bill("b1", "1000", &[])).await;
        assert_eq!(tier(&side).await, json!("Silver"));
        side.report(&with(bill("b1", "1000", &[]), json!({"billState": "cancelled"}))).await;
        assert_eq!(tier(&side).await, Value::Null);
        side.report(&with(bill("b2", "5000", &[]), json!({"customerId": "staff"}))).await;
        let offer = side.offer("o-staff", 8, 10, &["card-staff"]).await;
        assert_eq!(offer["customer"]["loyaltyStatus"], "Staff");
        side.books_add_up().await;
    }

    /// Points of March with one month, to the month's end: gone with April, once (loyalty.md §10 E4, E5).
    async fn points_end_at_the_months_end(side: Side) {
        let number = bob(&side).await;
        program(&side, json!({"earn": {"points": 1, "perAmount": 10},
            "expiry": {"collectablePoints": {"months": 1, "at": "monthEnd"}}})).await;
        side.report(&bill("b1", "500", &[])).await;
        let earned = side.view("/balances/points").await["lots"][1].clone();
        assert_eq!((&earned["expiresAt"], &earned["state"]), (&json!("2026-04-30T22:00:00.000Z"), &json!("live")));
        at(&side, "2026-04-30T21:59:59Z");
        assert_eq!(sweep(&side).await, 0);
        assert_eq!(side.state("points").await, (150, 0, 150));
        at(&side, "2026-04-30T22:00:00Z");
        assert_eq!(side.state("points").await, (150, 0, 100), "nobody waits for the sweeper");
        assert_eq!(side.view("/balances/points").await["lots"][1]["state"], "ended");
        let offer = side.offer("o", 1, 1000, &["card-b"]).await;
        let points = offer["balances"].as_array().unwrap().iter().find(|one| one["balanceId"] == "points").unwrap();
        assert_eq!(points["valueToUseInCurrency"], 100, "{offer}");
        assert_eq!(sweep(&side).await, 1);
        assert_eq!(sweep(&side).await, 0);
        assert_eq!(side.state("points").await, (100, 100, 0));
        assert_eq!(side.customer(number).await["points"], 100);
        let entries = side.view("/balances/points").await["entries"].clone();
        assert_eq!((&entries[2]["kind"], &entries[2]["creditAccount"]), (&json!("expire"), &json!("breakage")));
        side.books_add_up().await;
    }

    /// Lot 40 ends at 24:00, held at 23:58, reported at 00:01: accepted, whatever the sweeper did (loyalty.md §10 E3).
    async fn a_held_lot_is_captured_after_its_end(side: Side) {
        program(&side, json!({})).await;
        for code in ["V", "W"] {
            let voucher = json!({"code": code, "type": "multiPurposePrepaidVoucher", "value": 40, "validUntil": "2026-03-01T23:00:00Z"});
            assert_eq!(side.admin("POST", MERCHANT, "/vouchers", Some(voucher)).await.status, 201);
        }
        at(&side, "2026-03-01T22:58:00Z");
        side.offer("o1", 1, 40, &["V"]).await;
        side.offer("o2", 2, 30, &["W"]).await;
        at(&side, "2026-03-01T23:01:00Z");
        assert_eq!(sweep(&side).await, 1, "the 10 of W that nobody holds");
        assert_eq!((side.posted("V").await, side.posted("W").await), (40, 30));
        side.report(&report("o1", "b1", "40", &[("V", 40, 0)])).await;
        assert_eq!(side.flags("b1").await, [("paid".to_owned(), vec![])]);
        assert_eq!(side.posted("V").await, 0);
        side.books_add_up().await;
        at(&side, "2026-03-01T23:02:59Z");
        assert_eq!(sweep(&side).await, 0);
        at(&side, "2026-03-01T23:03:00Z");
        assert_eq!(sweep(&side).await, 2, "the hold is marked, and the 30 it kept end with it");
        assert_eq!((side.posted("W").await, sweep(&side).await), (0, 0));
        side.books_add_up().await;
    }

    /// Earning and spending move the end of everything in the wallet (loyalty.md §10 E6).
    async fn a_sliding_end_moves_with_every_visit(side: Side) {
        bob(&side).await;
        program(&side, json!({"earn": {"points": 1, "perAmount": 10},
            "expiry": {"collectablePoints": {"months": 1, "sliding": true}}})).await;
        let ends = async || {
            let view = side.view("/balances/points").await;
            view["lots"].as_array().unwrap().iter().map(|lot| lot["expiresAt"].clone()).collect::<Vec<_>>()
        };
        side.report(&bill("b1", "500", &[])).await;
        assert_eq!(ends().await, [Value::Null, json!("2026-04-01T22:00:00.000Z")]);
        at(&side, "2026-03-20T10:00:00Z");
        side.report(&bill("b2", "5", &[("points", 10, 0)])).await;
        assert_eq!(ends().await, [Value::Null, json!("2026-04-20T22:00:00.000Z")]);
        at(&side, "2026-04-10T10:00:00Z");
        side.report(&bill("b3", "100", &[])).await;
        let may = json!("2026-05-10T22:00:00.000Z");
        assert_eq!(ends().await, [Value::Null, may], "one end, one lot");
        side.books_add_up().await;
    }

    /// Points wait until the refund window is over (loyalty.md §9 P8).
    async fn pending_points_are_shown_and_not_offered(side: Side) {
        bob(&side).await;
        program(&side, json!({"earn": {"points": 1, "perAmount": 10, "pendingDays": 7}})).await;
        side.report(&bill("b1", "500", &[])).await;
        assert_eq!(side.state("points").await, (150, 0, 100));
        let lot = side.view("/balances/points").await["lots"][1].clone();
        assert_eq!((&lot["state"], &lot["availableAt"]), (&json!("pending"), &json!("2026-03-08T10:00:00.000Z")));
        let points = async |offer: &str| {
            let offer = side.offer(offer, 1, 1000, &["card-b"]).await;
            let balances = offer["balances"].as_array().unwrap().clone();
            balances.into_iter().find(|one| one["balanceId"] == "points").unwrap()["valueToUseInCurrency"].clone()
        };
        assert_eq!(points("o1").await, 100);
        at(&side, "2026-03-08T10:00:00Z");
        assert_eq!(points("o2").await, 150);
        side.books_add_up().await;
    }

    /// Earn on top-up: the 500.00 paid in earn, what credit pays later does not (loyalty.md §9 P1).
    async fn a_top_up_earns_where_the_merchant_says_so(side: Side) {
        bob(&side).await;
        program(&side, json!({"earn": {"points": 1, "perAmount": 10, "earnOn": "topUp"}})).await;
        let mut topped = bill("b1", "560", &[("credit", 0, 500)]);
        let coffee = with(topped["paidItems"][0].clone(), json!({"totalPriceWithVat": 60}));
        let line = with(coffee.clone(), json!({"originalCheckItemId": "prepayment:credit", "totalPriceWithVat": 500, "vatRate": 0}));
        topped["paidItems"] = json!([coffee, line]);
        side.report(&topped).await;
        assert_eq!((side.posted("points").await, side.posted("credit").await), (156, 1000));
        side.report(&bill("b2", "300", &[("credit", 200, 0)])).await;
        assert_eq!(side.posted("points").await, 166);
        side.books_add_up().await;
    }

    /// One stamp a coffee, on a card that opens by itself; ten are there, a cancelled bill takes its own back, and
    /// none of it counts as points.
    async fn stamps_are_collected(side: Side) {
        let number = bob(&side).await;
        program(&side, json!({"stampCards": [{"stampCardId": "coffee", "needed": 10, "products": ["p:1"],
            "titles": {"pos": {"cs": "Káva"}}}]})).await;
        let stamps = "stamps:coffee:bob";
        for visit in 1..=10 {
            side.report(&bill(&format!("b{visit}"), "60", &[])).await;
            assert_eq!(side.posted(stamps).await, visit);
        }
        let view = side.view(&format!("/balances/{stamps}")).await;
        assert_eq!((&view["type"], &view["memberId"]), (&json!("collectablePoints"), &json!("bob")));
        let lots = view["lots"].as_array().unwrap();
        assert_eq!((lots.len(), &lots[0]["issued"], &lots[0]["remaining"]), (1, &json!(10), &json!(10)));
        side.report(&with(bill("b10", "60", &[]), json!({"billState": "cancelled"}))).await;
        assert_eq!(side.posted(stamps).await, 9);
        // three coffees, one of them free by the card
        let mut free = bill("b11", "120", &[(stamps, 9, 0)]);
        free["paidItems"][0] = with(free["paidItems"][0].clone(), json!({"amount": 3, "totalPriceWithVat": 180, "appliedBenefits": [
            {"sourceType": "balance", "appliedFromBalanceId": stamps, "absoluteTotalValue": 60, "applicationType": "discount"}]}));
        side.report(&free).await;
        assert_eq!(side.posted(stamps).await, 2);
        assert_eq!(side.customer(number).await["points"], 100);
        side.books_add_up().await;
    }

    /// What cost nothing and what was given is no stamp, however it came to nothing (each whole unit that was paid).
    async fn only_paid_units_are_stamps(side: Side) {
        bob(&side).await;
        program(&side, json!({"stampCards": [{"stampCardId": "all", "needed": 10}]})).await;
        let item = |id: &str, amount: i64, total: i64, off: i64| json!({
            "originalCheckItemId": id, "amount": amount, "totalPriceWithVat": total,
            "product": {"productId": id, "categories": []},
            "appliedBenefits": [{"sourceType": "generalDiscount", "appliedFromGeneralDiscountId": "d", "absoluteTotalValue": off}]
        });
        let mut free = bill("b1", "10", &[]);
        free["paidItems"] = json!([item("water", 2, 0, 0), item("tea", 1, 10, 0)]);
        side.report(&free).await;
        assert_eq!(side.posted("stamps:all:bob").await, 1);
        let mut given = bill("b2", "90", &[]);
        given["paidItems"] = json!([item("coffee", 3, 180, 180), item("cake", 2, 100, 10)]);
        side.report(&given).await;
        assert_eq!(side.posted("stamps:all:bob").await, 3);
        side.books_add_up().await;
    }

    /// Money paid for later use is a sale when it pays, not twice (loyalty.md §9 P1): for the tier and for the feed,
    /// by the report and by the bill's record, whichever comes first.
    async fn what_is_topped_up_is_a_sale_when_it_pays(side: Side) {
        let number = bob(&side).await;
        program(&side, json!({"tiers": [{"tierId": "Silver", "threshold": 1500, "of": "spend", "windowMonths": 12}]})).await;
        let feed = async || {
            let customer = side.customer(number).await;
            ["total_orders", "total_sales", "last_order_value"].map(|name| customer[name].to_string())
        };
        let line = |id: &str, total: i64| json!({"originalCheckItemId": id, "amount": 1, "totalPriceWithVat": total,
            "vatRate": 0, "product": {"productId": id, "categories": []}, "appliedBenefits": []});
        let mut topped = bill("b1", "1000", &[("credit", 0, 1000)]);
        topped["paidItems"] = json!([line("activation", 0), line("prepayment:credit", 1000)]);
        side.report(&topped).await;
        assert_eq!(feed().await, ["0", "0", "null"], "nothing was bought yet");
        side.report(&paid_at(bill("b2", "1000", &[("credit", 1000, 0)]), "2026-03-01T11:00:00Z")).await;
        assert_eq!((feed().await, tier(&side).await), (["1", "1000", "1000"].map(str::to_owned), Value::Null));
        let record = |bill: &str, total: i64, products: &[(&str, i64)]| {
            let items: Vec<Value> = products.iter().map(|(id, price)| json!({"productId": id, "amount": 1, "price": price})).collect();
            json!([{"billId": bill, "finalPrice": total, "paidAt": "2026-03-01T12:00:00Z", "customerId": "bob", "items": items}])
        };
        // the record of the same bill, with its lines and without
        side.sync("bills", record("b1", 1000, &[("activation", 0), ("prepayment:credit", 1000)])).await;
        assert_eq!(feed().await, ["1", "1000", "1000"]);
        side.sync("bills", json!([{"billId": "b1", "finalPrice": 1000, "paidAt": "2026-03-01T12:00:00Z", "_version": 2}])).await;
        assert_eq!(feed().await, ["1", "1000", "1000"]);
        // only the record, then the report
        side.sync("bills", record("b3", 560, &[("coffee", 60), ("prepayment:credit", 500)])).await;
        assert_eq!(feed().await, ["2", "1060", "60"]);
        let mut both = bill("b3", "560", &[("credit", 0, 500)]);
        both["paidItems"] = json!([line("coffee", 60), line("prepayment:credit", 500)]);
        side.report(&both).await;
        assert_eq!((feed().await, tier(&side).await), (["2", "1060", "60"].map(str::to_owned), Value::Null));
        side.report(&bill("b4", "440", &[])).await;
        assert_eq!(tier(&side).await, json!("Silver"));
        side.books_add_up().await;
    }

    /// A part that goes back takes its own side along: the coffee the sale, the top-up nothing of it. The sale of a
    /// single-purpose voucher is a sale at once (loyalty.md §3 V2).
    async fn a_refund_of_a_top_up_leaves_the_sale(side: Side) {
        let number = bob(&side).await;
        let sales = async || {
            let customer = side.customer(number).await;
            ["total_orders", "total_sales"].map(|name| customer[name].to_string())
        };
        let line = |id: &str, total: i64| json!({"originalCheckItemId": id, "amount": 1, "totalPriceWithVat": total,
            "product": {"productId": id, "categories": []}, "appliedBenefits": []});
        let mut sold = bill("b1", "560", &[("credit", 0, 500)]);
        sold["paidItems"] = json!([line("coffee", 60), line("prepayment:credit", 500)]);
        side.report(&sold).await;
        assert_eq!((sales().await, side.posted("credit").await), (["1", "60"].map(str::to_owned), 1000));
        let mut back = with(sold.clone(), json!({"billState": "refunded", "refundNumber": 1, "totalWithVat": 500}));
        back["paidItems"] = json!([line("prepayment:credit", 500)]);
        side.report(&back).await;
        assert_eq!((sales().await, side.posted("credit").await), (["1", "60"].map(str::to_owned), 500));
        let voucher = json!({"code": "S", "type": "singlePurposePrepaidVoucher", "value": 0, "vatRate": 0.12, "status": "inactive"});
        assert_eq!(side.admin("POST", MERCHANT, "/vouchers", Some(voucher)).await.status, 201);
        let mut voucher = bill("b2", "300", &[("S", 0, 300)]);
        voucher["paidItems"] = json!([line("prepayment:S", 300)]);
        side.report(&voucher).await;
        assert_eq!((sales().await, side.posted("S").await), (["2", "360"].map(str::to_owned), 300));
        side.books_add_up().await;
    }

    /// Bad settings are refused, the member is named, and nothing changes.
    async fn bad_settings_are_named(side: Side) {
        let before = side.view("").await;
        for (bad, says) in [
            (json!({"earn": {"points": 1, "perAmount": 0}}), "earn.perAmount"),
            (json!({"earn": {"points": 1, "perAmount": 1, "multipliers": [{"times": -1}]}}), "earn.multipliers[0].times"),
            (json!({"tiers": [{"tierId": "a", "threshold": 1, "of": "visits", "windowMonths": 1}]}), "visits"),
            (json!({"keep": {"untilEndOf": "year", "graceDays": -1}}), "keep.graceDays"),
            (json!({"expiry": {"collectablePoints": {"months": 1, "days": 1}}}), "expiry.collectablePoints"),
            (json!({"negative": {"prepaidCredit": "forgive"}}), "forgive"),
            (json!({"stampCards": [{"stampCardId": "c", "needed": 0}]}), "stampCards[0].needed"),
            (json!({"breakage": {"spv": "x".repeat(201)}}), "breakage.spv"),
        ] {
            let answer = side.admin("PUT", MERCHANT, "", Some(merchant(bad))).await;
            let field = answer.body["field"].as_str().unwrap_or_default();
            assert!(answer.status == 400 && field.starts_with("program."), "{answer:?}");
            assert!(answer.body["message"].as_str().unwrap_or_default().contains(says) || answer.body.to_string().contains(says), "{answer:?}");
        }
        assert_eq!(side.view("").await, before);
    }

    /// A balance is a stamp card by its settings. An id says nothing: neither one that looks like a card's, nor one
    /// that does not.
    async fn a_stamp_card_may_have_any_id(side: Side) {
        let body = json!({
            "memberId": "bob", "cards": ["card-b"], "person": {"firstName": "Bob"},
            "balances": [
                {"balanceId": "a-card", "type": "collectablePoints", "openingValue": 5, "settings": {"stampCardId": "coffee"}},
                {"balanceId": "stamps:coffee:bob", "type": "collectablePoints", "openingValue": 100, "settings": {"pointValue": 1}}
            ]
        });
        let answer = side.admin("POST", MERCHANT, "/members", Some(body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        let number = answer.body["customerId"].as_i64().unwrap();
        let cards = json!([{"stampCardId": "coffee", "needed": 10, "products": ["p:1"]}, {"stampCardId": "tea", "needed": 5, "products": ["p:1"]}]);
        program(&side, json!({"earn": {"points": 1, "perAmount": 10}, "stampCards": cards})).await;
        assert_eq!(side.customer(number).await["points"], 100);
        side.report(&bill("b1", "60", &[])).await;
        let posted = async || (side.posted("a-card").await, side.posted("stamps:coffee:bob").await, side.posted("stamps:tea:bob").await);
        assert_eq!(posted().await, (6, 106, 1), "a stamp to the card, six points to the points");
        assert_eq!(side.customer(number).await["points"], 106);
        side.offer("o-card", 7, 60, &["card-b"]).await;
        side.report(&with(report("o-card", "b2", "60", &[]), json!({"deviceNumber": 7}))).await;
        assert_eq!((posted().await, side.customer(number).await["points"].clone()), ((7, 112, 2), json!(112)));
        side.report(&with(bill("b1", "60", &[]), json!({"billState": "cancelled"}))).await;
        assert_eq!((posted().await, side.customer(number).await["points"].clone()), ((6, 106, 1), json!(106)));
        side.books_add_up().await;
        // an id that a merchant gave to something else is left alone
        side.member_with("eva", "Gold").await;
        let taken = json!({"code": "X", "balanceId": "stamps:tea:eva", "type": "multiPurposePrepaidVoucher", "value": 10});
        assert_eq!(side.admin("POST", MERCHANT, "/vouchers", Some(taken)).await.status, 201);
        side.report(&with(report("o9", "b9", "60", &[]), json!({"customerId": "eva"}))).await;
        assert_eq!((side.posted("stamps:tea:eva").await, side.posted("stamps:tea:eva:2").await), (10, 1));
        side.books_add_up().await;
    }

    /// A report may use points of somebody it does not name: the customers feed follows.
    async fn the_feed_follows_points_whoever_used_them(side: Side) {
        let number = bob(&side).await;
        side.report(&report("o1", "b1", "30", &[("points", 30, 0)])).await;
        assert_eq!(side.customer(number).await["points"], 70);
        side.report(&with(report("o1", "b1", "30", &[("points", 30, 0)]), json!({"billState": "cancelled"}))).await;
        assert_eq!(side.customer(number).await["points"], 100);
        side.books_add_up().await;
    }
}
