//! `/pos/{sourceId}/menu…`: does a register see the menu of its place without an application's token?

use crate::menu::remaining_amounts::daily;
use crate::menu::{again, put_menu, tag, tree, two_places};
use http::Method;
use serde_json::json;
use testkit::restaurant::{BEER, DESSERT, MAIN};

testkit::on_both_engines! {
    /// readMenu: the tree of its place, and 304 while that is the same.
    async fn a_register_sees_the_menu_of_its_place(engine: Engine) {
        let (house, _) = two_places(engine).await;
        let own = format!("/pos/{}/menu", house.restaurant.source_id);
        let register = house.register(2);
        let shown = register.send(Method::GET, &own, None).await.unwrap();
        assert_eq!(shown.json, tree(&house, &house.restaurant.place_id).await);
        assert_eq!(again(&register, &own, &tag(&shown)).await.status, 304);
        let beer = json!({"products": [{"productId": BEER, "categoryId": "c:napoje", "name": "Pivo", "price": 61, "vatRate": 0.21}]});
        put_menu(&house, beer).await;
        let moved = again(&register, &own, &tag(&shown)).await;
        assert_eq!((moved.status, moved.json), (200, tree(&house, &house.restaurant.place_id).await));
    }

    /// readTimeBasedMenu, readRemainingAmounts: as an application sees them, at the register's own place.
    async fn a_register_sees_what_is_sold_for_a_time_and_what_is_left(engine: Engine) {
        let (house, _) = two_places(engine).await;
        put_menu(&house, daily(&house, 3, 1)).await;
        let (register, application) = (house.register(1), house.platform().await);
        let own = format!("/pos/{}/menu", house.restaurant.source_id);
        let public = format!("/menu/{}/timeBased/{}", house.restaurant.merchant_id, house.restaurant.place_id);
        let menus = register.get(&format!("{own}/timeBased")).await.unwrap();
        assert_eq!(menus, application.get(&public).await.unwrap());
        assert!(menus["data"].as_array().unwrap().iter().any(|menu| menu["menuId"] == "daily"), "{menus}");
        let left = async || {
            let amounts = register.get(&format!("{own}/remainingAmounts")).await.unwrap()["amounts"].clone();
            (amounts[MAIN].clone(), amounts[DESSERT].clone())
        };
        assert_eq!(left().await, (json!(3), json!(1)));
        house.open_check(2, &[(MAIN, 2)], &[]).await;
        assert_eq!(left().await, (json!(1), json!(1)));
        for end in ["", "/timeBased", "/remainingAmounts"] {
            let answer = application.send(Method::GET, &format!("{own}{end}"), None).await.unwrap();
            assert_eq!(answer.status, 401, "a register's: {}", answer.text);
        }
    }
}
