//! Which lots have ended, and how is what is left of them booked?
//!
//! One entry a lot (loyalty.md §10 E5). What an active hold keeps stays and ends with its hold (E3). The lots are
//! looked up without a lock; the transaction that books judges them again under the lock of their balance, so
//! running it twice, or two of it at once, changes nothing more.

use super::done;
use crate::Partner;
use crate::loyalty::ledger::Book;
use crate::loyalty::ledger::expiry::Terms;
use crate::loyalty::merge;
use crate::loyalty::people::customer::Changed;
use crate::loyalty::program::ProgramCache;
use crate::merchant;
use db::{Error, Never, Tx, TxError, params};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

db::row! {
    struct EndedLot {
        expires_at: i64,
        merchant: String,
        balance_id: String,
        lot_id: String,
    }
}

db::statement! {
    /// A slice of the lots that have ended with something left. Both conditions stand as in the index.
    ENDED_LOTS -> EndedLot = "SELECT expires_at, merchant, balance_id, lot_id FROM partner_lot
        WHERE remaining > 0 AND expires_at IS NOT NULL AND expires_at <= $1
          AND (expires_at, merchant, balance_id, lot_id) > ($2, $3, $4, $5)
        ORDER BY expires_at, merchant, balance_id, lot_id LIMIT $6";
}

/// Balances one transaction locks: few, because offers wait for them.
const BALANCES_PER_COMMAND: usize = 20;

type Cursor = (i64, String, String, String);

/// Books the end of every lot that ended by `now`, `rows` lots a slice; how many balances lost something.
pub(super) async fn sweep(partner: &Partner, now: Timestamp, rows: i64) -> Result<u64, Error> {
    let (mut swept, mut after) = (0, (i64::MIN, String::new(), String::new(), String::new()));
    loop {
        let from = after.clone();
        let slice = partner
            .db()
            .read("ended_lots", move |tx| slice(tx, now, &from, rows).map_err(TxError::<Never>::from));
        let slice = done(slice.await)?;
        let mut balances: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (_, merchant, balance_id, _) in &slice {
            balances.entry(merchant.clone()).or_default().insert(balance_id.clone());
        }
        for (merchant, balance_ids) in balances {
            let balance_ids: Vec<String> = balance_ids.into_iter().collect();
            for some in balance_ids.chunks(BALANCES_PER_COMMAND) {
                let (programs, merchant, some) = (partner.clone(), merchant.clone(), some.to_vec());
                let expired = partner.db().write("sweep_ended_lots", move |tx| {
                    expire(tx, programs.programs(), &merchant, &some, now).map_err(TxError::<Never>::from)
                });
                swept += done(expired.await)?;
            }
        }
        let full = i64::try_from(slice.len()).unwrap_or(i64::MAX) >= rows;
        match slice.into_iter().next_back().filter(|_| full) {
            Some(last) => after = last,
            None => return Ok(swept),
        }
    }
}

fn slice(tx: &mut Tx<'_>, now: Timestamp, after: &Cursor, rows: i64) -> Result<Vec<Cursor>, Error> {
    let found = tx.query(&ENDED_LOTS, params![now, after.0, &after.1, &after.2, &after.3, rows])?;
    let cursor = |row: EndedLot| (row.expires_at, row.merchant, row.balance_id, row.lot_id);
    Ok(found.into_iter().map(cursor).collect())
}

/// Ends what has ended on these balances of one merchant; how many lost something.
fn expire(
    tx: &mut Tx<'_>,
    programs: &ProgramCache,
    merchant: &str,
    balance_ids: &[String],
    now: Timestamp,
) -> Result<u64, Error> {
    let Some(settings) = merchant::get(tx, merchant)? else { return Ok(0) };
    let program = programs.of(&settings)?;
    let ids: BTreeSet<&str> = balance_ids.iter().map(String::as_str).collect();
    let terms = Terms::new(&program.settings, program.local("", now));
    let books = Book::lock(tx, merchant, &ids, terms, now)?;
    let swept = ids.iter().filter(|balance_id| books.ended(balance_id) > 0).count();
    let members: BTreeSet<String> = books.members_of_points().map(str::to_owned).collect();
    books.close(tx)?;
    for member_id in &members {
        merge::recompute(tx, merchant, member_id, Changed::Points, now)?;
    }
    Ok(u64::try_from(swept).unwrap_or(u64::MAX))
}
