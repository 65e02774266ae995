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
use std::collections::BTreeSet;

db::statement! {
    /// Locks a customer and moves `last_updated`, never backwards. One that was merged was told of once.
    LOCK_CUSTOMER = "UPDATE partner_customer
        SET last_updated = CASE WHEN last_updated < $3 AND merged_into IS NULL THEN $3 ELSE last_updated END
        WHERE merchant = $1 AND member_id = $2 RETURNING categories, merged_into";
    /// Category names on the bills that count.
    CATEGORIES_OF_MEMBER = "SELECT DISTINCT categories FROM partner_bill
        WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0";
    /// Everything the feed shows beside the person, from the bills that count and the points balances; stamps are no
    /// points. What was paid for later use is no sale yet, and a bill of nothing else is no order.
    RECOMPUTE_CUSTOMER = "UPDATE partner_customer SET
          points = (SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM partner_balance
            WHERE merchant = $1 AND member_id = $2 AND type = 'collectablePoints' AND stamp_card_id IS NULL),
          total_orders = (SELECT COUNT(*) FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND (prepaid = 0 OR final_price > prepaid)),
          total_sales = (SELECT CAST(COALESCE(SUM(final_price - prepaid), 0) AS BIGINT) FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND (prepaid = 0 OR final_price > prepaid)),
          date_first_order = (SELECT MIN(paid_at) FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND (prepaid = 0 OR final_price > prepaid)),
          date_last_order = (SELECT MAX(paid_at) FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND (prepaid = 0 OR final_price > prepaid)),
          last_order_value = (SELECT final_price - prepaid FROM partner_bill
            WHERE merchant = $1 AND member_id = $2 AND counts = 1 AND cancelled = 0 AND (prepaid = 0 OR final_price > prepaid) AND paid_at IS NOT NULL
            ORDER BY paid_at DESC, bill_id DESC LIMIT 1),
          categories = $3
        WHERE merchant = $1 AND member_id = $2";
}

/// How the categories of a customer may have changed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Categories<'a> {
    /// These came on a bill that counts.
    Added(&'a BTreeSet<String>),
    /// A bill may have gone: all of them are read again.
    Unknown,
}

/// Brings a member's totals up to date with the bills and balances of this transaction. Call it after
/// they are written, for several members in the order of their ids. A member without a customer row
/// (there is none for a bearer voucher) costs one statement.
///
/// A merge may have come between: what this transaction wrote for the member moves on to the surviving one, whose
/// totals are brought up to date instead; its id is given.
pub(crate) fn recompute(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    categories: Categories<'_>,
    now: Timestamp,
) -> Result<Option<String>, Error> {
    let Some(locked) = tx.optional(&LOCK_CUSTOMER, params![merchant, member_id, now])? else {
        return Ok(None);
    };
    let Some(survivor) = locked.get::<Option<String>>(1)? else {
        bring_up_to_date(tx, merchant, member_id, categories, &locked.get::<String>(0)?)?;
        return Ok(None);
    };
    merge::follow(tx, merchant, member_id, &survivor)?;
    bring_up_to_date(tx, merchant, member_id, Categories::Unknown, "[]")?;
    if let Some(locked) = tx.optional(&LOCK_CUSTOMER, params![merchant, &survivor, now])? {
        bring_up_to_date(tx, merchant, &survivor, Categories::Unknown, &locked.get::<String>(0)?)?;
    }
    Ok(Some(survivor))
}

/// Brings the totals of these members up to date after their bills have changed, as [`recompute`] does, and judges the
/// tiers that follow from the bills.
pub(crate) fn bills_changed(
    tx: &mut Tx<'_>,
    program: &Program,
    merchant: &MerchantRow,
    members: &BTreeSet<String>,
    categories: Categories<'_>,
    local: &Zoned,
) -> Result<(), Error> {
    for member_id in members {
        let survivor = recompute(tx, &merchant.merchant, member_id, categories, local.timestamp())?;
        if !program.settings.tiers.is_empty() {
            let judged = survivor.as_ref().unwrap_or(member_id);
            Ladder::of(program, merchant, judged).recompute(tx, local)?;
        }
    }
    Ok(())
}

/// Computes what the feed shows of a customer that is locked; `kept` are its categories so far.
fn bring_up_to_date(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    categories: Categories<'_>,
    kept: &str,
) -> Result<(), Error> {
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
    tx.execute(&RECOMPUTE_CUSTOMER, params![merchant, member_id, &categories])?;
    Ok(())
}
