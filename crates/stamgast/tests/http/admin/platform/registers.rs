//! `POST …/places/{placeId}/registers`: does a register get a token of its own, and a replaced one end?

use super::{at, refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::House;

testkit::on_both_engines! {
    /// postPlatformRegister: a new register opens checks; a second token of the same one ends the first a day later.
    async fn a_register_sells_and_its_old_token_ends_a_day_later(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, &format!("/places/{}/registers", house.restaurant.place_id));
        let issue = async |number: i64, name: &str| {
            let (status, made) = send(&house, Method::POST, &path, Some(&json!({"deviceNumber": number, "name": name}))).await;
            assert_eq!((status, &made["deviceNumber"], &made["placeId"]), (201, &json!(number), &json!(house.restaurant.place_id)), "{made}");
            made["posToken"].as_str().unwrap().to_owned()
        };
        let opens = async |token: &str| {
            let caller = house.app.anyone.bearer(token);
            caller.send(Method::POST, &house.checks(), Some(b"{}".to_vec())).await.unwrap().status
        };
        let third = issue(3, "Terrace").await;
        assert_eq!(opens(&third).await, 201);
        let renewed = issue(3, "Terrace, new tablet").await;
        assert_eq!((opens(&third).await, opens(&renewed).await), (201, 201));
        let (_, merchant) = send(&house, Method::GET, &at(&house, ""), None).await;
        let names: Vec<&Value> = merchant["registers"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
        assert_eq!(names, ["Pokladna 1", "Pokladna 2", "Terrace, new tablet"]);
        house.app.clock.advance_seconds(24 * 3600);
        assert_eq!((opens(&third).await, opens(&renewed).await), (401, 201));
        assert_eq!(opens(&house.restaurant.pos_tokens[0]).await, 201, "another register's token stays");
    }

    /// postPlatformRegister: what is wrong is named, and no token is made.
    async fn what_is_wrong_is_named(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, &format!("/places/{}/registers", house.restaurant.place_id));
        refused(&house, &[
            (Method::POST, path.clone(), json!({"name": "R"}), "deviceNumber"),
            (Method::POST, path.clone(), json!({"deviceNumber": 0, "name": "R"}), "deviceNumber"),
            (Method::POST, path.clone(), json!({"deviceNumber": 2_147_483_648_i64, "name": "R"}), "deviceNumber"),
            (Method::POST, path.clone(), json!({"deviceNumber": 3, "name": ""}), "name"),
            (Method::POST, path, json!({"deviceNumber": 3, "name": "R", "token": "mine"}), "token"),
        ]).await;
        let nowhere = at(&house, "/places/nowhere/registers");
        let (status, answer) = send(&house, Method::POST, &nowhere, Some(&json!({"deviceNumber": 3, "name": "R"}))).await;
        assert_eq!((status, &answer["message"]), (404, &json!("place nowhere not found")));
    }
}
