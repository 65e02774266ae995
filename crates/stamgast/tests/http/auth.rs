//! `POST /api/auth/authorize`: who gets an access token, and how long is it good?

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use stamgast::client::{Answer, JsonClient};
use testkit::House;

const PATH: &str = "/api/auth/authorize";

async fn ask(caller: &JsonClient, body: &Value) -> Answer {
    caller.send(Method::POST, PATH, Some(body.to_string().into_bytes())).await.unwrap()
}

fn login(house: &House) -> Value {
    let of = &house.restaurant;
    json!({"client_id": of.client_id, "client_secret": of.client_secret, "grant_type": "client_credentials"})
}

testkit::on_both_engines! {
    /// authorize: an application signs in with its secret, in the body or in the header, and calls until the token ends.
    async fn an_application_signs_in_and_calls_until_its_token_ends(engine: Engine) {
        let house = House::start(engine).await;
        let of = &house.restaurant;
        let answer = ask(&house.app.anyone, &login(&house)).await;
        assert_eq!((answer.status, &answer.json["token_type"]), (200, &json!("Bearer")), "{}", answer.text);
        // it says when it ends: an hour from now, as the settings have it
        let ends = answer.json["expires_at"].as_str().unwrap();
        assert_eq!(ends, "2026-03-02T11:00:00.000Z");
        let application = house.app.anyone.bearer(answer.json["access_token"].as_str().unwrap());
        let own = format!("/merchants/{}", of.merchant_id);
        assert_eq!(application.get(&own).await.unwrap()["merchantId"], of.merchant_id.as_str());
        house.app.clock.advance_seconds(3599);
        application.get(&own).await.unwrap();
        house.app.clock.advance_seconds(1);
        assert_eq!(application.send(Method::GET, &own, None).await.unwrap().status, 401);
        // the same credentials in the header, with the client named once more or not
        let basic = STANDARD.encode(format!("{}:{}", of.client_id, of.client_secret));
        let caller = house.app.anyone.authorization(&format!("Basic {basic}"));
        for body in [json!({"grant_type": "client_credentials"}), json!({"grant_type": "client_credentials", "client_id": of.client_id})] {
            let answer = ask(&caller, &body).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            house.app.anyone.bearer(answer.json["access_token"].as_str().unwrap()).get(&own).await.unwrap();
        }
        assert_eq!(ask(&caller, &login(&house)).await.status, 400, "the secret came in two ways");
    }

    /// authorize: what is wrong is named, and nothing is kept of it.
    async fn whoever_is_nobody_gets_no_token(engine: Engine) {
        let house = House::start(engine).await;
        let before = house.rows().await;
        // the member that is changed, what it becomes, status, field
        for (member, value, status, field) in [
            ("client_secret", json!("stg_client_0123456789abcdef_wrong"), 401, Value::Null),
            ("client_id", json!("5fffffffffffffffffffffff"), 401, Value::Null),
            ("client_secret", json!(""), 400, json!("client_secret")),
            ("client_id", Value::Null, 400, json!("client_id")),
            ("client_id", json!("x".repeat(300)), 400, json!("client_id")),
            ("grant_type", json!("password"), 400, json!("grant_type")),
            ("grant_type", Value::Null, 400, json!("grant_type")),
        ] {
            let mut body = login(&house);
            body[member] = value;
            let answer = ask(&house.app.anyone, &body).await;
            assert_eq!((answer.status, &answer.json["field"]), (status, &field), "{body}: {}", answer.text);
            assert!(!answer.text.contains("access_token"), "{body}");
        }
        let answer = house.app.anyone.send(Method::POST, PATH, Some(b"[]".to_vec())).await.unwrap();
        assert_eq!(answer.status, 400);
        assert_eq!(house.rows().await, before);
    }
}
