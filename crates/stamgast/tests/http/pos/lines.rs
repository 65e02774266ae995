//! `PUT /pos/{sourceId}/checks/{checkId}/lines`: what goes with a line, and what is said of it?

use crate::menu::{product, put_menu, set_up, tree, two_places};
use http::Method;
use serde_json::{Value, json};
use stamgast::client::Answer;
use testkit::restaurant::{BEER, DESSERT, MAIN};
use testkit::{House, assert_number};

const BURGER: &str = "p:burger-with";

/// A burger for 200.00 with 12 % VAT, with which a sauce for 20.00 may go, at most two of them, and a rum for 30.00 with 21 %
/// VAT, or a dessert; a place that sells three desserts today.
async fn burgers(house: &House) {
    put_menu(house, json!({
        "products": [{"productId": BURGER, "name": "Burger", "price": 200, "vatRate": 0.12, "additionCategoryIds": ["ac:sauces", "ac:more"]}],
        "additionCategories": [
            {"additionCategoryId": "ac:sauces", "title": "Sauces", "max": 2, "additions": [{"additionId": "a:sauce", "title": "BBQ", "additionPrice": 20}]},
            {"additionCategoryId": "ac:more", "title": "More", "additions": [
                {"additionId": "a:rum", "title": "Rum", "additionPrice": 30, "vatRate": 0.21},
                {"additionId": "a:dessert", "title": "Dessert", "additionPrice": 40, "productId": DESSERT}]},
            {"additionCategoryId": "ac:other", "title": "Other", "additions": [{"additionId": "a:other", "title": "Other", "additionPrice": 1}]}],
        "timeBasedMenus": [{"menuId": "today", "placeId": house.restaurant.place_id, "timeBasedMenuType": "dailyMenu",
            "since": "2026-03-02T09:00:00Z", "till": "2026-03-02T12:00:00Z", "items": [{"productId": DESSERT, "quantity": 3}]}]})).await;
}

async fn set(house: &House, check: &str, lines: Value) -> Answer {
    let body = json!({"lines": lines}).to_string().into_bytes();
    house.register(1).send(Method::PUT, &format!("{check}/lines"), Some(body)).await.unwrap()
}

fn column<'v>(lines: &'v Value, member: &str) -> Vec<&'v Value> {
    lines.as_array().unwrap().iter().map(|line| &line[member]).collect()
}

testkit::on_both_engines! {
    /// setLines: at the price and the rate of its place and its level.
    async fn a_line_takes_the_price_and_the_level_of_its_place(engine: Engine) {
        let (house, second) = two_places(engine).await;
        let first = &house.restaurant.place_id;
        put_menu(&house, json!({"products": [{"productId": BEER, "categoryId": "c:napoje", "name": "Pivo", "price": 59, "vatRate": 0.21,
            "placesValues": {first: {"priceLevels": {"default": {"price": 62}, "staff": {"price": 20.5}}, "vatRate": 0.12}, &second: {"priceLevels": {"default": {"price": 99}}}}}]})).await;
        let register = house.register(1);
        let check = house.open_check(1, &[(BEER, 1)], &[]).await;
        let lines = json!({"lines": [{"productId": BEER, "amount": 1}, {"productId": BEER, "amount": 2, "priceLevel": "staff"},
            {"productId": MAIN, "amount": 1, "priceLevel": "default"}]});
        let shown = register.put(&format!("{check}/lines"), &lines).await.unwrap();
        let seen: Vec<_> = shown["lines"].as_array().unwrap().iter().map(|line| (line["totalPriceWithVat"].clone(), line["vatRate"].clone())).collect();
        assert_eq!(seen, [(json!(62), json!(0.12)), (json!(41), json!(0.12)), (json!(189), json!(0.12))]);
        let wrong = json!({"lines": [{"productId": MAIN, "amount": 1, "priceLevel": "staff"}]}).to_string().into_bytes();
        let refused = register.send(Method::PUT, &format!("{check}/lines"), Some(wrong)).await.unwrap();
        assert_eq!((refused.status, &refused.json["field"]), (400, &json!("lines[0].priceLevel")));
        // A place that is set up anew sells the menu too, and whoever reads of all places sees it
        let before = tree(&house, "").await;
        house.app.admin.put(&set_up(&house, "places/third"), &json!({"name": "Third", "timeZone": "Europe/Prague"})).await.unwrap();
        let after = tree(&house, "").await;
        assert!(after["_version"].as_i64() > before["_version"].as_i64());
        assert_eq!(product(&after, BEER)["placesValues"]["third"]["priceLevels"]["default"]["price"], 59);
    }

    async fn additions_stand_on_check_and_bill_as_the_documents_say(engine: Engine) {
        let house = House::start(engine).await;
        burgers(&house).await;
        let register = house.register(1);
        let check = house.open_check(1, &[], &[]).await;
        let answer = set(&house, &check, json!([
            {"checkItemId": "b", "productId": BURGER, "amount": 2, "additions": [{"additionId": "a:sauce"}, {"additionId": "a:rum", "count": 2}],
                "discount": {"percent": 10}},
            {"productId": BURGER, "amount": 1}, {"productId": BEER, "amount": 1}])).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let lines = &answer.json["lines"];
        assert_eq!(column(lines, "additionsOf"), [&Value::Null, &json!("b"), &json!("b"), &Value::Null, &Value::Null]);
        assert_eq!(column(lines, "additionId"), [&Value::Null, &json!("a:sauce"), &json!("a:rum"), &Value::Null, &Value::Null]);
        // 2 × 200, 2 × 20 and 4 × 30 less a tenth, and 200 and 59
        for (line, price) in lines.as_array().unwrap().iter().zip(["360", "36", "108", "200", "59"]) {
            assert_number("a line", price, &line["finalPriceWithVat"]);
        }
        assert_number("all of it", "763", &answer.json["toPay"]);
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 763}]});
        let bill = register.post(&format!("{check}/pay"), &pay).await.unwrap();
        let items = &bill["items"];
        let code = items[0]["hasAdditionsWithCode"].as_str().unwrap();
        let parts: Vec<usize> = code.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "a UUID: {code}");
        assert_eq!(column(items, "hasAdditionsWithCode"), [&json!(code), &Value::Null, &Value::Null, &Value::Null, &Value::Null]);
        assert_eq!(column(items, "additionsCode"), [&Value::Null, &json!(code), &json!(code), &Value::Null, &Value::Null]);
        assert!(items[1]["categoryId"].is_null() && items[2]["categoryId"].is_null() && items[2]["name"] == "Rum");
        for (item, rate) in items.as_array().unwrap().iter().zip(["0.12", "0.12", "0.21", "0.12", "0.21"]) {
            assert_number("its VAT", rate, &item["vatRate"]);
        }
        // 596 at 12 %, 167 at 21 %
        assert_eq!(bill["taxSummaries"], json!({"12": "63.86", "21": "28.98"}));
        // a part that comes back is tied as it was
        let back = format!("/pos/{}/bills/{}/refunds", house.restaurant.source_id, bill["billId"].as_str().unwrap());
        let rum = json!({"items": [{"checkItemId": items[2]["id"], "amount": 1}]});
        let corrective = register.post(&back, &rum).await.unwrap();
        assert_eq!((&corrective["items"][0]["additionsCode"], corrective["items"].as_array().unwrap().len()), (&json!(code), 1));
        assert_number("a quarter of the rum", "-27", &corrective["finalPrice"]);
        // read by the documented call it is the same
        let listed = house.platform().await.get(&format!("/bills/{}/{}", house.restaurant.source_id, bill["billId"].as_str().unwrap())).await.unwrap();
        assert_eq!(listed["items"], *items);
    }

    async fn what_cannot_go_with_a_product_is_named_and_changes_nothing(engine: Engine) {
        let house = House::start(engine).await;
        burgers(&house).await;
        let check = house.open_check(1, &[(BEER, 1)], &[]).await;
        let with = |additions: Value| json!([{"productId": BURGER, "amount": 1, "additions": additions}]);
        for (lines, field) in [
            (with(json!([{"additionId": "a:other"}])), "lines[0].additions[0].additionId"),
            (with(json!([{"additionId": "a:none"}])), "lines[0].additions[0].additionId"),
            (with(json!([{"additionId": "a:sauce", "count": 3}])), "lines[0].additions"),
            (with(json!([{"additionId": "a:sauce", "price": 3}])), "lines[0].additions[0].price"),
            (json!([{"productId": BEER, "amount": 1, "additions": [{"additionId": "a:sauce"}]}]), "lines[0].additions[0].additionId"),
            (json!([{"productId": BEER, "amount": 1, "note": "x".repeat(501)}]), "lines[0].note"),
            (json!(vec![json!({"productId": BURGER, "amount": 1, "additions": [{"additionId": "a:sauce"}]}); 251]), "lines"),
        ] {
            let answer = set(&house, &check, lines).await;
            assert_eq!((answer.status, answer.json["field"].as_str()), (400, Some(field)), "{}", answer.text);
        }
        let shown = house.register(1).get(&check).await.unwrap();
        assert_eq!(column(&shown["lines"], "productId"), [BEER]);
    }

    async fn an_addition_that_is_a_product_takes_its_pieces(engine: Engine) {
        let house = House::start(engine).await;
        burgers(&house).await;
        let left = async || house.register(1).get(&format!("/pos/{}/menu/remainingAmounts", house.restaurant.source_id)).await.unwrap()["amounts"][DESSERT].clone();
        let check = house.open_check(1, &[], &[]).await;
        let with = |amount: i64, count: i64| json!([{"checkItemId": "a", "productId": BURGER, "amount": amount, "additions": [{"additionId": "a:dessert", "count": count}]}]);
        assert_eq!(set(&house, &check, with(2, 1)).await.status, 200);
        assert_eq!(left().await, 1);
        let refused = set(&house, &check, with(2, 2)).await;
        assert_eq!((refused.status, &refused.json["name"], &refused.json["productId"]), (409, &json!("SOLD_OUT"), &json!(DESSERT)), "{}", refused.text);
        assert_eq!(set(&house, &check, with(3, 1)).await.status, 200);
        assert_eq!(left().await, 0);
        let stop = format!("/pos/{}/stopList/{DESSERT}", house.restaurant.source_id);
        house.register(1).put(&stop, &Value::Null).await.unwrap();
        assert_eq!(set(&house, &check, with(1, 1)).await.status, 200, "what was ordered stays so");
        let refused = set(&house, &check, with(2, 1)).await;
        assert_eq!((refused.status, &refused.json["name"]), (409, &json!("PRODUCT_STOPPED")));
        assert_eq!(set(&house, &check, json!([])).await.status, 200);
        house.register(1).delete(&stop).await.unwrap();
        assert_eq!(left().await, 3);
    }

    async fn a_note_is_for_the_kitchen_and_goes_with_the_payment(engine: Engine) {
        let house = House::start(engine).await;
        let check = house.open_check(1, &[], &[]).await;
        let lines = json!([{"checkItemId": "a", "productId": BEER, "amount": 1, "note": " for Jana "}, {"productId": BEER, "amount": 1, "note": "  "}]);
        let shown = set(&house, &check, lines).await.json;
        assert_eq!(column(&shown["lines"], "note"), [&json!("for Jana"), &Value::Null]);
        let again = house.register(1).get(&check).await.unwrap();
        assert_eq!(again["lines"], shown["lines"]);
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 118}]});
        let bill = house.register(1).post(&format!("{check}/pay"), &pay).await.unwrap();
        let paid = house.register(1).get(&check).await.unwrap();
        assert!(!bill.to_string().contains("Jana") && !paid.to_string().contains("Jana"), "{paid}");
        assert_eq!(paid["lines"][0]["productId"], BEER);
        // one that is never paid loses it with everything else that names somebody
        let open = house.open_check(1, &[], &[]).await;
        set(&house, &open, json!([{"productId": BEER, "amount": 1, "note": "for Jana"}])).await;
        house.app.clock.advance_seconds(91 * 24 * 3600);
        house.app.app.platform().unwrap().age_copies().await.unwrap();
        let shown = house.register(1).get(&open).await.unwrap();
        assert!(shown["lines"][0]["note"].is_null() && shown["lines"][0]["productId"] == BEER, "{shown}");
    }

    async fn lines_and_items_say_who_entered_them(engine: Engine) {
        let house = House::start(engine).await;
        let persons = format!("/admin/v1/platform/merchants/{}/persons", house.restaurant.merchant_id);
        for (id, code) in [(301, "7001"), (302, "7002")] {
            let person = json!({"fullName": format!("Person {id}"), "userName": format!("p{id}"), "code": code});
            house.app.admin.put(&format!("{persons}/{id}"), &person).await.unwrap();
        }
        let sign_in = async |code: &str| house.register(1).put(&format!("/pos/{}/person", house.restaurant.source_id), &json!({"code": code})).await.unwrap();
        let check = house.open_check(1, &[], &[]).await;
        let line = |id: &str| json!({"checkItemId": id, "productId": BEER, "amount": 1});
        set(&house, &check, json!([line("a")])).await;
        sign_in("7001").await;
        set(&house, &check, json!([line("a"), line("b")])).await;
        sign_in("7002").await;
        let shown = set(&house, &check, json!([line("c"), line("b"), line("a")])).await.json;
        let who: Vec<Option<i64>> = shown["lines"].as_array().unwrap().iter().map(|line| line["enteredBy"]["personId"].as_i64()).collect();
        assert_eq!(who, [Some(302), Some(301), None]);
        let pay = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 177}]});
        let bill = house.register(1).post(&format!("{check}/pay"), &pay).await.unwrap();
        let who: Vec<Option<i64>> = bill["items"].as_array().unwrap().iter().map(|item| item["personId"].as_i64()).collect();
        assert_eq!(who, [Some(302), Some(301), None]);
        assert_eq!((bill["createdBy"]["personId"].as_i64(), bill["paidBy"]["personId"].as_i64()), (Some(302), Some(302)));
    }
}
