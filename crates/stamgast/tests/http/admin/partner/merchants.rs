//! `/admin/v1/partner/merchants/{merchantId}`: is a merchant of the partner set up as a whole, and are its books safe?

use super::{refused, send};
use http::Method;
use serde_json::{Value, json};
use testkit::House;

testkit::on_both_engines! {
    /// putPartnerMerchant, getPartnerMerchant: what was put is what is shown; what was left out keeps its program.
    async fn a_merchant_is_set_up_and_shown(engine: Engine) {
        let house = House::start(engine).await;
        let path = "/admin/v1/partner/merchants/bistro";
        let body = json!({"name": "Bistro", "currencyCode": "EUR", "pricePrecision": 2, "timeZone": "Europe/Bratislava",
            "holdTtlSeconds": 240, "program": {"earn": {"points": 2, "perAmount": 5}}});
        let shown = house.app.admin.put(path, &body).await.unwrap();
        assert_eq!((&shown["name"], &shown["currencyCode"], &shown["holdTtlSeconds"]), (&json!("Bistro"), &json!("EUR"), &json!(240)));
        assert_eq!((&shown["program"]["earn"]["points"], &shown["program"]["earn"]["perAmount"]), (&json!(2), &json!(5)));
        assert_eq!(house.app.admin.get(path).await.unwrap(), shown);
        let renamed = json!({"name": "Bistro 2", "currencyCode": "EUR", "pricePrecision": 2, "timeZone": "Europe/Vienna"});
        let again = house.app.admin.put(path, &renamed).await.unwrap();
        assert_eq!((&again["name"], &again["timeZone"]), (&json!("Bistro 2"), &json!("Europe/Vienna")));
        assert_eq!(again["program"], shown["program"], "the program stays");
        // the merchants stay apart
        let (_, own) = send(&house, Method::GET, "", None).await;
        assert_eq!(own["name"], "U Štamgasta s.r.o.");
    }

    /// putPartnerMerchant: the books count in a currency and its precision, so both stay.
    async fn what_the_books_count_in_stays(engine: Engine) {
        let house = House::start(engine).await;
        let (_, own) = send(&house, Method::GET, "", None).await;
        for (member, value) in [("currencyCode", json!("EUR")), ("pricePrecision", json!(3))] {
            let mut body = own.clone();
            body[member] = value;
            let (status, answer) = send(&house, Method::PUT, "", Some(&body)).await;
            assert!(status == 409 && answer["message"].as_str().unwrap().contains(member), "{answer}");
        }
        assert_eq!(send(&house, Method::GET, "", None).await.1, own);
        let changed = |member: &str, value: Value| {
            let mut body = own.clone();
            body[member] = value;
            body
        };
        refused(&house, &[
            (Method::PUT, "", changed("timeZone", json!("Europe/Nowhere")), "timeZone"),
            (Method::PUT, "", changed("pricePrecision", json!(4)), "pricePrecision"),
            (Method::PUT, "", changed("currencyCode", json!("crowns")), "currencyCode"),
            (Method::PUT, "", changed("holdTtlSeconds", json!(-1)), "holdTtlSeconds"),
            (Method::PUT, "", changed("colour", json!("red")), "colour"),
        ]).await;
        assert_eq!(send(&house, Method::GET, "", None).await.1, own);
    }
}
