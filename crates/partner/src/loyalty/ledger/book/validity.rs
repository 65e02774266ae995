//! How does the end of a voucher's value move, by hand?

use super::{Book, Open, Origin, Side};
use crate::loyalty::ledger::{Account, Link, LotPart, Transfer, TransferKind};
use db::{Error, Tx};
use jiff::Timestamp;

impl Book<'_> {
    /// Moves the ends of what ends with a code: of the lots that end `with` it, or, where the code had no end, of those
    /// that would end earlier. `expired` is what ended, each with what of it did not come back: that begins again in a
    /// lot of its own, since the books say when its lot ended. The lots of `expired` must be loaded; the link must say
    /// why.
    pub(crate) fn move_ends(
        &mut self,
        tx: &mut Tx<'_>,
        balance_id: &str,
        with: Option<Timestamp>,
        until: Timestamp,
        expired: &[Transfer],
        link: &Link,
    ) -> Result<(), Error> {
        let ended = expired.iter().map(|entry| entry.amount).fold(0, i64::saturating_add);
        self.read_holes(tx, balance_id, None, ended)?;
        self.move_ends_read(balance_id, (with, until), expired, link);
        Ok(())
    }

    /// As [`Self::move_ends`], where the holes that the returning value may fill have been read already.
    pub(super) fn move_ends_read(
        &mut self,
        balance_id: &str,
        (with, until): (Option<Timestamp>, Timestamp),
        expired: &[Transfer],
        link: &Link,
    ) {
        let now = self.now;
        let Some(open) = self.balances.get_mut(balance_id) else { return };
        let moves = |end: Option<Timestamp>| match with {
            Some(_) => end == with && with != Some(until),
            None => end.is_some_and(|end| end < until),
        };
        let lots: Vec<LotPart> = open
            .lots
            .values()
            .filter(|lot| lot.state.remaining > 0 && moves(lot.state.expires_at))
            // what a hold keeps of a lot that ended goes with the hold
            .filter(|lot| !expired.iter().any(|entry| entry.lot_id == lot.state.lot_id))
            .map(|lot| LotPart { lot_id: lot.state.lot_id.clone(), amount: lot.state.remaining })
            .collect();
        for part in lots {
            open.enter(TransferKind::Adjust, Side::Debit(Account::Opening), &part, None, link);
            open.enter(TransferKind::Adjust, Side::Credit(Account::Opening), &part, None, link);
            if let Some(lot) = open.lots.get_mut(&part.lot_id) {
                lot.state.expires_at = Some(until);
                lot.touched = true;
            }
        }
        for entry in expired.iter().filter(|entry| entry.amount > 0 && until > now) {
            open.begin_again(entry, &moves, until, now, link);
        }
    }
}

impl Open {
    fn begin_again(
        &mut self,
        entry: &Transfer,
        moves: &dyn Fn(Option<Timestamp>) -> bool,
        until: Timestamp,
        now: Timestamp,
        link: &Link,
    ) {
        let Some(ended) = self.lots.get(&entry.lot_id).filter(|lot| moves(lot.state.expires_at)) else {
            return;
        };
        let lot = ended.state.returned(until);
        let given = ended.state.is_given();
        let side = Origin { kind: TransferKind::Reversal, other: entry.other, reverses: Some(entry.entry) };
        let left = self.fill_holes(&side, entry.amount, Some(given), link);
        if left > 0 {
            self.issue(&side, left, lot, now, link);
        }
    }
}
