//! `…/suppliers/{supplierId}`: who delivers, and who did once?

use super::{at, refused, send};
use http::Method;
use serde_json::json;
use stamgast::demo::stocks::{STOCK, STOCK_UP, SUPPLIER};
use testkit::House;

testkit::on_both_engines! {
    /// putPlatformSupplier, getPlatformSupplier, deletePlatformSupplier: what was delivered still says by whom.
    async fn a_supplier_is_put_renamed_and_taken_away(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, &format!("/suppliers/{SUPPLIER}"));
        let (status, put) = send(&house, Method::PUT, &path, Some(&json!({"supplierName": "Pivovar"}))).await;
        assert_eq!((status, &put["supplierId"], &put["supplierName"], &put["_removed"]),
            (200, &json!(SUPPLIER), &json!("Pivovar"), &json!(false)), "{put}");
        assert_eq!(send(&house, Method::GET, &path, None).await.1, put);
        assert_eq!(send(&house, Method::DELETE, &path, None).await.1["_removed"], true);
        assert_eq!(send(&house, Method::GET, &path, None).await.1["_removed"], true);
        assert_eq!(send(&house, Method::DELETE, &path, None).await.0, 404);
        let (_, delivered) = send(&house, Method::GET, &at(&house, &format!("/stocks/{STOCK}/stockUps/{STOCK_UP}")), None).await;
        assert_eq!((&delivered["supplierId"], &delivered["supplierName"]), (&json!(SUPPLIER), &json!("Pivovar")), "{delivered}");
        refused(&house, &[
            (Method::PUT, path.clone(), json!({}), "supplierName"),
            (Method::PUT, path.clone(), json!({"supplierName": ""}), "supplierName"),
            (Method::PUT, path, json!({"supplierName": "x", "phone": "1"}), "phone"),
        ]).await;
        assert_eq!(send(&house, Method::GET, &at(&house, "/suppliers/none"), None).await.0, 404);
    }
}
