//! Are a promotion's limits kept at the offer, entered by the report, given back by a cancellation?

use crate::side::*;
use db::{Never, Statement, TxError, params};
use serde_json::{Value, json};

/// Sets up 10 % off the order with these limits and codes.
async fn ten_percent(side: &Side, id: &str, limits: Value, codes: &[&str]) {
    let trigger = if codes.is_empty() { "automatic" } else { "code" };
    let body = json!({
        "definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"}, "trigger": trigger, "limits": limits},
        "codes": codes
    });
    let answer = side.admin("PUT", MERCHANT, &format!("/promotions/{id}"), Some(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// What the promotions take off, in currency, and why the last code does not apply.
fn off(offer: &Value) -> (String, String) {
    let discounts = offer["generalDiscounts"].as_array().unwrap();
    let value = discounts.first().map_or("0".to_owned(), |discount| discount["valueToUse"].to_string());
    let last = offer["benefitInputs"].as_array().unwrap().last();
    let reason = last.and_then(|input| input["reasonCode"].as_str()).unwrap_or_default();
    (value, reason.to_owned())
}

fn got(value: &str, reason: &str) -> (String, String) {
    (value.to_owned(), reason.to_owned())
}

/// A report of a bill on which `promotion` took `value` off.
fn used(offer: &str, bill: &str, promotion: &str, value: &str) -> Value {
    let value: Value = serde_json::from_str(value).unwrap();
    with(
        report(offer, bill, "90", &[]),
        json!({"usedGeneralDiscounts": [{"generalDiscountId": promotion, "usedValue": value}]}),
    )
}

fn cancelled(report: Value) -> Value {
    with(report, json!({"billState": "cancelled"}))
}

/// (limit id, limit, used, held) of every counter of a promotion.
async fn counters(side: &Side, promotion: &str) -> Vec<(String, String, String, String)> {
    let page = side.view(&format!("/promotions/{promotion}/limits")).await;
    let shown = |view: &Value| {
        let number = |name: &str| view[name].to_string();
        (text(&view["limitId"]), number("limit"), number("used"), number("held"))
    };
    page["data"].as_array().unwrap().iter().map(shown).collect()
}

/// Limit, used and held of the only counter.
async fn counter(side: &Side, promotion: &str) -> (String, String, String) {
    let [(_, limit, used, held)] = counters(side, promotion).await.try_into().unwrap();
    (limit, used, held)
}

fn shows(limit: &str, used: &str, held: &str) -> (String, String, String) {
    (limit.to_owned(), used.to_owned(), held.to_owned())
}

async fn flags_of(side: &Side, bill: &str) -> Vec<String> {
    side.flags(bill).await.into_iter().find(|(kind, _)| kind == "paid").unwrap().1
}

on_both_engines! {
    /// Held by the check that asked first, used by its bill, usable again when that is cancelled (loyalty.md §4, C4).
    async fn a_code_is_used_once_until_its_bill_is_cancelled(side: Side) {
        ten_percent(&side, "p", json!([{"per": "code", "uses": 1}]), &["ONCE", "OTHER"]).await;
        assert_eq!(off(&side.offer("o1", 1, 100, &["ONCE"]).await), got("10", ""));
        assert_eq!(counters(&side, "p").await, [("p/uses/code/ever/ONCE".to_owned(), "1".to_owned(), "0".to_owned(), "1".to_owned())]);
        assert_eq!(off(&side.offer("o2", 2, 100, &["ONCE"]).await), got("0", "LOCKED_BY_OTHER_DEVICE"));
        assert_eq!(off(&side.offer("o3", 3, 100, &["OTHER"]).await), got("10", ""), "each code for itself");
        let paid = used("o1", "b1", "p", "10");
        for _ in 0..2 {
            side.report(&paid).await;
        }
        assert_eq!(flags_of(&side, "b1").await, Vec::<String>::new());
        assert_eq!(counters(&side, "p").await[0].2, "1");
        assert_eq!(counters(&side, "p").await[0].3, "0", "the hold became the use");
        assert_eq!(off(&side.offer("o2", 2, 100, &["ONCE"]).await), got("0", "LIMIT_REACHED"));
        for _ in 0..2 {
            side.report(&cancelled(paid.clone())).await;
        }
        side.report(&with(paid, json!({"billState": "refunded"}))).await;
        assert_eq!(counters(&side, "p").await[0].2, "0", "given back once");
        assert_eq!(off(&side.offer("o2", 2, 100, &["ONCE"]).await), got("10", ""));
        side.books_add_up().await;
    }

    /// A limit per day counts anew from midnight of the place, which is 23:00 UTC here.
    async fn a_day_begins_at_the_places_midnight(side: Side) {
        ten_percent(&side, "p", json!([{"per": "campaign", "uses": 1, "period": "day"}]), &[]).await;
        assert_eq!(off(&side.offer("o1", 1, 100, &[]).await).0, "10");
        side.report(&used("o1", "b1", "p", "10")).await;
        side.clock.advance_seconds(13 * 3600 - 1);
        assert_eq!(off(&side.offer("o2", 2, 100, &[]).await).0, "0");
        side.clock.advance_seconds(1);
        assert_eq!(off(&side.offer("o2", 2, 100, &[]).await).0, "10");
        let days: Vec<String> = counters(&side, "p").await.into_iter().map(|(id, ..)| id).collect();
        assert_eq!(days, ["p/uses/campaign/2026-03-01/", "p/uses/campaign/2026-03-02/"]);
        side.books_add_up().await;
    }

    async fn each_member_has_a_limit_of_its_own_and_nobody_may_use_it(side: Side) {
        side.member().await;
        let other = json!({"memberId": "bea", "cards": ["card-2"], "person": {}, "balances": []});
        assert_eq!(side.admin("POST", MERCHANT, "/members", Some(other)).await.status, 201);
        ten_percent(&side, "p", json!([{"per": "member", "uses": 1}]), &[]).await;
        let of = |offer: Value| off(&offer).0;
        assert_eq!(of(side.offer("o1", 1, 100, &["card-1"]).await), "10");
        assert_eq!(of(side.offer("o2", 2, 100, &["card-1"]).await), "0");
        assert_eq!(of(side.offer("o3", 3, 100, &["card-2"]).await), "10");
        assert_eq!(of(side.offer("o4", 4, 100, &[]).await), "0", "without a card anybody could come again");
        side.report(&with(used("o1", "b1", "p", "10"), json!({"customerId": "anna"}))).await;
        assert_eq!(of(side.offer("o6", 6, 100, &["card-1"]).await), "0");
        side.books_add_up().await;
    }

    async fn a_code_with_a_limit_per_member_asks_for_a_card(side: Side) {
        side.member().await;
        ten_percent(&side, "p", json!([{"per": "member", "uses": 1}]), &["PM"]).await;
        for (offer, device) in [("o1", 1), ("o2", 2)] {
            assert_eq!(off(&side.offer(offer, device, 100, &["PM"]).await), got("0", "NOT_ELIGIBLE"));
        }
        assert_eq!(off(&side.offer("o3", 3, 100, &["card-1", "PM"]).await), got("10", ""));
        side.books_add_up().await;
    }

    /// The rest of a budget is given; then nothing is left, until a bill gives its part back.
    async fn what_is_left_of_a_budget_is_given(side: Side) {
        ten_percent(&side, "p", json!([{"per": "campaign", "amount": "15.50"}]), &["B"]).await;
        assert_eq!(off(&side.offer("o1", 1, 100, &["B"]).await), got("10", ""));
        assert_eq!(off(&side.offer("o2", 2, 100, &["B"]).await), got("5.5", ""));
        assert_eq!(off(&side.offer("o3", 3, 100, &["B"]).await), got("0", "LOCKED_BY_OTHER_DEVICE"));
        assert_eq!(counter(&side, "p").await, shows("15.5", "0", "15.5"));
        // the till used less than the offer gave: the rest stays with the check until its hold ends
        side.report(&used("o1", "b1", "p", "8")).await;
        side.report(&used("o2", "b2", "p", "5.50")).await;
        assert_eq!(counter(&side, "p").await, shows("15.5", "13.5", "2"));
        side.clock.advance_seconds(180);
        assert_eq!(counter(&side, "p").await, shows("15.5", "13.5", "0"));
        assert_eq!(off(&side.offer("o3", 3, 100, &["B"]).await), got("2", ""));
        side.report(&used("o3", "b3", "p", "2")).await;
        assert_eq!(off(&side.offer("o4", 4, 100, &["B"]).await), got("0", "LIMIT_REACHED"));
        side.report(&cancelled(used("o1", "b1", "p", "8"))).await;
        assert_eq!(off(&side.offer("o4", 4, 100, &["B"]).await), got("8", ""));
        assert_eq!(counter(&side, "p").await, shows("15.5", "7.5", "8"));
        side.books_add_up().await;
    }

    /// Code removed, basket empty, offer refused by the register, time over: free for others (loyalty.md §4).
    async fn what_a_check_does_not_want_any_more_is_free(side: Side) {
        ten_percent(&side, "p", json!([{"per": "code", "uses": 1}]), &["ONCE"]).await;
        let locked = got("0", "LOCKED_BY_OTHER_DEVICE");
        side.offer("o1", 1, 100, &["ONCE"]).await;
        assert_eq!(off(&side.offer("o2", 2, 100, &["ONCE"]).await), locked);
        side.offer("o1", 1, 100, &[]).await;
        assert_eq!(off(&side.offer("o2", 2, 100, &["ONCE"]).await), got("10", ""), "code removed");
        assert_eq!(off(&side.offer("o1", 1, 100, &["ONCE"]).await), locked);
        side.offer("o2", 2, 0, &["ONCE"]).await;
        assert_eq!(off(&side.offer("o1", 1, 100, &["ONCE"]).await), got("10", ""), "nothing to pay");
        let refusal = json!({"loyaltyOfferId": "o1", "errors": [{"code": "X", "message": "no"}], "checkId": "check-1",
            "deviceNumber": 1, "placeId": "P"});
        let bearer = format!("Bearer {}", side.loyalty);
        let path = "/partner/loyalty/reportOfferValidationError";
        let answer = side.call("POST", path, &bearer, Some(refusal.to_string())).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(counter(&side, "p").await, shows("1", "0", "0"), "refused by the register");
        assert_eq!(off(&side.offer("o2", 2, 100, &["ONCE"]).await), got("10", ""));
        side.clock.advance_seconds(179);
        assert_eq!(off(&side.offer("o1", 1, 100, &["ONCE"]).await), locked, "counts while now < end");
        side.clock.advance_seconds(1);
        assert_eq!(off(&side.offer("o1", 1, 100, &["ONCE"]).await), got("10", ""), "over at its end");
        side.books_add_up().await;
    }

    /// The same question gets the same answer and only moves the end of the hold (loyalty.md I6).
    async fn asking_again_keeps_the_use(side: Side) {
        ten_percent(&side, "p", json!([{"per": "code", "uses": 1}, {"per": "campaign", "amount": 10}]), &["ONCE"]).await;
        let first = side.offer("o1", 1, 100, &["ONCE"]).await.to_string();
        for _ in 0..3 {
            side.clock.advance_seconds(100);
            assert_eq!(side.offer("o1", 1, 100, &["ONCE"]).await.to_string(), first);
            assert_eq!(off(&side.offer("o2", 2, 100, &["ONCE"]).await), got("0", "LOCKED_BY_OTHER_DEVICE"));
        }
        // a smaller basket needs less of the budget
        assert_eq!(off(&side.offer("o1", 1, 40, &["ONCE"]).await), got("4", ""));
        assert_eq!(counters(&side, "p").await[0].3, "4");
        side.books_add_up().await;
    }

    /// A report is a fact (loyalty.md §5): late, it is counted beyond the limit, and flagged.
    async fn a_late_report_is_counted_and_flagged(side: Side) {
        ten_percent(&side, "p", json!([{"per": "code", "uses": 1}]), &["ONCE"]).await;
        side.offer("o1", 1, 100, &["ONCE"]).await;
        side.clock.advance_seconds(180);
        assert_eq!(side.partner.sweep().await.unwrap(), 1);
        side.offer("o2", 2, 100, &["ONCE"]).await;
        side.report(&with(used("o2", "b2", "p", "10"), json!({"deviceNumber": 2}))).await;
        assert_eq!(flags_of(&side, "b2").await, Vec::<String>::new());
        side.report(&used("o1", "b1", "p", "10")).await;
        assert_eq!(flags_of(&side, "b1").await, ["late", "over_limit"]);
        assert_eq!(counter(&side, "p").await, shows("1", "2", "0"));
        side.report(&cancelled(used("o1", "b1", "p", "10"))).await;
        assert_eq!(off(&side.offer("o3", 3, 100, &["ONCE"]).await), got("0", "LIMIT_REACHED"), "one is used still");
        side.books_add_up().await;
    }

    /// More than the offer gave of a budget: booked as it is, and flagged.
    async fn more_money_than_offered_is_counted_and_flagged(side: Side) {
        ten_percent(&side, "p", json!([{"per": "campaign", "amount": 12}]), &["B"]).await;
        side.offer("o1", 1, 100, &["B"]).await;
        side.report(&used("o1", "b1", "p", "12.01")).await;
        assert_eq!(flags_of(&side, "b1").await, ["differs", "over_limit"]);
        assert_eq!(counter(&side, "p").await, shows("12", "12.01", "0"));
        side.books_add_up().await;
    }

    /// Without the offer the campaign and the member count, at the place's time of the payment; which code it was
    /// nobody knows. Also in a process that has not read the program yet.
    async fn a_report_without_its_offer_counts_what_it_can(side: Side) {
        side.member().await;
        let limits = json!([{"per": "code", "uses": 1}, {"per": "member", "uses": 1, "period": "month"}, {"per": "campaign", "amount": 100}]);
        ten_percent(&side, "p", limits, &["ONCE"]).await;
        let paid = with(used("unknown", "b1", "p", "10"), json!({"customerId": "anna"}));
        side.report(&paid).await;
        assert_eq!(flags_of(&side, "b1").await, ["no_offer"]);
        let all = counters(&side, "p").await;
        let short: Vec<(&str, &str)> = all.iter().map(|(id, _, used, _)| (id.as_str(), used.as_str())).collect();
        assert_eq!(short, [("p/amount/campaign/ever/", "10"), ("p/uses/member/2026-03/anna", "1")]);
        // only in the lines, and of a promotion that is not ours
        let lines = with(report("unknown-2", "b2", "90", &[]), json!({"paidItems": [{
            "originalCheckItemId": "1", "amount": 1, "totalPriceWithVat": 100,
            "product": {"productId": "p:1", "name": "Guláš", "categories": []},
            "appliedBenefits": [
                {"sourceType": "generalDiscount", "appliedFromGeneralDiscountId": "p", "absoluteTotalValue": 7},
                {"sourceType": "generalDiscount", "appliedFromGeneralDiscountId": "alien", "absoluteTotalValue": 3}
            ]}]}));
        side.offer("warm", 9, 100, &[]).await;
        side.report(&lines).await;
        assert_eq!(counters(&side, "p").await[0].2, "17");
        side.report(&cancelled(paid)).await;
        assert_eq!(counters(&side, "p").await[0].2, "7");
        assert_eq!(counters(&side, "p").await[1].2, "0");
        side.books_add_up().await;
    }

    /// A use counts once per offer, however it is split; money adds up (loyalty.md §4, I5). The use goes back with
    /// the last bill that had it.
    async fn a_split_bill_uses_once_and_adds_its_money_up(side: Side) {
        ten_percent(&side, "p", json!([{"per": "code", "uses": 1}, {"per": "campaign", "amount": 100}]), &["ONCE"]).await;
        side.offer("o1", 1, 100, &["ONCE"]).await;
        let state = async |side: &Side| {
            let all = counters(side, "p").await;
            all.into_iter().map(|(_, _, used, held)| format!("{used}+{held}")).collect::<Vec<_>>()
        };
        side.report(&used("o1", "b1", "p", "6")).await;
        assert_eq!(state(&side).await, ["6+4", "1+0"]);
        side.report(&used("o1", "b2", "p", "4")).await;
        assert_eq!(state(&side).await, ["10+0", "1+0"]);
        side.report(&used("o1", "b3", "p", "1")).await;
        for (bill, flags) in [("b1", vec![]), ("b2", vec![]), ("b3", vec!["conflict".to_owned()])] {
            assert_eq!(flags_of(&side, bill).await, flags, "{bill}");
        }
        side.report(&report("o1", "b4", "5", &[])).await;
        assert_eq!(state(&side).await, ["11+0", "1+0"]);
        for (bill, value, left) in [("b1", "6", ["5+0", "1+0"]), ("b3", "1", ["4+0", "1+0"]), ("b2", "4", ["0+0", "0+0"])] {
            side.report(&cancelled(used("o1", bill, "p", value))).await;
            assert_eq!(state(&side).await, left, "without {bill}");
        }
        side.books_add_up().await;
    }

    /// Balances and limits on one check, on both sides of the order of locks.
    async fn a_bill_uses_a_balance_and_a_limit(side: Side) {
        side.voucher("V", 50).await;
        ten_percent(&side, "p", json!([{"per": "code", "uses": 1}]), &["ONCE"]).await;
        let offer = side.offer("o1", 1, 100, &["V", "ONCE"]).await;
        assert_eq!(off(&offer), got("10", ""));
        let paid = with(used("o1", "b1", "p", "10"), json!({
            "usedBalances": [{"balanceId": "V", "usedControllableValue": 50, "prepaidValue": 0}]}));
        side.report(&paid).await;
        assert_eq!((side.posted("V").await, counter(&side, "p").await), (0, shows("1", "1", "0")));
        side.report(&cancelled(paid)).await;
        assert_eq!((side.posted("V").await, counter(&side, "p").await), (50, shows("1", "0", "0")));
        side.books_add_up().await;
    }

    /// A code may multiply where its promotion is repeatable; each time is a use.
    async fn a_repeated_code_uses_as_often_as_it_counts(side: Side) {
        let body = json!({"definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"}, "trigger": "code",
            "repeatable": true, "limits": [{"per": "code", "uses": 3}]}, "codes": ["R"]});
        assert_eq!(side.admin("PUT", MERCHANT, "/promotions/p", Some(body)).await.status, 200);
        assert_eq!(off(&side.offer("o1", 1, 100, &["R", "R"]).await).0, "20");
        assert_eq!(counter(&side, "p").await, shows("3", "0", "2"));
        assert_eq!(off(&side.offer("o2", 2, 100, &["R", "R"]).await).0, "10", "one use is left");
        side.report(&used("o1", "b1", "p", "20")).await;
        assert_eq!(counter(&side, "p").await, shows("3", "2", "1"));
        side.books_add_up().await;
    }

    async fn a_limit_that_makes_no_sense_is_refused(side: Side) {
        for (limits, says) in [
            (json!([{"per": "code", "uses": 1, "amount": 5}]), "exactly one"),
            (json!([{"per": "code", "uses": 1}, {"per": "code", "uses": 2}]), "limits[1]"),
        ] {
            let body = json!({"definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"},
                "trigger": "code", "limits": limits}, "codes": []});
            let answer = side.admin("PUT", MERCHANT, "/promotions/p", Some(body)).await;
            assert_eq!(answer.status, 400);
            assert!(answer.body.to_string().contains(says), "{answer:?}");
        }
        assert_eq!(side.admin("GET", MERCHANT, "/promotions/p/limits", None).await.status, 404);
    }

    async fn counters_come_in_pages(side: Side) {
        let codes: Vec<String> = (0..150).map(|number| format!("C{number:03}")).collect();
        let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
        ten_percent(&side, "p", json!([{"per": "code", "uses": 1}]), &codes).await;
        for (device, codes) in (1..).zip(codes.chunks(50)) {
            side.offer(&format!("o{device}"), device, 100, codes).await;
        }
        let first = side.view("/promotions/p/limits").await;
        assert_eq!(first["data"].as_array().unwrap().len(), 100);
        let next = text(&first["nextPage"]);
        let rest = side.call("GET", &next, &format!("Bearer {}", side.admin), None).await;
        assert_eq!((rest.body["data"].as_array().unwrap().len(), &rest.body["nextPage"]), (50, &Value::Null));
        assert_eq!(side.admin("GET", MERCHANT, "/promotions/p/limits?after=zz", None).await.status, 400);
    }
}

db::statement! {
    /// Somebody changed a sum by hand.
    BREAK_USED = "UPDATE partner_limit SET used = used + 1 WHERE merchant = $1";
    /// An entry got lost.
    BREAK_LAST = "UPDATE partner_limit SET last_entry = last_entry + 1 WHERE merchant = $1";
    /// A counter vanished.
    BREAK_COUNTER = "DELETE FROM partner_limit WHERE merchant = $1";
    /// A hold from nowhere.
    BREAK_NUMBER = "UPDATE partner_limit_hold SET hold_number = hold_number + 1000 WHERE merchant = $1 AND state = 'active'";
    /// A hold that keeps nothing.
    BREAK_AMOUNT = "UPDATE partner_limit_hold SET amount = 0 WHERE merchant = $1 AND state = 'active'";
    /// A captured hold of a check without a bill.
    BREAK_CAPTURED = "UPDATE partner_limit_hold SET state = 'captured' WHERE merchant = $1 AND state = 'active'";
    /// A bill that gives back what it never used.
    BREAK_GIVEN_BACK = "INSERT INTO partner_limit_entry (merchant, limit_id, entry, amount, offer_id, bill_id, created_at)
        VALUES ($1, 'p/uses/campaign/ever/', 2, -1, 'o9', 'b9', 0)";
    /// The report is gone.
    BREAK_REPORT = "DELETE FROM partner_usage WHERE merchant = $1 AND bill_id = 'b1'";
}

async fn finds(side: &Side, tampering: &'static Statement, rule: &str) {
    ten_percent(side, "p", json!([{"per": "campaign", "uses": 5}]), &["B"]).await;
    side.offer("o1", 1, 100, &["B"]).await;
    side.report(&used("o1", "b1", "p", "10")).await;
    side.offer("o2", 2, 100, &["B"]).await;
    side.books_add_up().await;
    let touched =
        side.db.write("tamper", move |tx| Ok::<_, TxError<Never>>(tx.execute(tampering, params![MERCHANT])?));
    assert!(touched.await.unwrap() > 0, "{tampering:?} touches nothing");
    let faults: Vec<String> =
        partner::verify(&side.db).await.unwrap().iter().map(ToString::to_string).collect();
    let named = faults.iter().any(|fault| fault.starts_with("partner_limit") && fault.contains(rule));
    assert!(named, "expected {rule}, found {faults:#?}");
}

macro_rules! tampering {
    ($($name:ident: $statement:ident, $rule:expr;)+) => {
        on_both_engines! { $(async fn $name(side: Side) { finds(&side, &$statement, $rule).await; })+ }
    };
}

tampering! {
    a_use_that_nobody_entered: BREAK_USED, "add up to used";
    an_entry_of_a_limit_that_is_missing: BREAK_LAST, "without a gap";
    a_counter_that_is_gone: BREAK_COUNTER, "belong to a counter";
    a_hold_of_a_limit_from_nowhere: BREAK_NUMBER, "above its version";
    a_hold_of_a_limit_that_is_empty: BREAK_AMOUNT, "keeps something";
    a_captured_hold_without_a_bill: BREAK_CAPTURED, "has a report of its check";
    a_use_given_back_that_never_was: BREAK_GIVEN_BACK, "more of a limit than it used";
    a_limits_report_that_is_gone: BREAK_REPORT, "has its bill's report";
}
