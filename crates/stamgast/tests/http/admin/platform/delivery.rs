//! `…/places/{placeId}/delivery`: how does a place take orders from elsewhere?

use super::{at, refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::House;

testkit::on_both_engines! {
    /// getPlatformDelivery, putPlatformDelivery: what is not named has its default, and a place that closes for a time opens by itself.
    async fn what_was_put_is_what_holds(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, &format!("/places/{}/delivery", house.restaurant.place_id));
        let defaults = json!({"acceptNewOrders": true, "closedUntil": null, "mealPrepTime": 30, "integratedDispatch": "disabled",
            "autoConfirm": false, "autoDeclineMinutes": 5, "acceptsNow": true});
        assert_eq!(send(&house, Method::PUT, &path, Some(&json!({}))).await, (200, defaults));
        let until = "2026-03-02T12:00:00+01:00";
        let settings = json!({"acceptNewOrders": true, "closedUntil": until, "mealPrepTime": 20, "integratedDispatch": "ask",
            "autoConfirm": true, "autoDeclineMinutes": 15});
        let (_, put) = send(&house, Method::PUT, &path, Some(&settings)).await;
        for (member, value) in settings.as_object().unwrap() {
            assert_eq!(&put[member], value, "{member}");
        }
        assert_eq!(put["acceptsNow"], false);
        assert_eq!(send(&house, Method::GET, &path, None).await.1, put);
        house.app.clock.advance_seconds(3_600);
        let (_, open) = send(&house, Method::GET, &path, None).await;
        assert_eq!((&open["acceptsNow"], &open["mealPrepTime"]), (&json!(true), &json!(20)));
    }

    /// putPlatformDelivery: what is wrong is named and sets nothing.
    async fn what_is_wrong_is_named(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, &format!("/places/{}/delivery", house.restaurant.place_id));
        let before = send(&house, Method::GET, &path, None).await;
        let with = |member: &str, value: Value| (Method::PUT, path.clone(), json!({member: value}));
        let cases = [
            (with("mealPrepTime", json!(1441)), "mealPrepTime"),
            (with("mealPrepTime", json!(-1)), "mealPrepTime"),
            (with("autoDeclineMinutes", json!(0)), "autoDeclineMinutes"),
            (with("closedUntil", json!("tomorrow")), "closedUntil"),
            (with("integratedDispatch", json!("maybe")), "integratedDispatch"),
            (with("acceptNewOrders", json!("perhaps")), "acceptNewOrders"),
            (with("open", json!(true)), "open"),
        ];
        let cases: Vec<_> = cases.into_iter().map(|((method, path, body), field)| (method, path, body, field)).collect();
        refused(&house, &cases).await;
        assert_eq!(send(&house, Method::GET, &path, None).await, before);
        for method in [Method::GET, Method::PUT] {
            let body = (method == Method::PUT).then(|| json!({}));
            let (status, answer) = send(&house, method, &at(&house, "/places/nowhere/delivery"), body.as_ref()).await;
            assert_eq!((status, &answer["message"]), (404, &json!("place nowhere not found")));
        }
    }
}
