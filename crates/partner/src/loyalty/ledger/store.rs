//! The ledger's SQL: balances locked, lots, holds, entries.

use super::balance::{BalanceRow, BalanceStatus, type_from_text};
use super::hold::{CheckKey, HoldRow};
use super::lot::{LotKind, LotState, NewLot};
use super::transfer::{Account, Transfer};
use crate::row;
use db::{Error, Row, Tx, params};
use jiff::Timestamp;
use std::collections::BTreeMap;

db::statement! {
    /// Locks a balance for the rest of the transaction and moves its version.
    LOCK_BALANCE = "UPDATE partner_balance SET version = version + 1, updated_at = $3
        WHERE merchant = $1 AND balance_id = $2
        RETURNING balance_id, type, member_id, status, settings, posted, version, last_entry";
    /// A balance without locking it.
    GET_BALANCE = "SELECT balance_id, type, member_id, status, settings, posted, version, last_entry
        FROM partner_balance WHERE merchant = $1 AND balance_id = $2";
    /// Lots with something left, or a hole, of up to four balances.
    OPEN_LOTS = "SELECT balance_id, lot_id, kind, remaining, vat_rate, earned_at, expires_at, available_at, paid_value
        FROM partner_lot WHERE merchant = $1 AND balance_id IN ($2, $3, $4, $5) AND remaining <> 0";
    /// One lot, empty or not: where value returns to.
    GET_LOT = "SELECT balance_id, lot_id, kind, remaining, vat_rate, earned_at, expires_at, available_at, paid_value
        FROM partner_lot WHERE merchant = $1 AND balance_id = $2 AND lot_id = $3";
    /// Holds that are not closed, of up to four balances; who asks judges `expires_at`. No ORDER BY: it would
    /// tempt SQLite to walk every hold the balance ever had.
    ACTIVE_HOLDS = "SELECT balance_id, hold_number, place, device_number, check_id, offer_id, amount, lots, expires_at
        FROM partner_hold WHERE merchant = $1 AND balance_id IN ($2, $3, $4, $5) AND state = 'active'";
    /// Takes from a hold what a report used; the rest stays held (loyalty.md §4).
    CAPTURE_HOLD = "UPDATE partner_hold SET amount = CAST($4 AS BIGINT), lots = $5,
        state = CASE WHEN CAST($4 AS BIGINT) = 0 THEN 'captured' ELSE state END
        WHERE merchant = $1 AND balance_id = $2 AND hold_number = $3 AND state = 'active'";
    /// A new lot.
    INSERT_LOT = "INSERT INTO partner_lot (merchant, balance_id, lot_id, kind, source, issued, remaining, vat_rate, paid_value, earned_at, expires_at, available_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    /// What is left of a lot, and until when; its balance is locked.
    UPDATE_LOT = "UPDATE partner_lot SET remaining = $4, expires_at = $5 WHERE merchant = $1 AND balance_id = $2 AND lot_id = $3";
    /// What of a balance's value ended, and what of it came back.
    EXPIRED = "SELECT t.balance_id, t.entry, t.kind, t.amount, t.lot_id,
          (SELECT CAST(COALESCE(SUM(r.amount), 0) AS BIGINT) FROM partner_transfer r
            WHERE r.merchant = t.merchant AND r.balance_id = t.balance_id AND r.reverses = t.entry)
        FROM partner_transfer t WHERE t.merchant = $1 AND t.balance_id = $2 AND t.kind = 'expire'";
    /// Moves the ends of lots with nothing left: what comes back to them lives as long as the rest. Not of those that
    /// ended: the books say when that was.
    MOVE_EMPTY_ENDS = "UPDATE partner_lot SET expires_at = $4
        WHERE merchant = $1 AND balance_id = $2 AND remaining = 0 AND kind <> 'overdraft' AND expires_at = $3
          AND NOT EXISTS (SELECT 1 FROM partner_transfer t WHERE t.merchant = partner_lot.merchant
            AND t.balance_id = partner_lot.balance_id AND t.lot_id = partner_lot.lot_id AND t.kind = 'expire')";
    /// One entry.
    INSERT_TRANSFER = "INSERT INTO partner_transfer (merchant, balance_id, entry, kind, debit_account, credit_account, amount, lot_id, member_id, offer_id, bill_id, reverses, reason, lines, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    /// What the entries add up to now; the balance is locked.
    SETTLE_BALANCE = "UPDATE partner_balance SET posted = $3, last_entry = $4, status = $5
        WHERE merchant = $1 AND balance_id = $2";
}

/// How many balances one statement looks at.
const SLOTS: usize = 4;

/// Locks a balance; `None` when this merchant has none of that id. Lock in the order of the ids.
pub(crate) fn lock_balance(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    now: Timestamp,
) -> Result<Option<BalanceRow>, Error> {
    tx.optional(&LOCK_BALANCE, params![merchant, balance_id, now])?.map(|row| balance(&row)).transpose()
}

/// Reads a balance without locking it.
pub(crate) fn get_balance(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
) -> Result<Option<BalanceRow>, Error> {
    tx.optional(&GET_BALANCE, params![merchant, balance_id])?.map(|row| balance(&row)).transpose()
}

/// The lots with something left (or a hole) of these balances.
pub(crate) fn open_lots(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_ids: &[&str],
) -> Result<BTreeMap<String, Vec<LotState>>, Error> {
    let mut lots: BTreeMap<String, Vec<LotState>> = BTreeMap::new();
    for ids in balance_ids.chunks(SLOTS) {
        let [a, b, c, d] = slots(ids);
        for row in tx.query(&OPEN_LOTS, params![merchant, a, b, c, d])? {
            lots.entry(row.get(0)?).or_default().push(lot(&row)?);
        }
    }
    Ok(lots)
}

/// One lot of a balance, whatever is left of it.
pub(crate) fn get_lot(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    lot_id: &str,
) -> Result<Option<LotState>, Error> {
    tx.optional(&GET_LOT, params![merchant, balance_id, lot_id])?.map(|row| lot(&row)).transpose()
}

/// What of a balance's value ended, in the order of the entries; each with what of it did not come back.
pub(crate) fn expired(tx: &mut Tx<'_>, merchant: &str, balance_id: &str) -> Result<Vec<Transfer>, Error> {
    let rows = tx.query(&EXPIRED, params![merchant, balance_id])?;
    let mut ended = rows
        .iter()
        .map(|row| {
            Ok(Transfer {
                balance_id: row.get(0)?,
                entry: row.get(1)?,
                kind: row.get(2)?,
                credits_guest: false,
                other: Account::Breakage,
                amount: row.get::<i64>(3)? - row.get::<i64>(5)?,
                lot_id: row.get(4)?,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    ended.sort_by_key(|one| one.entry);
    Ok(ended)
}

/// Moves the ends of empty lots that ended with something else.
pub(crate) fn move_empty_ends(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    from: Option<Timestamp>,
    until: Timestamp,
) -> Result<(), Error> {
    if let Some(from) = from {
        tx.execute(&MOVE_EMPTY_ENDS, params![merchant, balance_id, from, until])?;
    }
    Ok(())
}

/// The holds of these balances that are not closed, those that are over included.
pub(crate) fn active_holds(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_ids: &[&str],
) -> Result<Vec<HoldRow>, Error> {
    let mut holds = Vec::new();
    for ids in balance_ids.chunks(SLOTS) {
        let [a, b, c, d] = slots(ids);
        for row in tx.query(&ACTIVE_HOLDS, params![merchant, a, b, c, d])? {
            holds.push(hold(&row)?);
        }
    }
    holds.sort_by(|one: &HoldRow, other| {
        (&one.balance_id, one.hold_number).cmp(&(&other.balance_id, other.hold_number))
    });
    Ok(holds)
}

/// Leaves `hold` with what its fields say now; empty, it is captured.
pub(crate) fn capture_hold(tx: &mut Tx<'_>, merchant: &str, hold: &HoldRow) -> Result<(), Error> {
    let lots = row::to_json("partner_hold", "lots", &hold.lots)?;
    tx.execute(&CAPTURE_HOLD, params![merchant, &hold.balance_id, hold.hold_number, hold.amount, &lots])?;
    Ok(())
}

/// A lot to be inserted.
pub(super) fn insert_lot(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    lot: &LotState,
    issued: i64,
    new: &NewLot,
) -> Result<(), Error> {
    let vat_rate = new.vat_rate.map(|rate| rate.normalize().to_string());
    tx.execute(
        &INSERT_LOT,
        params![
            merchant,
            balance_id,
            &lot.lot_id,
            lot.kind.text(),
            &new.source,
            issued,
            lot.remaining,
            vat_rate.as_deref(),
            new.paid_value,
            lot.earned_at,
            lot.expires_at,
            lot.available_at,
        ],
    )?;
    Ok(())
}

/// What is left of a lot.
pub(super) fn update_lot(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    lot: &LotState,
) -> Result<(), Error> {
    tx.execute(&UPDATE_LOT, params![merchant, balance_id, &lot.lot_id, lot.remaining, lot.expires_at])?;
    Ok(())
}

/// One entry to be inserted.
pub(super) struct NewTransfer<'a> {
    pub(super) merchant: &'a str,
    pub(super) balance_id: &'a str,
    pub(super) entry: i64,
    pub(super) kind: &'static str,
    pub(super) debit: Account,
    pub(super) credit: Account,
    pub(super) amount: i64,
    pub(super) lot_id: &'a str,
    pub(super) member_id: Option<&'a str>,
    pub(super) offer_id: Option<&'a str>,
    pub(super) bill_id: Option<&'a str>,
    pub(super) reverses: Option<i64>,
    pub(super) reason: Option<&'a str>,
    pub(super) lines: Option<&'a str>,
    pub(super) now: Timestamp,
}

/// Appends an entry.
pub(super) fn insert_transfer(tx: &mut Tx<'_>, new: &NewTransfer<'_>) -> Result<(), Error> {
    tx.execute(
        &INSERT_TRANSFER,
        params![
            new.merchant,
            new.balance_id,
            new.entry,
            new.kind,
            new.debit.text(),
            new.credit.text(),
            new.amount,
            new.lot_id,
            new.member_id,
            new.offer_id,
            new.bill_id,
            new.reverses,
            new.reason,
            new.lines,
            new.now,
        ],
    )?;
    Ok(())
}

/// What the balance's entries add up to after the command.
pub(super) fn settle_balance(tx: &mut Tx<'_>, merchant: &str, row: &BalanceRow) -> Result<(), Error> {
    tx.execute(
        &SETTLE_BALANCE,
        params![merchant, &row.balance_id, row.posted, row.last_entry, row.status.text()],
    )?;
    Ok(())
}

/// Fills the slots of a statement; free ones repeat the last id, which finds nothing twice.
fn slots<'a>(ids: &[&'a str]) -> [&'a str; SLOTS] {
    let last = ids.last().copied().unwrap_or_default();
    std::array::from_fn(|slot| ids.get(slot).copied().unwrap_or(last))
}

fn balance(row: &Row) -> Result<BalanceRow, Error> {
    let type_name: String = row.get(1)?;
    let status: String = row.get(3)?;
    let settings: String = row.get(4)?;
    Ok(BalanceRow {
        balance_id: row.get(0)?,
        balance_type: type_from_text(&type_name)
            .ok_or_else(|| row::unreadable("partner_balance", "type", "a balance type"))?,
        member_id: row.get(2)?,
        status: BalanceStatus::from_text(&status)
            .ok_or_else(|| row::unreadable("partner_balance", "status", "active, inactive or frozen"))?,
        settings: row::json("partner_balance", "settings", &settings)?,
        posted: row.get(5)?,
        version: row.get(6)?,
        last_entry: row.get(7)?,
    })
}

fn lot(row: &Row) -> Result<LotState, Error> {
    let kind: String = row.get(2)?;
    let vat_rate: Option<String> = row.get(4)?;
    Ok(LotState {
        lot_id: row.get(1)?,
        kind: LotKind::from_text(&kind)
            .ok_or_else(|| row::unreadable("partner_lot", "kind", "a kind of lot"))?,
        remaining: row.get(3)?,
        vat_rate: vat_rate
            .map(|text| {
                money::parse_decimal(&text)
                    .map_err(|_| row::unreadable("partner_lot", "vat_rate", "a decimal"))
            })
            .transpose()?,
        paid_value: row.get(8)?,
        earned_at: row.get(5)?,
        expires_at: row.get(6)?,
        available_at: row.get(7)?,
    })
}

fn hold(row: &Row) -> Result<HoldRow, Error> {
    let lots: String = row.get(7)?;
    Ok(HoldRow {
        balance_id: row.get(0)?,
        hold_number: row.get(1)?,
        check: CheckKey { place: row.get(2)?, device_number: row.get(3)?, check_id: row.get(4)? },
        offer_id: row.get(5)?,
        amount: row.get(6)?,
        lots: row::json("partner_hold", "lots", &lots)?,
        expires_at: row.get(8)?,
    })
}
