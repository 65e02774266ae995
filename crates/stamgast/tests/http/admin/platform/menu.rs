//! `/admin/v1/platform/merchants/{merchantId}/menu`: does a menu take what is new and keep the rest?

use super::{at, refused, send};
use crate::menu::{
    find, follower, path as tree_path, product as in_tree, put_menu, set_up, told, tree, two_places,
};
use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{ADDITION_CATEGORY, BEER, COFFEE, MAIN};
use testkit::{House, assert_number};

fn product<'m>(menu: &'m Value, id: &str) -> &'m Value {
    menu["products"].as_array().unwrap().iter().find(|one| one["productId"] == id).unwrap()
}

testkit::on_both_engines! {
    /// putPlatformMenu, getPlatformMenu: what it names is changed, what it does not name stays; open checks keep their prices.
    async fn a_menu_is_changed_by_what_it_names(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, "/menu");
        let (_, before) = send(&house, Method::GET, &path, None).await;
        let counts = |menu: &Value| (menu["categories"].as_array().unwrap().len(), menu["products"].as_array().unwrap().len());
        let check = house.open_check(1, &[(BEER, 1)], &[]).await;
        let change = json!({"categories": [{"categoryId": "c:polevky", "parentCategoryId": "c:listek", "name": "Polévky"}],
            "products": [{"productId": BEER, "categoryId": "c:napoje", "name": "Pivo", "price": "62.50", "vatRate": "0.21"},
                {"productId": "p:vyvar", "categoryId": "c:polevky", "name": "Vývar", "price": 49, "vatRate": 0.12}]});
        let (status, after) = send(&house, Method::PUT, &path, Some(&change)).await;
        assert_eq!(status, 200, "{after}");
        assert_eq!(counts(&after), (counts(&before).0 + 1, counts(&before).1 + 1));
        assert_number("beer", "62.50", &product(&after, BEER)["price"]);
        assert_eq!(product(&after, MAIN), product(&before, MAIN));
        assert_eq!((&product(&after, "p:vyvar")["measure"], &product(&after, "p:vyvar")["isPriceVariable"]), (&json!("pcs"), &json!(false)));
        assert_eq!(send(&house, Method::GET, &path, None).await.1, after);
        let register = house.register(1);
        assert_number("the open check", "59", &register.get(&check).await.unwrap()["totalWithVat"]);
        let new = house.open_check(2, &[(BEER, 1), ("p:vyvar", 1)], &[]).await;
        assert_number("a new one", "111.50", &house.register(2).get(&new).await.unwrap()["totalWithVat"]);
    }

    /// putPlatformMenu: a wrong product spoils the whole body; nothing of it is kept.
    async fn a_menu_with_a_fault_is_refused_as_a_whole(engine: Engine) {
        let house = House::start(engine).await;
        let path = at(&house, "/menu");
        let (_, before) = send(&house, Method::GET, &path, None).await;
        let with = |more: Value| {
            let mut wrong = json!({"productId": "p:new", "name": "New", "price": 10, "vatRate": "0.12"});
            wrong.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"products": [{"productId": BEER, "name": "Changed", "price": 1, "vatRate": 0}, wrong]})
        };
        let category = |id: &str, parent: &str| json!({"categoryId": id, "parentCategoryId": parent, "name": id});
        refused(&house, &[
            (Method::PUT, path.clone(), with(json!({"price": "dear"})), "products[1].price"),
            (Method::PUT, path.clone(), with(json!({"price": "10.005"})), "products[1].price"),
            (Method::PUT, path.clone(), with(json!({"vatRate": 21})), "products[1].vatRate"),
            (Method::PUT, path.clone(), with(json!({"categoryId": "c:none"})), "products[1].categoryId"),
            (Method::PUT, path.clone(), with(json!({"productId": ""})), "products[1].productId"),
            (Method::PUT, path.clone(), with(json!({"colour": 1})), "products[1].colour"),
            (Method::PUT, path.clone(), json!({"categories": [{"categoryId": "c", "name": ""}]}), "categories[0].name"),
            (Method::PUT, path.clone(), json!({"categories": [category("c:a", "c:none")]}), "categories[0].parentCategoryId"),
            (Method::PUT, path.clone(), json!({"categories": [category("c:a", "c:b"), category("c:b", "c:a")]}), "categories[0].parentCategoryId"),
        ]).await;
        assert_eq!(send(&house, Method::GET, &path, None).await.1, before);
    }

    /// putPlatformMenu, getPlatformMenu: what is shown can be put again, and moves nothing.
    async fn what_was_set_is_shown_and_can_be_put_again(engine: Engine) {
        let (house, second) = two_places(engine).await;
        let set = json!({
            "additionCategories": [{"additionCategoryId": "ac:x", "title": "X", "min": null, "max": 1, "showInPOS": false, "order": 3,
                "additions": [{"additionId": "a:1", "title": "One", "additionPrice": 1.5, "subtractionPrice": 0.5, "productId": BEER,
                    "vatRate": 0.12, "vatId": 4, "measure": "kg"}]}],
            "timeBasedMenus": [{"menuId": "m1", "placeId": second, "timeBasedMenuType": "dailyMenu", "since": "2026-03-02T11:00:00.000Z",
                "till": "2026-03-02T14:00:00.000Z", "items": [{"productId": MAIN, "quantity": 5, "priceLevels": {"default": {"price": 149}}},
                    {"productId": BEER, "quantity": null, "priceLevels": {}}]}],
            "placeRules": {&second: {"beyondRemaining": "warn"}},
            "products": [{"productId": "p:x", "categoryId": null, "name": "X", "measure": "kg", "ean": "1", "price": -3, "isPriceVariable": true,
                "vatRate": 0.12, "vatId": 2, "order": 7, "marketingName": "M", "description": "D", "imageUrl": "U", "type": "T", "allergens": [14],
                "labels": ["l"], "additionCategoryIds": ["ac:x"], "vatRateChanges": [{"from": "2027-01-01", "vatRate": 0.2, "vatId": null}],
                "placesValues": {&second: {"priceLevels": {"night": {"price": 9}}, "vatRate": 0.1, "vatId": 1, "vatRateChanges": [],
                    "showInPos": false, "additionCategoryIds": []}}}],
        });
        put_menu(&house, set.clone()).await;
        let shown = house.app.admin.get(&set_up(&house, "menu")).await.unwrap();
        for noun in ["additionCategories", "timeBasedMenus"] {
            assert!(shown[noun].as_array().unwrap().contains(&set[noun][0]), "{noun}: {shown}");
        }
        assert_eq!(shown["placeRules"][&second], set["placeRules"][&second]);
        let x = shown["products"].as_array().unwrap().iter().find(|product| product["productId"] == "p:x").unwrap();
        assert_eq!(x, &set["products"][0]);
        let version = tree(&house, "").await["_version"].clone();
        let rows = house.rows().await;
        assert_eq!(put_menu(&house, shown.clone()).await, shown);
        assert_eq!((house.rows().await, &tree(&house, "").await["_version"]), (rows, &version));
        // A place that is not named keeps its values, null takes them away
        let mut again = set["products"][0].clone();
        again["placesValues"] = json!({});
        put_menu(&house, json!({"products": [again.clone()]})).await;
        assert_eq!(in_tree(&tree(&house, &second).await, "p:x")["placeValues"]["priceLevels"]["night"]["price"], 9);
        again["placesValues"] = json!({&second: null});
        put_menu(&house, json!({"products": [again]})).await;
        let values = in_tree(&tree(&house, &second).await, "p:x")["placeValues"].clone();
        assert_eq!(values, json!({"priceLevels": {"default": {"price": -3}}, "vatRate": 0.12, "showInPos": true, "additionCategoryIds": ["ac:x"]}));
    }

    /// putPlatformMenu: of additions, places, rates and menus for a time too, the member at fault is named.
    async fn what_cannot_be_set_up_is_named_and_changes_nothing(engine: Engine) {
        let (house, second) = two_places(engine).await;
        let with = |member: &str, value: Value| {
            let mut one = json!({"productId": "p:x", "name": "X", "price": 1, "vatRate": 0.12});
            one[member] = value;
            json!({"products": [one]})
        };
        let addition = |more: Value| {
            let mut one = json!({"additionId": "a:1", "title": "One", "additionPrice": 1});
            one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"additionCategories": [{"additionCategoryId": "ac", "title": "A", "additions": [one]}]})
        };
        let menu = |id: &str, since: &str, till: &str, product: &str| json!({"menuId": id, "placeId": second, "timeBasedMenuType": "dailyMenu",
            "since": since, "till": till, "items": [{"productId": product}]});
        let timed = |one: Value| json!({"timeBasedMenus": [one]});
        put_menu(&house, timed(menu("old", "2026-03-02T11:00:00Z", "2026-03-02T14:00:00Z", MAIN))).await;
        let (version, rows) = (tree(&house, "").await, house.rows().await);
        let at_second = |values: Value| with("placesValues", json!({&second: values}));
        let in_values = |member: &str| format!("products[0].placesValues.{second}.{member}");
        let table = [
            (with("name", json!(" ")), "products[0].name".to_owned()),
            (with("price", json!(1.001)), "products[0].price".to_owned()),
            (with("vatRate", json!(12)), "products[0].vatRate".to_owned()),
            (with("categoryId", json!("c:none")), "products[0].categoryId".to_owned()),
            (with("allergens", json!([1, 15])), "products[0].allergens[1]".to_owned()),
            (with("allergens", json!([1, 1])), "products[0].allergens[1]".to_owned()),
            (with("labels", json!([""])), "products[0].labels[0]".to_owned()),
            (with("description", json!("\u{7}")), "products[0].description".to_owned()),
            (with("additionCategoryIds", json!(["ac:none"])), "products[0].additionCategoryIds[0]".to_owned()),
            (with("vatRateChanges", json!([{"from": "2026-02-30", "vatRate": 0.1}])), "products[0].vatRateChanges[0].from".to_owned()),
            (with("vatRateChanges", json!([{"from": "2026-03-03T00:00:00Z", "vatRate": 0.1}])), "products[0].vatRateChanges[0].from".to_owned()),
            (with("vatRateChanges", json!([{"from": "2026-03-03", "vatRate": 1.1}])), "products[0].vatRateChanges[0].vatRate".to_owned()),
            (with("placesValues", json!({"nowhere": {}})), "products[0].placesValues.nowhere".to_owned()),
            (at_second(json!({"priceLevels": {"night": {"price": 0.001}}})), in_values("priceLevels.night.price")),
            (at_second(json!({"vatRate": -1})), in_values("vatRate")),
            (at_second(json!({"vatRateChanges": [{"from": "2026-03-03", "vatRate": 0.1}]})), in_values("vatRate")),
            (at_second(json!({"additionCategoryIds": ["ac:none"]})), in_values("additionCategoryIds[0]")),
            (json!({"categories": [{"categoryId": "c:a", "parentCategoryId": "c:b", "name": "A"}, {"categoryId": "c:b", "parentCategoryId": "c:a", "name": "B"}]}),
                "categories[0].parentCategoryId".to_owned()),
            (json!({"additionCategories": [{"additionCategoryId": "ac", "title": "A", "min": 2, "max": 1}]}), "additionCategories[0].max".to_owned()),
            (addition(json!({"productId": "p:none"})), "additionCategories[0].additions[0].productId".to_owned()),
            (addition(json!({"additionPrice": 0.005})), "additionCategories[0].additions[0].additionPrice".to_owned()),
            (addition(json!({"vatRate": 2})), "additionCategories[0].additions[0].vatRate".to_owned()),
            (json!({"additionCategories": [{"additionCategoryId": "ac", "title": "A", "additions": [
                {"additionId": "a", "title": "1", "additionPrice": 1}, {"additionId": "a", "title": "2", "additionPrice": 1}]}]}),
                "additionCategories[0].additions[0].additionId".to_owned()),
            (timed(menu("new", "2026-03-02T14:00:00Z", "2026-03-02T14:00:00Z", MAIN)), "timeBasedMenus[0].till".to_owned()),
            (timed(menu("new", "today", "2026-03-02T14:00:00Z", MAIN)), "timeBasedMenus[0].since".to_owned()),
            (timed(menu("new", "2026-03-02T13:59:00Z", "2026-03-02T15:00:00Z", MAIN)), "timeBasedMenus[0].items[0].productId".to_owned()),
            (timed(menu("new", "2026-03-02T14:00:00Z", "2026-03-02T15:00:00Z", "p:none")), "timeBasedMenus[0].items[0].productId".to_owned()),
            (json!({"timeBasedMenus": [menu("a", "2026-03-02T14:00:00Z", "2026-03-02T15:00:00Z", MAIN), menu("b", "2026-03-02T14:30:00Z", "2026-03-02T15:00:00Z", MAIN)]}),
                "timeBasedMenus[1].items[0].productId".to_owned()),
            (json!({"placeRules": {"nowhere": {}}}), "placeRules.nowhere".to_owned()),
        ];
        for (body, field) in table {
            let text = body.to_string();
            let answer = house.app.admin.send(Method::PUT, &set_up(&house, "menu"), Some(text.clone().into_bytes())).await.unwrap();
            assert_eq!((answer.status, answer.json["field"].as_str()), (400, Some(field.as_str())), "{text}: {}", answer.text);
        }
        assert_eq!(house.rows().await, rows);
        assert_eq!(tree(&house, "").await, version);
        // Where the other ends, or at another place, the product may be in a second menu
        put_menu(&house, timed(menu("new", "2026-03-02T14:00:00Z", "2026-03-02T15:00:00Z", MAIN))).await;
    }

    /// deletePlatformProduct, deletePlatformCategory: gone from the tree and the feed, not from an open check.
    async fn what_is_removed_is_gone_and_told(engine: Engine) {
        let (house, _) = two_places(engine).await;
        let receiver = follower(&house).await;
        let check = house.open_check(1, &[(COFFEE, 1)], &[]).await;
        let place_item = format!("{COFFEE}@{}", house.restaurant.place_id);
        let before = told(&receiver, "placeItems", "placeItemId", &place_item, |_| true).await;
        assert_eq!(before["priceLevels"], json!({"default": {"price": 55}}));
        assert_eq!((&before["productId"], &before["placeId"], &before["vatRate"], &before["showInPos"]),
            (&json!(COFFEE), &json!(house.restaurant.place_id), &json!(0.12), &json!(true)));
        let delete = |noun: String| {
            let (admin, path) = (house.app.admin.clone(), set_up(&house, &noun));
            async move { admin.send(Method::DELETE, &path, None).await.unwrap() }
        };
        let refused = delete("menu/categories/c:napoje".to_owned()).await;
        assert_eq!((refused.status, &refused.json["name"]), (409, &json!("CATEGORY_IN_USE")));
        for product in [COFFEE, BEER] {
            assert_eq!(delete(format!("menu/products/{product}")).await.status, 204);
            assert_eq!(delete(format!("menu/products/{product}")).await.status, 404);
        }
        assert_eq!(delete("menu/categories/c:napoje".to_owned()).await.status, 204);
        assert_eq!(delete("menu/categories/c:napoje".to_owned()).await.status, 404);
        let shown = tree(&house, "").await;
        assert!(find(&shown["items"], "productId", COFFEE).is_none() && find(&shown["items"], "categoryId", "c:napoje").is_none());
        for (domain, member, id) in [("items", "productId", COFFEE), ("placeItems", "placeItemId", place_item.as_str()), ("itemCategories", "categoryId", "c:napoje")] {
            let gone = told(&receiver, domain, member, id, |record| record["_removed"] == true).await;
            assert_eq!(gone.as_object().unwrap().len(), 4, "{gone}");
        }
        // The guest who ordered it still gets it, and nobody else does
        let register = house.register(1);
        let line = json!({"lines": [{"checkItemId": "1", "productId": COFFEE, "amount": 2}]});
        assert_eq!(register.put(&format!("{check}/lines"), &line).await.unwrap()["totalWithVat"], 110);
        let more = json!({"lines": [{"checkItemId": "new", "productId": COFFEE, "amount": 1}]}).to_string().into_bytes();
        let refused = register.send(Method::PUT, &format!("{check}/lines"), Some(more)).await.unwrap();
        assert_eq!((refused.status, &refused.json["field"]), (400, &json!("lines[0].productId")));
        // Set up again it is there again, under the number it had, and newer than its tombstone
        put_menu(&house, json!({"products": [{"productId": COFFEE, "name": "Káva", "price": 56, "vatRate": 0.12}]})).await;
        assert_eq!(in_tree(&tree(&house, "").await, COFFEE)["name"], "Káva");
        let back = told(&receiver, "placeItems", "placeItemId", &place_item, |record| record["priceLevels"]["default"]["price"] == 56).await;
        assert!(back["_version"].as_i64() > before["_version"].as_i64());
    }

    async fn what_was_set_up_before_places_had_records_is_told_once(engine: Engine) {
        let (house, _) = two_places(engine).await;
        let receiver = follower(&house).await;
        let place_item = format!("{COFFEE}@{}", house.restaurant.place_id);
        let before = told(&receiver, "placeItems", "placeItemId", &place_item, |_| true).await;
        // As a database is that an older program has set up
        let sql = "DELETE FROM platform_menu_version WHERE merchant = $1 AND place <> ''";
        let older: &'static db::Statement = Box::leak(Box::new(db::Statement::new("FORGET_PLACES", module_path!(), sql)));
        let merchant = house.restaurant.merchant_id.clone();
        let forget = house.app.app.db().write("forget_places", move |tx| {
            Ok::<_, db::TxError<db::Never>>(tx.execute(older, db::params![&merchant])?)
        });
        assert_eq!(forget.await.unwrap(), 2);
        let state = tree(&house, &house.restaurant.place_id).await;
        put_menu(&house, json!({})).await;
        let version = before["_version"].as_i64();
        let again = told(&receiver, "placeItems", "placeItemId", &place_item, |record| record["_version"].as_i64() > version).await;
        assert_eq!(again["priceLevels"], before["priceLevels"]);
        assert_eq!(tree(&house, &house.restaurant.place_id).await, state, "nobody sees that");
        put_menu(&house, json!({})).await;
        testkit::fed(&house.app.admin, &house.restaurant.merchant_id).await;
        let newest = told(&receiver, "placeItems", "placeItemId", &place_item, |_| true).await;
        assert_eq!(newest["_version"], again["_version"]);
    }

    /// deletePlatformAdditionCategory, deletePlatformProduct: 409 while something refers to it.
    async fn what_an_addition_or_a_product_needs_stays(engine: Engine) {
        let (house, second) = two_places(engine).await;
        let category = |product: Value| json!({"additionCategoryId": "ac:x", "title": "X", "additions": [
            {"additionId": "a:1", "title": "One", "additionPrice": 1, "productId": product}]});
        let coffee = |own: Value, there: Value| json!({"productId": COFFEE, "categoryId": "c:napoje", "name": "Káva", "price": 55, "vatRate": 0.12,
            "additionCategoryIds": own, "placesValues": {&second: {"additionCategoryIds": there}}});
        let delete = |noun: &str| {
            let (admin, path) = (house.app.admin.clone(), set_up(&house, noun));
            async move { admin.send(Method::DELETE, &path, None).await.unwrap() }
        };
        put_menu(&house, json!({"additionCategories": [category(json!(BEER))], "products": [coffee(json!([]), json!(["ac:x"]))]})).await;
        assert_eq!(delete(&format!("menu/products/{BEER}")).await.json["name"], "PRODUCT_IN_USE");
        assert_eq!(delete("menu/additionCategories/ac:x").await.json["name"], "ADDITION_CATEGORY_IN_USE");
        put_menu(&house, json!({"products": [coffee(json!(["ac:x"]), Value::Null)]})).await;
        assert_eq!(delete("menu/additionCategories/ac:x").await.status, 409);
        put_menu(&house, json!({"products": [coffee(json!([]), Value::Null)]})).await;
        assert_eq!(delete("menu/additionCategories/ac:x").await.status, 204);
        assert_eq!(delete("menu/additionCategories/ac:x").await.status, 404);
        assert_eq!(delete(&format!("menu/products/{BEER}")).await.status, 204);
        let left = house.platform().await.get(&tree_path(&house, "")).await.unwrap()["additionCategories"].clone();
        let ids: Vec<&Value> = left.as_array().unwrap().iter().map(|category| &category["additionCategoryId"]).collect();
        assert_eq!(ids, [ADDITION_CATEGORY]);
    }
}
