//! Does `verify` find what was tampered with, and name the row?

use crate::side::*;
use db::{Never, Statement, TxError, params};
use serde_json::json;

db::statement! {
    /// Somebody took from a lot by hand.
    BREAK_LOT = "UPDATE partner_lot SET remaining = remaining - 1 WHERE merchant = $1 AND balance_id = 'V'";
    /// Somebody made another class of what is left.
    BREAK_CLASS = "UPDATE partner_lot SET type = 'prepaidCredit' WHERE merchant = $1 AND balance_id = 'V'";
    /// Somebody changed a sum by hand.
    BREAK_POSTED = "UPDATE partner_balance SET posted = posted + 1 WHERE merchant = $1 AND balance_id = 'V'";
    /// Somebody removed a report.
    BREAK_USAGE = "DELETE FROM partner_usage WHERE merchant = $1 AND bill_id = 'b1'";
    /// Somebody changed a report.
    BREAK_BODY = "UPDATE partner_usage SET body = REPLACE(body, '120', '110') WHERE merchant = $1 AND bill_id = 'b1'";
    /// An entry got lost.
    BREAK_COUNT = "UPDATE partner_balance SET last_entry = last_entry + 1 WHERE merchant = $1 AND balance_id = 'V'";
    /// A hold grew.
    BREAK_HOLD = "UPDATE partner_hold SET amount = amount + 1 WHERE merchant = $1 AND state = 'active'";
    /// A balance vanished.
    BREAK_BALANCE = "DELETE FROM partner_balance WHERE merchant = $1 AND balance_id = 'V'";
    /// The last balance vanished.
    BREAK_LAST_BALANCE = "DELETE FROM partner_balance WHERE merchant = $1 AND balance_id = 'zz'";
    /// A mirror that mirrors nothing.
    BREAK_MIRROR = "INSERT INTO partner_transfer (merchant, balance_id, entry, kind, debit_account, credit_account, amount, lot_id, reverses, created_at)
        VALUES ($1, 'V', 3, 'reversal', 'redemption', 'guest', 12001, '00000001', 2, 0)";
    /// A total drifted.
    BREAK_CUSTOMER = "UPDATE partner_customer SET total_orders = total_orders + 1 WHERE merchant = $1";
    /// A bill got points by hand.
    BREAK_POINTS = "UPDATE partner_bill SET points = points + 1 WHERE merchant = $1 AND bill_id = 'b1'";
    /// Value ended before its time.
    BREAK_END = "INSERT INTO partner_transfer (merchant, balance_id, entry, kind, debit_account, credit_account, amount, lot_id, created_at)
        VALUES ($1, 'V', 3, 'expire', 'guest', 'breakage', 1, '00000001', 0)";
    /// A shortfall beside value that nobody holds.
    BREAK_HOLE = "INSERT INTO partner_lot (merchant, balance_id, lot_id, type, kind, source, issued, remaining, earned_at)
        VALUES ($1, 'V', '00000003', 'multiPurposePrepaidVoucher', 'overdraft', 'nowhere', 0, -1, 0)";
    /// A shortfall was filled from nothing.
    BREAK_FILL = "INSERT INTO partner_transfer (merchant, balance_id, entry, kind, debit_account, credit_account, amount, lot_id, reason, created_at)
        VALUES ($1, 'V', 3, 'fill', 'redemption', 'guest', 1, '00000001', 'none', 0)";
    /// A block without a shortfall.
    BREAK_BLOCK = "UPDATE partner_balance SET status = 'frozen', blocked_from = 'active' WHERE merchant = $1 AND balance_id = 'V'";
    /// Points that became stamps.
    BREAK_CARD = "UPDATE partner_balance SET stamp_card_id = 'coffee' WHERE merchant = $1 AND balance_id = 'points'";
    /// Something was written off where there is no hole.
    BREAK_WRITE_OFF = "INSERT INTO partner_transfer (merchant, balance_id, entry, kind, debit_account, credit_account, amount, lot_id, created_at)
        VALUES ($1, 'V', 3, 'writeOff', 'breakage', 'guest', 1, '00000001', 0)";
    /// Something was handed over without saying why.
    BREAK_LEFT = "INSERT INTO partner_transfer (merchant, balance_id, entry, kind, debit_account, credit_account, amount, lot_id, created_at)
        VALUES ($1, 'V', 3, 'payOut', 'guest', 'paidOut', 1, '00000001', 0)";
    /// A member leads to another one without having been merged.
    BREAK_MERGED = "UPDATE partner_customer SET merged_into = 'bea' WHERE merchant = $1";
    /// A balance came from a member that leads nowhere.
    BREAK_CAME = "UPDATE partner_balance SET merged_from = 'bea' WHERE merchant = $1 AND balance_id = 'credit'";
    /// A bill did.
    BREAK_CAME_BILL = "UPDATE partner_bill SET merged_from = 'bea' WHERE merchant = $1 AND bill_id = 'b1'";
    /// A card did.
    BREAK_CAME_CARD = "UPDATE partner_code SET merged_from = 'bea' WHERE merchant = $1 AND code = 'card-1'";
    /// Money was handed over that no entry knows of.
    BREAK_ERASURE = "INSERT INTO partner_erasure (merchant, member_id, erased_value, hand_over, balances, erased_at)
        VALUES ($1, 'anna', 'payOut', 5, '[]', 0)";
    /// A voucher that was taxed ahead, nobody knows at which rate.
    BREAK_RATE = "UPDATE partner_balance SET type = 'singlePurposePrepaidVoucher' WHERE merchant = $1 AND balance_id = 'V'";
    /// A lot pays more than was paid for it.
    BREAK_PAID = "UPDATE partner_lot SET paid_value = issued - 1 WHERE merchant = $1 AND balance_id = 'V'";
    /// A lot in which two bills' points are gathered grew by hand.
    BREAK_GATHERED = "UPDATE partner_lot SET issued = issued + 1 WHERE merchant = $1 AND source = 'bills'";
    /// The books say that a bill is in the totals twice.
    BREAK_TOLD = "UPDATE partner_bill SET told_orders = told_orders + 1 WHERE merchant = $1 AND bill_id = 'b1'";
    /// What is missing becomes a gift.
    BREAK_KIND = "UPDATE partner_lot SET paid_value = 0 WHERE merchant = $1 AND balance_id = 'gifted' AND kind = 'overdraft'";
}

async fn after(side: &Side, tampering: &'static Statement) -> Vec<String> {
    let touched =
        side.db.write("tamper", move |tx| Ok::<_, TxError<Never>>(tx.execute(tampering, params![MERCHANT])?));
    assert!(touched.await.unwrap() > 0, "{tampering:?} touches nothing");
    partner::verify(&side.db).await.unwrap().iter().map(ToString::to_string).collect()
}

async fn finds(side: &Side, tampering: &'static Statement, row: &str, rule: &str) {
    let faults = after(side, tampering).await;
    let named = faults.iter().any(|fault| fault.starts_with(row) && fault.contains(rule));
    assert!(named, "expected {row} … {rule}, found {faults:#?}");
}

macro_rules! tampering {
    ($($name:ident: $statement:ident, $row:expr, $rule:expr;)+) => {
        on_both_engines! { $(
            async fn $name(side: Side) {
                side.member().await;
                side.voucher("V", 300).await;
                side.voucher("zz", 5).await;
                side.offer("o1", 1, 120, &["V"]).await;
                side.report(&with(report("o1", "b1", "120", &[("V", 120, 0)]), json!({"customerId": "anna"}))).await;
                side.offer("o2", 2, 50, &["V"]).await;
                side.books_add_up().await;
                finds(&side, &$statement, $row, $rule).await;
            }
        )+ }
    };
}

tampering! {
    a_lot_that_lost_value: BREAK_LOT, "partner_lot 5f00000000000000000000a1/V/00000001", "what its entries leave";
    a_lot_of_another_class: BREAK_CLASS, "partner_lot 5f00000000000000000000a1/V/00000001", "of its balance's class";
    a_sum_that_is_wrong: BREAK_POSTED, "partner_balance 5f00000000000000000000a1/V", "add up to posted";
    a_report_that_is_gone: BREAK_USAGE, "partner_transfer 5f00000000000000000000a1/V/2", "has the bill's report";
    a_report_that_was_changed: BREAK_BODY, "partner_usage", "booked once";
    an_entry_that_is_missing: BREAK_COUNT, "partner_balance 5f00000000000000000000a1/V", "without a gap";
    a_hold_that_grew: BREAK_HOLD, "partner_hold 5f00000000000000000000a1/V/3", "add up to its amount";
    a_balance_that_is_gone: BREAK_BALANCE, "partner_balance 5f00000000000000000000a1/V", "belong to a balance";
    the_last_balance_that_is_gone: BREAK_LAST_BALANCE, "partner_balance 5f00000000000000000000a1/zz", "belong to a balance";
    a_mirror_of_more_than_there_was: BREAK_MIRROR, "partner_transfer 5f00000000000000000000a1/V/2", "at most whole";
    points_that_no_entry_gave: BREAK_POINTS, "partner_bill 5f00000000000000000000a1/b1", "earned and kept";
    value_that_ended_too_early: BREAK_END, "partner_transfer 5f00000000000000000000a1/V/3", "not before its lot";
    a_write_off_without_a_hole: BREAK_WRITE_OFF, "partner_transfer 5f00000000000000000000a1/V/3", "fills a hole";
    money_handed_over_without_a_reason: BREAK_LEFT, "partner_transfer 5f00000000000000000000a1/V/3", "both say why";
    a_member_that_leads_to_another: BREAK_MERGED, "partner_customer 5f00000000000000000000a1/anna", "only a merged member";
    a_balance_that_came_from_nowhere: BREAK_CAME, "partner_balance 5f00000000000000000000a1/credit", "whose the merge says";
    a_bill_that_came_from_nowhere: BREAK_CAME_BILL, "partner_bill 5f00000000000000000000a1/b1", "whose the merge says";
    a_card_that_came_from_nowhere: BREAK_CAME_CARD, "partner_code 5f00000000000000000000a1/card-1", "whose the merge says";
    money_that_no_entry_knows_of: BREAK_ERASURE, "partner_erasure 5f00000000000000000000a1/anna", "booked as paid out";
    a_hole_beside_free_value: BREAK_HOLE, "partner_lot 5f00000000000000000000a1/V/00000001", "nobody keeps it";
    a_fill_from_nowhere: BREAK_FILL, "partner_transfer 5f00000000000000000000a1/V/3", "taken from a lot";
    a_block_without_a_shortfall: BREAK_BLOCK, "partner_balance 5f00000000000000000000a1/V", "frozen and below zero";
    points_that_became_stamps: BREAK_CARD, "partner_balance 5f00000000000000000000a1/points", "that its settings name";
    a_voucher_without_its_rate: BREAK_RATE, "partner_lot 5f00000000000000000000a1/V/00000001", "has its rate";
    value_that_was_not_paid: BREAK_PAID, "partner_lot 5f00000000000000000000a1/V/00000001", "was paid for";
    a_bill_that_counts_twice: BREAK_TOLD, "partner_bill 5f00000000000000000000a1/b1", "in the totals";
    a_total_that_drifted: BREAK_CUSTOMER, "partner_customer 5f00000000000000000000a1/1", "total_orders";
}

on_both_engines! {
    async fn a_gathering_lot_that_grew_by_hand(side: Side) {
        side.member().await;
        for (offer, bill) in [("o1", "b1"), ("o2", "b2")] {
            side.report(&with(report(offer, bill, "120", &[]), json!({"customerId": "anna"}))).await;
        }
        side.books_add_up().await;
        finds(&side, &BREAK_GATHERED, "partner_lot 5f00000000000000000000a1/points/00000002", "what its entries issued").await;
    }

    /// loyalty.md §3 V9: a gift stands beside a shortfall of what was paid, and not beside one of a gift.
    async fn a_gift_that_fills_no_shortfall(side: Side) {
        let settings = json!({"prepayment": {"value": 1000, "bonus": [{"from": 1000, "bonus": 100}]}});
        let member = json!({"memberId": "bob", "person": {}, "balances": [
            {"balanceId": "gifted", "type": "prepaidCredit", "settings": settings}]});
        assert_eq!(side.admin("POST", MERCHANT, "/members", Some(member)).await.status, 201);
        side.report(&report("o1", "b1", "1000", &[("gifted", 0, 1000)])).await;
        side.report(&report("o2", "b2", "1050", &[("gifted", 1050, 0)])).await;
        assert_eq!(side.posted("gifted").await, 50);
        assert_eq!(side.partner.sweep().await.unwrap(), 0, "nothing is to be filled");
        side.books_add_up().await;
        finds(&side, &BREAK_KIND, "partner_lot 5f00000000000000000000a1/gifted/00000002", "nobody keeps it").await;
    }
}
