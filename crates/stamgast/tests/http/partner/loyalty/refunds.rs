//! `POST /partner/loyalty/reportBenefitUsage`: does a bill that goes back leave every balance as it was?

use super::{offer, usage};
use serde_json::{Value, json};
use testkit::{House, assert_number, restaurant};

const PATH: &str = "/partner/loyalty/reportBenefitUsage";
const OFFER: &str = "5f00000000000000000000e1";
const BILL: &str = "bill-worked";

fn number(text: &str) -> Value {
    serde_json::from_str(text).expect("a number")
}

/// Off a line: by a balance, or by a promotion when the id begins with `-`.
fn benefit(id: &str, value: &str) -> Value {
    let promotion = id.strip_prefix('-');
    json!({"sourceType": if promotion.is_some() { "generalDiscount" } else { "balance" },
        "appliedFromGeneralDiscountId": promotion,
        "appliedFromBalanceId": if promotion.is_some() { None } else { Some(id) },
        "absoluteTotalValue": number(value), "applicationType": "discount"})
}

fn line(id: &str, amount: &str, total: &str, benefits: &[Value]) -> Value {
    json!({"originalCheckItemId": id, "amount": number(amount), "measure": "pcs", "vatRate": 0.12,
        "totalPriceWithVat": number(total), "appliedBenefits": benefits,
        "product": {"productId": format!("p:{id}"), "name": id, "categories": []}})
}

/// A report of a bill with these lines.
fn bill(bill: &str, total: &str, lines: &[Value]) -> Value {
    let mut report = usage(OFFER, bill, 1, restaurant::MPV, total);
    report["usedBalances"] = json!([]);
    report["paymentsByBalances"] = json!([]);
    report["otherPaymentsValue"] = number(total);
    report["paidItems"] = json!(lines);
    report
}

/// The bill of loyalty.md §2, as its register reports it: 423.14 after every discount, of which a voucher pays
/// 300.00, credit 100.00 and cash 23.14. It earns 42 points.
pub(super) fn worked(house: &House) -> Value {
    let points = house.restaurant.points_balance_id.as_str();
    let credit = house.restaurant.credit_balance_id.as_str();
    let used =
        |id: &str, value: i64| json!({"balanceId": id, "usedControllableValue": value, "prepaidValue": null});
    let paid = |id: &str, value: i64| json!({"balanceId": id, "value": value, "valueInCurrency": value});
    let mut report = bill(
        BILL,
        "423.14",
        &[
            line("L1", "2", "378.00", &[benefit("-order", "37.80"), benefit(points, "35.95")]),
            line(
                "L2",
                "3",
                "177.00",
                &[benefit("-beer", "35.40"), benefit("-order", "14.16"), benefit(points, "13.47")],
            ),
            line(
                "L3",
                "1",
                "95.00",
                &[benefit("-order", "9.50"), benefit(restaurant::SPV, "80.00"), benefit(points, "0.58")],
            ),
        ],
    );
    report["customerId"] = json!(house.restaurant.member_id);
    report["usedBalances"] =
        json!([used(restaurant::SPV, 80), used(points, 500), used(restaurant::MPV, 300), used(credit, 100)]);
    report["paymentsByBalances"] = json!([paid(restaurant::MPV, 300), paid(credit, 100)]);
    report["otherPaymentsValue"] = number("23.14");
    report
}

/// A refund of these parts of a bill: (line, quantity, gross), worth `total`.
fn refund(of: &Value, refund_number: i64, total: &str, parts: &[(&str, &str, &str)]) -> Value {
    let mut report = of.clone();
    report["billState"] = json!("refunded");
    report["refundNumber"] = json!(refund_number);
    report["correctiveBillId"] = json!(format!("corrective-{refund_number}"));
    report["usedBalances"] = json!([]);
    report["paymentsByBalances"] = json!([]);
    report["totalWithVat"] = number(total);
    report["paidItems"] =
        parts.iter().map(|(id, amount, gross)| line(id, amount, gross, &[])).collect::<Vec<_>>().into();
    report
}

fn cancelled(of: &Value) -> Value {
    let mut report = of.clone();
    report["billState"] = json!("cancelled");
    report
}

async fn send(house: &House, report: &Value) {
    assert_eq!(house.partner().post(PATH, report).await.unwrap(), json!({}));
}

async fn posted(house: &House, what: &str, balance: &str, expected: &str) {
    assert_number(&format!("{what}: {balance}"), expected, &house.balance(balance).await["posted"]);
}

/// Points, SPV, MPV and credit.
async fn all_posted(house: &House, what: &str, expected: [&str; 4]) {
    let ids = [
        house.restaurant.points_balance_id.as_str(),
        restaurant::SPV,
        restaurant::MPV,
        house.restaurant.credit_balance_id.as_str(),
    ];
    for (id, expected) in ids.into_iter().zip(expected) {
        posted(house, what, id, expected).await;
    }
    house.assert_verified().await;
}

async fn found(house: &House, bill: &str, kind: &str) -> Value {
    let usages = house.usages().await;
    usages.iter().find(|usage| usage["billId"] == bill && usage["kind"] == kind).expect("the report").clone()
}

const START: [&str; 4] = ["500", "80", "300", "1000"];
const PAID: [&str; 4] = ["42", "0", "0", "900"];

testkit::on_both_engines! {
    /// Spent points come back by their shares, earned ones go by what stays: 42, then 30, then 15, then none (P6).
    async fn the_worked_bill_goes_back_line_by_line(engine: Engine) {
        let house = House::start(engine).await;
        let paid = worked(&house);
        send(&house, &paid).await;
        all_posted(&house, "paid", PAID).await;
        for (number, total, part, balances) in [
            (1, "113.97", ("L2", "3", "177.00"), ["164", "0", "80.80", "926.94"]),
            (2, "4.92", ("L3", "1", "95.00"), ["170", "80", "84.29", "928.10"]),
            (3, "152.12", ("L1", "1", "189.00"), ["335", "80", "192.14", "964.05"]),
            (4, "152.13", ("L1", "1", "189.00"), START),
        ] {
            let part = refund(&paid, number, total, &[part]);
            for _ in 0..2 {
                send(&house, &part).await;
            }
            all_posted(&house, &format!("refund {number}"), balances).await;
            let kept = found(&house, BILL, &format!("refund-{number}")).await;
            assert_eq!(kept["flags"], json!(["no_offer"]), "{kept}");
        }
        let path = format!("/api/v1/customer/{}", house.restaurant.customer_id);
        let customer = house.marketing().get(&path).await.unwrap();
        assert_number("a bill that went back is no order", "0", &customer["total_orders"]);
        assert_number("points", "500", &customer["points"]);
        send(&house, &cancelled(&paid)).await;
        all_posted(&house, "nothing is left for a cancellation", START).await;
    }

    async fn a_cancellation_after_refunds_gives_back_the_rest_once(engine: Engine) {
        let house = House::start(engine).await;
        let paid = worked(&house);
        send(&house, &paid).await;
        send(&house, &refund(&paid, 1, "113.97", &[("L2", "3", "177.00")])).await;
        let path = format!("/api/v1/customer/{}", house.restaurant.customer_id);
        let customer = house.marketing().get(&path).await.unwrap();
        assert_number("what stays of the bill", "309.17", &customer["total_sales"]);
        send(&house, &cancelled(&paid)).await;
        all_posted(&house, "cancelled", START).await;
        let mut again = cancelled(&paid);
        again["paidAt"] = json!("2026-03-02T11:00:00.000Z");
        for report in [cancelled(&paid), again, refund(&paid, 2, "4.92", &[("L3", "1", "95.00")])] {
            send(&house, &report).await;
            all_posted(&house, "after the cancellation", START).await;
        }
        let late = found(&house, BILL, "refund-2").await;
        assert!(late["flags"].to_string().contains("differs"), "{late}");
    }

    /// The cancellation stays as a tombstone: the bill's own report and its refunds book nothing (C10).
    async fn a_cancellation_before_the_report_leaves_nothing_to_book(engine: Engine) {
        let house = House::start(engine).await;
        let paid = worked(&house);
        send(&house, &cancelled(&paid)).await;
        send(&house, &refund(&paid, 1, "4.92", &[("L3", "1", "95.00")])).await;
        send(&house, &paid).await;
        all_posted(&house, "neutral", START).await;
        assert_eq!(house.usages().await.len(), 3);
    }

    /// Refunds that overtake the bill's own report wait for it, whatever their order.
    async fn refunds_before_the_report_wait_for_it(engine: Engine) {
        let house = House::start(engine).await;
        let paid = worked(&house);
        send(&house, &refund(&paid, 2, "4.92", &[("L3", "1", "95.00")])).await;
        send(&house, &refund(&paid, 1, "113.97", &[("L2", "3", "177.00")])).await;
        all_posted(&house, "waiting", START).await;
        let waiting = found(&house, BILL, "refund-1").await;
        assert!(waiting["remarks"].to_string().contains("waits"), "{waiting}");
        let path = format!("/api/v1/customer/{}", house.restaurant.customer_id);
        assert_number("no order yet", "0", &house.marketing().get(&path).await.unwrap()["total_orders"]);
        send(&house, &paid).await;
        all_posted(&house, "as if they had come in order", ["170", "80", "84.29", "928.10"]).await;
        let customer = house.marketing().get(&path).await.unwrap();
        assert_number("orders", "1", &customer["total_orders"]);
        assert_number("what stays of the bill", "304.25", &customer["total_sales"]);
        send(&house, &refund(&paid, 3, "304.25", &[])).await;
        all_posted(&house, "the rest", START).await;
    }

    async fn a_refund_is_booked_once_and_another_body_is_kept_aside(engine: Engine) {
        let house = House::start(engine).await;
        let paid = worked(&house);
        send(&house, &paid).await;
        let first = refund(&paid, 1, "4.92", &[("L3", "1", "95.00")]);
        for _ in 0..5 {
            send(&house, &first).await;
        }
        send(&house, &refund(&paid, 1, "113.97", &[("L2", "3", "177.00")])).await;
        all_posted(&house, "once", ["46", "80", "3.49", "901.16"]).await;
        assert_eq!(house.rows().await["partner_quarantine"], 1);
    }

    /// What is not on the bill, or went back before, is left out and flagged.
    async fn a_refund_beyond_the_bill_gives_back_what_is_left(engine: Engine) {
        let house = House::start(engine).await;
        let paid = worked(&house);
        send(&house, &paid).await;
        send(&house, &refund(&paid, 1, "113.97", &[("L2", "3", "177.00")])).await;
        send(&house, &refund(&paid, 2, "118.89", &[("L2", "1", "59.00"), ("L3", "1", "95.00"), ("L9", "1", "9")])).await;
        all_posted(&house, "what was left", ["170", "80", "84.29", "928.10"]).await;
        let beyond = found(&house, BILL, "refund-2").await;
        assert!(beyond["flags"].to_string().contains("differs"), "{beyond}");
        for about in ["line L2: 1", "line L9: 1", "totalWithVat"] {
            assert!(beyond["remarks"].to_string().contains(about), "{beyond}");
        }
    }

    /// 100.00 paid with 60.00 of a voucher and 40.00 in cash, 50.00 goes back: by the merchant's policy (C8), or as
    /// the register says it did.
    async fn the_value_goes_where_the_policy_or_the_register_says(engine: Engine) {
        for (tender, told, first) in [
            (None, None, "270"),
            (Some("creditOnly"), None, "290"),
            (Some("moneyFirst"), None, "250"),
            (Some("moneyFirst"), Some("15"), "255"),
            (None, Some("70"), "300"),
        ] {
            let house = House::start(engine).await;
            let mut program = json!({});
            if let Some(tender) = tender {
                program["refundTender"] = json!(tender);
            }
            house.app.admin.put(&house.partner_admin(), &json!({"name": "U Štamgasta", "currencyCode": "CZK",
                "pricePrecision": 2, "timeZone": "Europe/Prague", "holdTtlSeconds": 180, "program": program}),
            ).await.unwrap();
            let mut paid = bill(BILL, "100", &[line("A", "2", "100", &[])]);
            paid["usedBalances"] = json!([{"balanceId": restaurant::MPV, "usedControllableValue": 60, "prepaidValue": null}]);
            send(&house, &paid).await;
            posted(&house, "paid", restaurant::MPV, "240").await;
            let mut part = refund(&paid, 1, "50", &[("A", "1", "50")]);
            if let Some(told) = told {
                part["paymentsByBalances"] = json!([{"balanceId": restaurant::MPV, "valueInCurrency": number(told)}]);
            }
            send(&house, &part).await;
            posted(&house, &format!("{tender:?} {told:?}"), restaurant::MPV, first).await;
            let differs = found(&house, BILL, "refund-1").await["flags"].to_string().contains("differs");
            assert_eq!(differs, told == Some("70"));
            send(&house, &refund(&paid, 2, "50", &[])).await;
            posted(&house, "all of it", restaurant::MPV, "300").await;
            house.assert_verified().await;
        }
    }

    /// The shares that were kept go back, never spread again: three lines of 10.00 with 10.00 off (C6), 40.00 for 4
    /// with 3.99 off, 6.66 for 0.300 kg (C7). Seen in what stays of the member's sales.
    async fn what_was_kept_on_a_line_goes_back_with_it(engine: Engine) {
        let house = House::start(engine).await;
        let path = format!("/api/v1/customer/{}", house.restaurant.customer_id);
        let three = [("A", "3.34"), ("B", "3.33"), ("C", "3.33")]
            .map(|(id, off)| line(id, "1", "10.00", &[benefit("-ten", off)]));
        for (id, total, lines, parts, stays) in [
            ("bill-three", "20.00", three.to_vec(),
                vec![("A", "1", "10.00"), ("B", "1", "10.00"), ("C", "1", "10.00")], vec!["13.34", "6.67", "0"]),
            ("bill-units", "36.01", vec![line("A", "4", "40.00", &[benefit("-off", "3.99")])],
                vec![("A", "1", "10.00"); 4], vec!["27.01", "18.01", "9.01", "0"]),
            ("bill-weight", "6.66", vec![line("A", "0.300", "6.66", &[])],
                vec![("A", "0.1", "2.22"); 3], vec!["4.44", "2.22", "0"]),
        ] {
            let mut paid = bill(id, total, &lines);
            paid["customerId"] = json!(house.restaurant.member_id);
            send(&house, &paid).await;
            for (number, (part, stays)) in (1_i64..).zip(parts.iter().zip(&stays)) {
                send(&house, &refund(&paid, number, part.2, &[*part])).await;
                let customer = house.marketing().get(&path).await.unwrap();
                assert_number(&format!("{id}, refund {number}"), stays, &customer["total_sales"]);
            }
        }
        house.assert_verified().await;
    }

    /// 30.00 earn 3 points; three refunds of 9.99 leave none of them for free (P6).
    async fn small_refunds_leave_no_free_point(engine: Engine) {
        let house = House::start(engine).await;
        let points = house.restaurant.points_balance_id.clone();
        let mut paid = bill(BILL, "30.00", &[line("A", "30", "30.00", &[])]);
        paid["customerId"] = json!(house.restaurant.member_id);
        send(&house, &paid).await;
        posted(&house, "paid", &points, "503").await;
        for (number, stay) in [(1, "502"), (2, "501"), (3, "500")] {
            send(&house, &refund(&paid, number, "9.99", &[("A", "9.99", "9.99")])).await;
            posted(&house, &format!("refund {number}"), &points, stay).await;
        }
        house.assert_verified().await;
    }

    /// A condition that a refund leaves unmet changes nothing on what stays (C9): the rest keeps its shares.
    async fn what_stays_keeps_its_discount(engine: Engine) {
        let house = House::start(engine).await;
        let lines = [line("A", "1", "150.00", &[benefit("-off", "30.00")]), line("B", "1", "60.00", &[benefit("-off", "12.00")])];
        let mut paid = bill(BILL, "168.00", &lines);
        paid["customerId"] = json!(house.restaurant.member_id);
        send(&house, &paid).await;
        send(&house, &refund(&paid, 1, "120.00", &[("A", "1", "150.00")])).await;
        let path = format!("/api/v1/customer/{}", house.restaurant.customer_id);
        let customer = house.marketing().get(&path).await.unwrap();
        assert_number("60.00 with its own 12.00 off", "48", &customer["total_sales"]);
        assert_number("points for what stays", "504", &customer["points"]);
        let flags = found(&house, BILL, "refund-1").await["flags"].clone();
        assert_eq!(flags, json!(["no_offer"]));
    }

    /// A top-up that was spent already leaves a hole when it goes back (C5, N2).
    async fn a_top_up_that_was_spent_is_taken_back_below_zero(engine: Engine) {
        let house = House::start(engine).await;
        let top_up = format!("prepayment:{}", restaurant::INACTIVE);
        let mut paid = bill(BILL, "260", &[line("A", "1", "60", &[]), line(&top_up, "1", "200", &[])]);
        paid["usedBalances"] = json!([{"balanceId": restaurant::INACTIVE, "prepaidValue": 200}]);
        let before = house.balance(restaurant::INACTIVE).await["posted"].to_string();
        send(&house, &paid).await;
        let filled: i64 = before.parse::<i64>().unwrap() + 200;
        posted(&house, "topped up", restaurant::INACTIVE, &filled.to_string()).await;
        send(&house, &refund(&paid, 1, "60", &[("A", "1", "60")])).await;
        posted(&house, "the coffee went back alone", restaurant::INACTIVE, &filled.to_string()).await;
        send(&house, &usage("5f00000000000000000000e2", "bill-2", 1, restaurant::INACTIVE, "150")).await;
        send(&house, &refund(&paid, 2, "200", &[(&top_up, "1", "200")])).await;
        posted(&house, "taken back", restaurant::INACTIVE, &(filled - 350).to_string()).await;
        let flags = found(&house, BILL, "refund-2").await["flags"].to_string();
        assert_eq!(flags.contains("overdraft"), filled < 350, "{flags}");
        // the next buyer must not fill the hole: blocked by it, the voucher is not for sale until a person has looked
        assert_eq!(house.balance(restaurant::INACTIVE).await["status"], "frozen");
        let mut back = usage("5f00000000000000000000e2", "bill-2", 1, restaurant::INACTIVE, "150");
        back["billState"] = json!("cancelled");
        send(&house, &back).await;
        posted(&house, "all came back", restaurant::INACTIVE, &(filled - 200).to_string()).await;
        // the hole is filled, so the books lift their block: it waits for its sale again
        assert_eq!(house.balance(restaurant::INACTIVE).await["status"], "inactive");
        house.assert_verified().await;
    }

    /// A cup of 50.00 is brought back: the offer announces it, the report credits it once, a cancellation takes it
    /// back; with something bought on top nothing is credited (protocol.md §10.10).
    async fn a_returned_cup_is_credited_by_the_report(engine: Engine) {
        let house = House::start(engine).await;
        let credit = house.restaurant.credit_balance_id.clone();
        house.app.admin.put(&house.partner_admin(), &json!({"name": "U Štamgasta", "currencyCode": "CZK",
            "pricePrecision": 2, "timeZone": "Europe/Prague", "holdTtlSeconds": 180,
            "program": {"earn": {"points": 1, "perAmount": 10}, "itemRefunds": {"products": ["p:cup"]}}}),
        ).await.unwrap();
        let mut question = offer(OFFER, "check-1", 1, "-50.00", restaurant::CARD);
        question["itemsToPay"][0]["product"]["productId"] = json!("p:cup");
        let answer = house.partner().post("/partner/loyalty/getBenefitOffer", &question).await.unwrap();
        assert_eq!((&answer["balances"], &answer["generalDiscounts"]), (&json!([]), &json!([])));
        for messages in ["posMessages", "billMessages"] {
            assert!(answer[messages].to_string().contains("50 CZK will be added to the credit"), "{answer}");
        }
        posted(&house, "only announced", &credit, "1000").await;
        let mut returned = bill("bill-cup", "-50", &[line("cup", "1", "-50", &[])]);
        for _ in 0..2 {
            send(&house, &returned).await;
            posted(&house, "credited once", &credit, "1050").await;
        }
        let view = house.balance(&credit).await;
        assert_eq!(view["entries"].as_array().unwrap().last().unwrap()["kind"], "refund", "{view}");
        house.assert_verified().await;
        let mut more = bill("bill-more", "50", &[line("cup", "1", "-50", &[]), line("A", "1", "100", &[])]);
        more["customerId"] = json!(house.restaurant.member_id);
        send(&house, &more).await;
        posted(&house, "a positive sum", &credit, "1050").await;
        returned["billState"] = json!("cancelled");
        for _ in 0..2 {
            send(&house, &returned).await;
            posted(&house, "taken back", &credit, "1000").await;
        }
        house.assert_verified().await;
    }

    /// The bill and all of its refunds at once, in whatever order the engine takes them.
    async fn a_bill_and_its_refunds_at_once_leave_nothing(engine: Engine) {
        let house = House::start(engine).await;
        let paid = worked(&house);
        let mut reports = vec![
            refund(&paid, 1, "113.97", &[("L2", "3", "177.00")]),
            refund(&paid, 2, "4.92", &[("L3", "1", "95.00")]),
            paid.clone(),
            refund(&paid, 3, "152.12", &[("L1", "1", "189.00")]),
            refund(&paid, 4, "152.13", &[("L1", "1", "189.00")]),
        ];
        reports.extend(reports.clone());
        let mut callers = tokio::task::JoinSet::new();
        for report in reports {
            let partner = house.partner();
            callers.spawn(async move { partner.post(PATH, &report).await });
        }
        while let Some(answer) = callers.join_next().await {
            assert_eq!(answer.unwrap().unwrap(), json!({}));
        }
        all_posted(&house, "all of it went back", START).await;
        assert_eq!(house.usages().await.len(), 5);
    }

    /// What a lot gave comes back to it, the lot consumed last first; a lot past its end loses it at once (C2).
    async fn value_returns_to_its_own_lots(engine: Engine) {
        let house = House::start(engine).await;
        let voucher = json!({"code": "ends", "type": "multiPurposePrepaidVoucher", "value": 100,
            "validUntil": "2026-03-02T12:00:00.000Z"});
        house.app.admin.post(&format!("{}/vouchers", house.partner_admin()), &voucher).await.unwrap();
        let mut top_up = bill("bill-1", "50", &[line("prepayment:ends", "1", "50", &[])]);
        top_up["usedBalances"] = json!([{"balanceId": "ends", "prepaidValue": 50}]);
        send(&house, &top_up).await;
        let mut paid = bill(BILL, "140", &[line("A", "7", "140", &[])]);
        paid["usedBalances"] = json!([{"balanceId": "ends", "usedControllableValue": 140, "prepaidValue": null}]);
        send(&house, &paid).await;
        house.app.clock.advance_seconds(3 * 3600);
        let lots = async |house: &House| -> Vec<String> {
            let view = house.balance("ends").await;
            view["lots"].as_array().unwrap().iter().map(|lot| lot["remaining"].to_string()).collect()
        };
        send(&house, &refund(&paid, 1, "40", &[("A", "2", "40")])).await;
        posted(&house, "the last consumed lot has it", "ends", "50").await;
        assert_eq!(lots(&house).await, ["0", "50"]);
        send(&house, &refund(&paid, 2, "100", &[])).await;
        posted(&house, "the rest was over and ended", "ends", "50").await;
        assert_eq!(lots(&house).await, ["0", "50"]);
        let view = house.balance("ends").await;
        let ended: Vec<&Value> =
            view["entries"].as_array().unwrap().iter().filter(|entry| entry["kind"] == "expire").collect();
        assert_eq!(ended.len(), 1, "{view}");
        assert_number("what ended", "100", &ended[0]["amount"]);
        house.assert_verified().await;
    }

    /// Parts of a split bill share their offer; what one of them gave back is free for another (I5).
    async fn what_a_split_bill_gives_back_is_free_for_its_other_parts(engine: Engine) {
        let house = House::start(engine).await;
        let question = offer(OFFER, "check-1", 1, "100.00", restaurant::MPV);
        house.partner().post("/partner/loyalty/getBenefitOffer", &question).await.unwrap();
        let part = |id: &str, value: &str| {
            let mut report = usage(OFFER, id, 1, restaurant::MPV, value);
            report["paidItems"] = json!([line("1", "2", value, &[])]);
            report
        };
        send(&house, &part("bill-a", "60")).await;
        send(&house, &refund(&part("bill-a", "60"), 1, "30", &[("1", "1", "30")])).await;
        send(&house, &part("bill-b", "70")).await;
        send(&house, &part("bill-c", "1")).await;
        posted(&house, "300 - 60 + 30 - 70 - 1", restaurant::MPV, "199").await;
        for (id, conflict) in [("bill-a", false), ("bill-b", false), ("bill-c", true)] {
            let flags = found(&house, id, "paid").await["flags"].to_string();
            assert_eq!(flags.contains("conflict"), conflict, "{id}: {flags}");
        }
        house.assert_verified().await;
    }

    /// Posted 120.00, five copies, a sixth with 121.00: booked once, quarantine 1 (loyalty.md §7).
    async fn five_copies_and_a_sixth_that_differs(engine: Engine) {
        let house = House::start(engine).await;
        for value in ["120.00", "120.00", "120", "120.0", "120.00", "121.00"] {
            send(&house, &usage(OFFER, BILL, 1, restaurant::MPV, value)).await;
        }
        posted(&house, "once", restaurant::MPV, "180").await;
        assert_eq!(house.rows().await["partner_quarantine"], 1);
        house.assert_verified().await;
    }

    /// Hold 120, used 150: the other 30 are free, so 150 are posted and nothing is missing (loyalty.md §4).
    async fn more_than_was_held_is_posted_from_what_is_free(engine: Engine) {
        let house = House::start(engine).await;
        house.partner().post(
            "/partner/loyalty/getBenefitOffer", &offer(OFFER, "check-1", 1, "120.00", restaurant::MPV),
        ).await.unwrap();
        send(&house, &usage(OFFER, BILL, 1, restaurant::MPV, "150")).await;
        let balance = house.balance(restaurant::MPV).await;
        for (name, expected) in [("posted", "150"), ("held", "0"), ("free", "150")] {
            assert_number(name, expected, &balance[name]);
        }
        assert_eq!(found(&house, BILL, "paid").await["flags"], json!(["differs"]));
        house.assert_verified().await;
    }

    async fn a_refund_number_below_one_is_refused_by_name(engine: Engine) {
        let house = House::start(engine).await;
        let paid = worked(&house);
        send(&house, &paid).await;
        let before = house.rows().await;
        let odd = refund(&paid, -1, "4.92", &[("L3", "1", "95.00")]);
        let answer = house.partner().send(http::Method::POST, PATH, Some(odd.to_string().into())).await.unwrap();
        assert_eq!(answer.status, 400, "{}", answer.text);
        for about in ["refundNumber", "-1", "from 1"] {
            assert!(answer.text.contains(about), "{}", answer.text);
        }
        assert_eq!(house.rows().await, before);
    }
}
