//! How does a balance come into being, with what is on it from the start?

use super::balance::{BalanceRow, BalanceSettings, BalanceStatus};
use super::book::{Book, Credit};
use super::lot::NewLot;
use super::transfer::{Account, Link, TransferKind};
use crate::row;
use db::{Error, Tx, params};
use jiff::Timestamp;
use wire::loyalty::BalanceType;

db::statement! {
    /// A new balance, empty; nothing when the id is taken.
    INSERT_BALANCE = "INSERT INTO partner_balance (merchant, balance_id, type, member_id, status, settings, stamp_card_id, posted, version, last_entry, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $8, 0, 0, 0, $7, $7) ON CONFLICT (merchant, balance_id) DO NOTHING";
}

/// A balance to be opened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NewBalanceRow {
    pub(crate) balance_id: String,
    pub(crate) balance_type: BalanceType,
    pub(crate) member_id: Option<String>,
    pub(crate) status: BalanceStatus,
    pub(crate) settings: BalanceSettings,
    /// In the balance's unit; 0 opens it empty.
    pub(crate) opening: i64,
    /// The lot the opening value makes.
    pub(crate) lot: NewLot,
    /// Where the opening value comes from.
    pub(crate) other: Account,
}

/// Opens a balance and issues its opening value; false when the id is taken.
pub(crate) fn open(
    tx: &mut Tx<'_>,
    merchant: &str,
    new: &NewBalanceRow,
    now: Timestamp,
) -> Result<bool, Error> {
    let settings = row::to_json("partner_balance", "settings", &new.settings)?;
    let inserted = tx.execute(
        &INSERT_BALANCE,
        params![
            merchant,
            &new.balance_id,
            new.balance_type.as_str(),
            new.member_id.as_deref(),
            new.status,
            &settings,
            now,
            new.settings.stamp_card_id.as_deref(),
        ],
    )?;
    if inserted == 0 {
        return Ok(false);
    }
    if new.opening > 0 {
        let row = BalanceRow {
            balance_id: new.balance_id.clone(),
            balance_type: new.balance_type,
            member_id: new.member_id.clone(),
            status: new.status,
            blocked_from: None,
            settings: new.settings.clone(),
            posted: 0,
            version: 0,
            last_entry: 0,
        };
        let mut book = Book::of_new_balance(merchant, row, now);
        let opening = Credit {
            kind: TransferKind::Issue,
            other: new.other,
            amount: new.opening,
            lot: new.lot.clone(),
            lines: None,
        };
        book.credit(tx, &new.balance_id, opening, &Link::default())?;
        book.close(tx)?;
    }
    Ok(true)
}
