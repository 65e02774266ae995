//! `…/stockItemCategories/{stockItemCategoryId}`: are categories of stock put below each other, and kept while something is in them?

use super::{at, refused, send};
use http::Method;
use serde_json::json;
use testkit::House;

testkit::on_both_engines! {
    /// putPlatformStockItemCategory, getPlatformStockItemCategory, deletePlatformStockItemCategory.
    async fn a_category_stays_while_something_is_in_it(engine: Engine) {
        let house = House::start(engine).await;
        let of = |id: &str| at(&house, &format!("/stockItemCategories/{id}"));
        let beers = json!({"name": "Piva", "parentCategoryId": "sc:napoje"});
        let (status, put) = send(&house, Method::PUT, &of("sc:piva"), Some(&beers)).await;
        assert_eq!((status, &put["name"], &put["parentCategoryId"]), (200, &json!("Piva"), &json!("sc:napoje")), "{put}");
        assert_eq!(send(&house, Method::GET, &of("sc:piva"), None).await.1, put);
        refused(&house, &[
            (Method::PUT, of("sc:napoje"), json!({"name": "Nápoje", "parentCategoryId": "sc:piva"}), "parentCategoryId"),
            (Method::PUT, of("sc:piva"), json!({"name": "Piva", "parentCategoryId": "none"}), "parentCategoryId"),
            (Method::PUT, of("sc:piva"), json!({}), "name"),
        ]).await;
        let (status, kept) = send(&house, Method::DELETE, &of("sc:napoje"), None).await;
        assert_eq!((status, &kept["name"]), (409, &json!("CATEGORY_IN_USE")), "{kept}");
        assert_eq!(send(&house, Method::DELETE, &of("sc:piva"), None).await.1["_removed"], true);
        assert_eq!(send(&house, Method::GET, &of("sc:piva"), None).await.1["_removed"], true);
        for path in [of("sc:piva"), of("none")] {
            assert_eq!(send(&house, Method::DELETE, &path, None).await.0, 404);
        }
        assert_eq!(send(&house, Method::GET, &of("none"), None).await.0, 404);
    }
}
