//! What has a customer bought, and how is that kept up to date?
//!
//! Nothing is computed per request of the feed (sync.md §5): whoever changes a bill or a points balance
//! of a member ends with [`recompute`](crate::loyalty::merge::recompute). The customer's row is locked by one statement and computed by the
//! next, because only a statement that starts after the lock sees what the last holder committed.

use crate::loyalty::bills::{self, Untold};
use crate::row;
use db::{Error, Json, Tx, params};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The points of a customer at $3: those that the till gives now. What waits is counted in at `points_due_at`, what is frozen is
/// none, what is owed is below zero; stamps are no points.
macro_rules! sql_points {
    () => {
        "points = (SELECT CAST(COALESCE(SUM(CASE WHEN posted < 0 THEN posted WHEN status <> 'active' THEN 0 WHEN posted > waiting THEN posted - waiting ELSE 0 END), 0) AS BIGINT) FROM (
            SELECT b.posted, b.status, (SELECT CAST(COALESCE(SUM(l.remaining), 0) AS BIGINT) FROM partner_lot AS l WHERE l.merchant = $1
              AND l.balance_id = b.balance_id AND l.available_at > $3 AND l.remaining <> 0) AS waiting
            FROM partner_balance AS b WHERE b.merchant = $1 AND b.member_id = $2 AND b.type = 'collectablePoints' AND b.stamp_card_id IS NULL) AS usable),
          points_due_at = (SELECT MIN(owed.due_at) FROM (
            SELECT (SELECT MIN(l.available_at) FROM partner_lot AS l WHERE l.merchant = $1
              AND l.balance_id = b.balance_id AND l.available_at > $3 AND l.remaining <> 0) AS due_at
            FROM partner_balance AS b WHERE b.merchant = $1 AND b.member_id = $2 AND b.type = 'collectablePoints' AND b.stamp_card_id IS NULL) AS owed)"
    };
}

/// When a customer ordered first and last, and what the last order came to.
macro_rules! sql_first_and_last_order {
    () => {
        "date_first_order = (SELECT paid_at FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND is_order = 1 AND paid_at IS NOT NULL
            ORDER BY paid_at LIMIT 1),
          date_last_order = (SELECT paid_at FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND is_order = 1 AND paid_at IS NOT NULL
            ORDER BY paid_at DESC LIMIT 1),
          last_order_value = (SELECT final_price - prepaid FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND is_order = 1 AND paid_at IS NOT NULL
            ORDER BY paid_at DESC, bill_id DESC LIMIT 1)"
    };
}

db::statement! {
    /// Locks a customer and moves `last_updated`, never backwards. One that was merged was told of once.
    LOCK_CUSTOMER -> LockedCustomer = "UPDATE partner_customer
        SET last_updated = CASE WHEN last_updated < $3 AND merged_into IS NULL THEN $3 ELSE last_updated END
        WHERE merchant = $1 AND member_id = $2 RETURNING categories, merged_into";
    /// Category names on the bills that count.
    CATEGORIES_OF_MEMBER -> CategoriesRow = "SELECT DISTINCT categories FROM partner_bill
        WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0";
    /// Brings the points of a customer up to date.
    SET_POINTS = concat!("UPDATE partner_customer SET ", sql_points!(), " WHERE merchant = $1 AND member_id = $2");
    /// The same, and what changed bills add to the totals; which were the first and the last one the index says.
    ADD_TO_CUSTOMER = concat!("UPDATE partner_customer SET ", sql_points!(), ", ", sql_first_and_last_order!(), ",
          total_orders = total_orders + $5, total_sales = total_sales + $6, categories = $4
        WHERE merchant = $1 AND member_id = $2");
    /// Everything the feed shows beside the person, from all the bills that count. What was paid for later use is no sale
    /// yet; what came back without a sale lowers the sales, and is no order.
    RECOMPUTE_CUSTOMER = concat!("UPDATE partner_customer SET ", sql_points!(), ", ", sql_first_and_last_order!(), ",
          total_orders = (SELECT COUNT(*) FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND is_order = 1),
          total_sales = (SELECT CAST(COALESCE(SUM(final_price - prepaid), 0) AS BIGINT) FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0),
          categories = $4
        WHERE merchant = $1 AND member_id = $2");
    /// What the customers feed shows of the member.
    INSERT_CUSTOMER = "INSERT INTO partner_customer (merchant, customer_number, member_id, points, last_updated)
        VALUES ($1, $2, $3, $4, $5)";
    /// Locks a member's row of the customers feed.
    LOCK_CUSTOMER_OF_LEAVING = "UPDATE partner_customer SET last_updated = last_updated
        WHERE merchant = $1 AND member_id = $2";
    /// Which member has what was this one's.
    SET_MERGED_INTO = "UPDATE partner_customer SET merged_into = $3 WHERE merchant = $1 AND member_id = $2";
    /// Who has what was a member's.
    SURVIVOR_OF -> Option<String> = "SELECT merged_into FROM partner_customer WHERE merchant = $1 AND member_id = $2";
}

db::row! {
    /// A customer that is locked.
    pub(crate) struct LockedCustomer {
        /// The categories on its bills so far.
        pub(crate) categories: BTreeSet<String> as Json,
        /// The member that has what was this one's.
        pub(crate) merged_into: Option<String>,
    }
}

db::row! {
    /// The categories on a bill.
    struct CategoriesRow {
        categories: Vec<String> as Json,
    }
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

/// Locks a member's customer and says that it changed; `None` where it has none (a bearer voucher's).
pub(crate) fn lock(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    now: Timestamp,
) -> Result<Option<LockedCustomer>, Error> {
    tx.optional(&LOCK_CUSTOMER, params![merchant, member_id, now])
}

/// Computes what the feed shows at `now` of a customer that is locked; `kept` are its categories so far.
pub(crate) fn bring_up_to_date(
    tx: &mut Tx<'_>,
    (merchant, member_id): (&str, &str),
    (changed, untold): (Changed<'_>, Untold),
    kept: BTreeSet<String>,
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
            let mut known = kept;
            known.extend(added.iter().cloned());
            known
        }
        Categories::Unknown => {
            let rows = tx.query(&CATEGORIES_OF_MEMBER, params![merchant, member_id])?;
            rows.into_iter().flat_map(|row| row.categories).collect()
        }
    };
    let categories = row::to_json("partner_customer", "categories", &known)?;
    if let Changed::Everything = changed {
        tx.execute(&RECOMPUTE_CUSTOMER, params![merchant, member_id, now, &categories])?;
        bills::tell_all(tx, merchant, member_id)?;
    } else {
        let of = params![merchant, member_id, now, &categories, untold.orders, untold.sales];
        tx.execute(&ADD_TO_CUSTOMER, of)?;
    }
    Ok(())
}

/// Adds what the feed shows of a new member.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    merchant: &str,
    customer_number: i64,
    member_id: &str,
    points: i64,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(&INSERT_CUSTOMER, params![merchant, customer_number, member_id, points, now])?;
    Ok(())
}

/// Locks a member's customer and leaves it as it is, so that a merge and another erasure wait.
pub(crate) fn hold_back(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<(), Error> {
    tx.execute(&LOCK_CUSTOMER_OF_LEAVING, params![merchant, member_id])?;
    Ok(())
}

/// Says which member has what was this one's.
pub(crate) fn set_merged_into(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    into: Option<&str>,
) -> Result<(), Error> {
    tx.execute(&SET_MERGED_INTO, params![merchant, member_id, into])?;
    Ok(())
}

/// The member that owns `member_id`'s balances now: the member it was merged into, else itself; `None` where there is no
/// such member.
pub(crate) fn survivor(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Option<String>, Error> {
    let found = tx.optional(&SURVIVOR_OF, params![merchant, member_id])?;
    Ok(found.map(|merged_into| merged_into.unwrap_or_else(|| member_id.to_owned())))
}
