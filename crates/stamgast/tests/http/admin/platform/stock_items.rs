//! `…/stockItems/{itemId}`: is an item put with what each stock has of it, and gone from all of them once it is taken away?

use super::{at, refused, send};
use http::Method;
use serde_json::json;
use stamgast::demo::stocks::{CENTRAL_STOCK, STOCK};
use testkit::{House, assert_number};

testkit::on_both_engines! {
    /// putPlatformStockItem, getPlatformStockItem, deletePlatformStockItem: a stock that is not named keeps none of it.
    async fn an_item_is_in_the_stocks_that_it_names(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, "/stockItems/rum");
        assert_eq!(send(&house, Method::GET, &path, None).await.0, 404);
        let held = |stock: &str, amount: &str| json!({"stockId": stock, "amount": amount, "priceWithoutVat": "12.3456"});
        let body = |amounts| json!({"name": "Rum", "stockItemCategoryId": "sc:napoje", "measure": "l", "vatRate": "0.21", "amounts": amounts});
        let both = body(json!([held(STOCK, "0.5"), held(CENTRAL_STOCK, "7")]));
        let (status, put) = send(&house, Method::PUT, &path, Some(&both)).await;
        assert_eq!((status, put["amounts"].as_array().unwrap().len(), &put["_removed"]), (200, 2, &json!(false)), "{put}");
        assert_eq!(send(&house, Method::GET, &path, None).await.1, put);
        let platform = house.platform().await;
        let listed = async |stock: &str| {
            let list = platform.get(&format!("/stocks/{}/stocks/{stock}/items", house.restaurant.merchant_id)).await.unwrap();
            list["data"].as_array().unwrap().iter().find(|item| item["itemId"] == "rum").cloned()
        };
        assert_number("at the bar", "0.5", &listed(STOCK).await.unwrap()["amount"]);
        assert_number("with VAT", "14.938176", &listed(STOCK).await.unwrap()["priceWithVat"]);
        let one = body(json!([held(CENTRAL_STOCK, "6.25")]));
        assert_eq!(send(&house, Method::PUT, &path, Some(&one)).await.0, 200);
        assert_eq!(listed(STOCK).await, None);
        assert_number("in the cellar", "6.25", &listed(CENTRAL_STOCK).await.unwrap()["amount"]);
        assert_eq!(send(&house, Method::DELETE, &path, None).await.1["_removed"], true);
        assert_eq!((listed(STOCK).await, listed(CENTRAL_STOCK).await), (None, None));
        assert_eq!(send(&house, Method::DELETE, &path, None).await.0, 404);
    }

    /// putPlatformStockItem: what is wrong is named.
    async fn what_is_wrong_is_named(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, "/stockItems/rum");
        refused(&house, &[
            (Method::PUT, path.clone(), json!({"name": "Rum"}), "vatRate"),
            (Method::PUT, path.clone(), json!({"name": "", "vatRate": 0}), "name"),
            (Method::PUT, path.clone(), json!({"name": "Rum", "vatRate": 0, "measure": "barrel\n"}), "measure"),
            (Method::PUT, path.clone(), json!({"name": "Rum", "vatRate": 0, "amounts": [{"stockId": STOCK, "amount": 1}]}), "amounts[0].priceWithoutVat"),
            (Method::PUT, path, json!({"name": "Rum", "vatRate": 0, "colour": "brown"}), "colour"),
        ]).await;
    }
}
