//! Is an id that is not there, or is another merchant's, found by no operation? The description says which ids paths have.

use crate::examples::filled;
use crate::matrix::{Operation, callers, operations};
use http::Method;
use serde_json::json;
use stamgast::demo::restaurant::{Wishes, set_up};
use stamgast::demo::stocks::{BEER_ITEM, STOCK, STOCK_TAKING, STOCK_UP, SUPPLIER};
use std::collections::BTreeMap;
use testkit::restaurant::{ADDITION_CATEGORY, BEER, CARD, DESK, LUNCH_MENU, MAIN, PROMO, VARIABLE};
use testkit::{House, eventually, fed};

/// Calls that make what their last id names.
const MAKERS: [&str; 12] = [
    "putPartnerPromotion",
    "putPlatformDesk",
    "putPlatformPerson",
    "putPlatformPlace",
    "putPlatformRestaurant",
    "putPlatformSection",
    "putPlatformStock",
    "putPlatformStockItem",
    "putPlatformStockItemCategory",
    "putPlatformStockTaking",
    "putPlatformStockUp",
    "putPlatformSupplier",
];
/// Calls with an id that is not there that are no 404, with the reason.
const OTHERWISE: [(&str, &str, u16); 2] = [
    // the platform has no list of the provider's customers: whoever is in no copy is forgotten already
    ("deletePlatformCustomer", "customerId", 204),
    // which period is asked before which issuer
    ("getPartnerIssuer", "issuerId", 400),
];
/// The merchant and its places: `matrix.rs` tries others of them.
const TRIED_ELSEWHERE: [&str; 2] = ["merchantId", "sourceId"];

/// The path's parameters.
fn parameters(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect()
}

fn with(operation: &Operation, known: &BTreeMap<&str, String>, changed: &str, value: &str) -> String {
    let mut path = operation.path.clone();
    for name in parameters(&operation.path) {
        let value = if name == changed {
            value
        } else {
            known
                .get(name)
                .unwrap_or_else(|| panic!("{name} of {} is a new id: say one that there is", operation.path))
        };
        path = path.replace(&format!("{{{name}}}"), value);
    }
    path
}

testkit::on_both_engines! {
    async fn an_id_that_is_not_there_is_found_by_nobody(engine: Engine) {
        let house = House::start(engine).await;
        let of = &house.restaurant;
        let other = set_up(&house.app.admin, &Wishes::new(&house.app.outside, house.app.url())).await.unwrap();
        fed(&house.app.admin, &other.merchant_id).await;
        let (register, platform) = (house.register(1), house.platform().await);
        // one of everything that is made by calls
        let paid = house.open_check(1, &[(BEER, 1)], &[]).await;
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 59}]});
        let bill = register.post(&format!("{paid}/pay"), &pay).await.unwrap();
        let check = house.open_check(1, &[(MAIN, 2)], &[CARD]).await;
        let offered = register.post(&format!("{check}/offer"), &json!({})).await.unwrap();
        let order = json!({"externalId": "o1", "deliveryType": "takeaway", "customer": {"name": "Host"}, "items": [{"itemId": MAIN, "count": 1}]});
        let order = platform.post(&format!("/delivery/orders/{}", of.source_id), &order).await.unwrap();
        let booking = json!({"externalReservationId": "b1", "deskId": DESK});
        let reservation = platform.post(&format!("/reservations/{}/reservations", of.source_id), &booking).await.unwrap();
        let admin = format!("/admin/v1/platform/merchants/{}", of.merchant_id);
        house.app.admin.put(&format!("{admin}/persons/7"), &json!({"fullName": "Eva", "userName": "eva", "code": "9876"})).await.unwrap();
        let partner = house.partner_admin();
        house.app.admin.post(&format!("{partner}/members"), &json!({"memberId": "twice"})).await.unwrap();
        let merge = json!({"fromMemberId": "twice", "reason": "r"});
        let merge = house.app.admin.post(&format!("{partner}/members/{}/merges", of.member_id), &merge).await.unwrap();
        let holds = format!("{partner}/holds?balanceId={}", of.points_balance_id);
        let hold = eventually("the hold", async || house.app.admin.get(&holds).await.unwrap()["data"][0]["holdId"].as_str().map(str::to_owned)).await;
        let token = house.app.admin.post("/admin/v1/tokens", &json!({"name": "second"})).await.unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let known: BTreeMap<&str, String> = BTreeMap::from([
            ("merchantId", of.merchant_id.clone()),
            ("sourceId", of.source_id.clone()),
            ("placeId", of.place_id.clone()),
            ("billId", text(&bill["billId"])),
            ("orderId", text(&order["orderId"])),
            ("deskId", DESK.to_owned()),
            ("productId", VARIABLE.to_owned()),
            ("checkId", check.rsplit('/').next().unwrap().to_owned()),
            ("balanceId", of.credit_balance_id.clone()),
            ("inputCode", CARD.to_owned()),
            ("stockId", STOCK.to_owned()),
            ("stockTakingId", STOCK_TAKING.to_owned()),
            ("stockUpId", STOCK_UP.to_owned()),
            ("id", of.customer_id.to_string()),
            ("code", CARD.to_owned()),
            ("tokenPrefix", text(&token["tokenPrefix"])),
            ("holdId", hold),
            ("issuerId", "issuer".to_owned()),
            ("memberId", of.member_id.clone()),
            ("mergeId", text(&merge["mergeId"])),
            ("offerId", text(&offered["offer"]["loyaltyOfferId"])),
            ("promotionId", PROMO.to_owned()),
            ("customerId", of.member_id.clone()),
            ("additionCategoryId", ADDITION_CATEGORY.to_owned()),
            ("categoryId", "c:napoje".to_owned()),
            ("personId", "7".to_owned()),
            ("sectionId", "sal".to_owned()),
            ("reservationId", text(&reservation["reservationId"])),
            ("menuId", LUNCH_MENU.to_owned()),
            ("stockItemCategoryId", "sc:napoje".to_owned()),
            ("itemId", BEER_ITEM.to_owned()),
            ("supplierId", SUPPLIER.to_owned()),
        ]);
        // ids that only the other merchant has
        let foreign = BTreeMap::from([
            ("placeId", &other.place_id),
            ("memberId", &other.member_id),
            ("balanceId", &other.credit_balance_id),
        ]);
        let own = callers(&house, of).await;
        let description = house.app.anyone.get("/openapi.json").await.unwrap();
        let (mut wrong, mut tried) = (Vec::new(), 0);
        for operation in operations(&description) {
            let caller = operation.schemes.iter().find_map(|scheme| own.get(scheme.as_str())).unwrap_or(&house.app.anyone);
            let body = operation.example.as_ref().map(|example| filled(example, of).to_string().into_bytes());
            for name in parameters(&operation.path) {
                let makes_it = MAKERS.contains(&operation.id.as_str()) && parameters(&operation.path).last() == Some(&name);
                if TRIED_ELSEWHERE.contains(&name) || makes_it {
                    continue;
                }
                let nobody = if matches!(name, "personId" | "id") { "987654" } else { "none_such" };
                let otherwise = OTHERWISE.iter().find(|(id, parameter, _)| *id == operation.id && *parameter == name);
                let values = [Some(nobody), foreign.get(name).map(|id| id.as_str())];
                for value in values.into_iter().flatten() {
                    let path = with(&operation, &known, name, value);
                    let answer = caller.send(operation.method.clone(), &path, body.clone()).await.unwrap();
                    if answer.status != otherwise.map_or(404, |(_, _, status)| *status) {
                        wrong.push(format!("{} {name}: {} {path}: {} {}", operation.id, operation.method, answer.status, answer.text));
                    }
                    tried += 1;
                }
            }
        }
        assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
        assert!(tried > 80, "{tried}");
        // and what was known is there still
        for path in [format!("/bills/{}/{}", of.source_id, known["billId"]), format!("/delivery/orders/{}/{}", of.source_id, known["orderId"])] {
            assert_eq!(platform.send(Method::GET, &path, None).await.unwrap().status, 200);
        }
    }
}
