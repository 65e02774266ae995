//! `/admin/v1/platform/…`: how is the POS cloud set up?

mod bills;
mod clients;
mod customers;
mod datasync;
mod delivery;
mod desk_sections;
mod desks;
mod loyalty;
mod menu;
mod merchants;
mod persons;
mod places;
mod registers;
mod reservations;
mod restaurant;
mod stock_item_categories;
mod stock_items;
mod stocks;
mod suppliers;
mod time_based_menus;

use http::Method;
use serde_json::Value;
use testkit::House;

/// `/admin/v1/platform/merchants/{merchantId}` of the sample restaurant with this at the end.
fn at(house: &House, end: &str) -> String {
    format!("/admin/v1/platform/merchants/{}{end}", house.restaurant.merchant_id)
}

/// Sends a body as the administrator; status and answer.
async fn send(house: &House, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
    let body = body.map(|body| body.to_string().into_bytes());
    let answer = house.app.admin.send(method, path, body).await.expect("an answer");
    (answer.status, answer.json)
}

/// Every body is refused with 400 that names the field, and changes nothing.
async fn refused(house: &House, cases: &[(Method, String, Value, &str)]) {
    let before = house.rows().await;
    for (method, path, body, field) in cases {
        let (status, answer) = send(house, method.clone(), path, Some(body)).await;
        assert_eq!(
            (status, answer["field"].as_str()),
            (400, Some(*field)),
            "{method} {path} {body}: {answer}"
        );
    }
    assert_eq!(house.rows().await, before);
}
