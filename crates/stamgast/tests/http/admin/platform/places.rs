//! `…/places/{placeId}`: is a place set up, changed and closed without losing what it has?

use super::{at, refused, send};
use http::Method;
use serde_json::json;
use testkit::House;

testkit::on_both_engines! {
    /// putPlatformPlace: a new place is at once a source; its letters are drawn once and stay.
    async fn a_new_place_can_be_asked_and_keeps_its_letters(engine: Engine) {
        let house = House::start(engine).await;
        let (id, of) = ("5f00000000000000000000bc", &house.restaurant);
        let path = at(&house, &format!("/places/{id}"));
        let (status, made) = send(&house, Method::PUT, &path, Some(&json!({"name": "Terrace", "timeZone": "Europe/Prague"}))).await;
        assert_eq!((status, &made["placeId"], &made["state"]), (200, &json!(id), &json!("active")), "{made}");
        assert_eq!((&made["sourceId"], &made["posLang"]), (&json!(format!("{}-{id}", of.merchant_id)), &json!("en")));
        let letters = made["billLetters"].as_str().unwrap();
        assert!(letters.len() == 2 && letters.bytes().all(|byte| byte.is_ascii_uppercase()), "{letters}");
        let platform = house.platform().await;
        assert_eq!(platform.get(&format!("/bills/{}-{id}", of.merchant_id)).await.unwrap()["data"], json!([]));
        let change = json!({"name": "Terrace", "timeZone": "Europe/Prague", "state": "disabled", "billLang": "cs", "addressParts": {"city": "Praha"}});
        let (_, changed) = send(&house, Method::PUT, &path, Some(&change)).await;
        assert_eq!((&changed["billLetters"], &changed["state"]), (&made["billLetters"], &json!("disabled")));
        let (_, merchant) = send(&house, Method::GET, &at(&house, ""), None).await;
        let places = merchant["places"].as_array().unwrap();
        assert!(places.contains(&changed) && places.len() == 3, "{merchant}");
        let shown = platform.get("/merchants/me").await.unwrap();
        let shown = shown["places"].as_array().unwrap().iter().find(|one| one["placeId"] == id).unwrap();
        assert_eq!((&shown["state"], &shown["addressParts"]["city"]), (&json!("disabled"), &json!("Praha")));
    }

    /// putPlatformPlace: what is wrong is named; a place of a merchant that is not there is not made.
    async fn what_is_wrong_is_named(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, "/places/5f00000000000000000000bc");
        refused(&house, &[
            (Method::PUT, path.clone(), json!({"timeZone": "UTC"}), "name"),
            (Method::PUT, path.clone(), json!({"name": "P", "timeZone": "Europe/Nowhere"}), "timeZone"),
            (Method::PUT, path.clone(), json!({"name": "P", "timeZone": "UTC", "state": "gone"}), "state"),
            (Method::PUT, path.clone(), json!({"name": "P", "timeZone": "UTC", "address": {}}), "address"),
            (Method::PUT, at(&house, "/places/a-b"), json!({"name": "P", "timeZone": "UTC"}), "placeId"),
        ]).await;
        let nobody = "/admin/v1/platform/merchants/nobody/places/p1";
        let (status, answer) = send(&house, Method::PUT, nobody, Some(&json!({"name": "P", "timeZone": "UTC"}))).await;
        assert_eq!((status, &answer["message"]), (404, &json!("merchant nobody not found")));
    }
}
