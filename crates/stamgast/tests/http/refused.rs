//! What is said to whoever sends a body or a query of our own API that is wrong? The member at fault, by its whole path.

use http::Method;
use serde_json::{Value, json};
use testkit::House;
use testkit::restaurant::MAIN;

testkit::on_both_engines! {
    async fn a_member_is_named_with_what_is_known_in_its_place(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let check = house.open_check(1, &[(MAIN, 1)], &[]).await;
        let (partner, platform) = (house.partner_admin(), format!("/admin/v1/platform/merchants/{}", house.restaurant.merchant_id));
        let promotion = |kind: Value| json!({"definition": {"kind": kind, "scope": {"on": "order"}, "trigger": "code"}});
        let before = house.rows().await;
        let admin = &house.app.admin;
        // caller, method, path, body, field, message
        for (caller, method, path, body, field, message) in [
            (admin, Method::PUT, platform.clone(), json!({"nme": "Bar"}), "nme", "nme is no member here; did you mean name?"),
            (admin, Method::PUT, platform.clone(), json!({"name": "Bar", "colour": 1}), "colour", "colour is no member here; expected one of name, "),
            (admin, Method::PUT, platform.clone(), json!({"name": "Bar"}), "countryCode", "countryCode: expected a value, found nothing"),
            (admin, Method::PUT, platform.clone(), json!({"name": 5}), "name", "name: expected text, found 5"),
            (admin, Method::PUT, format!("{platform}/menu"), json!({"products": [{"productId": "p", "name": "P", "vatRate": 0}]}),
                "products[0].price", "products[0].price: expected a value, found nothing"),
            (admin, Method::PUT, format!("{platform}/menu"), json!({"categories": [{"categoryId": "c", "nam": "C"}]}),
                "categories[0].nam", "did you mean categories[0].name?"),
            (&register, Method::POST, format!("{check}/pay"), json!({}), "payments", "payments: expected a value, found nothing"),
            (&register, Method::PUT, format!("{check}/lines"), json!({"lines": {}}), "lines", "lines: expected a list, found an object"),
            (admin, Method::PUT, format!("{partner}/promotions/p"), promotion(json!({"percent": {"percent": 150}})),
                "definition.kind.percent.percent", "definition.kind.percent.percent: expected above 0 and at most 100, found 150"),
            (admin, Method::PUT, format!("{partner}/promotions/p"), promotion(json!({"percent": {}})),
                "definition.kind.percent.percent", "definition.kind.percent.percent: expected a value, found nothing"),
            (admin, Method::PUT, format!("{partner}/promotions/p"), promotion(json!({"percent": {"percnt": 10}})),
                "definition.kind.percent.percnt", "did you mean definition.kind.percent.percent?"),
            (admin, Method::PUT, format!("{partner}/promotions/p"), promotion(json!({"buyGet": {"buy": 2, "get": 0}})),
                "definition.kind.buyGet.get", "definition.kind.buyGet.get: expected 1 to 1000, found 0"),
            (admin, Method::PUT, format!("{partner}/promotions/p"), json!({"definition": {"scope": {"on": "order"}}}),
                "definition.kind", "definition.kind: expected a value, found nothing"),
            (admin, Method::PUT, format!("{partner}/promotions/p"),
                json!({"definition": {"kind": {"price": {"price": 1}}, "scope": {"on": "order"}, "trigger": "code", "limits": [{"uses": 0, "per": "check"}]}}),
                "definition.limits[0].per", "definition.limits[0].per: expected one of "),
            (admin, Method::POST, format!("{partner}/vouchers"),
                json!({"code": "V", "type": "multiPurposePrepaidVoucher", "value": 1, "settings": {"prepayment": {"value": 5, "mn": 1}}}),
                "settings.prepayment.mn", "did you mean settings.prepayment.min?"),
            (admin, Method::POST, format!("{partner}/vouchers"),
                json!({"code": "V", "type": "multiPurposePrepaidVoucher", "value": 1, "settings": {"prepayment": {"value": 0}}}),
                "settings.prepayment.value", "settings.prepayment.value: expected "),
        ] {
            let answer = caller.send(method.clone(), &path, Some(body.to_string().into_bytes())).await.unwrap();
            assert_eq!((answer.status, &answer.json["field"]), (400, &json!(field)), "{method} {path} {body}: {}", answer.text);
            assert!(answer.json["message"].as_str().unwrap().contains(message), "{body}: {}", answer.text);
        }
        assert_eq!(house.rows().await, before);
    }

    async fn a_query_and_a_body_that_is_no_json_are_told_too(engine: Engine) {
        let house = House::start(engine).await;
        let partner = house.partner_admin();
        for (path, field, message) in [
            (format!("{partner}/promotions?aftr=x"), "aftr", "aftr is no member here; did you mean after?"),
            ("/admin/v1/tokens?limit=ten".to_owned(), "limit", "limit: "),
        ] {
            let answer = house.app.admin.send(Method::GET, &path, None).await.unwrap();
            assert_eq!((answer.status, &answer.json["field"]), (400, &json!(field)), "{path}: {}", answer.text);
            assert!(answer.json["message"].as_str().unwrap().contains(message), "{path}: {}", answer.text);
        }
        let answer = house.app.admin.send(Method::PUT, &partner, Some(b"{\"name\": }".to_vec())).await.unwrap();
        let message = answer.json["message"].as_str().unwrap();
        assert!(answer.status == 400 && message.contains("line 1 column") && answer.json.get("field").is_none(), "{message}");
    }

    /// Both sides name the noun and the id; of an id that is too long its beginning.
    async fn what_is_not_there_is_named(engine: Engine) {
        let house = House::start(engine).await;
        let (partner, merchant) = (house.partner_admin(), &house.restaurant.merchant_id);
        let long = "x".repeat(3000);
        let bills = format!("/bills/{}", house.restaurant.source_id);
        let (admin, application, register) = (house.app.admin.clone(), house.platform().await, house.register(1));
        for (caller, path, message) in [
            (&admin, "/admin/v1/partner/merchants/nope".to_owned(), "merchant nope not found".to_owned()),
            (&admin, "/admin/v1/platform/merchants/nope".to_owned(), "merchant nope not found".to_owned()),
            (&admin, format!("{partner}/members/m-0"), "member m-0 not found".to_owned()),
            (&admin, format!("{partner}/members/m-0/merges"), "member m-0 not found".to_owned()),
            (&admin, format!("{partner}/balances/b-0"), "balance b-0 not found".to_owned()),
            (&admin, format!("{partner}/codes/c-0"), "code c-0 not found".to_owned()),
            (&admin, format!("{partner}/offers/o-0"), "offer o-0 not found".to_owned()),
            (&admin, format!("{partner}/promotions/p-0"), "promotion p-0 not found".to_owned()),
            (&admin, format!("{partner}/promotions/p-0/limits"), "promotion p-0 not found".to_owned()),
            (&admin, format!("{partner}/holds?balanceId=b-0"), "balance b-0 not found".to_owned()),
            (&admin, format!("{partner}/holds?limitId=l-0"), "limit l-0 not found".to_owned()),
            (&admin, "/admin/v1/partner/merchants/nope/usages".to_owned(), "merchant nope not found".to_owned()),
            (&admin, format!("{partner}/members/{long}"), format!("member {}… not found", &long[..200])),
            (&application, format!("{bills}/b-0"), "bill b-0 not found".to_owned()),
            (&application, format!("{bills}?lastBillId=b-0"), "bill b-0 not found".to_owned()),
            (&application, format!("/bills/{merchant}-5fffffffffffffffffffffff"), "place 5fffffffffffffffffffffff not found".to_owned()),
            (&register, format!("{}/c-0", house.checks()), "check c-0 not found".to_owned()),
        ] {
            let answer = caller.send(Method::GET, &path, None).await.unwrap();
            assert_eq!((answer.status, answer.json["message"].as_str()), (404, Some(message.as_str())), "{path}: {}", answer.text);
        }
        let (path, token) = (format!("{partner}/credentials/stg_loyalty_0123456789abcdef"), "stg_loyalty_0123456789abcdef");
        let secret = "a".repeat(43);
        // a whole token, given by mistake, is not said back
        for path in [path.clone(), format!("{path}_{secret}")] {
            let answer = admin.send(Method::DELETE, &path, None).await.unwrap();
            assert!(answer.status == 404 && answer.text.contains(token) && !answer.text.contains(&secret), "{}", answer.text);
        }
    }
}
