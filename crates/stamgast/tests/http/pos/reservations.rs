//! `/pos/{sourceId}/reservations`: do the registers of a place see who has booked, and nobody else's guests?

use http::Method;
use serde_json::json;
use testkit::House;
use testkit::restaurant::MAIN;

testkit::on_both_engines! {
    /// listReservations: those of the place whose check is open, the guest with them.
    async fn a_register_sees_the_open_reservations_of_its_place(engine: Engine) {
        let house = House::start(engine).await;
        let base = format!("/admin/v1/platform/merchants/{}", house.restaurant.merchant_id);
        let second = house.app.admin.get(&base).await.unwrap()["places"][1]["placeId"].as_str().unwrap().to_owned();
        house.app.admin.put(&format!("{base}/places/{second}/desks/1"), &json!({})).await.unwrap();
        let platform = house.platform().await;
        let book = async |source: &str, id: &str| {
            let booking = json!({"externalReservationId": id, "name": format!("Guest {id}"), "deskId": "1", "note": "window"});
            platform.post(&format!("/reservations/{source}/reservations"), &booking).await.unwrap()
        };
        let first = book(&house.restaurant.source_id, "a").await;
        let other = book(&format!("{}-{second}", house.restaurant.merchant_id), "b").await;
        let own = format!("/pos/{}/reservations", house.restaurant.source_id);
        for register in [1, 2] {
            let seen = house.register(register).get(&own).await.unwrap();
            assert_eq!(seen["data"].as_array().unwrap().len(), 1, "{seen}");
            let seen = &seen["data"][0];
            assert_eq!((&seen["reservationId"], &seen["name"], &seen["note"]), (&first["reservationId"], &json!("Guest a"), &json!("window")));
            assert_ne!(seen["reservationId"], other["reservationId"]);
        }
        let elsewhere = format!("/pos/{}-{second}/reservations", house.restaurant.merchant_id);
        assert_eq!(house.register(1).send(Method::GET, &elsewhere, None).await.unwrap().status, 403);
        let check = format!("{}/{}", house.checks(), first["checkId"].as_str().unwrap());
        house.register(1).put(&format!("{check}/lines"), &json!({"lines": [{"productId": MAIN, "amount": 1}]})).await.unwrap();
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 189}]});
        house.register(1).post(&format!("{check}/pay"), &pay).await.unwrap();
        assert_eq!(house.register(1).get(&own).await.unwrap(), json!({"data": []}));
    }
}
