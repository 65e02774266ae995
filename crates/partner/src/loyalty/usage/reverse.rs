//! What does a refund or a cancellation undo?
//!
//! Each entry the bill booked under its offer is mirrored, in total at most whole (loyalty.md §6 C1): value goes back
//! to its own lots, earnings and top-ups are taken back. A report that finds nothing to undo stays as a tombstone:
//! the bill's own report, when it comes, books nothing (C10).

use super::flag::{Findings, Flag};
use super::give_back::give_back;
use super::originals::{Original, now_locked, originals_of_bill};
use super::store::Key;
use crate::loyalty::ledger::expiry::Terms;
use crate::loyalty::ledger::{BalanceRow, Book, Link, LotPart, Transfer, TransferKind, standing, store};
use crate::loyalty::people::code;
use db::{Error, Tx};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// Mirrors what the bill booked and nothing mirrors yet. The bill must be locked.
pub(super) fn take_back(
    tx: &mut Tx<'_>,
    key: &Key<'_>,
    now: Timestamp,
    terms: &Terms,
    (findings, members): (&mut Findings, &mut BTreeSet<String>),
) -> Result<(), Error> {
    let found = originals_of_bill(tx, key)?;
    let is_left = |one: &&Original| one.left() > 0;
    if !found.iter().any(|one| is_left(&one)) {
        // a bill may have used a promotion and no balance
        if !give_back(tx, &key.of_bill(), now)? {
            findings.remark("nothing of this bill is booked, or it was taken back before");
        }
        return Ok(());
    }
    let ids = found.iter().filter(is_left).map(|one| one.transfer.balance_id.as_str()).collect();
    let mut books = Book::lock(tx, key.merchant, &ids, terms.clone(), now)?;
    let originals = now_locked(tx, key, &found)?;
    let parts: Vec<Transfer> = originals.iter().filter(is_left).map(|one| one.part(one.left())).collect();
    mirror(tx, &mut books, key, &parts, now, findings)?;
    close(tx, books, key, &parts, members)?;
    give_back(tx, &key.of_bill(), now)?;
    Ok(())
}

/// Mirrors these parts of entries. Their balances must be locked.
pub(super) fn mirror(
    tx: &mut Tx<'_>,
    books: &mut Book<'_>,
    key: &Key<'_>,
    parts: &[Transfer],
    now: Timestamp,
    findings: &mut Findings,
) -> Result<(), Error> {
    if parts.is_empty() {
        findings.remark("nothing of this bill is booked, or it was taken back before");
        return Ok(());
    }
    for part in parts {
        books.load_lot(tx, &part.balance_id, &part.lot_id)?;
    }
    let ids: BTreeSet<&str> = parts.iter().map(|part| part.balance_id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    let holds = store::holds_that_count(tx, key.merchant, &ids, None, now)?;
    let link = Link {
        offer_id: Some(key.offer_id.to_owned()),
        bill_id: Some(key.bill_id.to_owned()),
        reason: Some(format!("bill {}", key.kind.text())),
    };
    for part in in_order(parts) {
        if !books.has_room(&part.balance_id, part.amount) {
            findings.remark(format!("balance {}: too large to be counted", part.balance_id));
        } else if part.credits_guest {
            let reserved: Vec<LotPart> = holds
                .iter()
                .filter(|hold| hold.balance_id == part.balance_id && hold.counts(now))
                .flat_map(|hold| hold.lots.iter().cloned())
                .collect();
            let kind = match part.kind {
                TransferKind::Earn => TransferKind::ClawBack,
                // what was written off of this bill's own shortfall
                TransferKind::WriteOff => TransferKind::WriteOff,
                _ => TransferKind::Reversal,
            };
            if books.take_back(part, kind, &reserved, &link) > 0 {
                findings.flag(Flag::Overdraft);
            }
        } else {
            books.give_back(tx, part, &link)?;
        }
    }
    Ok(())
}

/// Writes the mirrored entries, and adds to `members` the members whose points changed. A voucher that may be sold once
/// only, and whose sale went back, becomes inactive and waits for its buyer as before (loyalty.md §6 C5, §11 T4); one that
/// was spent meanwhile does so once its shortfall is filled. A voucher on which something else is left, such as a gift by
/// hand or value that another bill returned, stays active, because that value is the guest's.
pub(super) fn close(
    tx: &mut Tx<'_>,
    books: Book<'_>,
    key: &Key<'_>,
    parts: &[Transfer],
    members: &mut BTreeSet<String>,
) -> Result<(), Error> {
    let ids: BTreeSet<&str> = parts.iter().map(|part| part.balance_id.as_str()).collect();
    let sold_once = |id: &&str| books.row(id).is_some_and(BalanceRow::is_sold_once);
    let vouchers: Vec<&str> = ids.into_iter().filter(sold_once).collect();
    members.extend(books.members_of_points().map(str::to_owned));
    books.close(tx)?;
    for balance_id in vouchers {
        if standing::deactivate(tx, key.merchant, balance_id)? {
            code::deactivate_of_balance(tx, key.merchant, balance_id)?;
        }
    }
    Ok(())
}

/// First what was written off, so that its hole is there again, then what comes back to the guest (shortfalls before
/// spends, so that a hole takes its own value), then what is taken from the guest: less has to be dug out.
fn in_order(parts: &[Transfer]) -> Vec<&Transfer> {
    let mut order: Vec<&Transfer> = parts.iter().collect();
    order.sort_by_key(|part| {
        let rank = match part.kind {
            TransferKind::WriteOff => 0,
            _ if part.credits_guest => 3,
            TransferKind::Overdraft => 1,
            _ => 2,
        };
        (rank, part.balance_id.as_str(), part.entry)
    });
    order
}
