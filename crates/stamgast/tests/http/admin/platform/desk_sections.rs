//! `…/places/{placeId}/deskSections/{sectionId}`: is a section set up, and gone only when no desk stands in it?

use super::{at, refused, send};
use http::Method;
use serde_json::json;
use testkit::House;

testkit::on_both_engines! {
    /// putPlatformSection, deletePlatformSection: a section with desks stays; an empty one goes, and is shown as gone.
    async fn a_section_goes_when_its_desks_have_gone(engine: Engine) {
        let house = House::start(engine).await;
        let place = format!("/places/{}", house.restaurant.place_id);
        let path = at(&house, &format!("{place}/deskSections/garden"));
        let body = json!({"name": "Garden", "color": "#00ff00", "order": 2});
        let (status, made) = send(&house, Method::PUT, &path, Some(&body)).await;
        assert_eq!((status, &made["sectionId"], &made["order"], &made["_removed"]), (200, &json!("garden"), &json!(2), &json!(false)), "{made}");
        let desk = at(&house, &format!("{place}/desks/20"));
        assert_eq!(send(&house, Method::PUT, &desk, Some(&json!({"name": "Under the tree", "sectionId": "garden"}))).await.0, 200);
        assert_eq!(send(&house, Method::DELETE, &path, None).await.0, 409);
        assert_eq!(send(&house, Method::DELETE, &desk, None).await.0, 200);
        let (status, gone) = send(&house, Method::DELETE, &path, None).await;
        assert_eq!((status, &gone["_removed"]), (200, &json!(true)), "{gone}");
        let list = house.platform().await.get(&format!("/deskViews/{}/sections", house.restaurant.source_id)).await.unwrap();
        let state = list["data"].as_array().unwrap().iter().find(|one| one["sectionId"] == "garden").unwrap();
        assert_eq!(state["_removed"], true);
        let (status, again) = send(&house, Method::DELETE, &path, None).await;
        assert_eq!((status, &again["message"]), (404, &json!("section garden not found")));
    }

    /// putPlatformSection: what is wrong is named, and no section is made.
    async fn what_is_wrong_is_named(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, &format!("/places/{}/deskSections/attic", house.restaurant.place_id));
        refused(&house, &[
            (Method::PUT, path.clone(), json!({"order": 1}), "name"),
            (Method::PUT, path.clone(), json!({"name": "x".repeat(300)}), "name"),
            (Method::PUT, path.clone(), json!({"name": "Attic", "order": "first"}), "order"),
            (Method::PUT, path, json!({"name": "Attic", "floor": 3}), "floor"),
        ]).await;
        let nowhere = at(&house, "/places/nowhere/deskSections/attic");
        let (status, answer) = send(&house, Method::PUT, &nowhere, Some(&json!({"name": "Attic"}))).await;
        assert_eq!((status, &answer["message"]), (404, &json!("place nowhere not found")));
    }
}
