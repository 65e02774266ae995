//! Who gets the last piece, and what comes back?

use super::{again, path, product, put_menu, tag, tree};
use http::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use testkit::House;
use testkit::restaurant::{BEER, DESSERT, GOULASH, MAIN, SCHNITZEL};

/// A daily menu, open from an hour ago until in two hours, with so many pieces of the main dish and of the dessert.
pub(crate) fn daily(house: &House, main: i64, dessert: i64) -> Value {
    json!({"timeBasedMenus": [{"menuId": "daily", "placeId": house.restaurant.place_id, "timeBasedMenuType": "dailyMenu",
        "since": "2026-03-02T09:00:00Z", "till": "2026-03-02T12:00:00Z",
        "items": [{"productId": MAIN, "quantity": main}, {"productId": DESSERT, "quantity": dessert}]}]})
}

/// What is left at the first place, without the lunch menu that the sample restaurant has.
pub(super) async fn left(house: &House) -> Value {
    let path = path(house, &format!("/timeBased/{}/remainingAmounts", house.restaurant.place_id));
    let mut amounts = house.platform().await.get(&path).await.unwrap()["amounts"].clone();
    for (of_lunch, pieces) in [(SCHNITZEL, 3), (GOULASH, 0)] {
        assert_eq!(amounts.as_object_mut().unwrap().remove(of_lunch), Some(json!(pieces)), "{of_lunch}");
    }
    amounts
}

/// Sets the basket of a check; the status, and the body.
async fn set(house: &House, register: usize, check: &str, lines: &[(&str, &str, i64)]) -> (u16, Value) {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(id, product, amount)| json!({"checkItemId": id, "productId": product, "amount": amount}))
        .collect();
    let body = json!({"lines": lines}).to_string().into_bytes();
    let answer =
        house.register(register).send(Method::PUT, &format!("{check}/lines"), Some(body)).await.unwrap();
    (answer.status, answer.json)
}

async fn pay(house: &House, check: &str) -> Value {
    let register = house.register(1);
    let shown = register.get(check).await.unwrap();
    let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": shown["toPay"]}]});
    register.post(&format!("{check}/pay"), &pay).await.unwrap()
}

testkit::on_both_engines! {
    async fn pieces_are_taken_by_lines_and_come_back_with_them(engine: Engine) {
        let house = House::start(engine).await;
        put_menu(&house, daily(&house, 3, 1)).await;
        let place = house.restaurant.place_id.clone();
        let (one, two) = (house.open_check(1, &[], &[]).await, house.open_check(2, &[], &[]).await);
        assert_eq!(left(&house).await, json!({MAIN: 3, DESSERT: 1}));
        let version = async || tree(&house, &place).await["_version"].as_i64().unwrap();
        let before = version().await;
        assert_eq!(set(&house, 1, &one, &[("a", MAIN, 2), ("b", BEER, 5)]).await.0, 200);
        assert_eq!(left(&house).await, json!({MAIN: 1, DESSERT: 1}));
        let after = version().await;
        assert!(after > before, "the quantity is seen");
        // beer has no limit, and a line that is set again takes nothing more
        assert_eq!(set(&house, 1, &one, &[("a", MAIN, 2), ("b", BEER, 9)]).await.0, 200);
        assert_eq!((left(&house).await, version().await), (json!({MAIN: 1, DESSERT: 1}), after));
        let (status, refused) = set(&house, 2, &two, &[("a", DESSERT, 1), ("b", MAIN, 2)]).await;
        assert_eq!((status, &refused["name"], &refused["productId"], &refused["remaining"]), (409, &json!("SOLD_OUT"), &json!(MAIN), &json!(1)));
        assert_eq!(left(&house).await, json!({MAIN: 1, DESSERT: 1}), "a refused basket takes nothing");
        assert_eq!(set(&house, 2, &two, &[("a", DESSERT, 1), ("b", MAIN, 1)]).await.0, 200);
        assert_eq!(left(&house).await, json!({MAIN: 0, DESSERT: 0}));
        assert_eq!(product(&tree(&house, &place).await, MAIN)["placeValues"]["quantity"], 0);
        // a return is no sale and gives no piece back
        assert_eq!(set(&house, 2, &two, &[("a", DESSERT, 1), ("b", MAIN, 1), ("c", MAIN, -1)]).await.0, 200);
        assert_eq!(left(&house).await, json!({MAIN: 0, DESSERT: 0}));
        assert_eq!(set(&house, 2, &two, &[]).await.0, 200);
        assert_eq!(left(&house).await, json!({MAIN: 1, DESSERT: 1}));
        let bill = pay(&house, &one).await;
        assert_eq!(left(&house).await, json!({MAIN: 1, DESSERT: 1}), "what is paid is gone");
        // Another limit: what was sold stays counted, and what is beyond it shows as none
        put_menu(&house, daily(&house, 10, 1)).await;
        assert_eq!(left(&house).await, json!({MAIN: 8, DESSERT: 1}));
        put_menu(&house, daily(&house, 1, 1)).await;
        assert_eq!(left(&house).await, json!({MAIN: 0, DESSERT: 1}));
        put_menu(&house, daily(&house, 3, 1)).await;
        let cancel = format!("/pos/{}/bills/{}/cancel", house.restaurant.source_id, bill["billId"].as_str().unwrap());
        for _ in 0..2 {
            house.register(1).post(&cancel, &json!({"reason": "wrong table"})).await.unwrap();
            assert_eq!(left(&house).await, json!({MAIN: 3, DESSERT: 1}), "a cancelled bill never was");
        }
    }

    async fn a_place_that_warns_sells_on_and_never_shows_less_than_none(engine: Engine) {
        let house = House::start(engine).await;
        let mut menu = daily(&house, 2, 1);
        menu["placeRules"] = json!({house.restaurant.place_id.as_str(): {"beyondRemaining": "warn"}});
        put_menu(&house, menu).await;
        let check = house.open_check(1, &[], &[]).await;
        let warned = |check: &Value| check["lines"].as_array().unwrap().iter().map(|line| line["beyondRemaining"] == true).collect::<Vec<_>>();
        let (_, shown) = set(&house, 1, &check, &[("a", MAIN, 2)]).await;
        assert_eq!((warned(&shown), left(&house).await[MAIN].clone()), (vec![false], json!(0)));
        let (status, shown) = set(&house, 1, &check, &[("a", MAIN, 3), ("b", DESSERT, 1)]).await;
        assert_eq!((status, warned(&shown), left(&house).await), (200, vec![true, false], json!({MAIN: 0, DESSERT: 0})));
        // three are sold of two: one that comes back leaves none
        let (_, shown) = set(&house, 1, &check, &[("a", MAIN, 2)]).await;
        assert_eq!((warned(&shown), left(&house).await), (vec![true], json!({MAIN: 0, DESSERT: 1})));
        set(&house, 1, &check, &[("b", MAIN, 1)]).await;
        assert_eq!(left(&house).await[MAIN], 1);
    }

    /// getRemainingAmounts: 304 until a piece was taken or came back.
    async fn what_is_left_is_asked_for_again_only_when_it_moved(engine: Engine) {
        let house = House::start(engine).await;
        put_menu(&house, daily(&house, 3, 1)).await;
        let (caller, register) = (house.platform().await, house.register(1));
        let own = format!("/pos/{}/menu/remainingAmounts", house.restaurant.source_id);
        let public = path(&house, &format!("/timeBased/{}/remainingAmounts", house.restaurant.place_id));
        let check = house.open_check(1, &[], &[]).await;
        for (caller, path) in [(&caller, public), (&register, own)] {
            let first = caller.send(Method::GET, &path, None).await.unwrap();
            assert_eq!(again(caller, &path, &tag(&first)).await.status, 304);
            assert_eq!(set(&house, 1, &check, &[("a", MAIN, 1)]).await.0, 200);
            let second = again(caller, &path, &tag(&first)).await;
            assert_eq!((second.status, &second.json["amounts"][MAIN]), (200, &json!(2)));
            assert_eq!(set(&house, 1, &check, &[]).await.0, 200);
        }
        let nowhere = path(&house, "/timeBased/nowhere/remainingAmounts");
        assert_eq!(caller.send(Method::GET, &nowhere, None).await.unwrap().status, 404);
    }

    /// Any sequence of baskets, payments and cancellations leaves what a simple count leaves.
    async fn any_sequence_leaves_what_a_count_leaves(engine: Engine) {
        let house = House::start(engine).await;
        let (main, dessert) = (6, 4);
        put_menu(&house, daily(&house, main, dessert)).await;
        let mut checks: Vec<(String, BTreeMap<&str, i64>)> = Vec::new();
        let mut bills: Vec<(String, BTreeMap<&str, i64>)> = Vec::new();
        let mut random = 0x2545_F491_4F6C_DD1D_u64;
        let mut next = |below: u64| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % below).unwrap()
        };
        let mut refusals = 0;
        for step in 0..120 {
            let sold = |product: &str| -> i64 { checks.iter().chain(&bills).map(|(_, of)| of.get(product).copied().unwrap_or(0)).sum() };
            let free = BTreeMap::from([(MAIN, main - sold(MAIN)), (DESSERT, dessert - sold(DESSERT))]);
            assert!(free.values().all(|free| *free >= 0));
            match next(8) {
                0 | 1 if checks.len() < 5 => checks.push((house.open_check(1, &[], &[]).await, BTreeMap::new())),
                6 if !checks.is_empty() => {
                    let at = next(checks.len() as u64);
                    if checks[at].1.values().sum::<i64>() > 0 {
                        let (check, of) = checks.remove(at);
                        let bill = pay(&house, &check).await;
                        bills.push((bill["billId"].as_str().unwrap().to_owned(), of));
                    }
                }
                7 if !bills.is_empty() => {
                    let (bill, _) = bills.remove(next(bills.len() as u64));
                    let cancel = format!("/pos/{}/bills/{bill}/cancel", house.restaurant.source_id);
                    house.register(1).post(&cancel, &json!({})).await.unwrap();
                }
                _ if !checks.is_empty() => {
                    let at = next(checks.len() as u64);
                    let wanted = [(MAIN, i64::try_from(next(4)).unwrap()), (DESSERT, i64::try_from(next(3)).unwrap())];
                    let lines: Vec<(&str, &str, i64)> = wanted.iter().filter(|(_, amount)| *amount > 0)
                        .map(|(product, amount)| (*product, *product, *amount)).collect();
                    let fits = wanted.iter().all(|(product, amount)| {
                        amount - checks[at].1.get(product).copied().unwrap_or(0) <= free[product].max(0)
                    });
                    let (status, body) = set(&house, 1, &checks[at].0, &lines).await;
                    assert_eq!(status == 200, fits, "step {step}: {wanted:?} {free:?} {body}");
                    if fits {
                        checks[at].1 = wanted.into_iter().collect();
                    } else {
                        refusals += 1;
                        assert_eq!((status, &body["name"]), (409, &json!("SOLD_OUT")));
                    }
                }
                _ => {}
            }
        }
        let sold = |product: &str| -> i64 { checks.iter().chain(&bills).map(|(_, of)| of.get(product).copied().unwrap_or(0)).sum() };
        assert_eq!(left(&house).await, json!({MAIN: main - sold(MAIN), DESSERT: dessert - sold(DESSERT)}));
        assert!(refusals > 5 && !bills.is_empty(), "{refusals} refusals, {} bills", bills.len());
    }

    async fn many_registers_at_once_never_sell_a_piece_twice(engine: Engine) {
        let house = Arc::new(House::start(engine).await);
        put_menu(&house, daily(&house, 25, 10)).await;
        let mut selling = Vec::new();
        for number in 0..12_usize {
            let house = Arc::clone(&house);
            selling.push(tokio::spawn(async move {
                let register = 1 + number % 2;
                let (mut sold, mut refused) = (BTreeMap::from([(MAIN, 0_i64), (DESSERT, 0)]), 0);
                for round in 0..4 {
                    let check = house.open_check(register, &[], &[]).await;
                    // the order in which products are named differs, as between any two registers
                    let mut lines = vec![("m", MAIN, 2), ("d", DESSERT, 1)];
                    if number % 2 == 0 { lines.reverse(); }
                    let (status, body) = set(&house, register, &check, &lines).await;
                    if status == 409 {
                        assert_eq!(body["name"], "SOLD_OUT", "{body}");
                        refused += 1;
                        continue;
                    }
                    assert_eq!(status, 200, "{body}");
                    if (number + round) % 3 == 0 {
                        assert_eq!(set(&house, register, &check, &[("m", MAIN, 1)]).await.0, 200);
                        *sold.get_mut(MAIN).unwrap() += 1;
                    } else {
                        *sold.get_mut(MAIN).unwrap() += 2;
                        *sold.get_mut(DESSERT).unwrap() += 1;
                    }
                }
                (sold, refused)
            }));
        }
        let watched = Arc::clone(&house);
        let watching = tokio::spawn(async move {
            for _ in 0..20 {
                for (product, left) in left(&watched).await.as_object().unwrap() {
                    assert!(left.as_i64().unwrap() >= 0, "{product}: {left}");
                }
            }
        });
        let (mut main, mut dessert, mut refusals) = (0, 0, 0);
        for one in selling {
            let (sold, refused) = one.await.unwrap();
            main += sold[MAIN];
            dessert += sold[DESSERT];
            refusals += refused;
        }
        watching.await.unwrap();
        assert_eq!(left(&house).await, json!({MAIN: 25 - main, DESSERT: 10 - dessert}));
        assert!(refusals > 0, "there was not enough for all: {main} {dessert}");
    }
}
