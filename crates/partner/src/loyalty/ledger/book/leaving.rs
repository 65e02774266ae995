//! How is a balance emptied when its guest leaves?

use super::{Book, Side};
use crate::loyalty::ledger::leaving::{Leaving, Price, leave};
use crate::loyalty::ledger::{Account, Link, TransferKind};
use db::{Error, Tx};
use std::collections::BTreeMap;

impl Book<'_> {
    /// Empties a balance (loyalty.md §12 G3): ended lots end, holes are written off, what was given is forfeited, what
    /// was paid is paid out. No hold may count any more; the link must say why.
    pub(crate) fn empty(
        &mut self,
        tx: &mut Tx<'_>,
        balance_id: &str,
        prices: &BTreeMap<String, Price>,
        link: &Link,
    ) -> Result<Leaving, Error> {
        self.expire(balance_id, &[]);
        self.read_holes(tx, balance_id, None, i64::MAX)?;
        let Some(open) = self.balances.get_mut(balance_id) else { return Ok(Leaving::default()) };
        let lots: Vec<_> = open.lots.values().map(|lot| lot.state.clone()).collect();
        let leaving = leave(&lots, open.row.counts_points(), prices);
        for hole in &leaving.write_off {
            open.take(&hole.lot_id, -hole.amount);
            open.enter(TransferKind::WriteOff, Side::Credit(Account::Breakage), hole, None, link);
        }
        for (kind, other, parts) in [
            (TransferKind::Forfeit, Account::Breakage, &leaving.forfeit),
            (TransferKind::PayOut, Account::PaidOut, &leaving.pay_out),
        ] {
            for part in parts {
                open.take(&part.lot_id, part.amount);
                open.enter(kind, Side::Debit(other), part, None, link);
            }
        }
        Ok(leaving)
    }

    /// The value of a balance that could be spent now or later: the sum of the lots that have not ended, less the
    /// holes.
    pub(crate) fn value(&self, balance_id: &str) -> i64 {
        let Some(open) = self.balances.get(balance_id) else { return 0 };
        let live = open.lots.values().filter(|lot| lot.state.is_live(self.now));
        live.map(|lot| lot.state.remaining).sum::<i64>() - open.unread
    }
}
