//! Does a check hold a guest's value only as long as it may spend it?

use super::taken_back::told;
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::{CARD, DESSERT, MAIN, MPV, SPV};

async fn held(house: &House) -> String {
    house.balance(MPV).await["held"].to_string()
}

/// Asks for an offer with a code on a new check of a register: the check's path, whether the code applies, and why not. No
/// text may say of the register that asks that it is another one.
async fn asked(house: &House, register: usize, code: &str) -> (String, Option<String>) {
    let path = house.open_check(register, &[(MAIN, 2), (DESSERT, 1)], &[code]).await;
    let reason = asked_again(house, register, &path).await;
    (path, reason)
}

async fn asked_again(house: &House, register: usize, path: &str) -> Option<String> {
    let check = house.register(register).post(&format!("{path}/offer"), &json!({})).await.unwrap();
    let code = &check["codes"][0];
    let reason = code["reasonCode"].as_str().map(str::to_owned);
    assert_eq!(code["applicable"], json!(reason.is_none()), "{check}");
    let at_another = ["jiné pokladn", "inej pokladn", "anderen Kasse", "another register"];
    let says_another = at_another.iter().any(|words| check.to_string().contains(words));
    assert_eq!(says_another, reason.as_deref() == Some("LOCKED_BY_OTHER_DEVICE"), "{check}");
    reason
}

testkit::on_both_engines! {
    async fn what_is_taken_off_a_check_is_free_at_once(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let path = house.open_check(1, &[(MAIN, 2)], &[CARD, MPV]).await;
        register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
        assert_ne!(held(&house).await, "0");
        register.delete(&format!("{path}/codes/{MPV}")).await.unwrap();
        assert_eq!(held(&house).await, "0");
        // The card is still on the check, and the next question is about it alone.
        register.post(&format!("{path}/codes"), &json!({"inputCode": MPV})).await.unwrap();
        let shown = register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
        assert_ne!(held(&house).await, "0");
        assert_eq!(shown["offer"]["current"], json!(true));
        register.delete(&format!("{path}/offer")).await.unwrap();
        assert_eq!(held(&house).await, "0");
        let cash = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 378}]});
        register.post(&format!("{path}/pay"), &cash).await.unwrap();
        house.assert_verified().await;
    }

    /// Whatever a check gives up is free for the next one at once, at this register and at another; and until then each of
    /// them hears who has it.
    async fn the_next_check_finds_what_was_given_up(engine: Engine) {
        let house = House::start(engine).await;
        let once = json!({"definition": {"kind": {"percent": {"percent": 50}}, "scope": {"on": "order"},
            "trigger": "code", "limits": [{"per": "code", "uses": 1}]}, "codes": ["ONCE"]});
        house.app.admin.put(&format!("{}/promotions/once", house.partner_admin()), &once).await.unwrap();
        let locked = |by: &str| Some(format!("LOCKED_BY_OTHER_{by}"));
        for code in [MPV, SPV, "ONCE"] {
            for (way, body) in [("/offer", None), ("/codes/", None), ("/lines", Some(json!({"lines": []})))] {
                let what = format!("{code}, {way}");
                let (first, reason) = asked(&house, 1, code).await;
                assert_eq!(reason, None, "{what}");
                let (same, reason) = asked(&house, 1, code).await;
                assert_eq!(reason, locked("CHECK"), "{what}");
                let (other, reason) = asked(&house, 2, code).await;
                assert_eq!(reason, locked("DEVICE"), "{what}");
                let register = house.register(1);
                match (way, body) {
                    (_, Some(body)) => register.put(&format!("{first}{way}"), &body).await.unwrap(),
                    ("/codes/", _) => register.delete(&format!("{first}{way}{code}")).await.unwrap(),
                    _ => register.delete(&format!("{first}{way}")).await.unwrap(),
                };
                assert_eq!(asked_again(&house, 2, &other).await, None, "{what}: at the other register");
                assert_eq!(asked_again(&house, 1, &same).await, locked("DEVICE"), "{what}");
                house.register(2).delete(&format!("{other}/offer")).await.unwrap();
                assert_eq!(asked_again(&house, 1, &same).await, None, "{what}: at the same register");
                register.delete(&format!("{same}/offer")).await.unwrap();
            }
        }
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
