//! `/pos/{sourceId}/stopList…`: does a register stop a product at its place, and sell it again?

use crate::menu::{again, product, tag, tree, two_places};
use http::Method;
use serde_json::json;
use testkit::restaurant::BEER;

testkit::on_both_engines! {
    /// stopProduct, readStopList, releaseProduct: both registers of the place see it, the other place sells on.
    async fn a_register_stops_a_product_and_sells_it_again(engine: Engine) {
        let (house, second) = two_places(engine).await;
        let list = format!("/pos/{}/stopList", house.restaurant.source_id);
        let (one, two) = (house.register(1), house.register(2));
        let empty = two.send(Method::GET, &list, None).await.unwrap();
        assert_eq!(empty.json, json!({"data": []}));
        let stopped = one.put(&format!("{list}/{BEER}"), &json!({})).await.unwrap();
        assert_eq!(stopped["data"][0]["productId"], BEER);
        let seen = again(&two, &list, &tag(&empty)).await;
        assert_eq!((seen.status, &seen.json), (200, &stopped));
        assert_eq!(again(&two, &list, &tag(&seen)).await.status, 304);
        for (place, shown) in [(&house.restaurant.place_id, false), (&second, true)] {
            assert_eq!(product(&tree(&house, place).await, BEER)["placeValues"]["showInPos"], shown);
        }
        assert_eq!(two.delete(&format!("{list}/{BEER}")).await.unwrap(), json!({"data": []}));
        assert_eq!(product(&tree(&house, &house.restaurant.place_id).await, BEER)["placeValues"]["showInPos"], true);
        for method in [Method::PUT, Method::DELETE] {
            let answer = one.send(method, &format!("{list}/p:none"), None).await.unwrap();
            assert_eq!(answer.status, 404, "{}", answer.text);
        }
    }
}
