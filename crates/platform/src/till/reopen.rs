//! How does a bill that was given back become an open check again?
//!
//! What came back of the lines stands on the check as it did, at the desk and in the name of whoever opened it. What was paid
//! before the bill, a deposit or an order's payment elsewhere, is paid already once more; the rest is paid anew. Codes are
//! scanned anew: the guest's value went back with the bill.

use super::lines::pieces;
use super::open::{Opening, open};
use super::store::{self, NO_REGISTER};
use crate::Platform;
use crate::access::SourceId;
use crate::bills::refund::Back;
use crate::menu::amounts::{Holder, hand_over_some};
use crate::sale::StoredCheck;
use crate::sale::bill::StoredPayment;
use crate::sale::check::Line;
use crate::sale::corrective::PartOfItem;
use db::{Never, Tx, TxError};
use door::ApiError;
use money::Amount;
use wire::Number;

/// Opens a check of what came back of a bill, in the transaction that gave it back.
pub(super) fn open_again(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    check_id: &str,
    back: &Back<'_>,
) -> Result<(), TxError<ApiError>> {
    let bill = back.bill;
    let Some(paid) = store::of_bill(tx, merchant, place, &bill.check_id)? else {
        return Err(TxError::Refused(ApiError::not_found("check", &bill.check_id)));
    };
    let opening = Opening {
        check_id: check_id.to_owned(),
        device_number: NO_REGISTER,
        desk_id: bill.desk_id.clone(),
        person_count: bill.person_count,
        opened_by: paid.opened_by.clone(),
        already_paid: paid_again(back, paid.already_paid.len()),
        opened_at: bill.session_created,
    };
    let mut check = open(tx, merchant, place, opening)?;
    check.lines = lines(&paid, back.parts);
    check.order_provider = paid.order_provider;
    store::fill(tx, merchant, place, &check, Some(&bill.bill_id))?;
    let (from, to) = (Holder::Check(&bill.check_id), Holder::Check(check_id));
    hand_over_some(tx, merchant, place, from, to, &pieces(&check.lines))?;
    Ok(())
}

/// The check that was opened of a bill.
pub(super) async fn check_of(
    platform: &Platform,
    source: &SourceId,
    bill_id: &str,
) -> Result<Option<String>, ApiError> {
    let (source, bill_id) = (source.clone(), bill_id.to_owned());
    let found = platform.db().read("reopened_check", move |tx| {
        Ok::<_, TxError<Never>>(store::reopened(tx, &source.merchant, &source.place, &bill_id)?)
    });
    Ok(found.await?)
}

/// The lines of the check as they were, so much of each as came back. What the till added to the bill for a top-up was no
/// line of the check.
fn lines(paid: &StoredCheck, parts: &[PartOfItem]) -> Vec<Line> {
    let back = parts.iter().filter(|part| !part.amount.is_zero());
    let lines = back.filter_map(|part| {
        let line = paid.lines.get(part.index)?;
        Some(Line {
            amount: Number(part.amount),
            till_discount: part.till_discount.0,
            total: part.total.0,
            ..line.clone()
        })
    });
    lines.collect()
}

/// What came back by the ways that had paid before the bill: behind what balances paid the first so many of the payments.
fn paid_again(back: &Back<'_>, count: usize) -> Vec<StoredPayment> {
    let by_money = back.tenders.iter().zip(back.given).filter(|(tender, _)| tender.balance_id.is_none());
    let before = by_money.take(count).filter(|(_, given)| **given != Amount::ZERO);
    before.map(|(tender, given)| StoredPayment { value: given.0, ..tender.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sale::samples;
    use money::Decimal;

    #[test]
    fn so_much_of_each_line_is_open_again_as_came_back() {
        let part = |index, amount: i64, total| PartOfItem {
            index,
            amount: Decimal::from(amount),
            till_discount: Amount(100),
            total: Amount(total),
            benefits: Vec::new(),
            after: Amount(total),
        };
        let paid = samples::check(vec![samples::line("a", 3_000, "0.12"), samples::line("b", 5_000, "0.21")]);
        // of the first two are back, of the second only a discount, and the third was a top-up
        let open = lines(&paid, &[part(0, 2, 1_900), part(1, 0, 0), part(2, 1, 9_000)]);
        let shown: Vec<_> =
            open.iter().map(|line| (line.check_item_id.as_str(), line.amount, line.total)).collect();
        assert_eq!(shown, [("a", Number::from(2), 1_900)]);
        assert_eq!(open[0].till_discount, 100);
    }
}
