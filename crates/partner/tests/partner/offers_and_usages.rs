//! Do holds follow offers and reports as loyalty.md §4 says?

use crate::side::*;
use serde_json::{Value, json};

/// What the offer uses of its only balance.
fn offered(offer: &Value) -> i64 {
    offer["balances"][0]["valueToUseInCurrency"].as_i64().unwrap_or(0)
}

fn by(device: i64, body: Value) -> Value {
    with(body, json!({"deviceNumber": device}))
}

on_both_engines! {
    /// The table of loyalty.md §4, row by row.
    async fn two_registers_share_one_voucher(side: Side) {
        side.voucher("V", 300).await;
        assert_eq!(offered(&side.offer("d1-a", 1, 200, &["V"]).await), 200);
        assert_eq!(side.state("V").await, (300, 200, 100));
        side.clock.advance_seconds(30);
        assert_eq!(offered(&side.offer("d2-a", 2, 150, &["V"]).await), 100);
        side.clock.advance_seconds(30);
        assert_eq!(offered(&side.offer("d1-b", 1, 260, &["V"]).await), 200);
        side.clock.advance_seconds(10);
        assert_eq!(offered(&side.offer("d1-c", 1, 120, &["V"]).await), 120);
        assert_eq!(side.state("V").await, (300, 220, 80));
        side.clock.advance_seconds(30);
        side.report(&by(1, report("d1-c", "b1", "120", &[("V", 120, 0)]))).await;
        assert_eq!(side.state("V").await, (180, 100, 80));
        side.clock.advance_seconds(110);
        assert_eq!(side.state("V").await, (180, 0, 180));
        side.clock.advance_seconds(30);
        side.report(&by(2, report("d2-a", "b2", "150", &[("V", 100, 0)]))).await;
        assert_eq!(side.state("V").await, (80, 0, 80));
        assert_eq!(side.flags("b1").await, [("paid".to_owned(), vec![])]);
        assert_eq!(side.flags("b2").await, [("paid".to_owned(), vec!["late".to_owned()])]);
        side.books_add_up().await;
    }

    /// A split bill reports its parts one by one; beyond what the offer gave is a conflict (loyalty.md §4, §7 I5).
    async fn several_bills_of_one_offer_share_its_hold(side: Side) {
        side.voucher("V", 300).await;
        side.offer("o", 1, 120, &["V"]).await;
        side.report(&report("o", "b1", "90", &[("V", 90, 0)])).await;
        assert_eq!(side.state("V").await, (210, 30, 180));
        side.report(&report("o", "b2", "30", &[("V", 30, 0)])).await;
        assert_eq!(side.state("V").await, (180, 0, 180));
        side.report(&report("o", "b3", "10", &[("V", 10, 0)])).await;
        assert_eq!(side.posted("V").await, 170);
        for (bill, flags) in [("b1", vec![]), ("b2", vec![]), ("b3", vec!["conflict".to_owned()])] {
            assert_eq!(side.flags(bill).await, [("paid".to_owned(), flags)], "{bill}");
        }
        side.books_add_up().await;
    }

    /// Offer said 50, report says 60: post 60 (loyalty.md §5); another register is remarked.
    async fn a_report_that_differs_is_booked_and_flagged(side: Side) {
        side.voucher("V", 300).await;
        side.offer("o", 1, 50, &["V"]).await;
        side.report(&report("o", "b1", "60", &[("V", 60, 0)])).await;
        assert_eq!(side.state("V").await, (240, 0, 240));
        assert_eq!(side.flags("b1").await, [("paid".to_owned(), vec!["differs".to_owned()])]);
        side.offer("o2", 1, 50, &["V"]).await;
        side.report(&by(9, report("o2", "b2", "50", &[("V", 50, 0)]))).await;
        assert_eq!(side.flags("b2").await, [("paid".to_owned(), vec!["differs".to_owned()])]);
        assert_eq!(side.posted("V").await, 190);
        side.books_add_up().await;
    }

    /// Over-capture where others hold the rest digs a hole and leaves the others' hold whole (loyalty.md §4, §8).
    async fn a_fact_does_not_take_what_another_check_holds(side: Side) {
        side.voucher("V", 300).await;
        side.offer("o1", 1, 120, &["V"]).await;
        side.offer("o2", 2, 180, &["V"]).await;
        side.report(&by(1, report("o1", "b1", "150", &[("V", 150, 0)]))).await;
        assert_eq!(side.flags("b1").await[0].1, ["differs", "overdraft"]);
        side.report(&by(2, report("o2", "b2", "180", &[("V", 180, 0)]))).await;
        assert_eq!(side.flags("b2").await[0].1, Vec::<String>::new());
        assert_eq!(side.posted("V").await, -30);
        side.books_add_up().await;
    }

    /// A whole card: points and credit by an offer, reported, and the offer's customer earns (loyalty.md §9 P9).
    async fn an_offer_of_a_card_is_paid_and_earns_for_its_member(side: Side) {
        let number = side.member().await;
        let offer = side.offer("o", 1, 500, &["card-1"]).await;
        assert_eq!(offer["customer"]["customerId"], "anna");
        assert_eq!(side.state("points").await, (100, 100, 0));
        let paid = with(
            report("o", "b1", "490", &[("points", 100, 0), ("credit", 490, 0)]),
            json!({"customerId": "anna"}),
        );
        side.report(&paid).await;
        assert_eq!((side.posted("points").await, side.posted("credit").await), (49, 410));
        assert_eq!(side.customer(number).await["points"], 49);
        assert_eq!(side.flags("b1").await, [("paid".to_owned(), vec![])]);
        assert_eq!(side.view("/offers/o").await["state"], "used");
        side.books_add_up().await;
    }

    async fn the_sweeper_marks_ended_holds_only(side: Side) {
        side.voucher("V", 300).await;
        side.offer("o1", 1, 100, &["V"]).await;
        side.clock.advance_seconds(179);
        side.offer("o2", 2, 50, &["V"]).await;
        assert_eq!(side.partner.sweep().await.unwrap(), 0);
        side.clock.advance_seconds(1);
        assert_eq!(side.partner.sweep().await.unwrap(), 1);
        assert_eq!(side.partner.sweep().await.unwrap(), 0);
        assert_eq!(side.state("V").await, (300, 50, 250));
        side.report(&report("o1", "b1", "100", &[("V", 100, 0)])).await;
        assert_eq!(side.flags("b1").await[0].1, ["late"]);
        side.books_add_up().await;
    }
}
