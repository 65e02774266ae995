//! What is known of a bill, whichever way it became known?
//!
//! A bill is told of twice: by its usage report and by its own record (DataSync). Either may come first.
//! The record outranks the report for what was paid and when; whoever first says whose bill it is stands; a
//! report that the bill was cancelled stands too, whatever a record says later. What the bill came to is kept as it was
//! told; what is left of it after refunds is worked out by [`settle`], so that no order of telling makes a difference.

pub(crate) mod paid_at;
pub(crate) mod went_back;

use crate::row;
use db::{Error, Json, Tx, params};
use jiff::Timestamp;
use std::collections::BTreeMap;
use went_back::{Refund, WentBack};

db::statement! {
    /// A bill as its usage report tells it; also the lock under which the reports of one bill follow each other.
    BILL_FROM_USAGE -> KnownBill = "INSERT INTO partner_bill AS kept (merchant, bill_id, place, member_id, final_price, paid_at, counts, cancelled, source, categories, merged_from, whole_price, returns_only)
        VALUES ($1, $2, $3, $4, $5, $6, 1, $7, 'usage', $8, $9, $5, $10)
        ON CONFLICT (merchant, bill_id) DO UPDATE SET
          place = COALESCE(kept.place, EXCLUDED.place),
          member_id = COALESCE(kept.member_id, EXCLUDED.member_id),
          merged_from = CASE WHEN kept.member_id IS NULL THEN EXCLUDED.merged_from ELSE kept.merged_from END,
          whole_price = CASE WHEN kept.source = 'record' OR EXCLUDED.cancelled = 1 THEN kept.whole_price ELSE EXCLUDED.whole_price END,
          returns_only = CASE WHEN kept.source = 'record' OR EXCLUDED.cancelled = 1 THEN kept.returns_only ELSE EXCLUDED.returns_only END,
          paid_at = CASE WHEN kept.source = 'record' OR EXCLUDED.cancelled = 1 THEN kept.paid_at ELSE EXCLUDED.paid_at END,
          cancelled = CASE WHEN EXCLUDED.cancelled = 1 THEN 1 ELSE kept.cancelled END,
          counts = CASE WHEN kept.source = 'record' THEN kept.counts ELSE 1 END,
          whole_prepaid = CASE WHEN kept.source = 'record' OR EXCLUDED.cancelled = 1 THEN kept.whole_prepaid ELSE 0 END,
          categories = CASE WHEN EXCLUDED.cancelled = 1 THEN kept.categories ELSE EXCLUDED.categories END
        RETURNING cancelled, member_id";
    /// Locks a bill without telling what it came to; one that nothing else told of yet is no order.
    LOCK_BILL -> KnownBill = "INSERT INTO partner_bill AS kept (merchant, bill_id, place, member_id, final_price, paid_at, counts, cancelled, source, categories, merged_from)
        VALUES ($1, $2, $3, $4, 0, NULL, 0, 0, 'usage', '[]', $5)
        ON CONFLICT (merchant, bill_id) DO UPDATE SET
          place = COALESCE(kept.place, EXCLUDED.place), member_id = COALESCE(kept.member_id, EXCLUDED.member_id),
          merged_from = CASE WHEN kept.member_id IS NULL THEN EXCLUDED.merged_from ELSE kept.merged_from END
        RETURNING cancelled, member_id";
    /// Whose bill it is, if it is known at all.
    WHOSE_BILL -> Option<String> = "SELECT member_id FROM partner_bill WHERE merchant = $1 AND bill_id = $2";
    /// What of a bill was paid for later use. No more than it came to.
    KEEP_PREPAID = "UPDATE partner_bill SET
          whole_prepaid = CASE WHEN whole_price < CAST($3 AS BIGINT) THEN (CASE WHEN whole_price > 0 THEN whole_price ELSE 0 END) ELSE CAST($3 AS BIGINT) END
        WHERE merchant = $1 AND bill_id = $2";
    /// Nothing is left of a bill that went back whole.
    BILL_CANCELLED = "UPDATE partner_bill SET cancelled = 1 WHERE merchant = $1 AND bill_id = $2";
    /// A bill as its own record tells it. A clock that cannot be right does not replace an instant that is known, and
    /// a record without lines does not say whether goods were sold.
    BILL_FROM_RECORD -> RecordedRow = "INSERT INTO partner_bill AS kept (merchant, bill_id, place, member_id, final_price, paid_at, counts, cancelled, source, categories, merged_from, whole_price, whole_prepaid, returns_only)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 'record', '[]', $8, $5, $9, $10)
        ON CONFLICT (merchant, bill_id) DO UPDATE SET
          place = COALESCE(EXCLUDED.place, kept.place),
          member_id = COALESCE(kept.member_id, EXCLUDED.member_id),
          merged_from = CASE WHEN kept.member_id IS NULL THEN EXCLUDED.merged_from ELSE kept.merged_from END,
          whole_price = EXCLUDED.whole_price, counts = EXCLUDED.counts, source = 'record',
          paid_at = CASE WHEN CAST($11 AS BIGINT) = 1 THEN EXCLUDED.paid_at ELSE COALESCE(kept.paid_at, EXCLUDED.paid_at) END,
          returns_only = CASE WHEN CAST($12 AS BIGINT) = 1 OR kept.counts = 0 THEN EXCLUDED.returns_only ELSE kept.returns_only END,
          whole_prepaid = CASE WHEN EXCLUDED.whole_prepaid > 0 THEN EXCLUDED.whole_prepaid ELSE kept.whole_prepaid END
        RETURNING member_id, categories";
    /// Brings up to date what a bill shows: its points as they add up in the ledger, earned and taken back (stamps are
    /// none), and what it came to before anything went back.
    SETTLE_BILL -> WholeBill = "UPDATE partner_bill SET final_price = whole_price, prepaid = whole_prepaid,
          is_order = CASE WHEN returns_only = 1 OR (whole_prepaid > 0 AND whole_price <= whole_prepaid) THEN 0 ELSE 1 END,
          points = (
          SELECT CAST(COALESCE(SUM(CASE WHEN kind = 'earn' THEN amount ELSE 0 - amount END), 0) AS BIGINT)
          FROM partner_transfer WHERE merchant = $1 AND bill_id = $2 AND kind IN ('earn', 'clawBack')
            AND NOT EXISTS (SELECT 1 FROM partner_balance AS card WHERE card.merchant = $1
              AND card.balance_id = partner_transfer.balance_id AND card.stamp_card_id IS NOT NULL))
        WHERE merchant = $1 AND bill_id = $2
        RETURNING has_refunds, whole_price, whole_prepaid, is_order";
    /// What is left of a bill of which parts went back.
    KEEP_WHAT_IS_LEFT = "UPDATE partner_bill SET final_price = $3, prepaid = $4, is_order = $5 WHERE merchant = $1 AND bill_id = $2";
    /// What a bill counts, less what of it is in the totals of its member.
    UNTOLD_OF_BILL -> UntoldRow = "SELECT member_id,
          CASE WHEN member_id IS NOT NULL AND counts = 1 AND cancelled = 0 AND is_order = 1 THEN 1 ELSE 0 END - told_orders AS orders,
          CASE WHEN member_id IS NOT NULL AND counts = 1 AND cancelled = 0 THEN final_price - prepaid ELSE 0 END - told_sales AS sales
        FROM partner_bill WHERE merchant = $1 AND bill_id = $2";
    /// All that a bill counts is in the totals now.
    TELL_BILL = "UPDATE partner_bill SET
          told_orders = CASE WHEN member_id IS NOT NULL AND counts = 1 AND cancelled = 0 AND is_order = 1 THEN 1 ELSE 0 END,
          told_sales = CASE WHEN member_id IS NOT NULL AND counts = 1 AND cancelled = 0 THEN final_price - prepaid ELSE 0 END
        WHERE merchant = $1 AND bill_id = $2";
    /// All that a member's bills count is.
    TELL_BILLS = "UPDATE partner_bill SET
          told_orders = CASE WHEN member_id IS NOT NULL AND counts = 1 AND cancelled = 0 AND is_order = 1 THEN 1 ELSE 0 END,
          told_sales = CASE WHEN member_id IS NOT NULL AND counts = 1 AND cancelled = 0 THEN final_price - prepaid ELSE 0 END
        WHERE merchant = $1 AND member_id = $2
          AND (told_orders <> CASE WHEN member_id IS NOT NULL AND counts = 1 AND cancelled = 0 AND is_order = 1 THEN 1 ELSE 0 END
            OR told_sales <> CASE WHEN member_id IS NOT NULL AND counts = 1 AND cancelled = 0 THEN final_price - prepaid ELSE 0 END)";
    /// Whether a balance is sold as the goods themselves.
    IS_SINGLE_PURPOSE -> String = "SELECT balance_id FROM partner_balance
        WHERE merchant = $1 AND balance_id = $2 AND type = 'singlePurposePrepaidVoucher'";
    /// A member's bills become another's.
    MOVE_BILLS = "UPDATE partner_bill SET member_id = $3, merged_from = COALESCE(merged_from, member_id)
        WHERE merchant = $1 AND member_id = $2";
    /// Bills that came from a member go back to whom they came with.
    RETURN_BILLS = "UPDATE partner_bill SET member_id = $4, merged_from = CASE WHEN merged_from = $4 THEN NULL ELSE merged_from END
        WHERE merchant = $1 AND member_id = $2 AND merged_from = $3";
}

/// A bill as one of its usage reports tells it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReportedBill<'a> {
    pub(crate) bill_id: &'a str,
    pub(crate) place: Option<&'a str>,
    pub(crate) member_id: Option<&'a str>,
    /// The member it was reported for, where that one was merged into `member_id`.
    pub(crate) merged_from: Option<&'a str>,
    /// Minor units.
    pub(crate) total: i64,
    pub(crate) paid_at: Option<Timestamp>,
    /// The report says that the bill was refunded or cancelled.
    pub(crate) cancelled: bool,
    /// A JSON list.
    pub(crate) categories: &'a str,
    /// Goods came back and none were sold.
    pub(crate) returns_only: bool,
}

db::row! {
    /// What is known of a bill after a report.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub(crate) struct KnownBill {
        /// Whether some report said that it was refunded or cancelled.
        pub(crate) cancelled: bool,
        pub(crate) member_id: Option<String>,
    }
}

db::row! {
    /// What is known of a bill after its record.
    pub(crate) struct RecordedRow {
        pub(crate) member_id: Option<String>,
        pub(crate) categories: Vec<String> as Json,
    }
}

db::row! {
    /// What a bill came to before anything went back, in minor units.
    struct WholeBill {
        has_refunds: bool,
        whole_price: i64,
        whole_prepaid: i64,
        is_order: bool,
    }
}

db::row! {
    /// Whose a bill is, and what of it is not in the totals yet.
    struct UntoldRow {
        member_id: Option<String>,
        orders: i64,
        sales: i64,
    }
}

/// Keeps what a usage report tells of a bill, and locks the bill.
pub(crate) fn from_usage(
    tx: &mut Tx<'_>,
    merchant: &str,
    bill: &ReportedBill<'_>,
) -> Result<KnownBill, Error> {
    let row = tx.optional(
        &BILL_FROM_USAGE,
        params![
            merchant,
            bill.bill_id,
            bill.place,
            bill.member_id,
            bill.total,
            bill.paid_at,
            bill.cancelled,
            bill.categories,
            bill.merged_from,
            bill.returns_only,
        ],
    )?;
    row.ok_or_else(|| row::unreadable("partner_bill", "cancelled", "the row that was just written"))
}

/// Locks a bill of which a part goes back, or whose money is set aside.
pub(crate) fn lock(
    tx: &mut Tx<'_>,
    merchant: &str,
    bill_id: &str,
    place: Option<&str>,
    member_id: Option<&str>,
    merged_from: Option<&str>,
) -> Result<KnownBill, Error> {
    let row = tx.optional(&LOCK_BILL, params![merchant, bill_id, place, member_id, merged_from])?;
    row.ok_or_else(|| row::unreadable("partner_bill", "cancelled", "the row that was just written"))
}

/// Whose bill it is as far as anybody said, without a lock.
pub(crate) fn whose(tx: &mut Tx<'_>, merchant: &str, bill_id: &str) -> Result<Option<String>, Error> {
    Ok(tx.optional(&WHOSE_BILL, params![merchant, bill_id])?.flatten())
}

/// Keeps what of a bill was paid for later use of any goods, in minor units: it is in the bill's price, but no sale,
/// because what it pays for later is one (loyalty.md §9 P1). The bill is locked.
pub(crate) fn keep_prepaid(
    tx: &mut Tx<'_>,
    merchant: &str,
    bill_id: &str,
    prepaid: i64,
) -> Result<(), Error> {
    if prepaid > 0 {
        tx.execute(&KEEP_PREPAID, params![merchant, bill_id, prepaid])?;
    }
    Ok(())
}

/// Keeps what a refund report gave back of a bill that is locked. `whole`: nothing of it is left, it is no order any more.
pub(crate) fn refunded(
    tx: &mut Tx<'_>,
    merchant: &str,
    bill_id: &str,
    refund: &Refund,
    whole: bool,
) -> Result<(), Error> {
    went_back::put(tx, merchant, bill_id, refund)?;
    if whole {
        tx.execute(&BILL_CANCELLED, params![merchant, bill_id])?;
    }
    Ok(())
}

/// Brings a bill up to date with what was told of it, what went back and what is booked. Call it after the books are
/// closed.
pub(crate) fn settle(tx: &mut Tx<'_>, merchant: &str, bill_id: &str) -> Result<(), Error> {
    let Some(told) = tx.optional(&SETTLE_BILL, params![merchant, bill_id])? else { return Ok(()) };
    if !told.has_refunds {
        return Ok(());
    }
    let back = went_back::of_bill(tx, merchant, bill_id)?;
    let (price, prepaid) = left((told.whole_price, told.whole_prepaid), back);
    let is_order = told.is_order && (back.value == 0 || price > prepaid);
    tx.execute(&KEEP_WHAT_IS_LEFT, params![merchant, bill_id, price, prepaid, is_order])?;
    Ok(())
}

/// What is left of a bill's price and of what of it was paid for later use; nothing goes below zero by a refund.
fn left((price, prepaid): (i64, i64), back: WentBack) -> (i64, i64) {
    if back.value == 0 {
        return (price, prepaid);
    }
    let price = if price > back.value { price - back.value } else { price.min(0) };
    (price, (prepaid - back.prepaid).clamp(0, price.max(0)))
}

/// A bill as its own record tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedBill {
    pub(crate) bill_id: String,
    pub(crate) place: Option<String>,
    /// `customerId` of the record; kept only when it is a member of this merchant.
    pub(crate) customer_id: Option<String>,
    /// Minor units.
    pub(crate) final_price: i64,
    /// What its lines sell for later use, by balance, in minor units.
    pub(crate) top_ups: Vec<(String, i64)>,
    /// Whether goods came back and none were sold, and whether its lines say so.
    pub(crate) returns_only: bool,
    pub(crate) has_lines: bool,
    pub(crate) paid_at: Option<Timestamp>,
    /// When the record last changed at its sender.
    pub(crate) last_modified_at: Option<Timestamp>,
    /// Whether it is an order: not deleted, refunded or corrective, and in the currency of the books.
    pub(crate) counts: bool,
}

/// Whose a recorded bill is, and what of it holds after it was looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged<'a> {
    /// The member that has the bill, if it names one of this merchant.
    pub(crate) member_id: Option<&'a str>,
    /// The member that it names, where that one was merged into `member_id`.
    pub(crate) merged_from: Option<&'a str>,
    /// What of it was paid for later use, in minor units.
    pub(crate) prepaid: i64,
    /// When it counts as paid.
    pub(crate) paid_at: Option<Timestamp>,
    /// Whether its own clock can be right.
    pub(crate) clock_is_right: bool,
}

/// Keeps what a record tells of a bill; gives whose bill it is and the categories on it.
pub(crate) fn from_record(
    tx: &mut Tx<'_>,
    merchant: &str,
    bill: &RecordedBill,
    judged: &Judged<'_>,
) -> Result<Option<RecordedRow>, Error> {
    let row = tx.optional(
        &BILL_FROM_RECORD,
        params![
            merchant,
            &bill.bill_id,
            bill.place.as_deref(),
            judged.member_id,
            bill.final_price,
            judged.paid_at,
            bill.counts,
            judged.merged_from,
            judged.prepaid.clamp(0, bill.final_price.max(0)),
            bill.returns_only,
            judged.clock_is_right,
            bill.has_lines,
        ],
    )?;
    settle(tx, merchant, &bill.bill_id)?;
    Ok(row)
}

/// What of these top-ups by balance was paid for later use of any goods, in minor units.
pub(crate) fn paid_for_later(
    tx: &mut Tx<'_>,
    merchant: &str,
    top_ups: &[(String, i64)],
) -> Result<i64, Error> {
    let mut prepaid = 0_i64;
    for (balance_id, value) in top_ups {
        if tx.optional(&IS_SINGLE_PURPOSE, params![merchant, balance_id])?.is_none() {
            prepaid = prepaid.saturating_add(*value);
        }
    }
    Ok(prepaid)
}

/// What changed bills add to the totals of their member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Untold {
    pub(crate) orders: i64,
    /// Minor units.
    pub(crate) sales: i64,
}

/// What these bills add to the totals of whose they are; it counts as told from now on.
pub(crate) fn tell(
    tx: &mut Tx<'_>,
    merchant: &str,
    bill_ids: &[&str],
) -> Result<BTreeMap<String, Untold>, Error> {
    let mut untold: BTreeMap<String, Untold> = BTreeMap::new();
    for bill_id in bill_ids {
        let Some(found) = tx.optional(&UNTOLD_OF_BILL, params![merchant, *bill_id])? else { continue };
        let of_bill = Untold { orders: found.orders, sales: found.sales };
        let Some(member_id) = found.member_id.filter(|_| of_bill != Untold::default()) else { continue };
        tx.execute(&TELL_BILL, params![merchant, *bill_id])?;
        let sum = untold.entry(member_id).or_default();
        sum.orders = sum.orders.saturating_add(of_bill.orders);
        sum.sales = sum.sales.saturating_add(of_bill.sales);
    }
    Ok(untold)
}

/// All that a member's bills count is in its totals from now on.
pub(crate) fn tell_all(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<(), Error> {
    tx.execute(&TELL_BILLS, params![merchant, member_id])?;
    Ok(())
}

/// Makes a member's bills another's; how many that were.
pub(crate) fn move_all(tx: &mut Tx<'_>, merchant: &str, from: &str, into: &str) -> Result<u64, Error> {
    tx.execute(&MOVE_BILLS, params![merchant, from, into])
}

/// Gives the bills that `holder` has, and that first were `first`'s, to `to`.
pub(crate) fn return_all(
    tx: &mut Tx<'_>,
    merchant: &str,
    holder: &str,
    first: &str,
    to: &str,
) -> Result<(), Error> {
    tx.execute(&RETURN_BILLS, params![merchant, holder, first, to])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_never_below_zero_by_a_refund() {
        for (told, back, expected) in [
            ((600, 0), (0, 0), (600, 0)),
            ((600, 0), (260, 0), (340, 0)),
            ((600, 0), (700, 0), (0, 0)),
            ((600, 500), (100, 0), (500, 500)),
            ((600, 500), (300, 0), (300, 300)),
            ((600, 500), (500, 500), (100, 0)),
            ((-50, 0), (0, 0), (-50, 0)),
            ((-50, 0), (10, 0), (-50, 0)),
        ] {
            assert_eq!(
                left(told, WentBack { value: back.0, prepaid: back.1 }),
                expected,
                "{told:?} {back:?}"
            );
        }
    }
}
