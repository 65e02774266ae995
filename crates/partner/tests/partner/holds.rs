//! May an operator end what an open check holds, and is the bill that comes after booked all the same?

use crate::side::*;
use serde_json::{Value, json};

async fn held(side: &Side, query: &str) -> Vec<Value> {
    side.view(&format!("/holds?{query}")).await["data"].as_array().unwrap().clone()
}

async fn release(side: &Side, hold: &Value) -> Answer {
    side.admin("DELETE", MERCHANT, &format!("/holds/{}", text(&hold["holdId"])), None).await
}

const CHECK: &str = "placeId=P&deviceNumber=1&checkId=check-1";

fn the_check() -> Value {
    json!({"placeId": "P", "deviceNumber": 1, "checkId": "check-1"})
}

/// Anna's card, a voucher and a code that is good once, all held by one check.
async fn check_holds_all(side: &Side) {
    side.member().await;
    side.voucher("V", 300).await;
    let body = json!({"definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"},
        "trigger": "code", "limits": [{"per": "code", "uses": 1}]}, "codes": ["ONCE"]});
    assert_eq!(side.admin("PUT", MERCHANT, "/promotions/p", Some(body)).await.status, 200);
    side.offer("o1", 1, 1000, &["card-1", "V", "ONCE"]).await;
}

on_both_engines! {
    async fn a_hold_is_seen_and_ended(side: Side) {
        check_holds_all(&side).await;
        let all = held(&side, CHECK).await;
        let shown: Vec<Value> = all.iter().map(|one| json!([one["balanceId"], one["limitId"], one["unit"], one["amount"]])).collect();
        assert_eq!(shown, [
            json!(["V", null, "amount", 300]),
            json!(["credit", null, "amount", 590]),
            json!(["points", null, "points", 100]),
            json!([null, "p/uses/code/ever/ONCE", "uses", 1]),
        ]);
        assert_eq!(held(&side, "balanceId=V").await, all[..1]);
        assert_eq!(held(&side, "limitId=p%2Fuses%2Fcode%2Fever%2FONCE").await, all[3..]);
        for _ in 0..2 {
            assert_eq!(release(&side, &all[0]).await.status, 204);
        }
        assert_eq!(side.state("V").await, (300, 0, 300));
        assert_eq!(held(&side, CHECK).await, all[1..], "the others stay");
        assert_eq!(release(&side, &all[3]).await.status, 204);
        let offer = side.offer("o2", 2, 100, &["ONCE"]).await;
        assert_eq!(offer["generalDiscounts"][0]["valueToUse"], json!(10), "another check has the use now");
        // a bill that comes after is booked as after a hold that ended
        let used = report("o1", "b1", "300", &[("V", 300, 0)]);
        side.report(&with(used, json!({"usedGeneralDiscounts": [{"generalDiscountId": "p", "usedValue": 10}]}))).await;
        assert_eq!(side.flags("b1").await[0].1, ["late"]);
        assert_eq!(side.posted("V").await, 0);
        side.books_add_up().await;
    }

    async fn all_holds_of_a_check_end_at_once(side: Side) {
        check_holds_all(&side).await;
        side.offer("o2", 2, 10, &["card-1"]).await;
        let all = held(&side, CHECK).await;
        let released = side.admin("POST", MERCHANT, "/holds/release", Some(the_check())).await;
        assert_eq!((released.status.as_u16(), &released.body["data"]), (200, &json!(all)));
        assert_eq!(held(&side, CHECK).await, Vec::<Value>::new());
        assert_eq!(held(&side, "placeId=P&deviceNumber=2&checkId=check-2").await.len(), 1, "another check's stay");
        let again = side.admin("POST", MERCHANT, "/holds/release", Some(the_check())).await;
        assert_eq!((again.status.as_u16(), &again.body["data"]), (200, &json!([])));
        side.report(&with(report("o1", "b1", "890", &[("V", 300, 0), ("credit", 590, 0)]), json!({"customerId": "anna"}))).await;
        assert_eq!(side.flags("b1").await[0].1, ["late"]);
        assert_eq!((side.posted("V").await, side.posted("credit").await), (0, 310));
        side.books_add_up().await;
        // the check may ask again, and holds again
        side.offer("o1", 1, 50, &["card-1"]).await;
        assert_eq!(held(&side, CHECK).await.len(), 2);
    }

    async fn what_is_over_is_over(side: Side) {
        side.voucher("V", 300).await;
        side.offer("o1", 1, 100, &["V"]).await;
        let replaced = held(&side, "balanceId=V").await.remove(0);
        side.offer("o1", 1, 120, &["V"]).await;
        let used = held(&side, "balanceId=V").await.remove(0);
        side.report(&report("o1", "b1", "120", &[("V", 120, 0)])).await;
        side.offer("o2", 2, 50, &["V"]).await;
        let ended = held(&side, "balanceId=V").await.remove(0);
        side.clock.advance_seconds(180);
        for (hold, says) in [(&replaced, "newer offer"), (&used, "a bill has used it"), (&ended, "ended by itself")] {
            let answer = release(&side, hold).await;
            assert_eq!(answer.status, 409, "{answer:?}");
            assert!(text(&answer.body["message"]).contains(says), "{answer:?}");
        }
        side.partner.sweep().await.unwrap();
        assert_eq!(release(&side, &ended).await.status, 409);
        assert_eq!(held(&side, "balanceId=V").await, Vec::<Value>::new());
        side.books_add_up().await;
    }

    async fn what_cannot_be_found_or_read_is_said(side: Side) {
        check_holds_all(&side).await;
        let hold = held(&side, "balanceId=V").await.remove(0);
        side.merchant("5f00000000000000000000b2").await;
        let hold_path = format!("/holds/{}", text(&hold["holdId"]));
        for (merchant, method, path) in [
            (MERCHANT, "GET", "/holds?balanceId=nothing"),
            (MERCHANT, "GET", "/holds?limitId=nothing"),
            (MERCHANT, "DELETE", "/holds/balance-56-999"),
            (MERCHANT, "DELETE", "/holds/limit-56-1"),
            (MERCHANT, "DELETE", "/holds/anything"),
            ("5f00000000000000000000b2", "DELETE", hold_path.as_str()),
            ("5f00000000000000000000b2", "GET", "/holds?balanceId=V"),
            ("nobody", "GET", "/holds?placeId=P&deviceNumber=1&checkId=check-1"),
        ] {
            let answer = side.admin(method, merchant, path, None).await;
            assert_eq!(answer.status, 404, "{merchant} {method} {path}: {answer:?}");
        }
        for (query, named) in [("", "balanceId"), ("?balanceId=V&limitId=x", "balanceId"), ("?placeId=P", "balanceId"),
            ("?placeId=P&deviceNumber=one&checkId=c", "deviceNumber"), ("?hold=1", "hold")] {
            let answer = side.admin("GET", MERCHANT, &format!("/holds{query}"), None).await;
            assert_eq!(answer.status, 400, "{query}: {answer:?}");
            assert!(answer.body.to_string().contains(named) || named == "deviceNumber", "{query}: {answer:?}");
        }
        for (body, named) in [(json!({"placeId": "P", "deviceNumber": 1}), "checkId"), (json!({"placeId": "", "deviceNumber": 1, "checkId": "c"}), "placeId"),
            (json!({"placeId": "P", "deviceNumber": "1", "checkId": "c"}), "deviceNumber")] {
            let answer = side.admin("POST", MERCHANT, "/holds/release", Some(body)).await;
            assert_eq!(answer.status, 400, "{answer:?}");
            assert!(answer.body.to_string().contains(named), "{answer:?}");
        }
        let foreign = side.admin("POST", "nobody", "/holds/release", Some(the_check())).await;
        assert_eq!(foreign.status, 404);
        assert_eq!(held(&side, CHECK).await.len(), 4, "nothing was ended");
    }
}
