//! What does a place sell for a time, and from when until when?

use super::remaining_amounts::left;
use super::{again, follower, path, product, put_menu, set_up, tag, told, tree, two_places};
use http::Method;
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::{BEER, LUNCH_MENU, MAIN};

/// Beer at 29.00 and two mains from noon to two at the first place.
fn happy(house: &House) -> Value {
    json!({"timeBasedMenus": [{"menuId": "happy", "placeId": house.restaurant.place_id, "timeBasedMenuType": "happyHours",
        "since": "2026-03-02T12:00:00+01:00", "till": "2026-03-02T14:00:00+01:00",
        "items": [{"productId": MAIN, "quantity": 2}, {"productId": BEER, "priceLevels": {"default": {"price": 29}, "large": {"price": 45}}}]}]})
}

/// The menus of the first place, without the lunch menu that the sample restaurant has.
async fn menus(house: &House) -> Value {
    let path = path(house, &format!("/timeBased/{}", house.restaurant.place_id));
    let all = house.platform().await.get(&path).await.unwrap()["data"].clone();
    all.as_array().unwrap().iter().filter(|menu| menu["menuId"] != LUNCH_MENU).cloned().collect()
}

testkit::on_both_engines! {
    /// getTimeBasedMenu: what is sold for a time, until the time is over.
    async fn prices_and_pieces_are_those_of_its_time(engine: Engine) {
        let (house, second) = two_places(engine).await;
        put_menu(&house, happy(&house)).await;
        let first = house.restaurant.place_id.clone();
        let shown = menus(&house).await;
        assert_eq!((&shown[0]["menuId"], &shown[0]["since"], &shown[0]["till"], &shown[0]["timeBasedMenuType"]),
            (&json!("happy"), &json!("2026-03-02T11:00:00.000Z"), &json!("2026-03-02T13:00:00.000Z"), &json!("happyHours")));
        let items: Vec<&Value> = shown[0]["items"].as_array().unwrap().iter().collect();
        assert_eq!((&items[0]["productId"], &items[0]["placeValues"]["quantity"]), (&json!(MAIN), &json!(2)));
        assert_eq!((&items[1]["placeValues"]["priceLevels"]["default"]["price"], items[1]["placeValues"].get("quantity")), (&json!(29), None));
        let (usual, timed) = (json!({"default": {"price": 59}}), json!({"default": {"price": 29}, "large": {"price": 45}}));
        let mut versions = Vec::new();
        // instant, beer's prices at the first place, mains left, menus shown
        for (instant, prices, mains, menu_count) in [
            ("2026-03-02T10:59:59.999Z", &usual, None, 1),
            ("2026-03-02T11:00:00Z", &timed, Some(2), 1),
            ("2026-03-02T12:59:59.999Z", &timed, Some(2), 1),
            ("2026-03-02T13:00:00Z", &usual, None, 0),
        ] {
            house.app.clock.set(instant.parse().unwrap());
            let here = tree(&house, &first).await;
            assert_eq!(&product(&here, BEER)["placeValues"]["priceLevels"], prices, "{instant}");
            assert_eq!(product(&here, MAIN)["placeValues"].get("quantity"), mains.map(|left| json!(left)).as_ref(), "{instant}");
            assert_eq!(left(&house).await, mains.map_or(json!({}), |left| json!({MAIN: left})), "{instant}");
            assert_eq!(menus(&house).await.as_array().unwrap().len(), menu_count, "{instant}");
            let there = tree(&house, &second).await;
            assert_eq!(product(&there, BEER)["placeValues"]["priceLevels"], usual);
            versions.push((here["_version"].as_i64().unwrap(), here["_lastModifiedAt"].clone(), there["_version"].as_i64().unwrap()));
        }
        assert!(versions[0].0 < versions[1].0 && versions[2].0 < versions[3].0, "{versions:?}");
        assert_eq!((&versions[1], &versions[1].1), (&versions[2], &json!("2026-03-02T12:00:00+01:00")));
        assert!(versions.iter().all(|version| version.2 == versions[0].2), "the other place has no such menu: {versions:?}");
    }

    async fn a_line_has_the_price_of_the_moment_it_was_entered(engine: Engine) {
        let (house, _) = two_places(engine).await;
        put_menu(&house, happy(&house)).await;
        let register = house.register(1);
        house.app.clock.set("2026-03-02T12:59:00Z".parse().unwrap());
        let check = house.open_check(1, &[(BEER, 1)], &[]).await;
        let lines = |more: &str| json!({"lines": [{"checkItemId": "1", "productId": BEER, "amount": 1}, {"checkItemId": more, "productId": BEER, "amount": 1}]});
        assert_eq!(register.put(&format!("{check}/lines"), &lines("2")).await.unwrap()["totalWithVat"], 58);
        house.app.clock.set("2026-03-02T13:00:00Z".parse().unwrap());
        assert_eq!(register.put(&format!("{check}/lines"), &lines("2")).await.unwrap()["totalWithVat"], 58);
        assert_eq!(register.put(&format!("{check}/lines"), &lines("3")).await.unwrap()["totalWithVat"], 29 + 59);
    }

    async fn what_is_held_of_a_menu_that_ended_comes_back_unseen(engine: Engine) {
        let (house, _) = two_places(engine).await;
        put_menu(&house, happy(&house)).await;
        let register = house.register(1);
        house.app.clock.set("2026-03-02T12:00:00Z".parse().unwrap());
        let check = house.open_check(1, &[(MAIN, 2)], &[]).await;
        house.app.clock.set("2026-03-02T13:30:00Z".parse().unwrap());
        let before = tree(&house, "").await;
        let more = json!({"lines": [{"checkItemId": "1", "productId": MAIN, "amount": 7}]});
        register.put(&format!("{check}/lines"), &more).await.unwrap();
        register.put(&format!("{check}/lines"), &json!({"lines": []})).await.unwrap();
        assert_eq!(tree(&house, "").await, before, "no limit holds any more");
    }

    async fn menus_are_asked_for_again_only_when_they_moved_and_can_be_taken_away(engine: Engine) {
        let (house, _) = two_places(engine).await;
        put_menu(&house, happy(&house)).await;
        let receiver = follower(&house).await;
        let (caller, register) = (house.platform().await, house.register(1));
        let public = path(&house, &format!("/timeBased/{}", house.restaurant.place_id));
        let own = format!("/pos/{}/menu/timeBased", house.restaurant.source_id);
        let first = caller.send(Method::GET, &public, None).await.unwrap();
        assert_eq!(again(&caller, &public, &tag(&first)).await.status, 304);
        assert_eq!(register.get(&own).await.unwrap(), first.json);
        // A menu of later changes no tree, but the list of menus
        let state = tree(&house, "").await;
        house.app.clock.advance_seconds(1);
        let mut later = happy(&house);
        later["timeBasedMenus"][0]["menuId"] = json!("later");
        later["timeBasedMenus"][0]["since"] = json!("2026-03-04T12:00:00Z");
        later["timeBasedMenus"][0]["till"] = json!("2026-03-04T13:00:00Z");
        put_menu(&house, later).await;
        assert_eq!(tree(&house, "").await, state);
        let second = again(&caller, &public, &tag(&first)).await;
        assert_eq!((second.status, second.json["data"].as_array().unwrap().len()), (200, 3), "with the lunch menu");
        house.app.clock.set("2026-03-02T11:30:00Z".parse().unwrap());
        house.app.app.platform().unwrap().tell_changeovers().await.unwrap();
        let id = format!("{BEER}@{}", house.restaurant.place_id);
        told(&receiver, "placeItems", "placeItemId", &id, |record| record["priceLevels"]["default"]["price"] == 29).await;
        let gone = set_up(&house, &format!("places/{}/timeBasedMenus/happy", house.restaurant.place_id));
        for status in [204, 404] {
            assert_eq!(house.app.admin.send(Method::DELETE, &gone, None).await.unwrap().status, status);
        }
        told(&receiver, "placeItems", "placeItemId", &id, |record| record["priceLevels"]["default"]["price"] == 59).await;
        assert_eq!((menus(&house).await.as_array().unwrap().len(), left(&house).await), (1, json!({})));
        let nowhere = path(&house, "/timeBased/nowhere");
        assert_eq!(house.platform().await.send(Method::GET, &nowhere, None).await.unwrap().status, 404);
    }
}
