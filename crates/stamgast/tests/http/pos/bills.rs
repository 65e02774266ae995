//! `/pos/{sourceId}/bills/{billId}…`: does a register see and take back what it sold, and nobody else's?

use super::scripted::{Till, payments, text};
use http::Method;
use serde_json::json;
use testkit::restaurant::{BEER, MAIN};

testkit::on_both_engines! {
    /// readBill: the register reads its bill as the application does; a bill that is not there is none.
    async fn a_register_reads_the_bill_it_made(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = till.sell(&[(MAIN, 1), (BEER, 2)], None, &[("cash", "307")]).await;
        for number in [1, 2] {
            let read = till.house.register(number).get(&till.bill_path(&bill, "")).await.unwrap();
            assert_eq!(read, till.bill(&bill).await, "register {number}");
        }
        let register = till.house.register(1);
        let path = format!("/pos/{}/bills/none", till.house.restaurant.source_id);
        let answer = register.send(Method::GET, &path, None).await.unwrap();
        assert_eq!((answer.status, &answer.json["message"]), (404, &json!("bill none not found")));
    }

    /// cancelBill, refundBill: a part comes back, then the rest, then nothing is left.
    async fn a_bill_comes_back_in_parts_and_then_whole(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = till.sell(&[(MAIN, 1), (BEER, 1)], None, &[("cash", "100"), ("card", "148")]).await;
        let register = till.house.register(1);
        let beer = bill["items"].as_array().unwrap().iter().find(|item| item["productId"] == BEER).unwrap();
        let part = json!({"items": [{"checkItemId": beer["id"], "amount": 1}], "reason": "warm", "requestId": "r-1"});
        let first = register.post(&till.bill_path(&bill, "/refunds"), &part).await.unwrap();
        assert_eq!((text(&first["finalPrice"]), &first["refundReason"]), ("-59".to_owned(), &json!("warm")));
        assert_eq!(register.post(&till.bill_path(&bill, "/refunds"), &part).await.unwrap(), first, "a repeat");
        let rest = register.post(&till.bill_path(&bill, "/cancel"), &json!({"reason": "gone"})).await.unwrap();
        assert_eq!(text(&rest["finalPrice"]), "-189");
        let paid_back: Vec<String> = payments(&first).into_iter().chain(payments(&rest)).map(|(_, value)| value).collect();
        assert!(paid_back.iter().all(|value| value.starts_with('-')), "{paid_back:?}");
        assert_eq!(till.bill(&bill).await["refunded"], true);
        let rows = till.kept().await;
        assert_eq!(register.post(&till.bill_path(&bill, "/cancel"), &json!({})).await.unwrap(), rest, "a repeat");
        let answer = register.send(Method::POST, &till.bill_path(&bill, "/refunds"), Some(b"{}".to_vec())).await.unwrap();
        assert_eq!((answer.status, &answer.json["name"]), (409, &json!("NOTHING_LEFT")), "{}", answer.text);
        assert_eq!(till.kept().await, rows);
    }
}
