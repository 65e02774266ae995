//! Does what a guest pays ahead, collects, or may use once work from the till to the partner and back?

use super::taken_back::told;
use serde_json::{Value, json};
use testkit::restaurant::{BEER, COFFEE, INACTIVE, MAIN};
use testkit::{House, assert_number};

/// Opens a check with these codes and asks for an offer: the check's path and the check.
async fn offered(house: &House, register: usize, lines: &[(&str, i64)], codes: &[&str]) -> (String, Value) {
    let path = house.open_check(register, lines, codes).await;
    let check = house.register(register).post(&format!("{path}/offer"), &json!({})).await.unwrap();
    (path, check)
}

/// Pays what is left to pay in cash, and waits until the partner knows of `reports` bills in all; the bill.
async fn paid(house: &House, register: usize, path: &str, to_pay: &str, reports: usize) -> Value {
    let check = house.register(register).get(path).await.unwrap();
    assert_number("to pay", to_pay, &check["toPay"]);
    let cash = json!([{"paymentMethod": "cash", "priceWithVat": check["toPay"]}]);
    let payments = if to_pay == "0" { json!([]) } else { cash };
    let bill =
        house.register(register).post(&format!("{path}/pay"), &json!({"payments": payments})).await.unwrap();
    told(house, reports).await;
    bill
}

async fn cancelled(house: &House, bill: &Value, reports: usize) {
    let path =
        format!("/pos/{}/bills/{}/cancel", house.restaurant.source_id, bill["billId"].as_str().unwrap());
    house.register(1).post(&path, &json!({})).await.unwrap();
    told(house, reports).await;
}

/// Sets these members of the merchant's program, and adds a member.
async fn with_member(house: &House, program: Value, member: Value) {
    let mut merchant = house.app.admin.get(&house.partner_admin()).await.unwrap();
    merchant["program"].as_object_mut().unwrap().extend(program.as_object().unwrap().clone());
    house.app.admin.put(&house.partner_admin(), &merchant).await.unwrap();
    house.app.admin.post(&format!("{}/members", house.partner_admin()), &member).await.unwrap();
}

async fn standing(house: &House, balance_id: &str) -> (String, String) {
    let balance = house.balance(balance_id).await;
    (balance["status"].as_str().unwrap().to_owned(), balance["posted"].to_string())
}

fn is(status: &str, posted: &str) -> (String, String) {
    (status.to_owned(), posted.to_owned())
}

testkit::on_both_engines! {
    /// loyalty.md T3, T4, C5.
    async fn a_voucher_is_sold_spent_and_its_sale_taken_back(engine: Engine) {
        let house = House::start(engine).await;
        let (path, check) = offered(&house, 1, &[(COFFEE, 1)], &[INACTIVE]).await;
        let balance = &check["offer"]["balances"][0];
        assert_number("sold", "200", &balance["prepayment"]["value"]);
        assert_eq!((&balance["balanceId"], &check["codes"][0]["applicable"]), (&json!(INACTIVE), &json!(true)));
        assert_number("the line of the sale", "200", &check["prepaidLines"][0]["totalPriceWithVat"]);
        assert_eq!(standing(&house, INACTIVE).await, is("inactive", "0"), "the offer credits nothing");
        let sale = paid(&house, 1, &path, "255", 1).await;
        assert_eq!(standing(&house, INACTIVE).await, is("active", "200"));

        let (path, check) = offered(&house, 2, &[(MAIN, 1)], &[INACTIVE]).await;
        assert_number("paid by the voucher", "189", &check["paidByBalances"]);
        let meal = paid(&house, 2, &path, "0", 2).await;
        assert_eq!(standing(&house, INACTIVE).await, is("active", "11"));

        cancelled(&house, &meal, 3).await;
        assert_eq!(standing(&house, INACTIVE).await, is("active", "200"));
        cancelled(&house, &sale, 4).await;
        assert_eq!(standing(&house, INACTIVE).await, is("inactive", "0"));
        let (path, check) = offered(&house, 2, &[(COFFEE, 1)], &[INACTIVE]).await;
        assert_number("sold again", "200", &check["offer"]["balances"][0]["prepayment"]["value"]);
        paid(&house, 2, &path, "255", 5).await;
        assert_eq!(standing(&house, INACTIVE).await, is("active", "200"));
        house.assert_verified().await;
    }

    /// loyalty.md V9: the bonus is a discount, what was paid is a tender.
    async fn credit_is_topped_up_and_both_parts_pay_the_next_check(engine: Engine) {
        let house = House::start(engine).await;
        let prepayment = json!({"value": 1000, "min": 100, "max": 5000, "editable": true,
            "bonus": [{"from": 1000, "bonus": 100}, {"from": 2000, "percent": 15}]});
        let member = json!({"memberId": "topper", "person": {"firstName": "Jan"}, "cards": ["CARD-T"],
            "balances": [{"balanceId": "T", "type": "prepaidCredit", "settings": {"prepayment": prepayment}}]});
        with_member(&house, json!({}), member).await;
        let codes = format!("{}/top-up-codes", house.partner_admin());
        house.app.admin.post(&codes, &json!({"code": "TOPUP"})).await.unwrap();

        let (path, check) = offered(&house, 1, &[(COFFEE, 1)], &["CARD-T", "TOPUP"]).await;
        assert_number("unless another value is chosen", "1055", &check["toPay"]);
        let choice = json!({"prepaidValue": 2000});
        house.register(1).put(&format!("{path}/balances/T"), &choice).await.unwrap();
        house.register(1).post(&format!("{path}/offer"), &json!({})).await.unwrap();
        let sale = paid(&house, 1, &path, "2055", 1).await;
        assert_eq!(standing(&house, "T").await, is("active", "2300"));

        let (path, check) = offered(&house, 2, &[(MAIN, 2), (BEER, 1)], &["CARD-T"]).await;
        assert_number("437.00 less the bonus", "137", &check["totalWithVat"]);
        assert_number("paid by what was paid", "137", &check["paidByBalances"]);
        let meal = paid(&house, 2, &path, "0", 2).await;
        let lots = house.balance("T").await["lots"].clone();
        let left: Vec<(&str, String)> = lots.as_array().unwrap().iter()
            .map(|lot| (lot["kind"].as_str().unwrap(), lot["remaining"].to_string())).collect();
        assert_eq!(left, [("paid", "1863".to_owned()), ("bonus", "0".to_owned())]);

        cancelled(&house, &meal, 3).await;
        assert_eq!(standing(&house, "T").await, is("active", "2300"));
        cancelled(&house, &sale, 4).await;
        assert_eq!(standing(&house, "T").await, is("active", "0"), "credit can be topped up again");
        house.assert_verified().await;
    }

    /// loyalty.md V4: face 500, sold 450. What was not paid lowers the prices in proportion, and the VAT with them.
    async fn a_voucher_sold_below_its_face_is_taxed_by_what_was_paid(engine: Engine) {
        let house = House::start(engine).await;
        let voucher = json!({"code": "CHEAP", "type": "multiPurposePrepaidVoucher", "value": 500, "paidValue": 450});
        house.app.admin.post(&format!("{}/vouchers", house.partner_admin()), &voucher).await.unwrap();
        let left = async || {
            let lots = house.balance("CHEAP").await["lots"].clone();
            let lots = lots.as_array().unwrap().iter();
            lots.map(|lot| (lot["kind"].as_str().unwrap().to_owned(), lot["remaining"].to_string())).collect::<Vec<_>>()
        };
        let are = |paid: &str, unpaid: &str| vec![("paid".to_owned(), paid.to_owned()), ("bonus".to_owned(), unpaid.to_owned())];
        let (path, check) = offered(&house, 1, &[(MAIN, 2), (BEER, 2)], &["CHEAP"]).await;
        // 496.00 of 500.00: 49.60 over 378.00 at 12 % and 118.00 at 21 %
        assert_number("12 %", "340.2", &check["lines"][0]["finalPriceWithVat"]);
        assert_number("21 %", "106.2", &check["lines"][1]["finalPriceWithVat"]);
        assert_number("paid by what was paid", "446.4", &check["paidByBalances"]);
        let meal = paid(&house, 1, &path, "0", 1).await;
        assert_eq!(meal["taxSummaries"], json!({"12": "36.45", "21": "18.43"}));
        assert_eq!(left().await, are("3.6", "0.4"));
        let (path, check) = offered(&house, 2, &[(MAIN, 1)], &["CHEAP"]).await;
        assert_number("the rest", "3.6", &check["paidByBalances"]);
        assert_number("and what goes along", "188.6", &check["totalWithVat"]);
        paid(&house, 2, &path, "185", 2).await;
        assert_eq!(left().await, are("0", "0"));
        cancelled(&house, &meal, 3).await;
        assert_eq!(left().await, are("446.4", "49.6"));
        house.assert_verified().await;
    }

    async fn stamps_of_bills_make_a_free_coffee(engine: Engine) {
        let house = House::start(engine).await;
        let program = json!({"stampCards": [{"stampCardId": "coffee", "needed": 3, "products": [COFFEE]}]});
        let member = json!({"memberId": "drinker", "person": {"firstName": "Jan"}, "cards": ["CARD-S"]});
        let stamps = "stamps:coffee:drinker";
        with_member(&house, program, member).await;
        let (path, _) = offered(&house, 1, &[(COFFEE, 2), (BEER, 1)], &["CARD-S"]).await;
        paid(&house, 1, &path, "169", 1).await;
        assert_eq!(standing(&house, stamps).await.1, "2");
        let (path, _) = offered(&house, 2, &[(COFFEE, 1)], &["CARD-S"]).await;
        let third = paid(&house, 2, &path, "55", 2).await;
        assert_eq!(standing(&house, stamps).await.1, "3");

        // the third coffee goes back, and is drunk after all
        cancelled(&house, &third, 3).await;
        assert_eq!(standing(&house, stamps).await.1, "2");
        let (path, _) = offered(&house, 2, &[(COFFEE, 1)], &["CARD-S"]).await;
        paid(&house, 2, &path, "55", 4).await;

        let (path, check) = offered(&house, 1, &[(COFFEE, 1), (BEER, 1)], &["CARD-S"]).await;
        assert_number("the coffee", "0", &check["lines"][0]["finalPriceWithVat"]);
        let free = paid(&house, 1, &path, "59", 5).await;
        assert_eq!(standing(&house, stamps).await.1, "0", "a free coffee makes no stamp");
        cancelled(&house, &free, 6).await;
        assert_eq!(standing(&house, stamps).await.1, "3");
        house.assert_verified().await;
    }

    /// loyalty.md §4 (a use is held like money), C4.
    async fn a_code_that_is_good_once_is_refused_at_the_other_register(engine: Engine) {
        let house = House::start(engine).await;
        let once = json!({"definition": {"kind": {"percent": {"percent": 50}}, "scope": {"on": "order"},
            "trigger": "code", "limits": [{"per": "code", "uses": 1}]}, "codes": ["ONCE/1"]});
        house.app.admin.put(&format!("{}/promotions/once", house.partner_admin()), &once).await.unwrap();
        let (path, check) = offered(&house, 1, &[(BEER, 2)], &["ONCE/1"]).await;
        assert_eq!((&check["codes"][0]["applicable"], check["toPay"].to_string()), (&json!(true), "59".into()));
        let (other, check) = offered(&house, 2, &[(MAIN, 1)], &["ONCE/1"]).await;
        let refused = |check: &Value, reason: &str| {
            assert_eq!(check["codes"][0]["applicable"], false, "{check}");
            assert_eq!(check["codes"][0]["reasonCode"], reason);
            assert_number("nothing is taken off", "189", &check["toPay"]);
        };
        refused(&check, "LOCKED_BY_OTHER_DEVICE");
        let bill = paid(&house, 1, &path, "59", 1).await;
        let again = async || house.register(2).post(&format!("{other}/offer"), &json!({})).await.unwrap();
        refused(&again().await, "LIMIT_REACHED");
        cancelled(&house, &bill, 2).await;
        assert_eq!(again().await["codes"][0]["applicable"], true);
        paid(&house, 2, &other, "94.50", 3).await;
        let (_, check) = offered(&house, 1, &[(MAIN, 1)], &["ONCE/1"]).await;
        refused(&check, "LIMIT_REACHED");
        house.assert_verified().await;
    }
}
