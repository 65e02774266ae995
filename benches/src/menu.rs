//! How long does a reader wait for a large menu, and how long for the word that it is as it was?

use crate::ratio::ratio;
use crate::site::Site;
use anyhow::Context as _;
use db::Engine;
use serde_json::{Value, json};
use stamgast::client::JsonClient;
use std::time::{Duration, Instant};

/// Products of the menu, and categories they stand in.
const PRODUCTS: usize = 2_000;
const CATEGORIES: usize = 100;
/// Requests whose answers are thrown away first.
const WARM_UP: usize = 50;
/// What the tree must be answered within, µs at p99.
const TREE_P99_BELOW: u64 = 20_000;
/// The same of the 304.
const NOT_MODIFIED_P99_BELOW: u64 = 2_000;

/// The tree of a menu of 2,000 products at one place, and the 304 to who has it: one caller, one request after the other,
/// until the last byte is there.
pub(crate) async fn measure(engine: Engine, requests: u64) -> anyhow::Result<Value> {
    let site = Site::open(engine, 1, 0).await?;
    let restaurant = &site.restaurant;
    let admin = JsonClient::new(site.app.url())?.bearer(&site.app.admin_token("menu").await?);
    let path = format!("/admin/v1/platform/merchants/{}/menu", restaurant.merchant_id);
    admin.put(&path, &menu(&restaurant.place_id)).await.context("the menu")?;
    let login = json!({"client_id": restaurant.client_id, "client_secret": restaurant.client_secret,
        "grant_type": "client_credentials"});
    let granted = JsonClient::new(site.app.url())?.post("/api/auth/authorize", &login).await?;
    let token = granted["access_token"].as_str().context("an access token")?.to_owned();
    let url = format!("{}/menu/{}?placeId={}", site.app.url(), restaurant.merchant_id, restaurant.place_id);
    let http = stamgast::client::builder()?.build()?;
    let ask = |tag: Option<String>| {
        let mut request = http.get(&url).bearer_auth(&token);
        if let Some(tag) = tag {
            request = request.header("if-none-match", tag);
        }
        async move {
            let begun = Instant::now();
            let answer = request.send().await?;
            let (status, tag) = (answer.status().as_u16(), answer.headers().get("etag").cloned());
            let bytes = answer.bytes().await?.len();
            let tag = tag.context("an ETag")?.to_str()?.to_owned();
            anyhow::Ok((begun.elapsed(), status, bytes, tag))
        }
    };
    let count = usize::try_from((requests / 40).max(200))?;
    let (mut whole, mut same, mut size) = (Vec::new(), Vec::new(), 0);
    for turn in 0..WARM_UP + count {
        let (waited, status, bytes, tag) = ask(None).await?;
        anyhow::ensure!(status == 200, "expected the tree, found {status}");
        let (again, status, _, _) = ask(Some(tag)).await?;
        anyhow::ensure!(status == 304, "expected that nothing moved, found {status}");
        if turn >= WARM_UP {
            whole.push(waited);
            same.push(again);
            size = bytes;
        }
    }
    site.close().await?;
    let ratio = ratio(micros(at(&mut same, 50)), micros(at(&mut whole, 50)));
    let holds =
        micros(at(&mut whole, 99)) < TREE_P99_BELOW && micros(at(&mut same, 99)) < NOT_MODIFIED_P99_BELOW;
    Ok(
        json!({"products": PRODUCTS, "bytes": size, "tree": percentiles(whole), "notModified": percentiles(same),
        "ratio": ratio, "holds": holds}),
    )
}

/// Products with a description, three levels of prices and an addition each, in two levels of categories.
fn menu(place: &str) -> Value {
    let categories: Vec<Value> = (0..CATEGORIES)
        .map(|number| {
            let parent = (number >= 10).then(|| format!("c:{}", number % 10));
            json!({"categoryId": format!("c:{number}"), "parentCategoryId": parent, "name": format!("Category {number}")})
        })
        .collect();
    let products: Vec<Value> = (0..PRODUCTS)
        .map(|number| {
            json!({"productId": format!("p:{number}"), "categoryId": format!("c:{}", number % CATEGORIES), "name": format!("Product {number}"),
                "price": 100 + number % 50, "vatRate": 0.12, "allergens": [1, 3, 7], "labels": ["vegan"],
                "description": "Slowly braised in its own juice, with dumplings and a spoon of cranberries",
                "additionCategoryIds": ["ac:bread"], "vatRateChanges": [{"from": "2100-01-01", "vatRate": 0.15}],
                "placesValues": {place: {"priceLevels": {"takeaway": {"price": 90}, "staff": {"price": 50}}}}})
        })
        .collect();
    let bread = json!({"additionCategoryId": "ac:bread", "title": "Bread", "additions": [
        {"additionId": "a:roll", "title": "Roll", "additionPrice": 5}]});
    json!({"categories": categories, "products": products, "additionCategories": [bread]})
}

fn percentiles(mut waited: Vec<Duration>) -> Value {
    json!({"requests": waited.len(), "p50Micros": micros(at(&mut waited, 50)), "p99Micros": micros(at(&mut waited, 99))})
}

fn at(waited: &mut [Duration], percent: usize) -> Duration {
    waited.sort();
    let index = (waited.len() * percent / 100).min(waited.len().saturating_sub(1));
    waited.get(index).copied().unwrap_or_default()
}

fn micros(waited: Duration) -> u64 {
    u64::try_from(waited.as_micros()).unwrap_or(u64::MAX)
}
