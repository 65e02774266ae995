//! What has a customer bought, and how is that kept up to date?
//!
//! Nothing is computed per request of the feed (sync.md §5): whoever changes a bill or a points balance
//! of a member ends with [`recompute`]. The customer's row is locked by one statement and computed by the
//! next, because only a statement that starts after the lock sees what the last holder committed.

use crate::loyalty::merge;
use crate::loyalty::program::Program;
use crate::loyalty::tier::Ladder;
use crate::merchant::MerchantRow;
use crate::row;
use db::{Error, Tx, params};
use jiff::{Timestamp, Zoned};
use std::collections::{BTreeMap, BTreeSet};

db::statement! {
    /// Locks a customer and moves `last_updated`, never backwards. One that was merged was told of once.
    LOCK_CUSTOMER = "UPDATE partner_customer
        SET last_updated = CASE WHEN last_updated < $3 AND merged_into IS NULL THEN $3 ELSE last_updated END
        WHERE merchant = $1 AND member_id = $2 RETURNING categories, merged_into";
    /// Category names on the bills that count.
    CATEGORIES_OF_MEMBER = "SELECT DISTINCT categories FROM partner_bill
        WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0";
    /// The points of a customer: those that the till gives now. What waits is counted in at `points_due_at`, what is
    /// frozen is none, what is owed is below zero; stamps are no points.
    SET_POINTS = "UPDATE partner_customer SET
          points = (SELECT CAST(COALESCE(SUM(CASE WHEN posted < 0 THEN posted WHEN status <> 'active' THEN 0 WHEN posted > waiting THEN posted - waiting ELSE 0 END), 0) AS BIGINT) FROM (
            SELECT b.posted, b.status, (SELECT CAST(COALESCE(SUM(l.remaining), 0) AS BIGINT) FROM partner_lot AS l WHERE l.merchant = $1
              AND l.balance_id = b.balance_id AND l.available_at > $3 AND l.remaining <> 0) AS waiting
            FROM partner_balance AS b WHERE b.merchant = $1 AND b.member_id = $2 AND b.type = 'collectablePoints' AND b.stamp_card_id IS NULL) AS usable),
          points_due_at = (SELECT MIN(owed.due_at) FROM (
            SELECT (SELECT MIN(l.available_at) FROM partner_lot AS l WHERE l.merchant = $1
              AND l.balance_id = b.balance_id AND l.available_at > $3 AND l.remaining <> 0) AS due_at
            FROM partner_balance AS b WHERE b.merchant = $1 AND b.member_id = $2 AND b.type = 'collectablePoints' AND b.stamp_card_id IS NULL) AS owed)
        WHERE merchant = $1 AND member_id = $2";
    /// The same, and what changed bills add to the totals; which were the first and the last one the index says.
    ADD_TO_CUSTOMER = "UPDATE partner_customer SET
          points = (SELECT CAST(COALESCE(SUM(CASE WHEN posted < 0 THEN posted WHEN status <> 'active' THEN 0 WHEN posted > waiting THEN posted - waiting ELSE 0 END), 0) AS BIGINT) FROM (
            SELECT b.posted, b.status, (SELECT CAST(COALESCE(SUM(l.remaining), 0) AS BIGINT) FROM partner_lot AS l WHERE l.merchant = $1
              AND l.balance_id = b.balance_id AND l.available_at > $6 AND l.remaining <> 0) AS waiting
            FROM partner_balance AS b WHERE b.merchant = $1 AND b.member_id = $2 AND b.type = 'collectablePoints' AND b.stamp_card_id IS NULL) AS usable),
          points_due_at = (SELECT MIN(owed.due_at) FROM (
            SELECT (SELECT MIN(l.available_at) FROM partner_lot AS l WHERE l.merchant = $1
              AND l.balance_id = b.balance_id AND l.available_at > $6 AND l.remaining <> 0) AS due_at
            FROM partner_balance AS b WHERE b.merchant = $1 AND b.member_id = $2 AND b.type = 'collectablePoints' AND b.stamp_card_id IS NULL) AS owed),
          total_orders = total_orders + $4, total_sales = total_sales + $5,
          date_first_order = (SELECT paid_at FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND is_order = 1 AND paid_at IS NOT NULL
            ORDER BY paid_at LIMIT 1),
          date_last_order = (SELECT paid_at FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND is_order = 1 AND paid_at IS NOT NULL
            ORDER BY paid_at DESC LIMIT 1),
          last_order_value = (SELECT final_price - prepaid FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND is_order = 1 AND paid_at IS NOT NULL
            ORDER BY paid_at DESC, bill_id DESC LIMIT 1),
          categories = $3
        WHERE merchant = $1 AND member_id = $2";
    /// Everything the feed shows beside the person, from all the bills that count. What was paid for later use is no sale
    /// yet; what came back without a sale lowers the sales, and is no order.
    RECOMPUTE_CUSTOMER = "UPDATE partner_customer SET
          points = (SELECT CAST(COALESCE(SUM(CASE WHEN posted < 0 THEN posted WHEN status <> 'active' THEN 0 WHEN posted > waiting THEN posted - waiting ELSE 0 END), 0) AS BIGINT) FROM (
            SELECT b.posted, b.status, (SELECT CAST(COALESCE(SUM(l.remaining), 0) AS BIGINT) FROM partner_lot AS l WHERE l.merchant = $1
              AND l.balance_id = b.balance_id AND l.available_at > $4 AND l.remaining <> 0) AS waiting
            FROM partner_balance AS b WHERE b.merchant = $1 AND b.member_id = $2 AND b.type = 'collectablePoints' AND b.stamp_card_id IS NULL) AS usable),
          points_due_at = (SELECT MIN(owed.due_at) FROM (
            SELECT (SELECT MIN(l.available_at) FROM partner_lot AS l WHERE l.merchant = $1
              AND l.balance_id = b.balance_id AND l.available_at > $4 AND l.remaining <> 0) AS due_at
            FROM partner_balance AS b WHERE b.merchant = $1 AND b.member_id = $2 AND b.type = 'collectablePoints' AND b.stamp_card_id IS NULL) AS owed),
          total_orders = (SELECT COUNT(*) FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND is_order = 1),
          total_sales = (SELECT CAST(COALESCE(SUM(final_price - prepaid), 0) AS BIGINT) FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0),
          date_first_order = (SELECT paid_at FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND is_order = 1 AND paid_at IS NOT NULL
            ORDER BY paid_at LIMIT 1),
          date_last_order = (SELECT paid_at FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND is_order = 1 AND paid_at IS NOT NULL
            ORDER BY paid_at DESC LIMIT 1),
          last_order_value = (SELECT final_price - prepaid FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND is_order = 1 AND paid_at IS NOT NULL
            ORDER BY paid_at DESC, bill_id DESC LIMIT 1),
          categories = $3
        WHERE merchant = $1 AND member_id = $2";
    /// What a bill counts, less what of it is in the totals of its member.
    UNTOLD_OF_BILL = "SELECT member_id,
          CASE WHEN member_id IS NOT NULL AND counts = 1 AND cancelled = 0 AND is_order = 1 THEN 1 ELSE 0 END - told_orders,
          CASE WHEN member_id IS NOT NULL AND counts = 1 AND cancelled = 0 THEN final_price - prepaid ELSE 0 END - told_sales
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
}

/// What of a member may have changed since its totals were brought up to date.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Changed<'a> {
    /// Its points, or the person; none of its bills.
    Points,
    /// These bills too, by their ids.
    Bills(&'a [&'a str], Categories<'a>),
    /// Bills became the member's or another's.
    Everything,
}

/// How the categories of a customer may have changed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Categories<'a> {
    /// These came on a bill that counts.
    Added(&'a BTreeSet<String>),
    /// A bill may have gone: all of them are read again.
    Unknown,
}

/// What changed bills add to the totals of their member.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Untold {
    orders: i64,
    /// Minor units.
    sales: i64,
}

/// Brings a member's points up to date with the balances of this transaction, and where bills changed hands
/// ([`Changed::Everything`]) its totals with all its bills. Call it after they are written, for several members in the
/// order of their ids. A member without a customer row (there is none for a bearer voucher) costs one statement.
///
/// A merge may have come between: what this transaction wrote for the member moves on to the surviving one, whose
/// totals are brought up to date instead; its id is given.
pub(crate) fn recompute(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    changed: Changed<'_>,
    now: Timestamp,
) -> Result<Option<String>, Error> {
    recompute_with(tx, merchant, member_id, (changed, Untold::default()), now)
}

fn recompute_with(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    (changed, untold): (Changed<'_>, Untold),
    now: Timestamp,
) -> Result<Option<String>, Error> {
    let Some(locked) = tx.optional(&LOCK_CUSTOMER, params![merchant, member_id, now])? else {
        return Ok(None);
    };
    let Some(survivor) = locked.get::<Option<String>>(1)? else {
        bring_up_to_date(tx, (merchant, member_id), (changed, untold), &locked.get::<String>(0)?, now)?;
        return Ok(None);
    };
    let moved = merge::follow(tx, merchant, member_id, &survivor)? || matches!(changed, Changed::Everything);
    // what is told of under an old id is the surviving one's already
    let changed = (if moved { Changed::Everything } else { Changed::Points }, Untold::default());
    bring_up_to_date(tx, (merchant, member_id), changed, "[]", now)?;
    if let Some(locked) = tx.optional(&LOCK_CUSTOMER, params![merchant, &survivor, now])? {
        bring_up_to_date(tx, (merchant, &survivor), changed, &locked.get::<String>(0)?, now)?;
    }
    Ok(Some(survivor))
}

/// Brings the totals of these members up to date after their bills have changed, as [`recompute`] does, and judges the
/// tiers that follow from the bills. What a bill adds is what it counts less what of it was told before, so a guest with
/// thousands of bills costs what one with a few does. The bills must be locked.
pub(crate) fn bills_changed(
    tx: &mut Tx<'_>,
    program: &Program,
    merchant: &MerchantRow,
    members: &BTreeSet<String>,
    changed: Changed<'_>,
    local: &Zoned,
) -> Result<(), Error> {
    let untold = match changed {
        Changed::Bills(bill_ids, _) => tell(tx, &merchant.merchant, bill_ids)?,
        Changed::Points | Changed::Everything => BTreeMap::new(),
    };
    for member_id in members {
        let adds = untold.get(member_id).copied().unwrap_or_default();
        let survivor = recompute_with(tx, &merchant.merchant, member_id, (changed, adds), local.timestamp())?;
        if !program.settings.tiers.is_empty() {
            let judged = survivor.as_ref().unwrap_or(member_id);
            Ladder::of(program, merchant, judged).recompute(tx, local)?;
        }
    }
    Ok(())
}

/// What these bills add to the totals of whose they are; it counts as told from now on.
fn tell(tx: &mut Tx<'_>, merchant: &str, bill_ids: &[&str]) -> Result<BTreeMap<String, Untold>, Error> {
    let mut untold: BTreeMap<String, Untold> = BTreeMap::new();
    for bill_id in bill_ids {
        let Some(found) = tx.optional(&UNTOLD_OF_BILL, params![merchant, *bill_id])? else { continue };
        let of_bill = Untold { orders: found.get(1)?, sales: found.get(2)? };
        let Some(member_id) = found.get::<Option<String>>(0)?.filter(|_| of_bill != Untold::default()) else {
            continue;
        };
        tx.execute(&TELL_BILL, params![merchant, *bill_id])?;
        let sum = untold.entry(member_id).or_default();
        sum.orders = sum.orders.saturating_add(of_bill.orders);
        sum.sales = sum.sales.saturating_add(of_bill.sales);
    }
    Ok(untold)
}

/// Computes what the feed shows at `now` of a customer that is locked; `kept` are its categories so far.
fn bring_up_to_date(
    tx: &mut Tx<'_>,
    (merchant, member_id): (&str, &str),
    (changed, untold): (Changed<'_>, Untold),
    kept: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let categories = match changed {
        Changed::Points => {
            tx.execute(&SET_POINTS, params![merchant, member_id, now])?;
            return Ok(());
        }
        Changed::Bills(_, categories) => categories,
        Changed::Everything => Categories::Unknown,
    };
    let known: BTreeSet<String> = match categories {
        Categories::Added(added) => {
            let mut known: BTreeSet<String> = row::json("partner_customer", "categories", kept)?;
            known.extend(added.iter().cloned());
            known
        }
        Categories::Unknown => {
            let mut known = BTreeSet::new();
            for found in tx.query(&CATEGORIES_OF_MEMBER, params![merchant, member_id])? {
                let names: String = found.get(0)?;
                known.extend(row::json::<Vec<String>>("partner_bill", "categories", &names)?);
            }
            known
        }
    };
    let categories = row::to_json("partner_customer", "categories", &known)?;
    if let Changed::Everything = changed {
        tx.execute(&RECOMPUTE_CUSTOMER, params![merchant, member_id, &categories, now])?;
        tx.execute(&TELL_BILLS, params![merchant, member_id])?;
    } else {
        let of = params![merchant, member_id, &categories, untold.orders, untold.sales, now];
        tx.execute(&ADD_TO_CUSTOMER, of)?;
    }
    Ok(())
}
