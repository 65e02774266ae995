//! `PUT …/loyalty`: is the provider of a merchant exchanged without losing the one before?

use super::{at, refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{CARD, MAIN};
use testkit::{House, Scripted, Step};

testkit::on_both_engines! {
    /// putPlatformLoyaltyConnection: from now on checks ask the new provider, with its token; the old one is kept, out of use.
    async fn checks_ask_the_provider_that_was_set_up_last(engine: Engine) {
        let house = House::start(engine).await;
        let partner = Scripted::start([Step::Answer(500, "{}".to_owned())]).await;
        let body = json!({"loyaltyProviderId": "5f00000000000000000000d9", "url": partner.url(), "token": "their-secret"});
        let (status, shown) = send(&house, Method::PUT, &at(&house, "/loyalty"), Some(&body)).await;
        assert_eq!((status, &shown["loyaltyProviderId"], &shown["inUse"]), (200, &body["loyaltyProviderId"], &json!(true)), "{shown}");
        assert_eq!(shown.get("token"), None);
        let check = house.open_check(1, &[(MAIN, 1)], &[CARD]).await;
        let answer = house.register(1).send(Method::POST, &format!("{check}/offer"), Some(b"{}".to_vec())).await.unwrap();
        assert!(answer.status == 502 || answer.status == 200, "{}", answer.text);
        let asked = &partner.wait_for(1).await[0];
        assert_eq!((asked.path.as_str(), asked.headers["authorization"].to_str().unwrap()), ("/getBenefitOffer", "Bearer their-secret"));
        let (_, merchant) = send(&house, Method::GET, &at(&house, ""), None).await;
        let known: Vec<(&Value, &Value)> = merchant["loyaltyConnections"].as_array().unwrap().iter().map(|one| (&one["loyaltyProviderId"], &one["inUse"])).collect();
        assert!(known.len() == 2 && known.contains(&(&body["loyaltyProviderId"], &json!(true))), "{merchant}");
        assert!(known.contains(&(&json!(house.restaurant.loyalty_provider_id), &json!(false))), "{merchant}");
        assert!(!merchant.to_string().contains("their-secret"), "{merchant}");
    }

    /// putPlatformLoyaltyConnection: a URL that must not be called is refused, and the provider in use stays.
    async fn a_target_that_must_not_be_called_is_refused(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, "/loyalty");
        let to = |url: &str| json!({"url": url, "token": "t"});
        refused(&house, &[
            (Method::PUT, path.clone(), to("http://example.com/loyalty"), "url"),
            (Method::PUT, path.clone(), to("https://10.0.0.1/loyalty"), "url"),
            (Method::PUT, path.clone(), to("ftp://example.com"), "url"),
            (Method::PUT, path.clone(), to("no url"), "url"),
            (Method::PUT, path.clone(), json!({"url": "https://example.com"}), "token"),
            (Method::PUT, path.clone(), json!({"url": "https://example.com", "token": "t", "inUse": false}), "inUse"),
            (Method::PUT, path, json!({"url": "https://example.com", "token": "line\nbreak"}), "token"),
        ]).await;
        let nobody = "/admin/v1/platform/merchants/nobody/loyalty";
        let (status, answer) = send(&house, Method::PUT, nobody, Some(&to("https://example.com"))).await;
        assert_eq!((status, &answer["message"]), (404, &json!("merchant nobody not found")));
        let (_, merchant) = send(&house, Method::GET, &at(&house, ""), None).await;
        assert_eq!(merchant["loyaltyConnections"].as_array().unwrap().len(), 1);
    }
}
