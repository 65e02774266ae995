//! What does a place not sell for now, who says so, and who sees it?

use super::remaining_amounts::left;
use super::{again, follower, path, product, tag, told, tree, two_places};
use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{BEER, MAIN};

testkit::on_both_engines! {
    /// putStop, getStopList, deleteStop: by an application and by the register.
    async fn a_stopped_product_is_seen_told_and_refused(engine: Engine) {
        let (house, second) = two_places(engine).await;
        let receiver = follower(&house).await;
        let first = house.restaurant.place_id.clone();
        let (caller, register) = (house.platform().await, house.register(1));
        let list = path(&house, &format!("/stopList/{first}"));
        let own = format!("/pos/{}/stopList", house.restaurant.source_id);
        let open = house.open_check(1, &[(BEER, 1)], &[]).await;
        let id = format!("{BEER}@{first}");
        let empty = caller.send(Method::GET, &list, None).await.unwrap();
        assert_eq!(empty.json, json!({"data": []}));
        // by an application, then by the register
        for (by, base) in [(&caller, &list), (&register, &own)] {
            let before = tree(&house, &first).await;
            let other = tree(&house, &second).await;
            let stopped = by.put(&format!("{base}/{BEER}"), &json!({})).await.unwrap();
            assert_eq!(stopped, json!({"data": [{"productId": BEER, "name": "Pivo", "stoppedAt": "2026-03-02T11:00:00+01:00"}]}));
            let after = tree(&house, &first).await;
            let values = &product(&after, BEER)["placeValues"];
            assert_eq!((&values["showInPos"], &values["quantity"]), (&json!(false), &json!(0)));
            assert!(after["_version"].as_i64() > before["_version"].as_i64());
            assert_eq!(tree(&house, &second).await, other, "the other place sells it");
            assert_eq!(left(&house).await, json!({BEER: 0}));
            assert_eq!(register.get(&own).await.unwrap(), stopped);
            let told_of = told(&receiver, "placeItems", "placeItemId", &id, |record| record["showInPos"] == false).await;
            assert_eq!(told_of["priceLevels"]["default"]["price"], 59);
            // What a guest has ordered stays ordered; nothing is added to it
            let set = async |amount: i64, product: &str| {
                let body = json!({"lines": [{"checkItemId": "1", "productId": BEER, "amount": amount}, {"checkItemId": "2", "productId": product, "amount": 1}]});
                register.send(Method::PUT, &format!("{open}/lines"), Some(body.to_string().into_bytes())).await.unwrap()
            };
            assert_eq!(set(1, MAIN).await.status, 200);
            for refused in [set(2, MAIN).await, set(1, BEER).await] {
                assert_eq!((refused.status, &refused.json["name"], &refused.json["productId"]), (409, &json!("PRODUCT_STOPPED"), &json!(BEER)));
            }
            // again: nothing moves
            assert_eq!(by.put(&format!("{base}/{BEER}"), &json!({})).await.unwrap(), stopped);
            assert_eq!(tree(&house, &first).await, after);
            for _ in 0..2 {
                assert_eq!(by.delete(&format!("{base}/{BEER}")).await.unwrap(), json!({"data": []}));
            }
            let freed = tree(&house, &first).await;
            assert_eq!(freed["items"], before["items"]);
            assert!(freed["_version"].as_i64() > after["_version"].as_i64());
            told(&receiver, "placeItems", "placeItemId", &id, |record| record["showInPos"] == true).await;
            assert_eq!(set(2, MAIN).await.status, 200);
            assert_eq!(set(1, MAIN).await.status, 200);
        }
    }

    async fn the_list_is_asked_for_again_only_when_it_moved(engine: Engine) {
        let (house, second) = two_places(engine).await;
        let caller = house.platform().await;
        let list = path(&house, &format!("/stopList/{second}"));
        let mut known = tag(&caller.send(Method::GET, &list, None).await.unwrap());
        for (method, product) in [(Method::PUT, BEER), (Method::PUT, MAIN), (Method::DELETE, BEER), (Method::PUT, BEER), (Method::DELETE, MAIN)] {
            house.app.clock.advance_seconds(1);
            assert_eq!(again(&caller, &list, &known).await.status, 304);
            assert_eq!(caller.send(method, &format!("{list}/{product}"), None).await.unwrap().status, 200);
            let moved = again(&caller, &list, &known).await;
            assert_eq!(moved.status, 200);
            known = tag(&moved);
        }
    }

    async fn who_may_not_stop_is_refused(engine: Engine) {
        let (house, second) = two_places(engine).await;
        let merchant = &house.restaurant.merchant_id;
        let signed_in = |body: Value| {
            let (admin, anyone) = (house.app.admin.clone(), house.app.anyone.clone());
            async move {
                let made = admin.post("/admin/v1/platform/clients", &body).await.unwrap();
                let login = json!({"client_id": made["clientId"], "client_secret": made["clientSecret"], "grant_type": "client_credentials"});
                let token = anyone.post("/api/auth/authorize", &login).await.unwrap();
                anyone.bearer(token["access_token"].as_str().unwrap())
            }
        };
        let reader = signed_in(json!({"name": "Reader", "merchantIds": [merchant], "apis": ["menu"]})).await;
        let stopper = signed_in(json!({"name": "Stopper", "merchantIds": [merchant], "apis": ["stopList"], "placeIds": [&second]})).await;
        let rows = house.rows().await;
        let first = &house.restaurant.place_id;
        let stop = |place: &str, product: &str| path(&house, &format!("/stopList/{place}/{product}"));
        let elsewhere = format!("/pos/{merchant}-{second}/stopList/{BEER}");
        for (caller, method, path, status) in [
            (&reader, Method::PUT, stop(&second, BEER), 403),
            (&reader, Method::DELETE, stop(&second, BEER), 403),
            (&reader, Method::GET, path(&house, &format!("/stopList/{second}")), 200),
            (&stopper, Method::GET, path(&house, &format!("/stopList/{second}")), 403),
            (&stopper, Method::PUT, stop(first, BEER), 403),
            (&stopper, Method::PUT, stop("nowhere", BEER), 404),
            (&stopper, Method::PUT, stop(&second, "p:none"), 404),
            (&stopper, Method::DELETE, stop(&second, "p:none"), 404),
            (&house.register(1), Method::PUT, elsewhere, 403),
            (&house.register(1), Method::PUT, stop(&second, BEER), 401),
            (&house.app.anyone, Method::PUT, stop(&second, BEER), 401),
        ] {
            let answer = caller.send(method.clone(), &path, None).await.unwrap();
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        }
        assert_eq!(house.rows().await, rows);
        assert_eq!(stopper.send(Method::PUT, &stop(&second, BEER), None).await.unwrap().status, 200);
    }
}
