//! `/pos/{sourceId}/checks/{checkId}/offer`: is an offer laid over the check, and taken off it again?

use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{MAIN, PROMO};
use testkit::{House, assert_number};

testkit::on_both_engines! {
    /// askForOffer, dropOffer: the check costs less while it has an offer; what changes the basket makes the offer stale.
    async fn an_offer_comes_over_a_check_and_off_it(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let check = house.open_check(1, &[(MAIN, 1)], &[PROMO]).await;
        let offer = format!("{check}/offer");
        assert_eq!(register.get(&check).await.unwrap()["offer"], Value::Null);
        let offered = register.post(&offer, &json!({})).await.unwrap();
        assert_eq!(offered["offer"]["current"], true);
        assert_number("with 10 % off", "170.1", &offered["toPay"]);
        let lines = json!({"lines": [{"checkItemId": "1", "productId": MAIN, "amount": 2}]});
        let changed = register.put(&format!("{check}/lines"), &lines).await.unwrap();
        assert_ne!(changed["offer"]["current"], true);
        assert_number("without the stale offer", "378", &changed["toPay"]);
        assert_number("asked again", "340.2", &register.post(&offer, &json!({})).await.unwrap()["toPay"]);
        let dropped = register.delete(&offer).await.unwrap();
        assert_number("without an offer", "378", &dropped["toPay"]);
        assert_ne!(dropped["offer"]["current"], true);
        for method in [Method::POST, Method::DELETE] {
            let nowhere = format!("{}/none/offer", house.checks());
            assert_eq!(register.send(method, &nowhere, None).await.unwrap().status, 404);
        }
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 378}]});
        register.post(&format!("{check}/pay"), &pay).await.unwrap();
        for method in [Method::POST, Method::DELETE] {
            let late = register.send(method, &offer, None).await.unwrap();
            assert_eq!(late.status, 409, "{}", late.text);
        }
    }
}
