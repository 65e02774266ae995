//! `/admin/v1/partner/…`

mod balances;
mod breakage;
mod cards;
mod codes;
mod connections;
mod credentials;
mod customers_clients;
mod datasync_secrets;
mod explain;
mod forgotten;
mod holds;
mod issuers;
mod members;
mod merchants;
mod merges;
mod offers;
mod once;
mod promotions;
mod quarantine;
mod top_up_codes;
mod usages;
mod vouchers;

use http::Method;
use serde_json::Value;
use testkit::House;

/// Sends a body to the merchant's set-up; status and answer.
pub(crate) async fn send(house: &House, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
    let path = format!("{}{path}", house.partner_admin());
    let answer = house.app.admin.send(method, &path, body.map(|body| body.to_string().into_bytes())).await;
    let answer = answer.expect("an answer");
    (answer.status, answer.json)
}

/// Every body is refused with 400 that names the field.
pub(crate) async fn refused(house: &House, cases: &[(Method, &str, Value, &str)]) {
    let before = house.rows().await;
    for (method, path, body, field) in cases {
        let (status, answer) = send(house, method.clone(), path, Some(body)).await;
        assert_eq!(status, 400, "{method} {path} {body}: {answer}");
        let named = answer["field"] == *field || answer["message"].as_str().unwrap().contains(field);
        assert!(named, "{method} {path} {body}: {field} is not in {answer}");
    }
    assert_eq!(house.rows().await, before);
}

/// Every call is 404, for ids of another merchant too.
pub(crate) async fn missing(house: &House, cases: &[(Method, &str, Option<Value>)]) {
    let before = house.rows().await;
    let other = crate::admin::partner::other_merchant(house).await;
    for (method, path, body) in cases {
        for merchant in [&other, "nobody"] {
            let path = format!("/admin/v1/partner/merchants/{merchant}{path}");
            let body = body.as_ref().map(|body| body.to_string().into_bytes());
            let answer = house.app.admin.send(method.clone(), &path, body).await.expect("an answer");
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
        }
    }
    let mut after = house.rows().await;
    after.insert("partner_merchant".to_owned(), before["partner_merchant"]);
    assert_eq!(after, before);
}

/// A merchant with nothing in it.
pub(crate) async fn other_merchant(house: &House) -> String {
    let merchant = serde_json::json!({"name": "Other", "currencyCode": "CZK", "pricePrecision": 2,
        "timeZone": "Europe/Prague"});
    house.app.admin.put("/admin/v1/partner/merchants/other", &merchant).await.expect("a merchant");
    "other".to_owned()
}
