//! What does a refund or a cancellation of a whole bill undo?
//!
//! Each entry the bill booked under its offer is mirrored once (loyalty.md §6 C1): value goes back to its
//! own lots, earnings and top-ups are taken back. A report that finds nothing to undo stays as a tombstone:
//! the bill's own report, when it comes, books nothing (C10).

use super::flag::{Findings, Flag};
use super::store::Key;
use crate::loyalty::ledger::{Book, Link, LotPart, Transfer, TransferKind, store};
use crate::loyalty::limit::{self, OfBill};
use db::{Error, Tx};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Mirrors what the bill booked and nothing mirrors yet. The bill must be locked.
pub(super) fn take_back(
    tx: &mut Tx<'_>,
    key: &Key<'_>,
    now: Timestamp,
    findings: &mut Findings,
) -> Result<(), Error> {
    let originals = store::transfers_of_bill(tx, key.merchant, key.bill_id, key.offer_id)?;
    let of_bill = OfBill {
        merchant: key.merchant,
        loyalty_provider_id: key.loyalty_provider_id,
        offer_id: key.offer_id,
        bill_id: key.bill_id,
    };
    if originals.is_empty() {
        if limit::give_back(tx, &of_bill, now)? {
            return Ok(());
        }
        findings.remark("nothing of this bill is booked, or it was taken back before");
        return Ok(());
    }
    let ids: BTreeSet<&str> = originals.iter().map(|original| original.balance_id.as_str()).collect();
    let mut books = Book::lock(tx, key.merchant, &ids, now)?;
    for original in &originals {
        books.load_lot(tx, &original.balance_id, &original.lot_id)?;
    }
    let ids: Vec<&str> = ids.into_iter().collect();
    let holds = store::active_holds(tx, key.merchant, &ids)?;
    let link = Link {
        offer_id: Some(key.offer_id.to_owned()),
        bill_id: Some(key.bill_id.to_owned()),
        reason: Some(format!("bill {}", key.kind.text())),
    };
    for original in in_order(&originals) {
        if !books.has_room(&original.balance_id, original.amount) {
            findings.remark(format!("balance {}: too large to be counted", original.balance_id));
        } else if original.credits_guest {
            let reserved: Vec<LotPart> = holds
                .iter()
                .filter(|hold| hold.balance_id == original.balance_id && hold.counts(now))
                .flat_map(|hold| hold.lots.iter().cloned())
                .collect();
            let earned = original.kind == TransferKind::Earn.text();
            let kind = if earned { TransferKind::ClawBack } else { TransferKind::Reversal };
            if books.take_back(original, kind, &reserved, &link) > 0 {
                findings.flag(Flag::Overdraft);
            }
        } else {
            books.give_back(original, &link);
        }
    }
    books.close(tx)?;
    limit::give_back(tx, &of_bill, now)?;
    Ok(())
}

/// First what comes back to the guest (shortfalls before spends, so that a hole takes its own value), then
/// what is taken from the guest: less has to be dug out.
fn in_order(originals: &[Transfer]) -> Vec<&Transfer> {
    let mut order: Vec<&Transfer> = originals.iter().collect();
    order.sort_by_key(|original| {
        let rank = if original.credits_guest {
            2
        } else {
            i64::from(original.kind != TransferKind::Overdraft.text())
        };
        (rank, original.balance_id.as_str(), original.entry)
    });
    order
}
