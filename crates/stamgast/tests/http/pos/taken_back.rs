//! A bill is given back at the till: does every balance at the partner end where it began? (loyalty.md, property 5)

use serde_json::{Value, json};
use testkit::restaurant::{BEER, CARD, DESSERT, MAIN, MPV, PROMO, SPV};
use testkit::{House, assert_number, eventually};

/// The worked bill without its beer promotion: discount, SPV, points, MPV, 100.00 of credit, cash for the rest.
async fn sell(house: &House) -> Value {
    let register = house.register(1);
    let path = house.open_check(1, &[(MAIN, 2), (BEER, 3), (DESSERT, 1)], &[CARD, PROMO, SPV, MPV]).await;
    register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
    let choice = format!("{path}/balances/{}", house.restaurant.credit_balance_id);
    register.put(&choice, &json!({"controllableValueToUse": 100})).await.unwrap();
    let check = register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
    let cash = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": check["toPay"]}]});
    register.post(&format!("{path}/pay"), &cash).await.unwrap()
}

/// Every report of the platform has reached the partner.
pub(super) async fn told(house: &House, count: usize) {
    let platform = house.platform().await;
    let path = format!("/loyalty/{}/benefitUsages?synchronized=true", house.restaurant.source_id);
    eventually("every report", async || {
        let page = platform.get(&path).await.unwrap();
        (page["data"].as_array().unwrap().len() == count).then_some(())
    })
    .await;
}

async fn posted(house: &House) -> Vec<(String, String)> {
    let mut posted = Vec::new();
    let restaurant = &house.restaurant;
    for id in [SPV, MPV, &restaurant.credit_balance_id, &restaurant.points_balance_id] {
        posted.push((id.to_owned(), house.balance(id).await["posted"].to_string()));
    }
    posted
}

testkit::on_both_engines! {
    async fn a_cancelled_bill_leaves_every_balance_as_it_was(engine: Engine) {
        let house = House::start(engine).await;
        let before = posted(&house).await;
        let bill = sell(&house).await;
        told(&house, 1).await;
        assert_ne!(posted(&house).await, before);
        let path = format!("/pos/{}/bills/{}/cancel", house.restaurant.source_id, bill["billId"].as_str().unwrap());
        let corrective = house.register(1).post(&path, &json!({})).await.unwrap();
        assert_eq!(corrective["refundedBillIdentifier"], bill["billId"]);
        told(&house, 2).await;
        assert_eq!(posted(&house).await, before);
        house.assert_verified().await;
    }

    async fn part_after_part_leaves_every_balance_as_it_was(engine: Engine) {
        let house = House::start(engine).await;
        let before = posted(&house).await;
        let bill = sell(&house).await;
        let item = |index: usize| bill["items"][index]["id"].clone();
        let path = format!("/pos/{}/bills/{}/refunds", house.restaurant.source_id, bill["billId"].as_str().unwrap());
        let register = house.register(1);
        let mut sum = money::Decimal::ZERO;
        for body in [
            json!({"items": [{"checkItemId": item(1), "amount": 2}]}),
            json!({"items": [{"checkItemId": item(0), "amount": 1}], "tender": "moneyFirst"}),
            json!({"items": [{"checkItemId": item(2)}, {"checkItemId": item(1)}]}),
            json!({}),
        ] {
            let corrective = register.post(&path, &body).await.unwrap();
            sum += money::parse_decimal(&corrective["finalPrice"].to_string()).unwrap();
        }
        assert_number("all of it", &(-sum).to_string(), &bill["finalPrice"]);
        told(&house, 5).await;
        assert_eq!(posted(&house).await, before);
        house.assert_verified().await;
    }
}
