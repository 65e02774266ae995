//! Does the DataSync receiver keep every record in its newest state, and lose none?

use crate::side::*;
use db::{Json, Never, TxError, params};
use serde_json::{Value, json};

db::statement! {
    /// A record as it is kept.
    KEPT_RECORD -> KeptRecord = "SELECT place, body, removed FROM partner_record WHERE merchant = $1 AND domain = $2 AND record_id = $3";
    /// The records with an id, by place.
    KEPT_RECORDS -> KeptRecord = "SELECT place, body, removed FROM partner_record WHERE merchant = $1 AND domain = $2 AND record_id = $3 ORDER BY place";
}

db::row! {
    /// A record with the place it is of.
    struct KeptRecord {
        place: String,
        body: Value as Json,
        removed: bool,
    }
}

async fn kept(side: &Side, domain: &'static str, record: &'static str) -> Option<(Value, bool)> {
    let found = side.db.read("kept_record", move |tx| {
        Ok::<_, TxError<Never>>(tx.optional(&KEPT_RECORD, params![MERCHANT, domain, record])?)
    });
    found.await.unwrap().map(|kept| (kept.body, kept.removed))
}

/// Where the records with an id are and how each is called, in the order of their places.
async fn names(side: &Side, domain: &'static str, record: &str) -> Vec<String> {
    let record = record.to_owned();
    let found = side.db.read("kept_records", move |tx| {
        Ok::<_, TxError<Never>>(tx.query(&KEPT_RECORDS, params![MERCHANT, domain, &record])?)
    });
    let shown = |KeptRecord { place, body, removed }: KeptRecord| {
        let name = if removed { "removed" } else { body["name"].as_str().unwrap_or_default() };
        format!("{place} {name}")
    };
    found.await.unwrap().into_iter().map(shown).collect()
}

fn bill(change: Value) -> Value {
    with(
        json!({
            "billId": "b1", "finalPrice": "423.14", "paidAt": "2026-03-01T11:00:00+01:00", "_version": 1,
            "customerId": null, "items": []
        }),
        change,
    )
}

async fn orders(side: &Side, number: i64) -> (i64, String) {
    let customer = side.customer(number).await;
    (customer["total_orders"].as_i64().unwrap(), customer["total_sales"].to_string())
}

on_both_engines! {
    async fn the_secret_comes_bare_or_as_bearer_and_by_post_or_put(side: Side) {
        let body = json!({"dataDomain": "desks", "data": [{"deskId": "12", "name": "Okno"}]}).to_string();
        for (method, authorization, status) in [
            ("POST", side.datasync.clone(), 204),
            ("PUT", format!("Bearer {}", side.datasync), 204),
            ("POST", String::new(), 401),
            ("POST", "secret".to_owned(), 401),
            ("PUT", format!("Bearer {}", side.loyalty), 401),
        ] {
            let answer = side.call(method, "/partner/datasync", &authorization, Some(body.clone())).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {answer:?}");
        }
        assert_eq!(kept(&side, "desks", "12").await.unwrap().0["name"], "Okno");
    }

    async fn only_a_request_without_domain_and_data_is_refused(side: Side) {
        for body in [json!([]), json!({"data": []}), json!({"dataDomain": "desks"}), json!({"dataDomain": "desks", "data": 5})] {
            let answer = side.call("POST", "/partner/datasync", &side.datasync, Some(body.to_string())).await;
            assert_eq!(answer.status, 400, "{body} {answer:?}");
        }
        let long = json!({"dataDomain": "desks", "data": ["x".repeat(9 * 1024 * 1024)]}).to_string();
        assert_eq!(side.call("POST", "/partner/datasync", &side.datasync, Some(long)).await.status, 413);
    }

    async fn an_older_state_does_not_replace_a_newer_one(side: Side) {
        let desk = |name: &str, version: Value, modified: Value| {
            json!([{"deskId": "1", "name": name, "_version": version, "_lastModifiedAt": modified}])
        };
        // name, version, modified, the name that is kept
        for (name, version, modified, expected) in [
            ("first", json!(2), json!("2026-03-01T10:00:00Z"), "first"),
            ("older version", json!(1), json!("2026-03-01T12:00:00Z"), "first"),
            ("same version", json!(2), json!("2026-03-01T12:00:00Z"), "first"),
            ("newer version", json!(3), json!("2026-03-01T09:00:00Z"), "newer version"),
            ("older time", Value::Null, json!("2026-03-01T08:00:00Z"), "newer version"),
            ("newer time", Value::Null, json!("2026-03-01T11:00:00+01:00"), "newer time"),
            ("nothing to tell by", Value::Null, Value::Null, "nothing to tell by"),
        ] {
            side.sync("desks", desk(name, version, modified)).await;
            assert_eq!(kept(&side, "desks", "1").await.unwrap().0["name"], expected, "{name}");
        }
    }

    async fn one_bad_record_costs_the_others_nothing(side: Side) {
        let records = json!([{"deskId": "1"}, {"name": "no id"}, "no object", {"deskId": "2", "_removed": true},
            {"deskId": "3", "name": "no table holds \u{0}"}]);
        side.sync("Desks", records.clone()).await;
        side.sync("Desks", records).await;
        assert!(kept(&side, "desks", "1").await.is_some_and(|(_, removed)| !removed));
        assert!(kept(&side, "desks", "2").await.is_some_and(|(_, removed)| removed));
        let aside = side.view("/quarantine").await;
        let reasons: Vec<String> = aside["data"].as_array().unwrap().iter().map(|one| text(&one["reason"])).collect();
        assert_eq!(reasons.len(), 3, "{aside}");
        assert!(reasons.iter().any(|reason| reason.starts_with("deskId")), "{reasons:?}");
        assert!(reasons.iter().any(|reason| reason.contains("U+0000")), "{reasons:?}");
        side.sync("bills", json!([bill(json!({"billId": "b9", "finalPrice": "99999999999999999"}))])).await;
        assert_eq!(kept(&side, "bills", "b9").await, None);
        let aside = side.view("/quarantine").await.to_string();
        assert!(aside.contains("finalPrice: expected an amount of money"), "{aside}");
    }

    /// The sender repeats what is not taken, so what no table can hold is kept aside as well.
    async fn a_domain_that_no_table_can_hold_is_kept_aside(side: Side) {
        side.sync("a\0b", json!([{"id": "1"}])).await;
        assert!(kept(&side, "a\u{fffd}b", "1").await.is_some(), "a name is a text, nobody books from it");
        for (count, domain) in [&long_id(), &"ž".repeat(3_000)].into_iter().enumerate() {
            for _ in 0..2 {
                side.sync(domain, json!([{"id": "1"}])).await;
            }
            let aside = side.view("/quarantine").await;
            assert_eq!(aside["data"].as_array().unwrap().len(), count + 1, "{aside}");
            assert!(text(&aside["data"][0]["reason"]).starts_with("dataDomain: expected"), "{aside}");
        }
    }

    async fn an_unknown_domain_is_kept_as_it_is(side: Side) {
        let raw: Value = serde_json::from_str(r#"[{"parcelId": 7, "weight": 1.50}]"#).unwrap();
        side.sync("parcels", raw).await;
        assert_eq!(kept(&side, "parcels", "7").await.unwrap().0["weight"].to_string(), "1.50");
    }

    /// Bill before usage and usage before bill end the same; the record decides the price.
    async fn a_bill_and_its_report_come_in_any_order(side: Side) {
        let number = side.member().await;
        let paid = with(report("o1", "b1", "423.14", &[]), json!({"customerId": "anna"}));
        side.sync("bills", json!([bill(json!({"finalPrice": "423.00"}))])).await;
        assert_eq!(orders(&side, number).await.0, 0, "nobody's bill yet");
        side.report(&paid).await;
        assert_eq!(orders(&side, number).await, (1, "423".to_owned()));

        let paid = with(report("o2", "b2", "100", &[]), json!({"customerId": "anna"}));
        side.report(&paid).await;
        assert_eq!(orders(&side, number).await, (2, "523".to_owned()));
        side.sync("bills", json!([bill(json!({"billId": "b2", "finalPrice": 99.5}))])).await;
        assert_eq!(orders(&side, number).await, (2, "522.5".to_owned()));
        side.books_add_up().await;
    }

    /// Whoever is named first stands; the points go to the customer of the report.
    async fn a_bill_of_two_members_counts_for_one(side: Side) {
        let anna = side.member().await;
        let body = json!({"memberId": "bob", "balances": [{"balanceId": "bobs", "type": "collectablePoints"}]});
        let bob = side.admin("POST", MERCHANT, "/members", Some(body)).await.body["customerId"].as_i64().unwrap();
        side.sync("bills", json!([bill(json!({"customerId": "anna"}))])).await;
        let paid = with(report("o1", "b1", "423.14", &[]), json!({"customerId": "bob"}));
        side.report(&paid).await;
        assert_eq!((orders(&side, anna).await.0, orders(&side, bob).await.0), (1, 0));
        assert_eq!(side.customer(bob).await["points"], 42);
        side.books_add_up().await;
        side.report(&with(paid, json!({"billState": "cancelled"}))).await;
        assert_eq!((orders(&side, anna).await.0, side.posted("bobs").await), (0, 0));
        side.books_add_up().await;
    }

    /// A bill may name its member itself; refunded, deleted and corrective bills are no orders.
    async fn a_bill_that_is_taken_back_is_no_order(side: Side) {
        let number = side.member().await;
        let mine = json!({"customerId": "anna"});
        side.sync("bills", json!([bill(mine.clone())])).await;
        assert_eq!(orders(&side, number).await, (1, "423.14".to_owned()));
        let refunded = with(bill(mine.clone()), json!({"refunded": true, "_version": 2}));
        side.sync("bills", json!([refunded])).await;
        assert_eq!(orders(&side, number).await, (0, "0".to_owned()));
        let corrective = with(bill(mine.clone()), json!({"billId": "b9", "finalPrice": -50, "refundedBillIdentifier": "b1"}));
        side.sync("bills", json!([corrective])).await;
        assert_eq!(orders(&side, number).await, (0, "0".to_owned()));
        let stranger = with(bill(mine), json!({"billId": "b10", "customerId": "somebody"}));
        side.sync("bills", json!([stranger])).await;
        assert_eq!(orders(&side, number).await, (0, "0".to_owned()));
        assert_eq!(side.customer(number).await["date_first_order"], Value::Null);
        side.books_add_up().await;
    }

    /// An edit of the same second is a newer state; the same content is none.
    async fn of_two_states_of_one_second_the_later_one_stays(side: Side) {
        let desk = |name: &str, at: &str| json!([{"deskId": "1", "name": name, "_lastModifiedAt": at}]);
        for (name, at, expected) in [
            ("first", "2026-11-30T11:00:00+01:00", "first"),
            ("second", "2026-11-30T10:00:00Z", "second"),
            ("older", "2026-11-30T10:59:59+01:00", "second"),
        ] {
            side.sync("desks", desk(name, at)).await;
            assert_eq!(kept(&side, "desks", "1").await.unwrap().0["name"], expected, "{name}");
        }
        let number = side.member().await;
        for price in [100, 140] {
            let state = json!({"customerId": "anna", "finalPrice": price, "_version": null, "_lastModifiedAt": "2026-03-01T10:00:00Z"});
            side.sync("bills", json!([bill(state)])).await;
            assert_eq!(orders(&side, number).await, (1, price.to_string()));
        }
    }

    async fn two_places_may_both_have_a_desk_12(side: Side) {
        let desk = |name: &str, version: i64| json!({"deskId": "12", "name": name, "_version": version});
        for (place, name, version) in [("A", "Okno", 5), ("B", "Bar", 2), ("A", "Okno II", 6), ("B", "stale", 1)] {
            let body = json!({"placeId": place, "dataDomain": "desks", "data": [desk(name, version)]}).to_string();
            assert_eq!(side.call("POST", "/partner/datasync", &side.datasync, Some(body)).await.status, 204);
        }
        assert_eq!(names(&side, "desks", "12").await, ["A Okno II", "B Bar"]);
        // a record says its own place, and a shared domain has none
        for place in ["A", "B"] {
            let body = json!({"placeId": place, "dataDomain": "items", "data": [{"productId": "p", "name": place, "_version": 1}]}).to_string();
            assert_eq!(side.call("POST", "/partner/datasync", &side.datasync, Some(body)).await.status, 204);
        }
        assert_eq!(names(&side, "items", "p").await, [" A"]);
        let body = json!({"placeId": "A", "dataDomain": "desks", "data": [{"deskId": "12", "placeId": "C", "name": "own"}, {"deskId": "12", "_removed": true, "_version": 7}]});
        assert_eq!(side.call("POST", "/partner/datasync", &side.datasync, Some(body.to_string())).await.status, 204);
        assert_eq!(names(&side, "desks", "12").await, ["A removed", "B Bar", "C own"]);
    }

    /// Half an emoji, a byte that is no UTF-8, nesting without end: each is a fault of its record.
    async fn a_broken_text_costs_its_record_alone(side: Side) {
        let deep = format!("{}1{}", "[".repeat(150), "]".repeat(150));
        let mut count = 0;
        for odd in [&br#""Okno \ud83d""#[..], br#""Okno\u0000""#, b"\"Okno \xe9\"", deep.as_bytes()] {
            count += 1;
            let body = [&b"{\"dataDomain\":\"desks\",\"data\":[{\"deskId\":\"1\",\"name\":"[..], odd,
                format!("}},{{\"deskId\":\"good{count}\"}}]}}").as_bytes()].concat();
            for _ in 0..2 {
                let request = axum::http::Request::post("/partner/datasync").header("authorization", &side.datasync)
                    .body(axum::body::Body::from(body.clone())).unwrap();
                let answer = tower::ServiceExt::oneshot(side.router(), request).await.unwrap();
                assert_eq!(answer.status(), 204, "{}", String::from_utf8_lossy(odd));
            }
            assert_eq!(names(&side, "desks", &format!("good{count}")).await.len(), 1);
            let aside = side.view("/quarantine").await;
            assert_eq!(aside["data"].as_array().unwrap().len(), count, "{aside}");
        }
        assert!(names(&side, "desks", "1").await.is_empty());
    }

    async fn versions_and_removals_are_read_in_every_spelling(side: Side) {
        side.sync("desks", json!([{"deskId": "1", "name": "first", "_version": 1}])).await;
        let third: Value = serde_json::from_str(r#"[{"deskId": 1.0, "name": "third", "_version": 3.0}]"#).unwrap();
        side.sync("desks", third).await;
        assert_eq!(names(&side, "desks", "1").await, [" third".replace(' ', "P ")]);
        for (number, removed) in ["\"True\"", "\"TRUE\"", "1.0", "\"yes\"", "true"].into_iter().enumerate() {
            let id = format!("r{number}");
            side.sync("desks", json!([{"deskId": id, "name": "lives"}])).await;
            side.sync("desks", serde_json::from_str(&format!(r#"[{{"deskId": "{id}", "_removed": {removed}}}]"#)).unwrap()).await;
            assert_eq!(names(&side, "desks", &id).await, ["P removed"], "{removed}");
        }
        side.sync("desks", json!([{"deskId": "1", "_removed": "perhaps"}])).await;
        assert_eq!(names(&side, "desks", "1").await, ["P third"], "never taken for the other");
        assert!(side.view("/quarantine").await.to_string().contains("_removed"));
    }

    /// The configured limits are the only ones, and more than one slice is kept whole.
    async fn a_large_request_is_taken_up_to_the_limits(side: Side) {
        let desks = |count: usize, name: &str| -> Value {
            (0..count).map(|number| json!({"deskId": format!("d{number}"), "name": name})).collect()
        };
        let body = json!({"placeId": "P", "dataDomain": "desks", "data": desks(8_000, &"x".repeat(240))}).to_string();
        assert!(body.len() > 2 * 1024 * 1024);
        assert_eq!(side.call("POST", "/partner/datasync", &side.datasync, Some(body)).await.status, 204);
        assert_eq!(names(&side, "desks", "d7999").await.len(), 1);
        let body = json!({"dataDomain": "desks", "data": desks(10_001, "x")}).to_string();
        let answer = side.call("POST", "/partner/datasync", &side.datasync, Some(body)).await;
        assert_eq!((answer.status.as_u16(), &answer.body["recordsMax"]), (413, &json!(10_000)), "{answer:?}");
        assert!(names(&side, "desks", "d10000").await.is_empty(), "nothing of it is kept");
        let long = json!({"dataDomain": "desks", "data": [{"deskId": "long", "name": "x".repeat(8 * 1024 * 1024)}]}).to_string();
        assert_eq!(side.call("POST", "/partner/datasync", &side.datasync, Some(long)).await.status, 413);
    }
}
