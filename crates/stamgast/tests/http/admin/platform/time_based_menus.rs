//! `…/places/{placeId}/timeBasedMenus/{menuId}`: is a menu for a time taken away, and with it its pieces?

use super::{at, send};
use http::Method;
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::MAIN;

testkit::on_both_engines! {
    /// deletePlatformTimeBasedMenu: the place shows it no more and no limit holds; one that is not there is not found.
    async fn a_menu_that_is_taken_away_limits_nothing(engine: Engine) {
        let house = House::start(engine).await;
        let place = house.restaurant.place_id.clone();
        let menu = json!({"timeBasedMenus": [{"menuId": "daily", "placeId": place, "timeBasedMenuType": "dailyMenu",
            "since": "2026-03-02T09:00:00Z", "till": "2026-03-02T12:00:00Z", "items": [{"productId": MAIN, "quantity": 1}]}]});
        assert_eq!(send(&house, Method::PUT, &at(&house, "/menu"), Some(&menu)).await.0, 200);
        let (platform, timed) = (house.platform().await, format!("/menu/{}/timeBased/{place}", house.restaurant.merchant_id));
        let shown = async || {
            let menus = platform.get(&timed).await.unwrap();
            let is_shown = menus["data"].as_array().unwrap().iter().any(|menu| menu["menuId"] == "daily");
            (is_shown, platform.get(&format!("{timed}/remainingAmounts")).await.unwrap()["amounts"][MAIN].clone())
        };
        assert_eq!(shown().await, (true, json!(1)));
        let of = |place: &str, menu: &str| at(&house, &format!("/places/{place}/timeBasedMenus/{menu}"));
        for path in [of(&place, "weekly"), of("nowhere", "daily")] {
            assert_eq!(send(&house, Method::DELETE, &path, None).await.0, 404, "{path}");
        }
        assert!(shown().await.0);
        assert_eq!(send(&house, Method::DELETE, &of(&place, "daily"), None).await, (204, Value::Null));
        assert_eq!(shown().await, (false, Value::Null));
        assert_eq!(send(&house, Method::DELETE, &of(&place, "daily"), None).await.0, 404);
        // two are sold where one was left before
        house.open_check(1, &[(MAIN, 2)], &[]).await;
    }
}
