//! When does a rate of VAT that was set ahead begin, and for whom?

use super::{follower, product, put_menu, told, tree, two_places};
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::{BEER, MAIN};

fn at(house: &House, instant: &str) {
    house.app.clock.set(instant.parse().unwrap());
}

async fn rates(house: &House, second: &str) -> [Value; 2] {
    let mut rates = Vec::new();
    for place in [house.restaurant.place_id.as_str(), second] {
        rates.push(product(&tree(house, place).await, BEER)["placeValues"]["vatRate"].clone());
    }
    rates.try_into().unwrap()
}

/// Beer at 21 %, from March 3 on at 25 %.
fn from_march_3() -> Value {
    json!({"products": [{"productId": BEER, "categoryId": "c:napoje", "name": "Pivo", "price": 59, "vatRate": 0.21, "vatId": 1,
        "vatRateChanges": [{"from": "2026-03-03", "vatRate": 0.25, "vatId": 3}, {"from": "2026-05-01", "vatRate": 0.2}]}]})
}

testkit::on_both_engines! {
    async fn a_rate_begins_at_the_midnight_of_each_place(engine: Engine) {
        let (house, second) = two_places(engine).await;
        put_menu(&house, from_march_3()).await;
        let (old, new) = (json!(0.21), json!(0.25));
        let mut versions = Vec::new();
        // instant, rate in Prague, rate in New York
        for (instant, prague, york) in [
            ("2026-03-02T22:59:59.999Z", &old, &old),
            ("2026-03-02T23:00:00Z", &new, &old),
            ("2026-03-03T04:59:59.999Z", &new, &old),
            ("2026-03-03T05:00:00Z", &new, &new),
        ] {
            at(&house, instant);
            assert_eq!(rates(&house, &second).await, [prague.clone(), york.clone()], "{instant}");
            let state = |tree: Value| (tree["_version"].as_i64().unwrap(), tree["_lastModifiedAt"].as_str().unwrap().to_owned());
            versions.push((state(tree(&house, &house.restaurant.place_id).await), state(tree(&house, &second).await), state(tree(&house, "").await)));
        }
        assert!(versions[0].0.0 < versions[1].0.0, "Prague moved: {versions:?}");
        assert_eq!(versions[0].1, versions[1].1);
        assert_eq!(versions[1].0.1, "2026-03-03T00:00:00+01:00");
        assert_eq!(versions[1], versions[2]);
        assert!(versions[2].1.0 < versions[3].1.0, "New York moved: {versions:?}");
        assert_eq!(versions[2].0, versions[3].0);
        assert!(versions[0].2.0 < versions[1].2.0 && versions[2].2.0 < versions[3].2.0, "{versions:?}");
        // What has begun is no change any more: setting the same again moves nothing
        put_menu(&house, from_march_3()).await;
        let after = tree(&house, &second).await;
        assert_eq!((after["_version"].as_i64().unwrap(), after["_lastModifiedAt"].as_str().unwrap()), (versions[3].1.0, versions[3].1.1.as_str()));
    }

    async fn an_open_check_keeps_the_rate_it_showed(engine: Engine) {
        let (house, _) = two_places(engine).await;
        put_menu(&house, from_march_3()).await;
        at(&house, "2026-03-02T22:59:00Z");
        let check = house.open_check(1, &[(BEER, 1)], &[]).await;
        at(&house, "2026-03-02T23:01:00Z");
        let register = house.register(1);
        let lines = json!({"lines": [{"checkItemId": "1", "productId": BEER, "amount": 2}, {"productId": BEER, "amount": 1}]});
        let shown = register.put(&format!("{check}/lines"), &lines).await.unwrap();
        assert_eq!((&shown["lines"][0]["vatRate"], &shown["lines"][1]["vatRate"]), (&json!(0.21), &json!(0.25)));
        let bill = register.post(&format!("{check}/pay"), &json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 177}]})).await.unwrap();
        let items: Vec<_> = bill["items"].as_array().unwrap().iter().map(|item| (&item["vatRate"], &item["vatId"])).collect();
        assert_eq!(items, [(&json!(0.21), &json!(1)), (&json!(0.25), &json!(3))]);
        assert_eq!(bill["taxSummaries"].as_object().unwrap().keys().collect::<Vec<_>>(), ["21", "25"]);
    }

    async fn a_place_may_have_a_rate_of_its_own(engine: Engine) {
        let (house, second) = two_places(engine).await;
        let mut menu = from_march_3();
        menu["products"][0]["placesValues"] = json!({&second: {"vatRate": 0.08, "vatRateChanges": [{"from": "2026-03-04", "vatRate": 0.09}]}});
        put_menu(&house, menu).await;
        for (instant, prague, york) in [
            ("2026-03-03T12:00:00Z", json!(0.25), json!(0.08)),
            ("2026-03-04T12:00:00Z", json!(0.25), json!(0.09)),
            ("2026-05-02T12:00:00Z", json!(0.2), json!(0.09)),
        ] {
            at(&house, instant);
            assert_eq!(rates(&house, &second).await, [prague, york], "{instant}");
        }
    }

    async fn the_feed_hears_of_a_rate_when_it_begins(engine: Engine) {
        let (house, _) = two_places(engine).await;
        let receiver = follower(&house).await;
        put_menu(&house, from_march_3()).await;
        let id = |product: &str| format!("{product}@{}", house.restaurant.place_id);
        let before = told(&receiver, "placeItems", "placeItemId", &id(BEER), |_| true).await;
        assert_eq!(before["vatRate"], 0.21);
        let main = told(&receiver, "placeItems", "placeItemId", &id(MAIN), |_| true).await;
        at(&house, "2026-03-02T22:59:59Z");
        house.app.app.platform().unwrap().tell_changeovers().await.unwrap();
        at(&house, "2026-03-03T01:00:00Z");
        // twice: what was told is not told again
        for _ in 0..2 {
            house.app.app.platform().unwrap().tell_changeovers().await.unwrap();
        }
        let after = told(&receiver, "placeItems", "placeItemId", &id(BEER), |record| record["vatRate"] == 0.25).await;
        assert!(after["_version"].as_i64() > before["_version"].as_i64());
        testkit::fed(&house.app.admin, &house.restaurant.merchant_id).await;
        let newest = told(&receiver, "placeItems", "placeItemId", &id(BEER), |_| true).await;
        assert_eq!(newest["_version"], after["_version"]);
        let unchanged = told(&receiver, "placeItems", "placeItemId", &id(MAIN), |_| true).await;
        assert_eq!(unchanged["_version"], main["_version"]);
        // Set up anew before anybody looked: the changeover is told all the same
        at(&house, "2026-05-01T00:00:00Z");
        let mut menu = from_march_3();
        menu["products"][0]["vatRateChanges"] = json!([{"from": "2026-03-03", "vatRate": 0.25}, {"from": "2026-05-01", "vatRate": 0.2}, {"from": "2026-06-01", "vatRate": 0.3}]);
        put_menu(&house, menu).await;
        told(&receiver, "placeItems", "placeItemId", &id(BEER), |record| record["vatRate"] == 0.2).await;
    }
}
