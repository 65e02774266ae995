//! What does the feed need to know of a bill, whichever way the bill became known?
//!
//! A bill is told of twice: by its usage report and by its own record (DataSync). Either may come first.
//! The record outranks the report for what was paid and when; whoever first says whose bill it is stands; a
//! report that the bill was cancelled stands too, whatever a record says later.

use crate::loyalty::merge;
use crate::row;
use db::{Error, Tx, params};
use jiff::Timestamp;
use std::collections::BTreeSet;

db::statement! {
    /// A bill as its usage report tells it; also the lock under which the reports of one bill follow each other.
    BILL_FROM_USAGE = "INSERT INTO partner_bill AS kept (merchant, bill_id, place, member_id, final_price, paid_at, counts, cancelled, source, categories, merged_from)
        VALUES ($1, $2, $3, $4, $5, $6, 1, $7, 'usage', $8, $9)
        ON CONFLICT (merchant, bill_id) DO UPDATE SET
          place = COALESCE(kept.place, EXCLUDED.place),
          member_id = COALESCE(kept.member_id, EXCLUDED.member_id),
          merged_from = CASE WHEN kept.member_id IS NULL THEN EXCLUDED.merged_from ELSE kept.merged_from END,
          final_price = CASE WHEN kept.source = 'record' OR EXCLUDED.cancelled = 1 THEN kept.final_price ELSE EXCLUDED.final_price END,
          paid_at = CASE WHEN kept.source = 'record' OR EXCLUDED.cancelled = 1 THEN kept.paid_at ELSE EXCLUDED.paid_at END,
          cancelled = CASE WHEN EXCLUDED.cancelled = 1 THEN 1 ELSE kept.cancelled END,
          counts = CASE WHEN kept.source = 'record' THEN kept.counts ELSE 1 END,
          prepaid = CASE WHEN kept.source = 'record' OR EXCLUDED.cancelled = 1 THEN kept.prepaid ELSE 0 END,
          categories = CASE WHEN EXCLUDED.cancelled = 1 THEN kept.categories ELSE EXCLUDED.categories END
        RETURNING cancelled, member_id";
    /// Locks a bill without telling what it came to; one that nothing else told of yet is no order.
    LOCK_BILL = "INSERT INTO partner_bill AS kept (merchant, bill_id, place, member_id, final_price, paid_at, counts, cancelled, source, categories, merged_from)
        VALUES ($1, $2, $3, $4, 0, NULL, 0, 0, 'usage', '[]', $5)
        ON CONFLICT (merchant, bill_id) DO UPDATE SET
          place = COALESCE(kept.place, EXCLUDED.place), member_id = COALESCE(kept.member_id, EXCLUDED.member_id),
          merged_from = CASE WHEN kept.member_id IS NULL THEN EXCLUDED.merged_from ELSE kept.merged_from END
        RETURNING cancelled, member_id";
    /// Whose bill it is, if it is known at all.
    WHOSE_BILL = "SELECT member_id FROM partner_bill WHERE merchant = $1 AND bill_id = $2";
    /// What of a bill was paid for later use. No more than it came to.
    KEEP_PREPAID = "UPDATE partner_bill SET
          prepaid = CASE WHEN final_price < CAST($3 AS BIGINT) THEN (CASE WHEN final_price > 0 THEN final_price ELSE 0 END) ELSE CAST($3 AS BIGINT) END
        WHERE merchant = $1 AND bill_id = $2";
    /// A part of a bill went back; nothing is left of one that went back whole.
    BILL_REFUNDED = "UPDATE partner_bill SET
          final_price = CASE WHEN source = 'record' THEN final_price WHEN final_price < CAST($3 AS BIGINT) THEN 0 ELSE final_price - CAST($3 AS BIGINT) END,
          prepaid = CASE WHEN source = 'record' THEN prepaid WHEN prepaid < CAST($5 AS BIGINT) THEN 0 ELSE prepaid - CAST($5 AS BIGINT) END,
          cancelled = CASE WHEN CAST($4 AS BIGINT) = 1 THEN 1 ELSE cancelled END
        WHERE merchant = $1 AND bill_id = $2";
    /// A bill as its own record tells it.
    BILL_FROM_RECORD = "INSERT INTO partner_bill AS kept (merchant, bill_id, place, member_id, final_price, paid_at, counts, cancelled, source, categories, merged_from, prepaid)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 'record', '[]', $8, $9)
        ON CONFLICT (merchant, bill_id) DO UPDATE SET
          place = COALESCE(EXCLUDED.place, kept.place),
          member_id = COALESCE(kept.member_id, EXCLUDED.member_id),
          merged_from = CASE WHEN kept.member_id IS NULL THEN EXCLUDED.merged_from ELSE kept.merged_from END,
          final_price = EXCLUDED.final_price, paid_at = EXCLUDED.paid_at, counts = EXCLUDED.counts, source = 'record',
          prepaid = CASE WHEN EXCLUDED.prepaid > 0 THEN EXCLUDED.prepaid ELSE kept.prepaid END
        RETURNING member_id, categories";
    /// What a bill's points add up to in the ledger: earned, and taken back. Stamps are none.
    SETTLE_BILL_POINTS = "UPDATE partner_bill SET points = (
          SELECT CAST(COALESCE(SUM(CASE WHEN kind = 'earn' THEN amount ELSE 0 - amount END), 0) AS BIGINT)
          FROM partner_transfer WHERE merchant = $1 AND bill_id = $2 AND kind IN ('earn', 'clawBack')
            AND NOT EXISTS (SELECT 1 FROM partner_balance AS card WHERE card.merchant = $1
              AND card.balance_id = partner_transfer.balance_id AND card.stamp_card_id IS NOT NULL))
        WHERE merchant = $1 AND bill_id = $2";
    /// Whether a balance is sold as the goods themselves.
    IS_SINGLE_PURPOSE = "SELECT balance_id FROM partner_balance
        WHERE merchant = $1 AND balance_id = $2 AND type = 'singlePurposePrepaidVoucher'";
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
}

/// What is known of a bill after a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownBill {
    /// Whether some report said that it was refunded or cancelled.
    pub(crate) cancelled: bool,
    pub(crate) member_id: Option<String>,
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
        ],
    )?;
    match row {
        Some(row) => Ok(KnownBill { cancelled: row.get(0)?, member_id: row.get(1)? }),
        None => Err(row::unreadable("partner_bill", "cancelled", "the row that was just written")),
    }
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
    match tx.optional(&LOCK_BILL, params![merchant, bill_id, place, member_id, merged_from])? {
        Some(row) => Ok(KnownBill { cancelled: row.get(0)?, member_id: row.get(1)? }),
        None => Err(row::unreadable("partner_bill", "cancelled", "the row that was just written")),
    }
}

/// Whose bill it is as far as anybody said, without a lock.
pub(crate) fn whose(tx: &mut Tx<'_>, merchant: &str, bill_id: &str) -> Result<Option<String>, Error> {
    let row = tx.optional(&WHOSE_BILL, params![merchant, bill_id])?;
    Ok(row.map(|row| row.get(0)).transpose()?.flatten())
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

/// What went back of a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refunded {
    /// Minor units; the bill is worth so much less, unless its own record says what it is worth.
    pub(crate) value: i64,
    /// Of that, what was paid for later use (see [`keep_prepaid`]).
    pub(crate) prepaid: i64,
    /// Nothing of it is left: it is no order any more.
    pub(crate) whole: bool,
}

/// Keeps what went back of a bill; the bill is locked.
pub(crate) fn refunded(
    tx: &mut Tx<'_>,
    merchant: &str,
    bill_id: &str,
    refunded: &Refunded,
) -> Result<(), Error> {
    tx.execute(&BILL_REFUNDED, params![merchant, bill_id, refunded.value, refunded.whole, refunded.prepaid])?;
    Ok(())
}

/// Brings the points of a bill up to date with what is booked. Call it after the books are closed.
pub(crate) fn settle_points(tx: &mut Tx<'_>, merchant: &str, bill_id: &str) -> Result<(), Error> {
    tx.execute(&SETTLE_BILL_POINTS, params![merchant, bill_id])?;
    Ok(())
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
    pub(crate) paid_at: Option<Timestamp>,
    /// Whether it is an order: not deleted, refunded or corrective, and in the currency of the books.
    pub(crate) counts: bool,
}

/// Whom the records of bills were about, and what they may add to the totals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Whose totals are to be brought up to date.
    pub(crate) members: BTreeSet<String>,
    /// Names of categories on the bills.
    pub(crate) categories: BTreeSet<String>,
    /// Other bills may have changed hands.
    pub(crate) moved: bool,
}

/// Keeps what a record tells of a bill; adds to `told` whose bill it is, if known, and what is on it. A record that names
/// a member who was merged is the surviving one's.
pub(crate) fn from_record(
    tx: &mut Tx<'_>,
    merchant: &str,
    bill: &RecordedBill,
    told: &mut Told,
    now: Timestamp,
) -> Result<(), Error> {
    let member_id = match &bill.customer_id {
        Some(id) => merge::survivor(tx, merchant, id)?,
        None => None,
    };
    let merged_from =
        bill.customer_id.as_deref().filter(|id| member_id.as_deref().is_some_and(|one| one != *id));
    let mut prepaid = 0_i64;
    for (balance_id, value) in &bill.top_ups {
        if tx.optional(&IS_SINGLE_PURPOSE, params![merchant, balance_id])?.is_none() {
            prepaid = prepaid.saturating_add(*value);
        }
    }
    let row = tx.optional(
        &BILL_FROM_RECORD,
        params![
            merchant,
            &bill.bill_id,
            bill.place.as_deref(),
            member_id.as_deref(),
            bill.final_price,
            bill.paid_at,
            bill.counts,
            merged_from,
            prepaid.clamp(0, bill.final_price.max(0)),
        ],
    )?;
    if let Some(row) = row {
        told.members.extend(row.get::<Option<String>>(0)?);
        let names: Vec<String> = row::json("partner_bill", "categories", &row.get::<String>(1)?)?;
        told.categories.extend(names);
    }
    if let (Some(named), Some(survivor)) = (merged_from, &member_id) {
        told.moved |= merge::settle_alias(tx, merchant, named, survivor, now)?;
        told.members.insert(named.to_owned());
    }
    Ok(())
}
