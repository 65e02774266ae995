//! `…/places/{placeId}/bills/{billId}`: is a bill that was made by mistake taken out of the books, once?

use super::{at, send};
use crate::pos::scripted::{Till, text};
use http::Method;
use serde_json::json;
use testkit::restaurant::{BEER, MAIN};

testkit::on_both_engines! {
    /// deletePlatformBill: what was sold comes back, the bill says so, and a second call changes nothing.
    async fn a_bill_is_deleted_once_and_says_so(engine: Engine) {
        let till = Till::start(engine).await;
        let bill = till.sell(&[(MAIN, 1), (BEER, 1)], None, &[("cash", "248")]).await;
        let at_place = |place: &str, bill: &str| at(&till.house, &format!("/places/{place}/bills/{bill}"));
        let place = till.house.restaurant.place_id.clone();
        let path = at_place(&place, &text(&bill["billId"]));
        let (status, deleted) = send(&till.house, Method::DELETE, &path, None).await;
        assert_eq!((status, &deleted["billId"], &deleted["deleted"], &deleted["refunded"]),
            (200, &bill["billId"], &json!(true), &json!(true)), "{deleted}");
        assert_eq!(till.bill(&bill).await, deleted);
        let rows = till.kept().await;
        assert_eq!(send(&till.house, Method::DELETE, &path, None).await, (200, deleted));
        for (path, named) in [
            (at_place(&place, "QX2026999999"), "bill QX2026999999 not found"),
            (at_place("nowhere", &text(&bill["billId"])), "place nowhere not found"),
        ] {
            let (status, answer) = send(&till.house, Method::DELETE, &path, None).await;
            assert_eq!((status, answer["message"].as_str()), (404, Some(named)));
        }
        assert_eq!(till.kept().await, rows);
    }
}
