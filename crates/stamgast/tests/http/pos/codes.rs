//! `/pos/{sourceId}/checks/{checkId}/codes`: does what a guest shows come onto the check, and off it?

use http::Method;
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::{CARD, MAIN, PROMO};

fn codes(check: &Value) -> Vec<String> {
    check["codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code["inputCode"].as_str().unwrap().to_owned())
        .collect()
}

testkit::on_both_engines! {
    /// addCode, removeCode: in the order in which they were shown; one that is not there is not found.
    async fn codes_come_onto_a_check_and_off_it(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let check = house.open_check(1, &[(MAIN, 1)], &[]).await;
        let path = format!("{check}/codes");
        let shown = register.post(&path, &json!({"inputCode": CARD})).await.unwrap();
        assert_eq!(codes(&shown), [CARD]);
        let shown = register.post(&path, &json!({"inputCode": PROMO})).await.unwrap();
        assert_eq!(codes(&shown), [CARD, PROMO]);
        let left = register.delete(&format!("{path}/{CARD}")).await.unwrap();
        assert_eq!(codes(&left), [PROMO]);
        assert_eq!(codes(&register.get(&check).await.unwrap()), [PROMO]);
        let gone = register.send(Method::DELETE, &format!("{path}/{CARD}"), None).await.unwrap();
        assert_eq!(gone.status, 404, "{}", gone.text);
        // a code may hold what stands for something else in a path
        let odd = "a/b c?d";
        assert_eq!(codes(&register.post(&path, &json!({"inputCode": odd})).await.unwrap()), [PROMO, odd]);
        let left = register.delete(&format!("{path}/a%2Fb%20c%3Fd")).await.unwrap();
        assert_eq!(codes(&left), [PROMO]);
    }

    /// addCode: what is no code is named, and a check that is paid takes none.
    async fn what_is_no_code_is_named(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let check = house.open_check(1, &[(MAIN, 1)], &[]).await;
        let add = async |check: &str, body: Value| {
            register.send(Method::POST, &format!("{check}/codes"), Some(body.to_string().into_bytes())).await.unwrap()
        };
        for body in [json!({}), json!({"inputCode": ""}), json!({"inputCode": {}}), json!({"inputCode": "x".repeat(5_000)})] {
            let answer = add(&check, body).await;
            assert_eq!((answer.status, &answer.json["field"]), (400, &json!("inputCode")), "{}", answer.text);
        }
        assert_eq!(add(&format!("{}/none", house.checks()), json!({"inputCode": CARD})).await.status, 404);
        assert_eq!(codes(&register.get(&check).await.unwrap()), [] as [&str; 0]);
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 189}]});
        register.post(&format!("{check}/pay"), &pay).await.unwrap();
        let late = add(&check, json!({"inputCode": CARD})).await;
        assert_eq!(late.status, 409, "{}", late.text);
    }
}
