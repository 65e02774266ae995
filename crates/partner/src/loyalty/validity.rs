//! How does what is on a voucher follow the end of its code?
//!
//! Printed is one date: the code's. What was issued with it ends then, whatever end it had before. The lots move and the
//! books say so: of each, what is left goes out with its old end and comes back with the new one, for a reason. Ends
//! of other value on the balance, of a top-up that has its own, stay.

use super::ledger::expiry::Terms;
use super::ledger::{Book, Link, store};
use super::people::code::{self, CodeKind, CodeUse};
use super::program::ProgramCache;
use crate::merchant;
use db::{Error, Tx};
use jiff::Timestamp;
use std::collections::BTreeSet;
use wire::admin::partner::CodeView;

/// Sets whether and when a code may be used, and moves the ends of what is on its voucher; nothing when this merchant
/// does not have it. An end that is not given leaves the value alone.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    programs: &ProgramCache,
    merchant: &str,
    code: &str,
    usable: CodeUse,
    now: Timestamp,
) -> Result<Option<CodeView>, Error> {
    let Some(before) = code::get(tx, merchant, code)? else { return Ok(None) };
    let balance_id = before.balance_id.as_deref().filter(|_| before.kind == CodeKind::Voucher.as_str());
    if let (Some(balance_id), Some(until)) = (balance_id, usable.valid_until) {
        let Some(set_up) = merchant::get(tx, merchant)? else { return Ok(None) };
        let program = programs.of(&set_up)?;
        let terms = Terms::new(&program.settings, program.local("", now));
        let mut book = Book::lock(tx, merchant, &BTreeSet::from([balance_id]), terms, now)?;
        // read under the balance's lock: of two changes at once the later one moves what the earlier one left
        let ended_with_code = code::valid_until(tx, merchant, code)?;
        let reason = format!("code {code} is valid until {until}");
        let link = Link { reason: Some(reason), ..Link::default() };
        let expired = store::expired(tx, merchant, balance_id)?;
        for entry in &expired {
            book.load_lot(tx, balance_id, &entry.lot_id)?;
        }
        book.move_ends(tx, balance_id, ended_with_code, until, &expired, &link)?;
        book.close(tx)?;
        store::move_empty_ends(tx, merchant, balance_id, ended_with_code, until)?;
    }
    code::put(tx, merchant, code, usable)
}
