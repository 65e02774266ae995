//! `/pos/{sourceId}/checks`: does the worked bill of loyalty.md §2 come out to the cent, from scan to bill?

mod open;

use http::Method;
use serde_json::{Value, json};
use testkit::restaurant::{BEER, CARD, DESSERT, MAIN, MPV, PROMO, SPV};
use testkit::{House, assert_number, eventually};

/// The beer is 20 % off, on top of the sample restaurant's promotions.
async fn add_beer_promotion(house: &House) {
    let definition = json!({"kind": {"percent": {"percent": 20}}, "scope": {"on": "items", "products": [BEER]},
        "trigger": "automatic"});
    let path = format!("{}/promotions/beer_20", house.partner_admin());
    house.app.admin.put(&path, &json!({"definition": definition})).await.unwrap();
}

fn line<'a>(check: &'a Value, product: &str) -> &'a Value {
    check["lines"].as_array().unwrap().iter().find(|line| line["productId"] == product).unwrap()
}

testkit::on_both_engines! {
    /// openCheck, readCheck, payCheck: from scan to bill.
    async fn the_worked_bill(engine: Engine) {
        let house = House::start(engine).await;
        add_beer_promotion(&house).await;
        let register = house.register(1);
        let path = house.open_check(1, &[(MAIN, 2), (BEER, 3), (DESSERT, 1)], &[CARD, PROMO, SPV, MPV]).await;
        register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
        let choice = format!("{path}/balances/{}", house.restaurant.credit_balance_id);
        register.put(&choice, &json!({"controllableValueToUse": 100})).await.unwrap();
        let check = register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
        for (product, final_price) in [(MAIN, "304.25"), (BEER, "113.97"), (DESSERT, "4.92")] {
            assert_number(product, final_price, &line(&check, product)["finalPriceWithVat"]);
        }
        assert_number("total", "423.14", &check["totalWithVat"]);
        assert_number("paid by balances", "400.00", &check["paidByBalances"]);
        assert_number("to pay", "23.14", &check["toPay"]);

        let paid = json!({"payments": [{"paymentMethod": "card", "priceWithVat": "23.14"}]});
        register.post(&format!("{path}/pay"), &paid).await.unwrap();
        let bill_id = register.get(&path).await.unwrap()["billId"].as_str().unwrap().to_owned();
        let platform = house.platform().await;
        let bill = platform.get(&format!("/bills/{}/{bill_id}", house.restaurant.source_id)).await.unwrap();
        assert_number("the bill's final price", "423.14", &bill["finalPrice"]);
        assert_number("VAT at 12 %", "33.13", &bill["taxSummaries"]["12"]);
        assert_number("VAT at 21 %", "19.78", &bill["taxSummaries"]["21"]);

        let usages = eventually("the report", async || Some(house.usages().await).filter(|usages| !usages.is_empty())).await;
        assert_eq!(usages[0]["billId"], bill_id.as_str());
        for (balance, posted) in [
            (SPV, "0"),
            (MPV, "0"),
            (house.restaurant.credit_balance_id.as_str(), "900"),
            // 500 used, 42 earned on the bill (loyalty.md §9 P3)
            (house.restaurant.points_balance_id.as_str(), "42"),
        ] {
            assert_number(balance, posted, &house.balance(balance).await["posted"]);
        }
        house.assert_verified().await;
    }

    /// payCheck, setLines: a check is paid once.
    async fn a_paid_check_gives_its_bill_again_and_takes_no_change(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let path = house.open_check(1, &[(MAIN, 1)], &[]).await;
        register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
        let cash = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 189}]});
        register.post(&format!("{path}/pay"), &cash).await.unwrap();
        let bill = register.get(&path).await.unwrap()["billId"].clone();
        register.post(&format!("{path}/pay"), &cash).await.unwrap();
        assert_eq!(register.get(&path).await.unwrap()["billId"], bill);
        let answer = register.send(Method::PUT, &format!("{path}/lines"), Some(br#"{"lines": []}"#.to_vec())).await.unwrap();
        assert_eq!(answer.status, 409, "{}", answer.text);
        assert_eq!(house.rows().await["platform_bill"], 1);
    }

    async fn an_offer_that_changed_is_shown_before_any_money_is_taken(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let path = house.open_check(1, &[(MAIN, 1)], &[MPV]).await;
        let check = register.post(&format!("{path}/offer"), &json!({})).await.unwrap();
        assert_number("to pay", "0", &check["toPay"]);
        // behind the register's back the voucher is spent, without a look at holds: the guest was elsewhere
        let spent = crate::partner::usage_of(MPV, "250.00");
        house.partner().post("/partner/loyalty/reportBenefitUsage", &spent).await.unwrap();
        let answer = register.send(Method::POST, &format!("{path}/pay"), Some(br#"{"payments": []}"#.to_vec())).await.unwrap();
        assert_eq!(answer.status, 409, "{}", answer.text);
        assert_eq!(house.rows().await["platform_bill"], 0);
        let check = register.get(&path).await.unwrap();
        assert_number("to pay now", "139", &check["toPay"]);
    }

    /// openCheck, readCheck: a check is its register's, at a desk of the place, and says what it was opened with.
    async fn a_check_is_opened_at_a_desk_and_read_by_its_register(engine: Engine) {
        let house = House::start(engine).await;
        let register = house.register(1);
        let open = async |body: Value| {
            register.send(Method::POST, &house.checks(), Some(body.to_string().into_bytes())).await.unwrap()
        };
        let opened = open(json!({"deskId": "1", "personCount": 3})).await;
        assert_eq!(opened.status, 201, "{}", opened.text);
        let check = &opened.json;
        assert_eq!((&check["deskId"], &check["personCount"], &check["deviceNumber"], &check["state"], &check["lines"]),
            (&json!("1"), &json!(3), &json!(1), &json!("open"), &json!([])));
        let path = format!("{}/{}", house.checks(), check["checkId"].as_str().unwrap());
        assert_eq!(&register.get(&path).await.unwrap(), check);
        assert_eq!(house.register(2).send(Method::GET, &path, None).await.unwrap().status, 403);
        assert_eq!(register.send(Method::GET, &format!("{}/none", house.checks()), None).await.unwrap().status, 404);
        let before = house.rows().await;
        for (body, field) in [(json!({"personCount": -1}), "personCount"), (json!({"desk": "1"}), "desk")] {
            let answer = open(body).await;
            assert_eq!((answer.status, answer.json["field"].as_str()), (400, Some(field)), "{}", answer.text);
        }
        assert_eq!(house.rows().await, before);
    }
}
