//! `…/places/{placeId}/reservations/{reservationId}/customer`: is a guest who booked forgotten when somebody asks for it?

use super::{at, send};
use http::Method;
use serde_json::{Value, json};
use testkit::House;

testkit::on_both_engines! {
    /// deletePlatformReservationCustomer: the name, the note and the customer go, the reservation and its deposit stay.
    async fn the_guest_goes_and_the_reservation_stays(engine: Engine) {
        let house = House::start(engine).await;
        let booking = json!({"externalReservationId": "b-1", "name": "Nováková", "note": "birthday", "deskId": "1", "reservationDeposit": 50,
            "customer": {"name": "Jana Nováková", "email": "jana@example.com"}});
        let book = format!("/reservations/{}/reservations", house.restaurant.source_id);
        let made = house.platform().await.post(&book, &booking).await.unwrap();
        let id = made["reservationId"].as_str().unwrap();
        let seen = async || {
            let list = house.register(1).get(&format!("/pos/{}/reservations", house.restaurant.source_id)).await.unwrap();
            list["data"][0].clone()
        };
        assert_eq!(seen().await["customer"]["email"], "jana@example.com");
        let of = |place: &str, id: &str| at(&house, &format!("/places/{place}/reservations/{id}/customer"));
        let place = &house.restaurant.place_id;
        for path in [of(place, "none"), of("nowhere", id)] {
            assert_eq!(send(&house, Method::DELETE, &path, None).await.0, 404, "{path}");
        }
        assert_eq!(seen().await["name"], "Nováková");
        for _ in 0..2 {
            assert_eq!(send(&house, Method::DELETE, &of(place, id), None).await, (204, Value::Null));
        }
        let left = seen().await;
        assert_eq!((&left["name"], &left["note"], &left["customer"]), (&Value::Null, &Value::Null, &Value::Null));
        assert_eq!((&left["reservationDeposit"], &left["reservationId"]), (&json!(50), &made["reservationId"]));
    }
}
