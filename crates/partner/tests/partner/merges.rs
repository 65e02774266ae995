//! Are two members one after a merge, with everything that was theirs, and two again after it is undone?

use crate::side::*;
use serde_json::{Value, json};

/// `anna` as in every scenario, and `bea`, who is the same person: a card, a number, points, credit, and a bill.
async fn anna_and_bea(side: &Side) -> (i64, i64) {
    let anna = side.member().await;
    let body = json!({
        "memberId": "bea", "tier": "Silver", "cards": ["card-2"],
        "person": {"firstName": "Bea", "mobilePhone": "+420 777 000 222"},
        "balances": [
            {"balanceId": "b-points", "type": "collectablePoints", "openingValue": 40, "settings": {"pointValue": 0.1}},
            {"balanceId": "b-credit", "type": "prepaidCredit", "openingValue": 300}
        ]
    });
    let answer = side.admin("POST", MERCHANT, "/members", Some(body)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    (anna, answer.body["customerId"].as_i64().unwrap())
}

fn of(member: &str, report: Value) -> Value {
    with(report, json!({"customerId": member}))
}

async fn merge(side: &Side, from: &str, into: &str) -> Answer {
    let body = json!({"fromMemberId": from, "reason": "the same person"});
    side.admin("POST", MERCHANT, &format!("/members/{into}/merges"), Some(body)).await
}

async fn undo(side: &Side, merge: &Answer) -> Answer {
    let path = format!("/merges/{}/undo", text(&merge.body["mergeId"]));
    side.admin("POST", MERCHANT, &path, None).await
}

/// The ids of a member's balances and the codes of its cards.
async fn owns(side: &Side, member: &str) -> (Vec<String>, Vec<String>) {
    let view = side.view(&format!("/members/{member}")).await;
    let ids =
        |list: &str, name: &str| view[list].as_array().unwrap().iter().map(|one| text(&one[name])).collect();
    (ids("balances", "balanceId"), ids("cards", "code"))
}

fn list(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

async fn program(side: &Side, program: Value) {
    let body = json!({"name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
        "holdTtlSeconds": 180, "program": program});
    let answer = side.admin("PUT", MERCHANT, "", Some(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

on_both_engines! {
    async fn what_was_theirs_is_the_others_and_comes_back(side: Side) {
        let (anna, bea) = anna_and_bea(&side).await;
        side.report(&of("anna", report("o1", "b1", "100", &[]))).await;
        side.report(&of("bea", report("o2", "b2", "200", &[]))).await;
        let before = (side.customer(anna).await, side.customer(bea).await, side.view("/members/bea").await);
        let merged = merge(&side, "bea", "anna").await;
        assert_eq!(merged.status, 201, "{merged:?}");
        assert_eq!((&merged.body["state"], &merged.body["cards"]), (&json!("merged"), &json!(["card-2"])));
        assert_eq!(merged.body["balances"], json!([
            {"balanceId": "b-credit", "postedThen": 300, "postedNow": 300},
            {"balanceId": "b-points", "postedThen": 60, "postedNow": 60},
        ]));
        assert_eq!(owns(&side, "anna").await, (list(&["b-credit", "b-points", "credit", "points"]), list(&["card-1", "card-2"])));
        assert_eq!(owns(&side, "bea").await, (vec![], vec![]));
        let gone = side.view("/members/bea").await;
        assert_eq!((&gone["status"], &gone["mergedInto"]), (&json!("merged"), &json!("anna")));
        assert_eq!(side.customer(bea).await, json!({"id": bea, "deleted": true}));
        let both = side.customer(anna).await;
        assert_eq!((&both["total_orders"], &both["total_sales"], &both["points"]), (&json!(2), &json!(300), &json!(170)));
        for found_by in ["card-2", "+420777000222"] {
            let offer = side.offer("o3", 3, 50, &[found_by]).await;
            assert_eq!(offer["customer"]["customerId"], "anna", "{found_by}: {offer}");
            assert_eq!(offer["customer"]["fullName"], "Anna Nová", "{found_by}: {offer}");
        }
        // the same call again is the same merge
        assert_eq!(merge(&side, "bea", "anna").await.body, merged.body);
        side.books_add_up().await;

        side.offer("o3", 3, 50, &[]).await;
        let undone = undo(&side, &merged).await;
        assert_eq!((undone.status.as_u16(), &undone.body["state"]), (200, &json!("undone")), "{undone:?}");
        let back = (side.customer(anna).await, side.customer(bea).await, side.view("/members/bea").await);
        assert_eq!(back, before);
        assert_eq!(owns(&side, "anna").await, (list(&["credit", "points"]), list(&["card-1"])));
        assert_eq!(undo(&side, &merged).await.body, undone.body, "again: nothing happens");
        assert_eq!(side.view("/members/bea/merges").await["data"], json!([undone.body]));
        assert_eq!(merge(&side, "bea", "anna").await.status, 201, "and joined once more");
        side.books_add_up().await;
    }

    /// Facts that name the old member are the surviving one's; value goes back to its own lots (loyalty.md C2, C3).
    async fn late_facts_find_the_surviving_member(side: Side) {
        let (anna, bea) = anna_and_bea(&side).await;
        side.offer("o-open", 1, 130, &["card-2"]).await;
        assert_eq!(side.state("b-credit").await, (300, 126, 174), "40 points are worth 4.00");
        let paid = of("bea", report("o1", "b1", "100", &[("b-credit", 100, 0), ("b-points", 20, 0)]));
        side.report(&paid).await;
        assert_eq!((side.posted("b-credit").await, side.posted("b-points").await), (200, 30));
        let merged = merge(&side, "bea", "anna").await;
        assert_eq!(merged.status, 201, "what a check holds does not stand in the way: {merged:?}");
        assert_eq!(side.state("b-credit").await.1, 126, "and it keeps it");
        // the open check is paid under its offer of before
        let late = of("bea", report("o-open", "b2", "126", &[("b-points", 40, 0), ("b-credit", 126, 0)]));
        side.report(&late).await;
        // a bill nobody has offered anything for, a cancellation, and the bill's own record
        side.report(&of("bea", report("o9", "b3", "70", &[]))).await;
        side.report(&with(paid, json!({"billState": "cancelled"}))).await;
        side.sync("bills", json!([{"billId": "b4", "customerId": "bea", "finalPrice": 11, "paidAt": "2026-03-01T10:00:00Z", "_version": 1, "items": []}])).await;
        let usages = side.view("/usages?billId=b2").await["data"].clone();
        assert_eq!((&usages[0]["customerId"], &usages[0]["remarks"]), (&json!("anna"), &json!([])));
        assert_eq!(side.posted("b-credit").await, 300 - 126);
        assert_eq!(side.posted("b-points").await, 0, "earned and spent, taken back and returned");
        assert_eq!(side.posted("points").await, 100 + 12 + 7, "what is earned from now on is on her own balance");
        let both = side.customer(anna).await;
        assert_eq!((&both["total_orders"], &both["total_sales"]), (&json!(3), &json!(126 + 70 + 11)));
        assert_eq!(side.customer(bea).await, json!({"id": bea, "deleted": true}));
        side.books_add_up().await;
        // what was reported under the old id goes back with it
        let undone = undo(&side, &merged).await;
        assert_eq!(undone.status, 200, "{undone:?}");
        assert!(undone.body["stays"].to_string().contains("balance b-credit"), "{undone:?}");
        assert_eq!(side.customer(bea).await["total_orders"], json!(3));
        assert_eq!(side.customer(anna).await["total_orders"], json!(0));
        assert_eq!(side.posted("points").await, 119);
        side.books_add_up().await;
    }

    /// One person has one use of a promotion, whichever of the two ids it was used under.
    async fn limits_per_member_count_together(side: Side) {
        anna_and_bea(&side).await;
        let body = json!({"definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"},
            "trigger": "automatic", "limits": [{"per": "member", "uses": 2}]}});
        assert_eq!(side.admin("PUT", MERCHANT, "/promotions/p", Some(body)).await.status, 200);
        let got = |offer: Value| offer["generalDiscounts"].as_array().unwrap().len();
        assert_eq!(got(side.offer("o1", 1, 100, &["card-2"]).await), 1);
        let used = with(report("o1", "b1", "90", &[]), json!({"customerId": "bea",
            "usedGeneralDiscounts": [{"generalDiscountId": "p", "usedValue": 10}]}));
        side.report(&used).await;
        let merged = merge(&side, "bea", "anna").await;
        assert_eq!(got(side.offer("o2", 2, 100, &["card-1"]).await), 1, "the second one");
        assert_eq!(got(side.offer("o3", 3, 100, &["card-2"]).await), 0, "one is used, one is held");
        // the bill of before gives its use back
        side.report(&with(used, json!({"billState": "cancelled"}))).await;
        assert_eq!(got(side.offer("o3", 3, 100, &["card-2"]).await), 1);
        side.offer("o3", 3, 100, &[]).await;
        undo(&side, &merged).await;
        assert_eq!(got(side.offer("o4", 4, 100, &["card-2"]).await), 1);
        side.books_add_up().await;
    }

    /// A report whose offer nobody knows is booked, and told apart where both ids together used too much.
    async fn uses_of_both_are_flagged_together(side: Side) {
        anna_and_bea(&side).await;
        let body = json!({"definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"},
            "trigger": "automatic", "limits": [{"per": "member", "uses": 2}]}});
        assert_eq!(side.admin("PUT", MERCHANT, "/promotions/p", Some(body)).await.status, 200);
        let used = |offer, bill, member| with(report(offer, bill, "90", &[]), json!({"customerId": member,
            "usedGeneralDiscounts": [{"generalDiscountId": "p", "usedValue": 10}]}));
        side.report(&used("o1", "b1", "bea")).await;
        merge(&side, "bea", "anna").await;
        side.report(&used("o2", "b2", "anna")).await;
        side.report(&used("o3", "b3", "bea")).await;
        let flags = async |bill: &str| side.flags(bill).await[0].1.clone();
        assert_eq!([flags("b1").await, flags("b2").await], [["no_offer"], ["no_offer"]]);
        assert_eq!(flags("b3").await, ["no_offer", "over_limit"]);
        side.books_add_up().await;
    }

    /// Seven stamps of the one and four of the other are a full card; nothing of it counts as bought.
    async fn stamps_of_both_fill_a_card(side: Side) {
        program(&side, json!({"stampCards": [{"stampCardId": "c", "needed": 10}]})).await;
        anna_and_bea(&side).await;
        for (member, offer, bill, stamps) in [("anna", "o1", "b1", 7), ("bea", "o2", "b2", 4)] {
            let mut bought = of(member, report(offer, bill, "100", &[]));
            bought["paidItems"][0]["amount"] = json!(stamps);
            side.report(&bought).await;
        }
        assert_eq!((side.posted("stamps:c:anna").await, side.posted("stamps:c:bea").await), (7, 4));
        merge(&side, "bea", "anna").await;
        let offer = side.offer("o3", 1, 60, &["card-1"]).await;
        let used: Vec<Value> = offer["balances"].as_array().unwrap().iter()
            .filter(|one| one["balanceId"].as_str().unwrap().starts_with("stamps:"))
            .map(|one| json!([one["balanceId"], one["nonControllableValueToUse"], one["valueToUseInCurrency"]])).collect();
        assert_eq!(used.len(), 2, "{offer}");
        let sum: i64 = used.iter().map(|one| one[1].as_i64().unwrap()).sum();
        let worth: i64 = used.iter().map(|one| one[2].as_i64().unwrap()).sum();
        assert_eq!((sum, worth), (10, 60), "{offer}");
        let (of_anna, of_bea) = (side.state("stamps:c:anna").await, side.state("stamps:c:bea").await);
        assert_eq!(of_anna.1 + of_bea.1, 10, "both are held");
        let mut free = of("anna", report("o3", "b3", "60", &[("stamps:c:anna", of_anna.1, 0), ("stamps:c:bea", of_bea.1, 0)]));
        free["totalWithVat"] = json!(0);
        side.report(&free).await;
        assert_eq!(side.flags("b3").await[0].1, Vec::<String>::new());
        assert_eq!(side.posted("stamps:c:anna").await + side.posted("stamps:c:bea").await, 1, "the free one earns no stamp");
        side.books_add_up().await;
    }

    /// Both histories count for the ladder, and each its own after the undo.
    async fn tiers_are_judged_anew(side: Side) {
        let tier = |id: &str, threshold: i64| json!({"tierId": id, "threshold": threshold, "of": "spend", "windowMonths": 12});
        program(&side, json!({"tiers": [tier("Bronze", 100), tier("Diamond", 250)]})).await;
        for id in ["m1", "m2"] {
            let body = json!({"memberId": id, "cards": [format!("card-{id}")], "person": {}});
            assert_eq!(side.admin("POST", MERCHANT, "/members", Some(body)).await.status, 201);
        }
        side.report(&of("m1", report("o1", "b1", "120", &[]))).await;
        side.report(&of("m2", report("o2", "b2", "150", &[]))).await;
        let tier_of = async |id: &str| side.view(&format!("/members/{id}")).await["tier"].clone();
        assert_eq!((tier_of("m1").await, tier_of("m2").await), (json!("Bronze"), json!("Bronze")));
        let merged = merge(&side, "m2", "m1").await;
        assert_eq!(tier_of("m1").await, json!("Diamond"));
        undo(&side, &merged).await;
        assert_eq!((tier_of("m1").await, tier_of("m2").await), (json!("Bronze"), json!("Bronze")));
        side.books_add_up().await;
    }

    /// Merges on top of each other come apart in the reverse order only.
    async fn the_last_merge_is_undone_first(side: Side) {
        for id in ["m1", "m2", "m3"] {
            let body = json!({"memberId": id, "cards": [format!("card-{id}")], "person": {},
                "balances": [{"balanceId": format!("credit-{id}"), "type": "prepaidCredit", "openingValue": 10}]});
            assert_eq!(side.admin("POST", MERCHANT, "/members", Some(body)).await.status, 201);
            side.report(&of(id, report(&format!("o-{id}"), &format!("b-{id}"), "20", &[]))).await;
        }
        let lower = merge(&side, "m3", "m2").await;
        let upper = merge(&side, "m2", "m1").await;
        assert_eq!((lower.status.as_u16(), upper.status.as_u16()), (201, 201));
        assert_eq!(owns(&side, "m1").await.0, list(&["credit-m1", "credit-m2", "credit-m3"]));
        assert_eq!(side.offer("o1", 1, 5, &["card-m3"]).await["customer"]["customerId"], "m1");
        side.report(&of("m3", report("o2", "b2", "7", &[]))).await;
        side.books_add_up().await;
        let refused = undo(&side, &lower).await;
        assert_eq!(refused.status, 409);
        assert!(text(&refused.body["message"]).contains("merged into m1 since"), "{refused:?}");
        side.offer("o1", 1, 5, &[]).await;
        assert_eq!(undo(&side, &upper).await.status, 200);
        assert_eq!(owns(&side, "m2").await.0, list(&["credit-m2", "credit-m3"]));
        assert_eq!(side.offer("o3", 3, 5, &["card-m3"]).await["customer"]["customerId"], "m2");
        side.books_add_up().await;
        assert_eq!(undo(&side, &lower).await.status, 200);
        for id in ["m1", "m2", "m3"] {
            assert_eq!(owns(&side, id).await, (vec![format!("credit-{id}")], vec![format!("card-{id}")]));
        }
        side.books_add_up().await;
    }

    /// Who is erased takes along whoever was merged into them, and nobody comes back.
    async fn an_erased_member_takes_its_merged_ones_along(side: Side) {
        anna_and_bea(&side).await;
        let merged = merge(&side, "bea", "anna").await;
        let refused = side.admin("DELETE", MERCHANT, "/members/bea", None).await;
        assert_eq!(refused.status, 409, "{refused:?}");
        assert!(text(&refused.body["message"]).contains("merged into anna"), "{refused:?}");
        let erased = side.admin("DELETE", MERCHANT, "/members/anna?erasedValue=payOut", None).await;
        assert_eq!(erased.body["handOver"], json!(1200), "{erased:?}");
        for id in ["anna", "bea"] {
            let view = side.view(&format!("/members/{id}")).await;
            assert_eq!((&view["status"], &view["person"]), (&json!("erased"), &Value::Null), "{id}");
        }
        let refused = undo(&side, &merged).await;
        assert_eq!(refused.status, 409);
        assert!(text(&refused.body["message"]).contains("anna was erased"), "{refused:?}");
        side.report(&of("bea", report("o1", "b1", "50", &[]))).await;
        side.books_add_up().await;
    }

    async fn what_cannot_be_joined_is_said(side: Side) {
        anna_and_bea(&side).await;
        side.member_with("carl", "Gold").await;
        assert_eq!(side.admin("PUT", MERCHANT, "/members/carl", Some(json!({"status": "frozen"}))).await.status, 200);
        for (from, into, status, says) in [
            ("anna", "anna", 400, "fromMemberId"),
            ("", "anna", 400, "fromMemberId"),
            ("nobody", "anna", 404, "fromMemberId: member nobody not found"),
            ("bea", "nobody", 404, "member nobody not found"),
            ("carl", "anna", 409, "member carl is frozen"),
            ("anna", "carl", 409, "member carl is frozen"),
        ] {
            let answer = merge(&side, from, into).await;
            assert_eq!(answer.status, status, "{from} into {into}: {answer:?}");
            assert!(text(&answer.body["message"]).contains(says), "{answer:?}");
        }
        for (body, named) in [(json!({"fromMemberId": "bea"}), "reason"), (json!({"fromMemberId": "bea", "reason": ""}), "reason"),
            (json!({"fromMemberId": "bea", "reason": "r", "undo": 1}), "undo")] {
            let answer = side.admin("POST", MERCHANT, "/members/anna/merges", Some(body)).await;
            assert_eq!(answer.status, 400);
            assert!(text(&answer.body["message"]).contains(named), "{answer:?}");
        }
        merge(&side, "bea", "anna").await;
        for (method, path, body) in [
            ("PUT", "/members/bea", json!({})),
            ("POST", "/members/bea/cards", json!({"code": "NEW"})),
            ("POST", "/members/carl/merges", json!({"fromMemberId": "bea", "reason": "r"})),
            ("POST", "/members/bea/merges", json!({"fromMemberId": "carl", "reason": "r"})),
        ] {
            assert_eq!(side.admin(method, MERCHANT, path, Some(body)).await.status, 409, "{method} {path}");
        }
        assert_eq!(side.admin("POST", MERCHANT, "/merges/nothing/undo", None).await.status, 404);
        side.books_add_up().await;
    }
}
