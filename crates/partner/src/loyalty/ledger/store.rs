//! The ledger's SQL: balances locked, lots, holds, entries.

use super::balance::BalanceRow;
use super::hold::{CheckKey, HoldRow};
use super::leaving::Price;
use super::lot::{LotState, NewLot};
use super::transfer::{Account, Dug, Link, Transfer, TransferKind};
use crate::row;
use db::{Error, Joined, Tx, params};
use jiff::Timestamp;
use std::collections::BTreeMap;

db::statement! {
    /// Locks a balance for the rest of the transaction and moves its version.
    LOCK_BALANCE -> BalanceRow = "UPDATE partner_balance SET version = version + 1, updated_at = $3
        WHERE merchant = $1 AND balance_id = $2
        RETURNING balance_id, type AS balance_type, member_id, status, settings, posted, version, last_entry, blocked_from";
    /// A balance without locking it.
    GET_BALANCE -> BalanceRow = "SELECT balance_id, type AS balance_type, member_id, status, settings, posted, version, last_entry, blocked_from
        FROM partner_balance WHERE merchant = $1 AND balance_id = $2";
    /// Lots with something left of up to three balances. UNION ALL and not IN: for every run of a list
    /// SQLite builds a table of its own, which costs more than looking the rows up.
    OPEN_LOTS -> OpenLot = "SELECT balance_id, lot_id, kind, remaining, vat_rate, earned_at, expires_at, available_at, paid_value, CASE WHEN source = 'bills' THEN 1 ELSE 0 END AS gathers
            FROM partner_lot WHERE merchant = $1 AND balance_id = $2 AND remaining > 0
        UNION ALL SELECT balance_id, lot_id, kind, remaining, vat_rate, earned_at, expires_at, available_at, paid_value, CASE WHEN source = 'bills' THEN 1 ELSE 0 END AS gathers
            FROM partner_lot WHERE merchant = $1 AND balance_id = $3 AND remaining > 0
        UNION ALL SELECT balance_id, lot_id, kind, remaining, vat_rate, earned_at, expires_at, available_at, paid_value, CASE WHEN source = 'bills' THEN 1 ELSE 0 END AS gathers
            FROM partner_lot WHERE merchant = $1 AND balance_id = $4 AND remaining > 0";
    /// One lot, empty or not: where value returns to.
    GET_LOT -> LotState = "SELECT lot_id, kind, remaining, vat_rate, earned_at, expires_at, available_at, paid_value, CASE WHEN source = 'bills' THEN 1 ELSE 0 END AS gathers
        FROM partner_lot WHERE merchant = $1 AND balance_id = $2 AND lot_id = $3";
    /// The oldest holes in what was paid, behind one.
    HOLES -> LotState = "SELECT lot_id, kind, remaining, vat_rate, earned_at, expires_at, available_at, paid_value, CASE WHEN source = 'bills' THEN 1 ELSE 0 END AS gathers
        FROM partner_lot WHERE merchant = $1 AND balance_id = $2 AND remaining < 0 AND paid_value IS NULL AND lot_id > $3
        ORDER BY lot_id LIMIT $4";
    /// The oldest holes in what was given, behind one.
    HOLES_IN_GIFTS -> LotState = "SELECT lot_id, kind, remaining, vat_rate, earned_at, expires_at, available_at, paid_value, CASE WHEN source = 'bills' THEN 1 ELSE 0 END AS gathers
        FROM partner_lot WHERE merchant = $1 AND balance_id = $2 AND remaining < 0 AND paid_value = 0 AND lot_id > $3
        ORDER BY lot_id LIMIT $4";
    /// Holds that are not closed, of up to three balances; who asks judges `expires_at`. No ORDER BY: it would
    /// tempt SQLite to walk every hold the balance ever had.
    ACTIVE_HOLDS -> HoldRow = "SELECT balance_id, hold_number, place, device_number, check_id, offer_id, amount, lots, expires_at
            FROM partner_hold WHERE merchant = $1 AND balance_id = $2 AND state = 'active'
        UNION ALL SELECT balance_id, hold_number, place, device_number, check_id, offer_id, amount, lots, expires_at
            FROM partner_hold WHERE merchant = $1 AND balance_id = $3 AND state = 'active'
        UNION ALL SELECT balance_id, hold_number, place, device_number, check_id, offer_id, amount, lots, expires_at
            FROM partner_hold WHERE merchant = $1 AND balance_id = $4 AND state = 'active'";
    /// Of those the ones that count at an instant, and those of one check whether they do or not.
    HOLDS_THAT_COUNT -> HoldRow = "SELECT balance_id, hold_number, place, device_number, check_id, offer_id, amount, lots, expires_at
            FROM partner_hold WHERE merchant = $1 AND balance_id = $2 AND state = 'active'
              AND (expires_at > $5 OR (check_id = $6 AND place = $7 AND device_number = $8))
        UNION ALL SELECT balance_id, hold_number, place, device_number, check_id, offer_id, amount, lots, expires_at
            FROM partner_hold WHERE merchant = $1 AND balance_id = $3 AND state = 'active'
              AND (expires_at > $5 OR (check_id = $6 AND place = $7 AND device_number = $8))
        UNION ALL SELECT balance_id, hold_number, place, device_number, check_id, offer_id, amount, lots, expires_at
            FROM partner_hold WHERE merchant = $1 AND balance_id = $4 AND state = 'active'
              AND (expires_at > $5 OR (check_id = $6 AND place = $7 AND device_number = $8))";
    /// What the open lots of a balance were sold for, where that is not their face.
    PRICES_OF_LOTS -> PriceRow = "SELECT lot_id, issued, paid_value FROM partner_lot
        WHERE merchant = $1 AND balance_id = $2 AND remaining > 0 AND paid_value IS NOT NULL";
    /// What a check keeps and nobody closed.
    HOLDS_OF_CHECK -> HoldRow = "SELECT balance_id, hold_number, place, device_number, check_id, offer_id, amount, lots, expires_at
        FROM partner_hold WHERE merchant = $1 AND place = $2 AND device_number = $3 AND check_id = $4 AND state = 'active'";
    /// What became of a hold.
    STATE_OF_HOLD -> HoldWithState = "SELECT balance_id, hold_number, place, device_number, check_id, offer_id, amount, lots, expires_at, state
        FROM partner_hold WHERE merchant = $1 AND balance_id = $2 AND hold_number = $3
          AND state IN ('active', 'captured', 'replaced', 'released', 'expired')";
    /// A new lot.
    INSERT_LOT = "INSERT INTO partner_lot (merchant, balance_id, lot_id, type, kind, source, issued, remaining, vat_rate, paid_value, earned_at, expires_at, available_at)
        VALUES ($1, $2, $3, $13, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    /// What is left of a lot, until when, and what was issued on top; its balance is locked.
    UPDATE_LOT = "UPDATE partner_lot SET remaining = $4, expires_at = $5, issued = issued + $6 WHERE merchant = $1 AND balance_id = $2 AND lot_id = $3";
    /// What of a balance's value ended, and what of it came back.
    EXPIRED -> ExpiredRow = "SELECT t.balance_id, t.entry, t.kind, t.amount, t.lot_id,
          (SELECT CAST(COALESCE(SUM(r.amount), 0) AS BIGINT) FROM partner_transfer r
            WHERE r.merchant = $1 AND r.balance_id = t.balance_id AND r.reverses = t.entry) AS came_back
        FROM partner_transfer t WHERE t.merchant = $1 AND t.balance_id = $2 AND t.kind = 'expire'";
    /// Moves the ends of lots with nothing left: what comes back to them lives as long as the rest. Not of those that
    /// ended: the books say when that was.
    MOVE_EMPTY_ENDS = "UPDATE partner_lot SET expires_at = $4
        WHERE merchant = $1 AND balance_id = $2 AND remaining = 0 AND kind <> 'overdraft' AND expires_at = $3
          AND NOT EXISTS (SELECT 1 FROM partner_transfer t WHERE t.merchant = $1
            AND t.balance_id = $2 AND t.lot_id = partner_lot.lot_id AND t.kind = 'expire')";
    /// What the last entry of a balance is.
    LAST_ENTRY -> TransferKind = "SELECT kind FROM partner_transfer WHERE merchant = $1 AND balance_id = $2 AND entry = $3";
    /// One entry.
    INSERT_TRANSFER = "INSERT INTO partner_transfer (merchant, balance_id, entry, kind, debit_account, credit_account, amount, lot_id, member_id, offer_id, bill_id, reverses, reason, lines, created_at, issuer_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    /// What a voucher was sold as; the balance is locked, and nothing is on it.
    CLASS_BALANCE = "UPDATE partner_balance SET type = $3, settings = $4 WHERE merchant = $1 AND balance_id = $2";
    /// What the entries add up to now; the balance is locked.
    SETTLE_BALANCE = "UPDATE partner_balance SET posted = $3, last_entry = $4, status = $5, blocked_from = $6
        WHERE merchant = $1 AND balance_id = $2";
    /// The entry that dug a hole.
    DUG -> DugRow = "SELECT kind, credit_account, offer_id, bill_id FROM partner_transfer
        WHERE merchant = $1 AND balance_id = $2 AND entry = $3";
}

db::row! {
    /// A lot with something left, and the balance it is of.
    struct OpenLot {
        balance_id: String,
        lot: LotState as Joined,
    }
}

db::row! {
    /// What a lot was sold for.
    struct PriceRow {
        lot_id: String,
        issued: i64,
        paid_value: i64,
    }
}

db::row! {
    /// A hold, and what became of it.
    struct HoldWithState {
        hold: HoldRow as Joined,
        state: String,
    }
}

db::row! {
    /// An entry by which value ended, and what of it came back.
    struct ExpiredRow {
        balance_id: String,
        entry: i64,
        kind: TransferKind,
        amount: i64,
        lot_id: String,
        came_back: i64,
    }
}

db::row! {
    /// The entry that dug a hole.
    struct DugRow {
        kind: TransferKind,
        credit_account: Account,
        offer_id: Option<String>,
        bill_id: Option<String>,
    }
}

/// How many balances one statement looks at.
const SLOTS: usize = 3;

/// Locks a balance; `None` when this merchant has none of that id. Lock in the order of the ids.
pub(crate) fn lock_balance(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    now: Timestamp,
) -> Result<Option<BalanceRow>, Error> {
    tx.lock(&LOCK_BALANCE, params![merchant, balance_id, now], &GET_BALANCE, params![merchant, balance_id])
}

/// Reads a balance without locking it.
pub(crate) fn get_balance(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
) -> Result<Option<BalanceRow>, Error> {
    tx.optional(&GET_BALANCE, params![merchant, balance_id])
}

/// The lots with something left of these balances; holes are read by [`holes`].
pub(crate) fn open_lots(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_ids: &[&str],
) -> Result<BTreeMap<String, Vec<LotState>>, Error> {
    let mut lots: BTreeMap<String, Vec<LotState>> = BTreeMap::new();
    for ids in balance_ids.chunks(SLOTS) {
        let [a, b, c] = slots(ids);
        for OpenLot { balance_id, lot } in tx.query(&OPEN_LOTS, params![merchant, a, b, c])? {
            lots.entry(balance_id).or_default().push(lot);
        }
    }
    Ok(lots)
}

/// The oldest holes of a balance behind the one of this id, in what was given or in what was paid.
pub(super) fn holes(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    given: bool,
    after: &str,
    rows: usize,
) -> Result<Vec<LotState>, Error> {
    let statement = if given { &HOLES_IN_GIFTS } else { &HOLES };
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    tx.query(statement, params![merchant, balance_id, after, rows])
}

/// One lot of a balance, whatever is left of it.
pub(crate) fn get_lot(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    lot_id: &str,
) -> Result<Option<LotState>, Error> {
    tx.optional(&GET_LOT, params![merchant, balance_id, lot_id])
}

/// Whether the end of a lot is the last thing that happened to a balance: then it took what was left.
pub(crate) fn ended_last(tx: &mut Tx<'_>, merchant: &str, row: &BalanceRow) -> Result<bool, Error> {
    let last = tx.optional(&LAST_ENTRY, params![merchant, &row.balance_id, row.last_entry])?;
    Ok(last == Some(TransferKind::Expire))
}

/// What the open lots of a balance were sold for, where that is not their face.
pub(crate) fn prices_of_lots(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
) -> Result<BTreeMap<String, Price>, Error> {
    let rows = tx.query(&PRICES_OF_LOTS, params![merchant, balance_id])?;
    let price = |row: PriceRow| (row.lot_id, Price { issued: row.issued, paid: row.paid_value });
    Ok(rows.into_iter().map(price).collect())
}

/// What of a balance's value ended, in the order of the entries; each with what of it did not come back.
pub(crate) fn expired(tx: &mut Tx<'_>, merchant: &str, balance_id: &str) -> Result<Vec<Transfer>, Error> {
    let rows = tx.query(&EXPIRED, params![merchant, balance_id])?;
    let transfer = |row: ExpiredRow| Transfer {
        balance_id: row.balance_id,
        entry: row.entry,
        kind: row.kind,
        credits_guest: false,
        other: Account::Breakage,
        amount: row.amount - row.came_back,
        lot_id: row.lot_id,
    };
    let mut ended: Vec<Transfer> = rows.into_iter().map(transfer).collect();
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
        let [a, b, c] = slots(ids);
        holds.extend(tx.query(&ACTIVE_HOLDS, params![merchant, a, b, c])?);
    }
    sort(&mut holds);
    Ok(holds)
}

/// The holds of these balances that count at `now`, and those of `check` whether they do or not.
pub(crate) fn holds_that_count(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_ids: &[&str],
    check: Option<&CheckKey>,
    now: Timestamp,
) -> Result<Vec<HoldRow>, Error> {
    let (id, place) = (check.map(|check| check.check_id.as_str()), check.map(|check| check.place.as_str()));
    let device_number = check.map(|check| check.device_number);
    let mut holds = Vec::new();
    for ids in balance_ids.chunks(SLOTS) {
        let [a, b, c] = slots(ids);
        let of = params![merchant, a, b, c, now, id, place, device_number];
        holds.extend(tx.query(&HOLDS_THAT_COUNT, of)?);
    }
    sort(&mut holds);
    Ok(holds)
}

fn sort(holds: &mut [HoldRow]) {
    holds.sort_by(|one, other| {
        (&one.balance_id, one.hold_number).cmp(&(&other.balance_id, other.hold_number))
    });
}

/// The holds of a check that are not closed, those that are over included, in the order of their balances.
pub(crate) fn holds_of_check(
    tx: &mut Tx<'_>,
    merchant: &str,
    check: &CheckKey,
) -> Result<Vec<HoldRow>, Error> {
    let CheckKey { place, device_number, check_id } = check;
    let mut holds = tx.query(&HOLDS_OF_CHECK, params![merchant, place, *device_number, check_id])?;
    holds.sort_by(|one, other| one.balance_id.cmp(&other.balance_id));
    Ok(holds)
}

/// A hold by its number, and its state.
pub(crate) fn get_hold(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    hold_number: i64,
) -> Result<Option<(HoldRow, String)>, Error> {
    let row = tx.optional(&STATE_OF_HOLD, params![merchant, balance_id, hold_number])?;
    Ok(row.map(|row| (row.hold, row.state)))
}

/// A lot to be inserted.
pub(super) fn insert_lot(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance: &BalanceRow,
    lot: &LotState,
    issued: i64,
    new: &NewLot,
) -> Result<(), Error> {
    let vat_rate = new.vat_rate.map(|rate| rate.normalize().to_string());
    tx.execute(
        &INSERT_LOT,
        params![
            merchant,
            &balance.balance_id,
            &lot.lot_id,
            lot.kind,
            &new.source,
            issued,
            lot.remaining,
            vat_rate.as_deref(),
            new.paid_value,
            lot.earned_at,
            lot.expires_at,
            lot.available_at,
            balance.balance_type.as_str(),
        ],
    )?;
    Ok(())
}

/// What is left of a lot; `grown` is what was issued on top.
pub(super) fn update_lot(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    lot: &LotState,
    grown: i64,
) -> Result<(), Error> {
    tx.execute(
        &UPDATE_LOT,
        params![merchant, balance_id, &lot.lot_id, lot.remaining, lot.expires_at, grown],
    )?;
    Ok(())
}

/// One entry to be inserted.
pub(super) struct NewTransfer<'a> {
    pub(super) merchant: &'a str,
    pub(super) balance_id: &'a str,
    pub(super) entry: i64,
    pub(super) kind: TransferKind,
    pub(super) debit: Account,
    pub(super) credit: Account,
    pub(super) amount: i64,
    pub(super) lot_id: &'a str,
    pub(super) member_id: Option<&'a str>,
    /// Of a voucher of another issuer.
    pub(super) issuer_id: Option<&'a str>,
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
            new.debit,
            new.credit,
            new.amount,
            new.lot_id,
            new.member_id,
            new.offer_id,
            new.bill_id,
            new.reverses,
            new.reason,
            new.lines,
            new.now,
            new.issuer_id,
        ],
    )?;
    Ok(())
}

/// What a balance was sold as.
pub(super) fn class_balance(tx: &mut Tx<'_>, merchant: &str, row: &BalanceRow) -> Result<(), Error> {
    let settings = row::to_json("partner_balance", "settings", &row.settings)?;
    tx.execute(&CLASS_BALANCE, params![merchant, &row.balance_id, row.balance_type.as_str(), &settings])?;
    Ok(())
}

/// What the balance's entries add up to after the command.
pub(super) fn settle_balance(tx: &mut Tx<'_>, merchant: &str, row: &BalanceRow) -> Result<(), Error> {
    tx.execute(
        &SETTLE_BALANCE,
        params![merchant, &row.balance_id, row.posted, row.last_entry, row.status, row.blocked_from],
    )?;
    Ok(())
}

/// Fills the slots of a statement; free ones are NULL, which finds nothing.
fn slots<'a>(ids: &[&'a str]) -> [Option<&'a str>; SLOTS] {
    std::array::from_fn(|slot| ids.get(slot).copied())
}

/// What dug the hole whose first entry has this number.
pub(super) fn dug(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    entry: i64,
) -> Result<Option<Dug>, Error> {
    let Some(found) = tx.optional(&DUG, params![merchant, balance_id, entry])? else { return Ok(None) };
    Ok(Some(Dug {
        redeems: found.kind == TransferKind::Overdraft,
        other: found.credit_account,
        link: Link { offer_id: found.offer_id, bill_id: found.bill_id, reason: None },
    }))
}
