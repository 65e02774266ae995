//! `/menu/{merchantId}…`: what does a merchant sell, where and for how much?

pub(crate) mod remaining_amounts;
mod stop_list;
mod time_based;
mod tree;
mod vat;

use http::Method;
use serde_json::{Value, json};
use stamgast::client::{Answer, JsonClient};
use testkit::{House, Scripted, eventually};

/// The restaurant with a second place in New York, whose id is given too.
pub(crate) async fn two_places(engine: db::Engine) -> (House, String) {
    let house = House::start(engine).await;
    let base = format!("/admin/v1/platform/merchants/{}", house.restaurant.merchant_id);
    let merchant = house.app.admin.get(&base).await.unwrap();
    let second = merchant["places"][1]["placeId"].as_str().unwrap().to_owned();
    let place = json!({"name": "Corner", "timeZone": "America/New_York"});
    house.app.admin.put(&format!("{base}/places/{second}"), &place).await.unwrap();
    testkit::fed(&house.app.admin, &house.restaurant.merchant_id).await;
    (house, second)
}

/// The path of a set-up below the merchant.
pub(crate) fn set_up(house: &House, noun: &str) -> String {
    format!("/admin/v1/platform/merchants/{}/{noun}", house.restaurant.merchant_id)
}

pub(crate) async fn put_menu(house: &House, menu: Value) -> Value {
    house.app.admin.put(&set_up(house, "menu"), &menu).await.unwrap()
}

/// `/menu/{merchantId}` and what follows.
pub(crate) fn path(house: &House, rest: &str) -> String {
    format!("/menu/{}{rest}", house.restaurant.merchant_id)
}

/// The tree at a place, or of all places where it is empty.
pub(crate) async fn tree(house: &House, place: &str) -> Value {
    let query = if place.is_empty() { String::new() } else { format!("?placeId={place}") };
    house.platform().await.get(&path(house, &query)).await.unwrap()
}

/// A node of a tree, wherever it stands.
pub(crate) fn find<'t>(items: &'t Value, member: &str, id: &str) -> Option<&'t Value> {
    items
        .as_array()?
        .iter()
        .find_map(|node| if node[member] == id { Some(node) } else { find(&node["items"], member, id) })
}

#[track_caller]
pub(crate) fn product<'t>(tree: &'t Value, id: &str) -> &'t Value {
    find(&tree["items"], "productId", id).unwrap_or_else(|| panic!("{id} is not in the tree"))
}

/// Asks again for what has this tag.
pub(crate) async fn again(caller: &JsonClient, path: &str, tag: &str) -> Answer {
    caller.header("if-none-match", tag).send(Method::GET, path, None).await.unwrap()
}

pub(crate) fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

/// A receiver that follows the first place.
pub(crate) async fn follower(house: &House) -> Scripted {
    let receiver = Scripted::start([]).await;
    let to = json!({"url": format!("{}/feed", receiver.url()), "secret": "s", "method": "POST", "fromDate": "2026-01-01"});
    let path = set_up(house, &format!("places/{}/datasync", house.restaurant.place_id));
    house.app.admin.put(&path, &to).await.unwrap();
    receiver
}

/// The newest state of a record that the receiver got, once it is as `wanted`.
pub(crate) async fn told(
    receiver: &Scripted,
    domain: &str,
    member: &str,
    id: &str,
    wanted: impl Fn(&Value) -> bool,
) -> Value {
    eventually(&format!("{domain} {id}"), async || {
        let batches = receiver.received().into_iter().map(|request| request.json());
        let records = batches
            .filter(|batch| batch["dataDomain"] == domain)
            .flat_map(|batch| batch["data"].as_array().unwrap().clone());
        records.filter(|record| record[member] == id).last().filter(|record| wanted(record))
    })
    .await
}
