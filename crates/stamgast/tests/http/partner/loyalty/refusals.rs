//! Which requests do the loyalty webhooks refuse, how do they say so, and do they leave every row as it was?

use super::{SEED_OFFER, SEED_USAGE};
use http::Method;
use serde_json::{Value, json};
use testkit::House;

const OFFER: &str = "/partner/loyalty/getBenefitOffer";
const USAGE: &str = "/partner/loyalty/reportBenefitUsage";

/// The example with one member replaced.
fn with(seed: &str, pointer: &str, value: Value) -> Vec<u8> {
    let mut body: Value = serde_json::from_str(seed).unwrap();
    *body.pointer_mut(pointer).unwrap() = value;
    body.to_string().into_bytes()
}

/// The example without one member.
fn without(seed: &str, name: &str) -> Vec<u8> {
    let mut body: Value = serde_json::from_str(seed).unwrap();
    body.as_object_mut().unwrap().remove(name).unwrap();
    body.to_string().into_bytes()
}

testkit::on_both_engines! {
    async fn garbage_is_refused_with_the_field_and_changes_no_row(engine: Engine) {
        let house = House::start(engine).await;
        let partner = house.partner();
        let before = house.rows().await;
        let cases: [(&str, Vec<u8>, Option<&str>); 9] = [
            (OFFER, b"not json".to_vec(), None),
            (OFFER, b"[]".to_vec(), None),
            (OFFER, b"".to_vec(), None),
            (OFFER, without(SEED_OFFER, "loyaltyOfferId"), Some("loyaltyOfferId")),
            (OFFER, with(SEED_OFFER, "/itemsToPay/1/totalPriceWithVat", json!("dear")), Some("itemsToPay[1].totalPriceWithVat")),
            (OFFER, with(SEED_OFFER, "/itemsToPay/0/product/categories/1/categoryId", json!({})),
                Some("itemsToPay[0].product.categories[1].categoryId")),
            (USAGE, without(SEED_USAGE, "billId"), Some("billId")),
            (USAGE, with(SEED_USAGE, "/totalWithVat", json!([])), Some("totalWithVat")),
            (USAGE, with(SEED_USAGE, "/usedBalances", json!("none")), Some("usedBalances")),
        ];
        for (path, body, field) in cases {
            let shown = String::from_utf8_lossy(&body).chars().take(60).collect::<String>();
            let answer = partner.send(Method::POST, path, Some(body)).await.unwrap();
            assert!((400..500).contains(&answer.status), "{path} {shown}: {} {}", answer.status, answer.text);
            assert_eq!(answer.json["httpStatus"], answer.status, "{}", answer.text);
            if let Some(field) = field {
                assert_eq!(answer.json["field"], field, "{path} {shown}: {}", answer.text);
            }
        }
        assert_eq!(house.rows().await, before);
    }

    async fn a_wrong_token_is_401_before_the_body_is_looked_at(engine: Engine) {
        let house = House::start(engine).await;
        let before = house.rows().await;
        let mut forged = house.restaurant.partner_token.clone();
        let last = forged.pop().unwrap();
        forged.push(if last == 'A' { 'B' } else { 'A' });
        let callers = [
            house.app.anyone.clone(),
            house.app.anyone.bearer(&forged),
            house.app.anyone.bearer("nonsense"),
            house.app.anyone.bearer(&house.restaurant.customers_token),
            house.app.anyone.bearer(&house.restaurant.datasync_secret),
            house.app.anyone.bearer(&house.restaurant.pos_tokens[0]),
        ];
        for caller in callers {
            for path in [OFFER, USAGE, "/partner/loyalty/reportOfferValidationError"] {
                for body in [SEED_OFFER, SEED_USAGE, "not json"] {
                    let answer = caller.send(Method::POST, path, Some(body.into())).await.unwrap();
                    assert_eq!(answer.status, 401, "{path}: {}", answer.text);
                }
            }
        }
        assert_eq!(house.rows().await, before);
    }

    async fn a_body_over_the_limit_is_413(engine: Engine) {
        let change = |config: &mut stamgast::config::Config| config.partner.loyalty_body_bytes_max = 4000;
        let house = House::start_with(engine, change, Box::new(|router| router)).await;
        let before = house.rows().await;
        for (path, seed) in [(OFFER, SEED_OFFER), (USAGE, SEED_USAGE)] {
            let mut body: Value = serde_json::from_str(seed).unwrap();
            body["padding"] = json!("x".repeat(4000));
            let answer = house.partner().send(Method::POST, path, Some(body.to_string().into_bytes())).await.unwrap();
            assert_eq!(answer.status, 413, "{}", answer.text);
        }
        assert_eq!(house.rows().await, before);
    }
}
