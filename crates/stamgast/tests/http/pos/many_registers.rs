//! `/pos/{sourceId}/…`: what is left when twenty registers sell at one place at once, with pieces that run out, a stop list and
//! orders from elsewhere?
//!
//! Everybody writes down what the platform answered. In the end the pieces that are left are those that bills, open checks
//! and orders leave, the takings are what the registers took, and no call was refused but by a rule.

use crate::menu::put_menu;
use http::Method;
use serde_json::{Value, json};
use stamgast::client::{Answer, JsonClient};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use testkit::restaurant::{BEER, DESSERT, MAIN};
use testkit::{House, eventually};

const REGISTERS: usize = 20;
/// How often each register begins something where no time is given.
const ROUNDS: usize = 8;
/// How long they sell, in seconds: for long runs.
const SECONDS: &str = "SELLING_SECONDS";
/// Pieces of the day: a fifth of what is asked for, so that they run out whatever the dice and the machine do.
const PIECES: [(&str, i64); 2] = [(MAIN, 30), (DESSERT, 20)];
/// A burger, with which a dessert may go.
const BURGER: &str = "p:burger-of-many";

/// Repeatable draws of one caller.
struct Dice(u64);

impl Dice {
    fn of(caller: usize) -> Self {
        Self(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(u64::try_from(caller).unwrap() + 1) | 1)
    }

    /// A number from 0 up to `below`.
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }

    fn happens(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }
}

/// What everybody wrote down.
#[derive(Default)]
struct Log {
    /// Bills that gave their pieces back, or handed them to another check.
    undone: BTreeSet<String>,
    /// Money taken less money given back, in hundredths.
    taken: i64,
    refused: BTreeMap<String, u64>,
    wrong: Vec<String>,
    paid: u64,
}

/// The place and everybody at it.
struct Place {
    house: House,
    registers: Vec<JsonClient>,
    application: JsonClient,
    log: Mutex<Log>,
    ends_at: Option<Instant>,
}

impl Place {
    async fn open(engine: testkit::Engine) -> Self {
        let house = House::start(engine).await;
        let of = &house.restaurant;
        let items: Vec<Value> =
            PIECES.iter().map(|(id, pieces)| json!({"productId": id, "quantity": pieces})).collect();
        put_menu(&house, json!({
            "products": [{"productId": BURGER, "name": "Burger", "price": 150, "vatRate": 0.12, "additionCategoryIds": ["ac:of-many"]}],
            "additionCategories": [{"additionCategoryId": "ac:of-many", "title": "With it", "additions": [
                {"additionId": "a:dessert-of-many", "title": "Dessert", "additionPrice": 40, "productId": DESSERT}]}],
            "timeBasedMenus": [{"menuId": "of-many", "placeId": of.place_id, "timeBasedMenuType": "dailyMenu",
                "since": "2026-03-02T09:00:00Z", "till": "2026-03-02T12:00:00Z", "items": items}]})).await;
        let mut registers = Vec::new();
        let path =
            format!("/admin/v1/platform/merchants/{}/places/{}/registers", of.merchant_id, of.place_id);
        for number in 1..=REGISTERS {
            let token = match of.pos_tokens.get(number - 1) {
                Some(token) => token.clone(),
                None => {
                    let body = json!({"deviceNumber": number, "name": format!("Register {number}")});
                    house.app.admin.post(&path, &body).await.unwrap()["posToken"].as_str().unwrap().to_owned()
                }
            };
            registers.push(house.app.anyone.bearer(&token));
        }
        let seconds = std::env::var(SECONDS).ok().map(|text| text.parse().expect("a number of seconds"));
        let ends_at = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        Self { application: house.platform().await, registers, log: Mutex::default(), ends_at, house }
    }

    fn pos(&self, rest: &str) -> String {
        format!("/pos/{}/{rest}", self.house.restaurant.source_id)
    }

    fn goes_on(&self, round: usize) -> bool {
        self.ends_at.map_or(round < ROUNDS, |end| Instant::now() < end)
    }

    /// Calls, and writes down a refusal that is none of those that the rules know here.
    async fn call(
        &self,
        caller: &JsonClient,
        method: Method,
        path: &str,
        body: Value,
        by_rule: &[(u16, &str)],
    ) -> Option<Answer> {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let answer = match caller.send(method.clone(), path, body).await {
            Ok(answer) => answer,
            Err(error) => {
                self.log.lock().unwrap().wrong.push(format!("{method} {path}: {error:#}"));
                return None;
            }
        };
        if (200..300).contains(&answer.status) {
            return Some(answer);
        }
        let name = answer.json["name"].as_str().unwrap_or_default().to_owned();
        let mut log = self.log.lock().unwrap();
        if by_rule.iter().any(|(status, known)| (*status, *known) == (answer.status, name.as_str())) {
            *log.refused.entry(name).or_default() += 1;
        } else {
            log.wrong.push(format!("{method} {path}: {} {}", answer.status, answer.text));
        }
        Some(answer)
    }

    async fn remaining(&self) -> BTreeMap<String, i64> {
        let amounts = self.registers[0].get(&self.pos("menu/remainingAmounts")).await.unwrap();
        amounts["amounts"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(id, left)| (id.clone(), left.as_i64().unwrap()))
            .collect()
    }
}

/// What the menu refuses at a register.
const ENDED: [(u16, &str); 2] = [(409, "SOLD_OUT"), (409, "PRODUCT_STOPPED")];
/// The same of an order.
const ORDER_ENDED: [(u16, &str); 2] = [(422, "SOLD_OUT"), (422, "PRODUCT_STOPPED")];
/// Another register decided an order first.
const DECIDED: [(u16, &str); 1] = [(409, "ORDER_STATE")];

/// Hundredths of an amount, whatever its form.
fn cents(amount: &Value) -> i64 {
    let text = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().unwrap() * 100 + sign * format!("{part:0<2}").parse::<i64>().unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A basket of what the dice say.
fn basket(dice: &mut Dice) -> Value {
    let mut lines = Vec::new();
    for (id, product, most) in [("m", MAIN, 3), ("d", DESSERT, 3), ("b", BEER, 3)] {
        let amount = dice.roll(most);
        if amount > 0 {
            lines.push(json!({"checkItemId": id, "productId": product, "amount": amount}));
        }
    }
    if lines.is_empty() || dice.happens(30) {
        let amount = 1 + dice.roll(2);
        lines.push(json!({"checkItemId": "x", "productId": BURGER, "amount": amount, "additions": [{"additionId": "a:dessert-of-many"}]}));
    }
    // products are named in another order at every register
    if dice.happens(50) {
        lines.reverse();
    }
    json!({"lines": lines})
}

/// One guest at a register: ordered, perhaps ordered otherwise, paid, perhaps given back.
async fn guest(place: &Place, register: &JsonClient, dice: &mut Dice) {
    let checks = place.pos("checks");
    let Some(opened) = place.call(register, Method::POST, &checks, json!({"deskId": "1"}), &[]).await else {
        return;
    };
    let check = format!("{checks}/{}", text(&opened.json["checkId"]));
    let lines = format!("{check}/lines");
    for _ in 0..=dice.roll(2) {
        place.call(register, Method::PUT, &lines, basket(dice), &ENDED).await;
    }
    match dice.roll(10) {
        // the guests go on sitting there
        0 => {}
        1 => {
            place.call(register, Method::PUT, &lines, json!({"lines": []}), &[]).await;
            place.call(register, Method::DELETE, &check, Value::Null, &[]).await;
        }
        _ => {
            pay(place, register, &check, dice).await;
        }
    }
}

/// Pays a check, with beer where the kitchen had nothing, and perhaps gives something back.
async fn pay(place: &Place, register: &JsonClient, check: &str, dice: &mut Dice) {
    let Some(mut shown) = place.call(register, Method::GET, check, Value::Null, &[]).await else { return };
    if shown.json["lines"] == json!([]) {
        let beer = json!({"lines": [{"checkItemId": "b", "productId": BEER, "amount": 1}]});
        let Some(set) = place.call(register, Method::PUT, &format!("{check}/lines"), beer, &[]).await else {
            return;
        };
        shown = set;
    }
    let to_pay = shown.json["toPay"].clone();
    let payments = if cents(&to_pay) == 0 {
        json!([])
    } else {
        json!([{"paymentMethod": "cash", "priceWithVat": to_pay}])
    };
    let paid =
        place.call(register, Method::POST, &format!("{check}/pay"), json!({"payments": payments}), &[]).await;
    let Some(bill) = paid.filter(|answer| answer.status == 200) else { return };
    {
        let mut log = place.log.lock().unwrap();
        log.paid += 1;
        log.taken += cents(&bill.json["finalPrice"]);
    }
    let id = text(&bill.json["billId"]);
    let (of_bill, of_bills) =
        (place.pos(&format!("bills/{id}")), format!("/bills/{}/{id}", place.house.restaurant.source_id));
    let (back, is_undone) = match dice.roll(10) {
        0 | 1 => {
            (place.call(register, Method::POST, &format!("{of_bill}/cancel"), json!({}), &[]).await, true)
        }
        2 => {
            let item = json!({"items": [{"checkItemId": bill.json["items"][0]["id"], "amount": 1}]});
            (place.call(register, Method::POST, &format!("{of_bill}/refunds"), item, &[]).await, false)
        }
        3 => (
            place.call(&place.application, Method::POST, &format!("{of_bills}/refund"), json!({}), &[]).await,
            false,
        ),
        4 => {
            let reopen = json!({"isReopen": true});
            (
                place
                    .call(&place.application, Method::POST, &format!("{of_bills}/refund"), reopen, &[])
                    .await,
                true,
            )
        }
        _ => return,
    };
    let Some(back) = back.filter(|answer| answer.status == 200) else { return };
    let mut log = place.log.lock().unwrap();
    log.taken += cents(&back.json["finalPrice"]);
    if is_undone {
        log.undone.insert(id);
    }
}

/// Goes on with a check that no register has: a bill that was opened again. Another register may be faster.
async fn take_up(place: &Place, register: &JsonClient, dice: &mut Dice) {
    let Some(open) =
        place.call(register, Method::GET, &place.pos("checks?limit=100"), Value::Null, &[]).await
    else {
        return;
    };
    let free: Vec<String> = open.json["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["deviceNumber"] == 0 && check["orderId"].is_null())
        .map(|check| text(&check["checkId"]))
        .collect();
    if free.is_empty() {
        return;
    }
    let at = usize::try_from(dice.roll(u64::try_from(free.len()).unwrap())).unwrap();
    let check = format!("{}/{}", place.pos("checks"), free[at]);
    let by_rule = [ENDED[0], ENDED[1], (403, "FORBIDDEN"), (409, "CHECK_PAID")];
    let taken = place.call(register, Method::PUT, &format!("{check}/lines"), basket(dice), &by_rule).await;
    if taken.is_some_and(|answer| answer.status == 200) {
        pay(place, register, &check, dice).await;
    }
}

/// Looks for orders that moved and decides new ones, but for those that were there before; gives where to look from next.
async fn decide(
    place: &Place,
    register: &JsonClient,
    since: &str,
    before: &BTreeSet<String>,
    dice: &mut Dice,
) -> Option<String> {
    let orders = format!("/deliveryInternal/{}/orders", place.house.restaurant.source_id);
    let page = place
        .call(register, Method::GET, &format!("{orders}?modifiedSince={since}"), Value::Null, &[])
        .await?;
    for order in page.json["data"].as_array().unwrap() {
        let id = text(&order["orderId"]);
        if order["state"] != "NEW" || before.contains(&id) || !dice.happens(40) {
            continue;
        }
        if dice.happens(30) {
            place
                .call(
                    register,
                    Method::POST,
                    &format!("{orders}/{id}/decline"),
                    json!({"reason": "too much to do"}),
                    &DECIDED,
                )
                .await;
            continue;
        }
        let confirmed = place
            .call(register, Method::POST, &format!("{orders}/{id}/confirm"), Value::Null, &DECIDED)
            .await;
        let Some(confirmed) = confirmed.filter(|answer| answer.status == 200) else { continue };
        let check = format!("{}/{}", place.pos("checks"), text(&confirmed.json["checkId"]));
        if dice.happens(30) {
            place.call(register, Method::PUT, &format!("{check}/lines"), basket(dice), &ENDED).await;
        }
        if dice.happens(80) {
            pay(place, register, &check, dice).await;
            place.call(register, Method::POST, &format!("{orders}/{id}/dispatch"), Value::Null, &[]).await;
        }
    }
    Some(text(&page.json["lastModificationAt"]))
}

/// A register from the morning to the evening.
async fn register(place: Arc<Place>, number: usize, before: Arc<BTreeSet<String>>) {
    let (caller, mut dice, mut since) = (place.registers[number].clone(), Dice::of(number), String::new());
    let mut round = 0;
    while place.goes_on(round) {
        match dice.roll(10) {
            0 | 1 => since = decide(&place, &caller, &since, &before, &mut dice).await.unwrap_or(since),
            2 => take_up(&place, &caller, &mut dice).await,
            3 => {
                let path = place.pos(&format!("stopList/{DESSERT}"));
                let method = if dice.happens(50) { Method::PUT } else { Method::DELETE };
                place.call(&caller, method, &path, Value::Null, &[]).await;
            }
            _ => guest(&place, &caller, &mut dice).await,
        }
        round += 1;
    }
}

/// An application that orders, and sends some orders twice.
async fn orderer(place: Arc<Place>, number: usize) {
    let (path, mut dice) =
        (format!("/delivery/orders/{}", place.house.restaurant.source_id), Dice::of(100 + number));
    let mut round = 0;
    while place.goes_on(round / 2) {
        let (main, paid) = (1 + dice.roll(2), dice.happens(30));
        let mut items = vec![json!({"itemId": MAIN, "count": main, "unitPriceWithVat": 180})];
        if dice.happens(40) {
            items.push(json!({"itemId": BURGER, "count": 1, "additions": [{"additionId": "a:dessert-of-many", "countPerMainItem": 1}]}));
        }
        let body = json!({"externalId": format!("many-{number}-{round}"), "deliveryType": "takeaway", "customer": {"name": "Host"},
            "items": items, "alreadyPaid": paid, "discountWithVat": dice.roll(20)});
        let made = place.call(&place.application, Method::POST, &path, body.clone(), &ORDER_ENDED).await;
        if let Some(made) = made.filter(|answer| answer.status == 201 && dice.happens(30)) {
            let again =
                place.call(&place.application, Method::POST, &path, body, &[(409, "ORDER_EXISTS")]).await;
            let again = again.map(|answer| text(&answer.json["order"]["orderId"]));
            if again != Some(text(&made.json["orderId"])) {
                place.log.lock().unwrap().wrong.push(format!("an order sent twice: {again:?} {}", made.text));
            }
        }
        round += 1;
    }
}

/// How many pieces of each product these lines, items of a bill or items of an order are.
fn pieces<'v>(rows: impl Iterator<Item = &'v Value>, amount: &str) -> BTreeMap<String, i64> {
    let mut sum = BTreeMap::new();
    for row in rows {
        *sum.entry(text(&row["productId"])).or_default() += cents(&row[amount]) / 100;
    }
    sum
}

/// How many pieces bills, open checks and new orders leave of those of the day.
async fn left_by_the_books(place: &Place, before: &BTreeSet<String>) -> BTreeMap<String, i64> {
    let source = &place.house.restaurant.source_id;
    let mut gone: Vec<BTreeMap<String, i64>> = Vec::new();
    let undone = place.log.lock().unwrap().undone.clone();
    let mut next = Some(format!("/bills/{source}?include=items&limit=100"));
    let mut takings = 0;
    while let Some(path) = next {
        let page = place.application.get(&path).await.unwrap();
        for bill in page["data"].as_array().unwrap() {
            if bill["refunded"] == false {
                takings += cents(&bill["finalPrice"]);
            }
            if bill["refundedBillIdentifier"].is_null() && !undone.contains(&text(&bill["billId"])) {
                gone.push(pieces(bill["items"].as_array().unwrap().iter(), "amount"));
            }
        }
        next = page["nextPage"].as_str().map(str::to_owned);
    }
    assert_eq!(takings, place.log.lock().unwrap().taken, "the takings");
    let mut next = Some(place.pos("checks?limit=100"));
    while let Some(path) = next {
        let page = place.registers[0].get(&path).await.unwrap();
        for check in page["data"].as_array().unwrap() {
            let owner = usize::try_from(check["deviceNumber"].as_i64().unwrap().max(1) - 1).unwrap();
            let check = place.registers[owner]
                .get(&place.pos(&format!("checks/{}", text(&check["checkId"]))))
                .await
                .unwrap();
            gone.push(pieces(check["lines"].as_array().unwrap().iter(), "amount"));
        }
        next = page["nextPage"].as_str().map(str::to_owned);
    }
    let mut since = "0".to_owned();
    let mut states: BTreeMap<String, Value> = BTreeMap::new();
    loop {
        let page = place.registers[0]
            .get(&format!("/deliveryInternal/{source}/orders?modifiedSince={since}"))
            .await
            .unwrap();
        let orders = page["data"].as_array().unwrap();
        states.extend(orders.iter().map(|order| (text(&order["orderId"]), order.clone())));
        if orders.is_empty() {
            break;
        }
        since = text(&page["lastModificationAt"]);
    }
    for (id, order) in &states {
        if order["state"] == "NEW" && !before.contains(id) {
            for item in order["items"].as_array().unwrap() {
                let mut held = pieces(std::iter::once(item), "count");
                for addition in item["additions"].as_array().unwrap() {
                    assert_eq!(addition["additionId"], "a:dessert-of-many");
                    *held.entry(DESSERT.to_owned()).or_default() +=
                        item["count"].as_i64().unwrap() * addition["countPerMainItem"].as_i64().unwrap();
                }
                gone.push(held);
            }
        }
    }
    let left = |(id, pieces): &(&str, i64)| {
        let gone: i64 = gone.iter().filter_map(|of| of.get(*id)).sum();
        ((*id).to_owned(), pieces - gone)
    };
    PIECES.iter().map(left).collect()
}

testkit::on_both_engines! {
    async fn twenty_registers_leave_what_their_bills_and_orders_leave(engine: Engine) {
        let place = Arc::new(Place::open(engine).await);
        let orders = format!("/deliveryInternal/{}/orders", place.house.restaurant.source_id);
        let there = place.registers[0].get(&orders).await.unwrap();
        let before: BTreeSet<String> = there["data"].as_array().unwrap().iter().map(|order| text(&order["orderId"])).collect();
        let before = Arc::new(before);
        let mut selling: Vec<_> = (0..REGISTERS).map(|number| tokio::spawn(register(Arc::clone(&place), number, Arc::clone(&before)))).collect();
        selling.extend((0..3).map(|number| tokio::spawn(orderer(Arc::clone(&place), number))));
        let watched = Arc::clone(&place);
        let watching = tokio::spawn(async move {
            loop {
                for (product, left) in watched.remaining().await {
                    if left < 0 {
                        watched.log.lock().unwrap().wrong.push(format!("{left} of {product} are left"));
                    }
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        for one in selling {
            one.await.unwrap();
        }
        watching.abort();
        place.call(&place.registers[0], Method::DELETE, &place.pos(&format!("stopList/{DESSERT}")), Value::Null, &[]).await;
        let (paid, refused) = {
            let log = place.log.lock().unwrap();
            assert!(log.wrong.is_empty(), "{} of them:\n{}", log.wrong.len(), log.wrong.join("\n"));
            (log.paid, log.refused.clone())
        };
        let shown = place.remaining().await;
        let books = left_by_the_books(&place, &before).await;
        for (product, left) in &books {
            assert!(*left >= 0 && shown.get(product) == Some(left), "{product}: {left} by the books, shown {shown:?}");
        }
        assert!(paid > 30 && refused.contains_key("SOLD_OUT"), "something happened: {paid} bills, refused {refused:?}");
        eventually("everything is told", async || {
            let lanes = place.house.app.admin.get(&format!("/admin/v1/platform/merchants/{}/datasync", place.house.restaurant.merchant_id)).await.ok()?;
            lanes.as_array()?.iter().all(|lane| lane["records"] == 0).then_some(())
        })
        .await;
        place.house.assert_verified().await;
    }
}
