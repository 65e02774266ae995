//! `/loyalty/{sourceId}/benefitUsages`: pulled and acknowledged by the provider.

use crate::house::{House, MERCHANT, SOURCE, on_both_engines};
use crate::partner::worked_offer;
use http::Method;
use serde_json::{Value, json};

async fn sell_with_card(house: &House) {
    house.partner.offers(worked_offer());
    let check = house.check(&[("p:main", 2), ("p:beer", 3), ("p:dessert", 1)]).await;
    house.code(&check, "card-7").await;
    house.offer(&check).await.ok();
    house.pay(&check, &[("cash", json!(23.14))]).await.ok();
}

fn ids(page: &Value) -> Vec<String> {
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|usage| usage["benefitUsageId"].as_str().unwrap().to_owned())
        .collect()
}

on_both_engines! {
    async fn a_provider_pulls_what_never_arrived_and_marks_it(house: House) {
        for _ in 0..3 {
            sell_with_card(&house).await;
            house.clock.advance_seconds(1);
        }
        house.partner.then_statuses(&[503]);
        house.courier.run_due().await.unwrap();
        let base = format!("/loyalty/{SOURCE}/benefitUsages");
        let first = house.get(&format!("{base}?synchronized=false&limit=2")).await.ok();
        let next = first["nextPage"].as_str().unwrap();
        assert!(next.starts_with(&format!("{base}?synchronized=0&limit=2&lastBenefitUsageId=")), "{next}");
        let second = house.get(next).await.ok();
        assert_eq!((ids(&first).len(), ids(&second).len(), &second["nextPage"]), (2, 1, &Value::Null));
        let all: Vec<String> = ids(&first).into_iter().chain(ids(&second)).collect();

        let mark = |ids: Value| Some(json!({"benefitUsageIds": ids}));
        let path = format!("{base}/synchronized");
        let asked = json!([all[0], "5f00000000000000000000ff", all[2]]);
        let expected = json!({"synchronized": [all[0], all[2]], "notFound": ["5f00000000000000000000ff"]});
        for _ in 0..2 {
            let marked = house.call(Method::POST, &path, Some(&house.access_token), mark(asked.clone())).await.ok();
            assert_eq!(marked, expected);
        }
        assert_eq!(ids(&house.get(&format!("{base}?synchronized=false")).await.ok()), [all[1].clone()]);
        // Only the one that was not fetched is sent again.
        house.clock.advance_seconds(15);
        house.courier.run_due().await.unwrap();
        house.clock.advance_seconds(600);
        house.courier.run_due().await.unwrap();
        assert_eq!(house.partner.came("/reportBenefitUsage").len(), 2);
        assert_eq!(ids(&house.get(&format!("{base}?synchronized=0")).await.ok()), Vec::<String>::new());
        assert_eq!(ids(&house.get(&base).await.ok()), all);
    }

    async fn another_provider_sees_nothing(house: House) {
        sell_with_card(&house).await;
        let base = format!("/loyalty/{SOURCE}/benefitUsages");
        let own = ids(&house.get(&base).await.ok());
        let other = json!({"name": "Other", "merchantIds": [MERCHANT], "loyaltyProviderId": "5f00000000000000000000d2"});
        let other = house.admin(Method::POST, "/clients", Some(other)).await.ok();
        let other = house.token_for(&other).await;
        let seen = house.call(Method::GET, &base, Some(&other), None).await.ok();
        assert_eq!(seen["data"], json!([]));
        let body = Some(json!({"benefitUsageIds": own}));
        let marked = house.call(Method::POST, &format!("{base}/synchronized"), Some(&other), body).await.ok();
        assert_eq!((&marked["synchronized"], &marked["notFound"]), (&json!([]), &json!(own)));
        assert_eq!(house.get(&base).await.ok()["data"][0]["synchronized"], json!(false));
        let plain = json!({"name": "Reports only", "merchantIds": [MERCHANT]});
        let plain = house.admin(Method::POST, "/clients", Some(plain)).await.ok();
        let plain = house.token_for(&plain).await;
        assert_eq!(house.call(Method::GET, &base, Some(&plain), None).await.status, 403);
    }
}
