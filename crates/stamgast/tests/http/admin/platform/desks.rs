//! `…/places/{placeId}/desks/{deskId}`: is a desk set up, moved and taken away, and does its place show it?

use super::{at, refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::House;

fn path(house: &House, desk: &str) -> String {
    at(house, &format!("/places/{}/desks/{desk}", house.restaurant.place_id))
}

async fn shown(house: &House, desk: &str) -> Value {
    let list = house
        .platform()
        .await
        .get(&format!("/deskViews/{}/desks", house.restaurant.source_id))
        .await
        .unwrap();
    list["data"].as_array().unwrap().iter().find(|one| one["deskId"] == desk).cloned().unwrap_or_default()
}

testkit::on_both_engines! {
    /// putPlatformDesk, deletePlatformDesk: what was put is what the place shows; what is gone is a tombstone until it is put anew.
    async fn a_desk_is_put_taken_away_and_put_anew(engine: Engine) {
        let house = House::start(engine).await;
        assert_eq!(shown(&house, "17").await, Value::Null);
        let body = json!({"name": "Window", "code": "17", "sectionId": "sal", "seats": 2});
        let (status, made) = send(&house, Method::PUT, &path(&house, "17"), Some(&body)).await;
        assert_eq!((status, &made["deskId"], &made["seats"], &made["type"]), (200, &json!("17"), &json!(2), &json!("desk")), "{made}");
        assert_eq!(shown(&house, "17").await, made);
        let (_, moved) = send(&house, Method::PUT, &path(&house, "17"), Some(&json!({"name": "Window", "seats": 6}))).await;
        assert_eq!((&moved["seats"], &moved["sectionId"]), (&json!(6), &Value::Null), "a desk is put as a whole");
        let (status, gone) = send(&house, Method::DELETE, &path(&house, "17"), None).await;
        assert_eq!((status, &gone["_removed"]), (200, &json!(true)));
        assert_eq!(shown(&house, "17").await["_removed"], true);
        let (status, again) = send(&house, Method::DELETE, &path(&house, "17"), None).await;
        assert_eq!((status, &again["message"]), (404, &json!("desk 17 not found")));
        let (_, back) = send(&house, Method::PUT, &path(&house, "17"), Some(&body)).await;
        assert_eq!(back, made);
    }

    /// putPlatformDesk: what is wrong is named, and the desk stays as it was.
    async fn what_is_wrong_is_named(engine: Engine) {
        let house = House::start(engine).await;
        let before = shown(&house, "1").await;
        let (path, place) = (path(&house, "1"), at(&house, "/places/nowhere/desks/1"));
        refused(&house, &[
            (Method::PUT, path.clone(), json!({"sectionId": "attic"}), "sectionId"),
            (Method::PUT, path.clone(), json!({"name": ""}), "name"),
            (Method::PUT, path.clone(), json!({"seats": "four"}), "seats"),
            (Method::PUT, path.clone(), json!({"position": {"x": 1}}), "position.y"),
            (Method::PUT, path, json!({"chairs": 4}), "chairs"),
        ]).await;
        assert_eq!(shown(&house, "1").await, before);
        let (status, answer) = send(&house, Method::PUT, &place, Some(&json!({"name": "N"}))).await;
        assert_eq!((status, &answer["message"]), (404, &json!("place nowhere not found")));
    }
}
