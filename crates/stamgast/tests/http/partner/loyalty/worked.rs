//! Do the worked life-cycles of loyalty.md §4, §8, §9 and §10 come out over HTTP, by the clock?

use super::{offer_of, refunds, usage};
use serde_json::{Value, json};
use testkit::{House, assert_number, eventually, restaurant};

const OFFER: &str = "/partner/loyalty/getBenefitOffer";
const REPORT: &str = "/partner/loyalty/reportBenefitUsage";

/// How the points of a bill lie over its lines; no call shows it.
static EARNED_LINES: db::Query<String> = db::Query::new(
    "EARNED_LINES",
    module_path!(),
    "SELECT lines FROM partner_transfer WHERE kind = 'earn' AND lines IS NOT NULL",
);

/// The report of a bill in the offer of that number, paid by this balance.
fn paid_by(number: u32, balance: &str, value: &str) -> Value {
    usage(&format!("5f0000000000000000{number:06}"), &format!("bill-{number}"), 1, balance, value)
}

/// The report of a member's bill that was paid in cash.
fn cash(number: u32, member: &str, total: i64) -> Value {
    let mut report = paid_by(number, "none", "0");
    report["usedBalances"] = json!([]);
    report["paymentsByBalances"] = json!([]);
    report["customerId"] = json!(member);
    report["otherPaymentsValue"] = json!(total);
    report["totalWithVat"] = json!(total);
    report
}

async fn send(house: &House, report: &Value) {
    assert_eq!(house.partner().post(REPORT, report).await.unwrap(), json!({}));
}

async fn state(house: &House, what: &str, balance: &str, posted: &str, held: &str, free: &str) {
    let found = house.balance(balance).await;
    for (name, expected) in [("posted", posted), ("held", held), ("free", free)] {
        assert_number(&format!("{what}: {name}"), expected, &found[name]);
    }
}

/// A voucher of this value, good until midnight of 2 March in Prague unless said otherwise.
async fn voucher(house: &House, code: &str, value: i64, valid_until: &str) {
    let body = json!({"code": code, "type": "multiPurposePrepaidVoucher", "value": value, "validUntil": valid_until});
    house.app.admin.post(&format!("{}/vouchers", house.partner_admin()), &body).await.unwrap();
}

testkit::on_both_engines! {
    /// Earn 100, spend 80, the earning bill refunded: −80; the next 50: −30, nothing spendable; the next 50: 20
    /// (loyalty.md §8).
    async fn earnings_fill_the_hole_first(engine: Engine) {
        let house = House::start(engine).await;
        let member = json!({"memberId": "earner", "person": {"firstName": "Eva"}, "cards": ["CARD-E"], "balances":
            [{"balanceId": "E", "type": "collectablePoints", "settings": {"pointValue": 1}}]});
        house.app.admin.post(&format!("{}/members", house.partner_admin()), &member).await.unwrap();
        let spendable = async |number: u32| {
            let answer = house.partner().post(OFFER, &offer_of(number, "100", "CARD-E")).await.unwrap();
            let shown = answer["balances"].as_array().unwrap().iter().find(|one| one["balanceId"] == "E").cloned();
            shown.map_or(json!(0), |one| one["valueToUseInCurrency"].clone())
        };
        let earning = cash(1, "earner", 1000);
        send(&house, &earning).await;
        state(&house, "earned", "E", "100", "0", "100").await;
        let mut spending = cash(2, "nobody", 20);
        spending["customerId"] = Value::Null;
        spending["usedBalances"] = json!([{"balanceId": "E", "usedControllableValue": 80}]);
        send(&house, &spending).await;
        state(&house, "spent", "E", "20", "0", "20").await;
        let mut refunded = earning;
        refunded["billState"] = json!("refunded");
        send(&house, &refunded).await;
        assert_number("refunded", "-80", &house.balance("E").await["posted"]);
        assert_number("below zero", "0", &spendable(11).await);
        send(&house, &cash(3, "earner", 500)).await;
        assert_number("the next 50", "-30", &house.balance("E").await["posted"]);
        assert_number("still below zero", "0", &spendable(12).await);
        send(&house, &cash(4, "earner", 500)).await;
        state(&house, "the hole is filled", "E", "20", "0", "20").await;
        assert_number("spendable", "20", &spendable(13).await);
        house.assert_verified().await;
    }

    /// 40 that end at 24:00, held at 23:58, reported at 00:01: accepted; what nobody reports ends with its hold (§10 E3).
    async fn what_is_held_before_midnight_is_paid_after_it(engine: Engine) {
        let fast = |config: &mut stamgast::config::Config| config.partner.sweep_seconds = 1;
        let house = House::start_with(engine, fast, Box::new(|router| router)).await;
        for code in ["V", "W", "X"] {
            voucher(&house, code, 40, "2026-03-02T23:00:00Z").await;
        }
        house.app.clock.set("2026-03-02T22:58:00Z".parse().unwrap());
        for (number, code) in [(1, "V"), (2, "W")] {
            let answer = house.partner().post(OFFER, &offer_of(number, "40", code)).await.unwrap();
            assert_number(code, "40", &answer["balances"][0]["valueToUseInCurrency"]);
        }
        house.app.clock.set("2026-03-02T23:01:00Z".parse().unwrap());
        // X, which nobody holds, shows that the sweeper has been there
        eventually("the end of X", async || (house.balance("X").await["posted"] == json!(0)).then_some(())).await;
        for code in ["V", "W"] {
            assert_number(code, "40", &house.balance(code).await["posted"]);
        }
        let refused = house.partner().post(OFFER, &offer_of(3, "40", "V")).await.unwrap();
        assert_eq!(refused["benefitInputs"][0]["applicable"], false, "{refused}");
        send(&house, &paid_by(1, "V", "40")).await;
        state(&house, "paid after midnight", "V", "0", "0", "0").await;
        assert_eq!(house.usages().await[0]["flags"], json!([]));
        // 300 seconds after 23:58
        house.app.clock.set("2026-03-02T23:03:00Z".parse().unwrap());
        eventually("the end of W", async || (house.balance("W").await["posted"] == json!(0)).then_some(())).await;
        let entries = house.balance("W").await["entries"].clone();
        assert_eq!(entries.as_array().unwrap().last().unwrap()["kind"], "expire", "{entries}");
        house.assert_verified().await;
    }

    /// A 100 to 31 December, B 50 to 30 November, earned later; 70 spent: B 50 and A 20 (§10 E2).
    async fn what_ends_first_is_spent_first(engine: Engine) {
        let house = House::start(engine).await;
        voucher(&house, "lots", 100, "2026-12-31T23:00:00Z").await;
        house.app.clock.advance_seconds(60);
        let more = json!({"amount": 50, "reason": "a complaint", "validUntil": "2026-11-30T23:00:00Z"});
        house.app.admin.post(&format!("{}/balances/lots/adjust", house.partner_admin()), &more).await.unwrap();
        send(&house, &paid_by(1, "lots", "70")).await;
        let balance = house.balance("lots").await;
        let left: Vec<(String, &str)> = balance["lots"].as_array().unwrap().iter()
            .map(|lot| (lot["remaining"].to_string(), lot["expiresAt"].as_str().unwrap())).collect();
        assert_eq!(left, [
            ("80".to_owned(), "2026-12-31T23:00:00.000Z"), ("0".to_owned(), "2026-11-30T23:00:00.000Z")
        ]);
        house.assert_verified().await;
    }

    /// Hold 120, used 90: the other 30 stay held until the hold ends (loyalty.md §4).
    async fn what_a_bill_leaves_of_its_hold_stays_held(engine: Engine) {
        let house = House::start(engine).await;
        house.partner().post(OFFER, &offer_of(1, "120", restaurant::MPV)).await.unwrap();
        send(&house, &paid_by(1, restaurant::MPV, "90")).await;
        state(&house, "90 of 120", restaurant::MPV, "210", "30", "180").await;
        house.app.clock.advance_seconds(299);
        state(&house, "a second before", restaurant::MPV, "210", "30", "180").await;
        house.app.clock.advance_seconds(1);
        state(&house, "the hold is over", restaurant::MPV, "210", "0", "210").await;
        house.assert_verified().await;
    }

    /// The worked bill's 423.14 earn 42, kept as 30 / 11 / 1 over its lines (§9 P3, P4).
    async fn the_worked_bills_42_points_lie_over_its_lines(engine: Engine) {
        let house = House::start(engine).await;
        send(&house, &refunds::worked(&house)).await;
        assert_number("earned", "42", &house.balance(&house.restaurant.points_balance_id).await["posted"]);
        let rows = house.app.app.db().read("earned_lines", |tx| {
            Ok::<_, db::TxError<db::Never>>(tx.query(&EARNED_LINES, &[])?)
        });
        let rows = rows.await.unwrap();
        assert_eq!(rows.len(), 1, "{rows:?}");
        let kept: Value = serde_json::from_str(&rows[0]).unwrap();
        let split: Vec<(&str, String)> = kept["lines"].as_array().unwrap().iter()
            .map(|line| (line["checkItemId"].as_str().unwrap(), line["points"].to_string())).collect();
        assert_eq!(split, [("L1", "30".to_owned()), ("L2", "11".to_owned()), ("L3", "1".to_owned())]);
    }
}
