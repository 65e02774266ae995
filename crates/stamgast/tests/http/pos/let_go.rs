//! Does a check hold a guest's value only as long as it may spend it?

use super::taken_back::told;
use serde_json::{Value, json};
use testkit::restaurant::{CARD, MAIN, MPV};
use testkit::{House, eventually};

async fn held(house: &House) -> String {
    house.balance(MPV).await["held"].to_string()
}

async fn is_free(house: &House) {
    eventually("the voucher is free", async || (held(house).await == "0").then_some(())).await;
}

testkit::on_both_engines! {
    async fn what_is_taken_off_a_check_is_free_at_once(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let path = house.open_check(1, &[(MAIN, 2)], &[CARD, MPV]).await;
        register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
        assert_ne!(held(&house).await, "0");
        register.delete(&format!("{path}/codes/{MPV}")).await.unwrap();
        is_free(&house).await;
        // The card is still on the check, and the next question is about it alone.
        register.post(&format!("{path}/codes"), &json!({"inputCode": MPV})).await.unwrap();
        let shown = register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
        assert_ne!(held(&house).await, "0");
        assert_eq!(shown["offer"]["current"], json!(true));
        register.delete(&format!("{path}/offer")).await.unwrap();
        is_free(&house).await;
        let cash = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 378}]});
        register.post(&format!("{path}/pay"), &cash).await.unwrap();
        house.assert_verified().await;
    }

    async fn a_check_paid_twice_at_once_holds_nothing_afterwards(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let path = house.open_check(1, &[(MAIN, 2)], &[MPV]).await;
        let shown = register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
        let cash = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": shown["toPay"]}]});
        let pay = format!("{path}/pay");
        let bills = tokio::join!(
            register.post(&pay, &cash), register.post(&pay, &cash), register.post(&pay, &cash), register.post(&pay, &cash));
        let bills: [Value; 4] = [bills.0.unwrap(), bills.1.unwrap(), bills.2.unwrap(), bills.3.unwrap()];
        assert!(bills.iter().all(|bill| bill["billId"] == bills[0]["billId"]), "{bills:?}");
        told(&house, 1).await;
        assert_eq!(held(&house).await, "0");
        house.assert_verified().await;
    }
}
