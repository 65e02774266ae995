//! What does the tree show, to whom, and when does its version move?

use super::{again, find, path, product, put_menu, set_up, tag, tree, two_places};
use http::Method;
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::{ADDITION_CATEGORY, BEER, DESSERT, MAIN};

/// Soups below the main dishes, with an addition, a second level of prices at the first place and a hidden product.
fn soups(house: &House) -> Value {
    let place = &house.restaurant.place_id;
    json!({
        "categories": [{"categoryId": "c:polevky", "parentCategoryId": "c:hlavni", "name": "Polévky", "order": -1}],
        "additionCategories": [
            {"additionCategoryId": "ac:two", "title": "Second", "order": 2, "additions": []},
            {"additionCategoryId": "ac:bread", "title": "Pečivo", "min": 0, "max": 2, "order": 1, "additions": [
                {"additionId": "a:roll", "title": "Rohlík", "additionPrice": 5, "subtractionPrice": 0},
                {"additionId": "a:beer", "title": "Pivo", "additionPrice": 59, "productId": BEER, "vatRate": 0.21, "vatId": 2, "measure": "l"}]}],
        "products": [
            {"productId": "p:kulajda", "categoryId": "c:polevky", "name": "Kulajda", "price": 79, "vatRate": 0.12,
                "marketingName": "Jihočeská kulajda", "description": "S koprem", "imageUrl": "https://example.com/k.png",
                "type": "food", "allergens": [1, 3, 7], "labels": ["veg"], "additionCategoryIds": ["ac:bread"], "ean": "859",
                "placesValues": {place: {"priceLevels": {"default": {"price": 75.5}, "takeaway": {"price": 70}}, "vatRate": 0.21,
                    "additionCategoryIds": []}}},
            {"productId": "p:hidden", "name": "Skrytý", "price": 10, "vatRate": 0.12, "isPriceVariable": true, "order": -5,
                "placesValues": {place: {"showInPos": false}}}],
    })
}

testkit::on_both_engines! {
    /// getMenu: nested categories, additions, the values of a place and of all.
    async fn categories_hold_products_and_each_place_has_values_of_its_own(engine: Engine) {
        let (house, second) = two_places(engine).await;
        put_menu(&house, soups(&house)).await;
        let first = &house.restaurant.place_id;
        let here = tree(&house, first).await;
        assert_eq!(here["currencyCode"], "CZK");
        let roots: Vec<&Value> = here["items"].as_array().unwrap().iter().collect();
        assert_eq!((&roots[0]["productId"], &roots[1]["categoryId"]), (&json!("p:hidden"), &json!("c:listek")));
        // told apart as documented
        assert!(roots[0].get("categoryId").is_none() && roots[0].get("items").is_none());
        let mains = find(&here["items"], "categoryId", "c:hlavni").unwrap();
        assert_eq!((&mains["items"][0]["categoryId"], &mains["items"][1]["productId"]), (&json!("c:polevky"), &json!(MAIN)));
        let soup = json!({"productId": "p:kulajda", "name": "Kulajda", "marketingName": "Jihočeská kulajda", "description": "S koprem",
            "measure": "pcs", "ean": "859", "imageUrl": "https://example.com/k.png", "type": "food", "isPriceVariable": false,
            "allergens": [1, 3, 7], "labels": ["veg"], "additionCategoryIds": ["ac:bread"],
            "placeValues": {"priceLevels": {"default": {"price": 75.5}, "takeaway": {"price": 70}}, "vatRate": 0.21, "showInPos": true,
                "additionCategoryIds": []}});
        assert_eq!(product(&here, "p:kulajda"), &soup);
        assert_eq!(product(&here, "p:hidden")["placeValues"]["showInPos"], false);
        assert_eq!(product(&here, BEER)["placeValues"],
            json!({"priceLevels": {"default": {"price": 59}}, "vatRate": 0.21, "showInPos": true, "additionCategoryIds": []}));
        let there = tree(&house, &second).await;
        let there = product(&there, "p:kulajda")["placeValues"].clone();
        assert_eq!(there, json!({"priceLevels": {"default": {"price": 79}}, "vatRate": 0.12, "showInPos": true,
            "additionCategoryIds": ["ac:bread"]}));
        let both = tree(&house, "").await;
        let values = &product(&both, "p:kulajda")["placesValues"];
        assert!(product(&both, "p:kulajda").get("placeValues").is_none());
        assert_eq!(values, &json!({first.as_str(): soup["placeValues"], second.as_str(): there}));
        let set: Vec<&Value> = here["additionCategories"].as_array().unwrap().iter()
            .filter(|category| category["additionCategoryId"] != ADDITION_CATEGORY).collect();
        assert_eq!(json!(set), json!([
            {"additionCategoryId": "ac:bread", "title": "Pečivo", "min": 0, "max": 2, "showInPOS": true, "additions": [
                {"additionId": "a:roll", "title": "Rohlík", "additionPrice": 5, "subtractionPrice": 0, "productId": null,
                    "vatRate": null, "vatId": null, "measure": "pcs"},
                {"additionId": "a:beer", "title": "Pivo", "additionPrice": 59, "subtractionPrice": 0, "productId": BEER,
                    "vatRate": 0.21, "vatId": 2, "measure": "l"}]},
            {"additionCategoryId": "ac:two", "title": "Second", "min": null, "max": null, "showInPOS": true, "additions": []}]));
    }

    async fn the_depth_says_how_many_levels_are_opened(engine: Engine) {
        let (house, _) = two_places(engine).await;
        put_menu(&house, soups(&house)).await;
        let caller = house.platform().await;
        // depth, whether the soups are seen, whether what stands in them is
        for (depth, category, soup) in [("0", false, false), ("1", false, false), ("2", true, false), ("3", true, true), ("-1", true, true)] {
            let found = caller.get(&path(&house, &format!("?depth={depth}"))).await.unwrap();
            let seen = (find(&found["items"], "categoryId", "c:polevky").is_some(), find(&found["items"], "productId", "p:kulajda").is_some());
            assert_eq!(seen, (category, soup), "{depth}");
            assert_eq!(found["items"].as_array().unwrap().len(), 2);
        }
        for (query, status, field) in [("depth=-2", 400, "depth"), ("depth=all", 400, "depth"), ("depth=", 400, "depth"),
            ("depth=1&depth=2", 400, "depth"), ("placeId=elsewhere", 404, ""), ("placeId=", 404, "")] {
            let answer = caller.send(Method::GET, &path(&house, &format!("?{query}")), None).await.unwrap();
            assert_eq!(answer.status, status, "{query}: {}", answer.text);
            assert_eq!(answer.json["field"].as_str().unwrap_or_default(), field, "{query}");
        }
    }

    async fn the_version_moves_with_what_is_seen_and_never_otherwise(engine: Engine) {
        let (house, second) = two_places(engine).await;
        put_menu(&house, soups(&house)).await;
        let first = house.restaurant.place_id.clone();
        let beer = |more: Value| {
            let mut beer = json!({"productId": BEER, "categoryId": "c:napoje", "name": "Pivo", "price": 59, "vatRate": 0.21});
            beer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"products": [beer]})
        };
        let desk = json!({"name": "Nový"});
        // what is set up, whether it is seen at the first place, at the second
        let steps = [
            ("menu", soups(&house), false, false),
            ("menu", beer(json!({})), false, false),
            ("menu", beer(json!({"name": "Pivo 12°"})), true, true),
            ("menu", beer(json!({})), true, true),
            ("menu", beer(json!({"placesValues": {&second: {"priceLevels": {"default": {"price": 61}}}}})), false, true),
            ("menu", beer(json!({"placesValues": {&second: {"priceLevels": {"default": {"price": 61}}}}})), false, false),
            ("menu", beer(json!({"placesValues": {&second: {"priceLevels": {"default": {"price": 59}}}}})), false, true),
            // says what is so anyway
            ("menu", beer(json!({"placesValues": {&second: null, &first: {"showInPos": true}}})), false, false),
            ("menu", beer(json!({"vatRateChanges": [{"from": "2026-03-03", "vatRate": 0.25}]})), false, false),
            ("menu", json!({"placeRules": {&first: {"beyondRemaining": "warn"}}}), false, false),
            ("menu", json!({"additionCategories": [{"additionCategoryId": "ac:two", "title": "Third"}]}), true, true),
            ("menu", json!({"categories": [{"categoryId": "c:dezerty", "parentCategoryId": "c:listek", "name": "Sladké"}]}), true, true),
            ("desks", desk, false, false),
        ];
        let mut before = (tree(&house, &first).await, tree(&house, &second).await, tree(&house, "").await);
        for (noun, body, at_first, at_second) in steps {
            let noun = if noun == "desks" { format!("places/{first}/desks/99") } else { noun.to_owned() };
            house.app.admin.put(&set_up(&house, &noun), &body).await.unwrap();
            let after = (tree(&house, &first).await, tree(&house, &second).await, tree(&house, "").await);
            for (was, is, moved) in [(&before.0, &after.0, at_first), (&before.1, &after.1, at_second), (&before.2, &after.2, at_first || at_second)] {
                let state = |tree: &Value| (tree["_version"].as_i64().unwrap(), tree["_lastModifiedAt"].as_str().unwrap().to_owned());
                assert_eq!(state(is).0 > state(was).0, moved, "{body}: {was} {is}");
                assert_eq!(state(is).1 != state(was).1, moved, "{body}");
                assert_eq!(was != is, moved, "{body}");
            }
            before = after;
        }
    }

    async fn a_tree_that_is_as_it_was_is_not_sent_again(engine: Engine) {
        let (house, second) = two_places(engine).await;
        let caller = house.platform().await;
        for rest in [String::new(), format!("?placeId={second}"), "?depth=1".to_owned()] {
            let path = path(&house, &rest);
            let first = caller.send(Method::GET, &path, None).await.unwrap();
            let same = again(&caller, &path, &tag(&first)).await;
            assert_eq!((same.status, same.text.as_str(), tag(&same)), (304, "", tag(&first)));
            assert_eq!(again(&caller, &path, "\"other\"").await.status, 200);
            let cake = json!({"products": [{"productId": DESSERT, "categoryId": "c:dezerty", "name": format!("Palačinky {rest}"),
                "price": 95, "vatRate": 0.12}]});
            put_menu(&house, cake).await;
            let other = again(&caller, &path, &tag(&first)).await;
            assert_eq!(other.status, 200);
            assert_ne!(tag(&other), tag(&first));
        }
        let nobody = house.app.anyone.send(Method::GET, &path(&house, ""), None).await.unwrap();
        assert_eq!(nobody.status, 401);
    }

    /// What was sent is kept, so each way to ask is asked twice after each kind of change.
    async fn a_tree_that_was_kept_is_never_sent_for_another(engine: Engine) {
        let (house, second) = two_places(engine).await;
        let caller = house.platform().await;
        let ways = [String::new(), format!("?placeId={second}"), format!("?placeId={}", house.restaurant.place_id), "?depth=1".to_owned(), "?depth=2".to_owned()];
        let ask = async || {
            let mut all = Vec::new();
            for way in &ways {
                let first = caller.send(Method::GET, &path(&house, way), None).await.unwrap();
                assert_eq!(first.headers["content-type"], "application/json");
                assert_eq!(caller.get(&path(&house, way)).await.unwrap(), first.json);
                all.push(first.json);
            }
            all
        };
        let stop = path(&house, &format!("/stopList/{second}/{BEER}"));
        let mut seen = vec![ask().await];
        put_menu(&house, soups(&house)).await;
        seen.push(ask().await);
        caller.put(&stop, &json!({})).await.unwrap();
        seen.push(ask().await);
        caller.delete(&stop).await.unwrap();
        seen.push(ask().await);
        put_menu(&house, crate::menu::remaining_amounts::daily(&house, 3, 2)).await;
        seen.push(ask().await);
        house.open_check(1, &[(MAIN, 1)], &[]).await;
        seen.push(ask().await);
        let quantities: Vec<&Value> = seen.iter().map(|all| &product(&all[2], MAIN)["placeValues"]["quantity"]).collect();
        assert_eq!(quantities, [&Value::Null, &Value::Null, &Value::Null, &Value::Null, &json!(3), &json!(2)]);
        let shown: Vec<bool> = seen.iter().map(|all| product(&all[1], BEER)["placeValues"]["showInPos"] == true).collect();
        assert_eq!(shown, [true, true, false, true, true, true]);
        let soup: Vec<bool> = seen.iter().map(|all| find(&all[4]["items"], "categoryId", "c:polevky").is_some()).collect();
        assert_eq!(soup, [false, true, true, true, true, true]);
    }

    async fn an_application_sees_the_places_it_was_given(engine: Engine) {
        let (house, second) = two_places(engine).await;
        let merchant = &house.restaurant.merchant_id;
        let signed_in = |body: Value| {
            let (admin, anyone) = (house.app.admin.clone(), house.app.anyone.clone());
            async move {
                let made = admin.post("/admin/v1/platform/clients", &body).await.unwrap();
                let login = json!({"client_id": made["clientId"], "client_secret": made["clientSecret"], "grant_type": "client_credentials"});
                let token = anyone.post("/api/auth/authorize", &login).await.unwrap();
                anyone.bearer(token["access_token"].as_str().unwrap())
            }
        };
        let one = signed_in(json!({"name": "One", "merchantIds": [merchant], "placeIds": [&second], "apis": ["menu"]})).await;
        let bills = signed_in(json!({"name": "Bills", "merchantIds": [merchant], "apis": ["bills"]})).await;
        let all = one.get(&path(&house, "")).await.unwrap();
        let places: Vec<&String> = product(&all, BEER)["placesValues"].as_object().unwrap().keys().collect();
        assert_eq!(places, [&second]);
        // What only the other place shows moves nothing for it
        let other = json!({"products": [{"productId": BEER, "categoryId": "c:napoje", "name": "Pivo", "price": 59, "vatRate": 0.21,
            "placesValues": {&house.restaurant.place_id: {"showInPos": false}}}]});
        put_menu(&house, other).await;
        assert_eq!(one.get(&path(&house, "")).await.unwrap(), all);
        for (caller, place, status) in [(&one, second.as_str(), 200), (&one, &house.restaurant.place_id, 403), (&bills, &second, 403)] {
            let answer = caller.send(Method::GET, &path(&house, &format!("?placeId={place}")), None).await.unwrap();
            assert_eq!(answer.status, status, "{}", answer.text);
        }
    }
}
