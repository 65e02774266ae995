//! Does each balance agree with its entries, its lots and its holds?

use super::captured::unreported;
use super::fault::Fault;
use super::slice::{Key, Keys, Slice, key};
use crate::loyalty::ledger::{BalanceSettings, LotPart};
use crate::row;
use db::{Error, Row, Tx};
use std::collections::{BTreeMap, HashMap};

db::statement! {
    /// A slice of balances.
    VERIFY_BALANCES = "SELECT merchant, balance_id, posted, last_entry, version, updated_at, status, blocked_from,
          stamp_card_id, settings FROM partner_balance
        WHERE (merchant, balance_id) > ($1, $2) ORDER BY merchant, balance_id LIMIT $3";
    /// What the entries of each balance say.
    VERIFY_ENTRIES = "SELECT merchant, balance_id, COUNT(*), MIN(entry), MAX(entry),
          CAST(SUM(CASE WHEN credit_account = 'guest' THEN amount ELSE 0 - amount END) AS BIGINT),
          COUNT(CASE WHEN (credit_account = 'guest') = (debit_account = 'guest') THEN 1 END), MAX(created_at)
        FROM partner_transfer WHERE (merchant, balance_id) > ($1, $2) AND (merchant, balance_id) <= ($3, $4)
        GROUP BY merchant, balance_id";
    /// Every lot.
    VERIFY_LOTS = "SELECT merchant, balance_id, lot_id, kind, issued, remaining FROM partner_lot
        WHERE (merchant, balance_id) > ($1, $2) AND (merchant, balance_id) <= ($3, $4)";
    /// What the entries of each lot move, and how much they issued: the first one did, and where it is an earning of a
    /// bill, those of other bills did too. Not joined to the lots here: without statistics PostgreSQL would add the
    /// entries up anew for each of them.
    VERIFY_LOT_ENTRIES = "SELECT merchant, balance_id, lot_id, moved, earned + CASE WHEN kind = 'earn' THEN 0 ELSE amount END
        FROM (SELECT merchant, balance_id, lot_id, kind, amount,
              CAST(SUM(CASE WHEN credit_account = 'guest' THEN amount ELSE 0 - amount END)
                OVER (PARTITION BY merchant, balance_id, lot_id) AS BIGINT) AS moved,
              CAST(SUM(CASE WHEN kind = 'earn' AND credit_account = 'guest' THEN amount ELSE 0 END)
                OVER (PARTITION BY merchant, balance_id, lot_id) AS BIGINT) AS earned,
              ROW_NUMBER() OVER (PARTITION BY merchant, balance_id, lot_id ORDER BY entry) AS place
            FROM partner_transfer WHERE (merchant, balance_id) > ($1, $2) AND (merchant, balance_id) <= ($3, $4)) AS numbered
        WHERE place = 1";
    /// Lots with something left that are of another class than their balance: a class is frozen at issue.
    VERIFY_CLASSES = "SELECT l.merchant, l.balance_id, l.lot_id, l.type, b.type FROM partner_lot l
        JOIN partner_balance b ON b.merchant = l.merchant AND b.balance_id = l.balance_id
        WHERE (l.merchant, l.balance_id) > ($1, $2) AND (l.merchant, l.balance_id) <= ($3, $4)
          AND l.remaining <> 0 AND l.type <> b.type";
    /// Lots nobody could spend or tax rightly: a single-purpose voucher's without a rate, and value that pays in one
    /// lot with what was not paid (loyalty.md §3 V2, V4, V6).
    VERIFY_VAT = "SELECT l.merchant, l.balance_id, l.lot_id, b.type, l.issued, l.paid_value FROM partner_lot l
        JOIN partner_balance b ON b.merchant = l.merchant AND b.balance_id = l.balance_id
        WHERE (l.merchant, l.balance_id) > ($1, $2) AND (l.merchant, l.balance_id) <= ($3, $4)
          AND ((b.type = 'singlePurposePrepaidVoucher' AND l.kind <> 'overdraft' AND l.vat_rate IS NULL)
            OR (b.type IN ('multiPurposePrepaidVoucher', 'prepaidCredit') AND l.kind = 'paid' AND l.paid_value < l.issued))";
    /// Entries on lots that are not there.
    VERIFY_LOTLESS = "SELECT t.merchant, t.balance_id, t.entry, t.lot_id FROM partner_transfer t
        WHERE (t.merchant, t.balance_id) > ($1, $2) AND (t.merchant, t.balance_id) <= ($3, $4)
          AND NOT EXISTS (SELECT 1 FROM partner_lot l
            WHERE l.merchant = t.merchant AND l.balance_id = t.balance_id AND l.lot_id = t.lot_id)";
    /// Mirrors that do not mirror, or mirror more than there was.
    VERIFY_MIRRORS = "SELECT m.merchant, m.balance_id, m.reverses, CAST(SUM(m.amount) AS BIGINT), MIN(o.amount)
        FROM partner_transfer m
        LEFT JOIN partner_transfer o ON o.merchant = m.merchant AND o.balance_id = m.balance_id AND o.entry = m.reverses
          AND o.reverses IS NULL AND o.entry < m.entry AND o.debit_account = m.credit_account AND o.credit_account = m.debit_account
        WHERE (m.merchant, m.balance_id) > ($1, $2) AND (m.merchant, m.balance_id) <= ($3, $4) AND m.reverses IS NOT NULL
        GROUP BY m.merchant, m.balance_id, m.reverses
        HAVING COUNT(o.entry) <> COUNT(*) OR CAST(SUM(m.amount) AS BIGINT) > MIN(o.amount)";
    /// Entries of bills whose report is not there.
    VERIFY_BILLLESS = "SELECT t.merchant, t.balance_id, t.entry, t.bill_id FROM partner_transfer t
        WHERE (t.merchant, t.balance_id) > ($1, $2) AND (t.merchant, t.balance_id) <= ($3, $4) AND t.bill_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM partner_usage u
            WHERE u.merchant = t.merchant AND u.bill_id = t.bill_id AND u.offer_id = t.offer_id)";
    /// Shortfalls and the flags of their reports.
    VERIFY_SHORTFALLS = "SELECT t.merchant, t.balance_id, t.entry, u.flags FROM partner_transfer t
        JOIN partner_usage u ON u.merchant = t.merchant AND u.bill_id = t.bill_id AND u.offer_id = t.offer_id AND u.kind = 'paid'
        WHERE (t.merchant, t.balance_id) > ($1, $2) AND (t.merchant, t.balance_id) <= ($3, $4) AND t.kind = 'overdraft'";
    /// Holds that are open.
    VERIFY_HOLDS = "SELECT merchant, balance_id, hold_number, amount, lots, expires_at FROM partner_hold
        WHERE (merchant, balance_id) > ($1, $2) AND (merchant, balance_id) <= ($3, $4) AND state = 'active'";
    /// Highest hold numbers.
    VERIFY_HOLD_NUMBERS = "SELECT merchant, balance_id, MAX(hold_number), MAX(created_at) FROM partner_hold
        WHERE (merchant, balance_id) > ($1, $2) AND (merchant, balance_id) <= ($3, $4) GROUP BY merchant, balance_id";
    /// Captured holds, with their checks.
    VERIFY_CAPTURED = "SELECT merchant, balance_id, hold_number, place, device_number, check_id FROM partner_hold
        WHERE (merchant, balance_id) > ($1, $2) AND (merchant, balance_id) <= ($3, $4) AND state = 'captured'";
    /// The checks whose reports used a balance.
    VERIFY_USED_BY = "SELECT DISTINCT t.merchant, t.balance_id, o.place, o.device_number, o.check_id
        FROM partner_transfer t JOIN partner_offer o ON o.merchant = t.merchant AND o.offer_id = t.offer_id
        WHERE (t.merchant, t.balance_id) > ($1, $2) AND (t.merchant, t.balance_id) <= ($3, $4)
          AND t.kind IN ('spend', 'overdraft')";
    /// Lots, entries and holds after the last balance.
    VERIFY_TAIL = "SELECT merchant, balance_id FROM partner_transfer WHERE (merchant, balance_id) > ($1, $2)
        UNION SELECT merchant, balance_id FROM partner_lot WHERE (merchant, balance_id) > ($1, $2)
        UNION SELECT merchant, balance_id FROM partner_hold WHERE (merchant, balance_id) > ($1, $2) LIMIT 100";
}

#[derive(Debug, Clone, Copy, Default)]
struct Stored {
    posted: i64,
    last_entry: i64,
    version: i64,
    /// µs: the latest instant at which something was done to the balance, on the clock of whoever did it.
    touched_at: i64,
}

/// Checks a slice of balances, and whatever lies between them without a balance of its own.
pub(super) fn slice(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    let slice = Keys::behind(tx, &VERIFY_BALANCES, after)?;
    let (mut balances, mut faults): (BTreeMap<Key, Stored>, _) = (BTreeMap::new(), Vec::new());
    for row in &slice.rows {
        let of = key(row)?;
        let stored = Stored {
            posted: row.get(2)?,
            last_entry: row.get(3)?,
            version: row.get(4)?,
            touched_at: row.get(5)?,
        };
        faults.extend(own_row(row, &of, stored.posted)?);
        balances.insert(of, stored);
    }
    let lots = lots(tx, &slice)?;
    let (entries, wrong) = sums(tx, &slice, &mut balances, &lots)?;
    faults.extend(wrong);
    faults.extend(lots_and_entries(tx, &slice, &lots)?);
    faults.extend(bills(tx, &slice)?);
    faults.extend(holds(tx, &slice, &mut balances, &lots)?);
    for row in slice.find_behind(tx, &VERIFY_TAIL)? {
        faults.push(orphan(&key(&row)?));
    }
    Ok(slice.done(faults).beside(vec![("lots", lots.len()), ("entries", entries)]))
}

/// A lot's balance and its own id.
type LotKey = (Key, String);

/// A lot as its row says.
struct Lot {
    kind: String,
    issued: i64,
    remaining: i64,
}

fn lots(tx: &mut Tx<'_>, slice: &Keys) -> Result<BTreeMap<LotKey, Lot>, Error> {
    let mut lots = BTreeMap::new();
    for row in slice.find(tx, &VERIFY_LOTS)? {
        let lot = Lot { kind: row.get(3)?, issued: row.get(4)?, remaining: row.get(5)? };
        lots.insert((key(&row)?, row.get(2)?), lot);
    }
    Ok(lots)
}

fn fault(rule: &'static str, row: String, found: impl Into<String>) -> Fault {
    Fault { rule, row, found: found.into() }
}

fn name(key: &Key) -> String {
    format!("partner_balance {}/{}", key.0, key.1)
}

fn lot_name(lot: &LotKey) -> String {
    format!("partner_lot {}/{}/{}", lot.0.0, lot.0.1, lot.1)
}

fn orphan(key: &Key) -> Fault {
    fault("lots, entries and holds belong to a balance", name(key), "no such balance")
}

/// What a balance's row says of itself.
fn own_row(row: &Row, key: &Key, posted: i64) -> Result<Vec<Fault>, Error> {
    let (status, blocked_from): (String, Option<String>) = (row.get(6)?, row.get(7)?);
    let (card, settings): (Option<String>, String) = (row.get(8)?, row.get(9)?);
    let mut faults = Vec::new();
    if blocked_from.is_some() && (status != "frozen" || posted >= 0) {
        let rule = "a balance that is blocked for a shortfall is frozen and below zero";
        faults.push(fault(rule, name(key), format!("{status}, posted {posted}")));
    }
    let settings: BalanceSettings = row::json("partner_balance", "settings", &settings)?;
    if settings.stamp_card_id != card {
        let rule = "a balance counts the stamps of the card that its settings name";
        faults.push(fault(rule, name(key), format!("{card:?}, settings {:?}", settings.stamp_card_id)));
    }
    Ok(faults)
}

/// Entries and lots against the balance's own row; with how many entries there are.
fn sums(
    tx: &mut Tx<'_>,
    slice: &Keys,
    balances: &mut BTreeMap<Key, Stored>,
    lots: &BTreeMap<LotKey, Lot>,
) -> Result<(usize, Vec<Fault>), Error> {
    let mut faults = Vec::new();
    let mut entries: HashMap<Key, [i64; 5]> = HashMap::new();
    let mut all = 0;
    for row in slice.find(tx, &VERIFY_ENTRIES)? {
        let found = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?];
        all += usize::try_from(found[0]).unwrap_or(0);
        let of = key(&row)?;
        touched(balances, &of, row.get(7)?);
        entries.insert(of, found);
    }
    // wider than a column, so that rows that lie cannot end the sum early
    let mut left: BTreeMap<&Key, i128> = BTreeMap::new();
    for ((of, _), lot) in lots {
        *left.entry(of).or_default() += i128::from(lot.remaining);
    }
    for key in entries.keys().chain(left.keys().copied()).filter(|key| !balances.contains_key(*key)) {
        faults.push(orphan(key));
    }
    for (key, stored) in balances.iter() {
        let [count, least, most, sum, one_sided] = entries.get(key).copied().unwrap_or([0, 1, 0, 0, 0]);
        if count != stored.last_entry || least != 1 || most != stored.last_entry {
            let found =
                format!("{count} entries numbered {least} to {most}, last_entry {}", stored.last_entry);
            faults.push(fault("entries are numbered from 1 to last_entry without a gap", name(key), found));
        }
        if sum != stored.posted {
            let found = format!("{sum}, posted {}", stored.posted);
            faults.push(fault("the entries add up to posted", name(key), found));
        }
        if one_sided != 0 {
            let found = format!("{one_sided} others");
            faults.push(fault("an entry has the guest on exactly one side", name(key), found));
        }
        let remaining = left.get(key).copied().unwrap_or(0);
        if remaining != i128::from(stored.posted) {
            let found = format!("{remaining}, posted {}", stored.posted);
            faults.push(fault("what is left in the lots adds up to posted", name(key), found));
        }
    }
    Ok((all, faults))
}

fn lots_and_entries(
    tx: &mut Tx<'_>,
    slice: &Keys,
    lots: &BTreeMap<LotKey, Lot>,
) -> Result<Vec<Fault>, Error> {
    let mut faults = Vec::new();
    let mut entries: HashMap<LotKey, (i64, i64)> = HashMap::new();
    for row in slice.find(tx, &VERIFY_LOT_ENTRIES)? {
        entries.insert((key(&row)?, row.get(2)?), (row.get(3)?, row.get(4)?));
    }
    for (at, Lot { kind, issued, remaining }) in lots {
        let (issued, remaining) = (*issued, *remaining);
        let found = entries.get(at).copied();
        let agrees = found.is_some_and(|(moved, by_entries)| {
            moved == remaining
                && match kind.as_str() {
                    "overdraft" => issued == 0 && remaining <= 0,
                    _ => issued == by_entries && (0..=issued).contains(&remaining),
                }
        });
        if !agrees {
            let (moved, by_entries) = (found.map(|found| found.0), found.map(|found| found.1));
            faults.push(fault(
                "a lot has left what its entries leave, from 0 to what its entries issued (a hole: at most 0)",
                lot_name(at),
                format!(
                    "{kind}, issued {issued}, remaining {remaining}, entries {moved:?}, issued by them {by_entries:?}"
                ),
            ));
        }
    }
    for row in slice.find(tx, &VERIFY_CLASSES)? {
        let lot = (key(&row)?, row.get(2)?);
        let (of_lot, of_balance): (String, String) = (row.get(3)?, row.get(4)?);
        faults.push(fault(
            "what is left of a lot is of its balance's class",
            lot_name(&lot),
            format!("{of_lot}, the balance is {of_balance}"),
        ));
    }
    for row in slice.find(tx, &VERIFY_VAT)? {
        let lot = (key(&row)?, row.get(2)?);
        let (class, issued, paid): (String, i64, Option<i64>) = (row.get(3)?, row.get(4)?, row.get(5)?);
        faults.push(fault(
            "a single-purpose voucher's lot has its rate, and a lot that pays was paid for",
            lot_name(&lot),
            format!("{class}, issued {issued}, paid {paid:?}"),
        ));
    }
    for row in slice.find(tx, &VERIFY_LOTLESS)? {
        let (entry, lot_id): (i64, String) = (row.get(2)?, row.get(3)?);
        faults.push(fault(
            "an entry moves a lot of its balance",
            transfer(&row, entry)?,
            format!("lot {lot_id}"),
        ));
    }
    for row in slice.find(tx, &VERIFY_MIRRORS)? {
        let (reverses, mirrored, original): (i64, i64, Option<i64>) = (row.get(2)?, row.get(3)?, row.get(4)?);
        faults.push(fault(
            "an entry is mirrored by later ones on the other side, at most whole",
            transfer(&row, reverses)?,
            format!("{mirrored} mirrored of {original:?}"),
        ));
    }
    Ok(faults)
}

fn transfer(row: &Row, entry: i64) -> Result<String, Error> {
    let (merchant, balance_id) = key(row)?;
    Ok(format!("partner_transfer {merchant}/{balance_id}/{entry}"))
}

fn bills(tx: &mut Tx<'_>, slice: &Keys) -> Result<Vec<Fault>, Error> {
    let mut faults = Vec::new();
    for row in slice.find(tx, &VERIFY_BILLLESS)? {
        let (entry, bill_id): (i64, String) = (row.get(2)?, row.get(3)?);
        let found = format!("no report of bill {bill_id}");
        faults.push(fault("an entry of a bill has the bill's report", transfer(&row, entry)?, found));
    }
    for row in slice.find(tx, &VERIFY_SHORTFALLS)? {
        let (entry, flags): (i64, String) = (row.get(2)?, row.get(3)?);
        let flags: Vec<String> = row::json("partner_usage", "flags", &flags)?;
        if !flags.iter().any(|flag| flag == "overdraft") {
            let found = format!("flags {flags:?}");
            faults.push(fault("a shortfall's report is flagged overdraft", transfer(&row, entry)?, found));
        }
    }
    Ok(faults)
}

fn touched(balances: &mut BTreeMap<Key, Stored>, of: &Key, at: i64) {
    if let Some(stored) = balances.get_mut(of) {
        stored.touched_at = stored.touched_at.max(at);
    }
}

/// Holds against the lots they keep: those that count at once must fit into them. A hold is over for whoever did
/// something to its balance at its end or later, and stays over though the next one's clock is behind: then others may
/// have what it kept.
fn holds(
    tx: &mut Tx<'_>,
    slice: &Keys,
    balances: &mut BTreeMap<Key, Stored>,
    lots: &BTreeMap<LotKey, Lot>,
) -> Result<Vec<Fault>, Error> {
    let mut faults = Vec::new();
    for row in slice.find(tx, &VERIFY_HOLD_NUMBERS)? {
        let (key, most): (Key, i64) = (key(&row)?, row.get(2)?);
        touched(balances, &key, row.get(3)?);
        if !balances.contains_key(&key) {
            faults.push(orphan(&key));
        } else if balances.get(&key).is_some_and(|stored| stored.version < most) {
            faults.push(fault("no hold number is above the balance's version", name(&key), most.to_string()));
        }
    }
    let mut held: BTreeMap<LotKey, i64> = BTreeMap::new();
    for row in slice.find(tx, &VERIFY_HOLDS)? {
        let of = key(&row)?;
        let (number, amount, text, expires_at): (i64, i64, String, i64) =
            (row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?);
        let parts: Vec<LotPart> = row::json("partner_hold", "lots", &text)?;
        let at = format!("partner_hold {}/{}/{number}", of.0, of.1);
        let sum: i64 = parts.iter().map(|part| part.amount).sum();
        if sum != amount {
            faults.push(fault(
                "a hold's lots add up to its amount",
                at.clone(),
                format!("{sum} of {amount}"),
            ));
        }
        let touched_at = balances.get(&of).map_or(0, |stored| stored.touched_at);
        for part in parts {
            let lot = (of.clone(), part.lot_id);
            if !lots.contains_key(&lot) {
                faults.push(fault("a hold keeps lots of its balance", at.clone(), format!("lot {}", lot.1)));
            } else if expires_at > touched_at {
                *held.entry(lot).or_default() += part.amount;
            }
        }
    }
    for (lot, amount) in held {
        let left = lots.get(&lot).map_or(0, |lot| lot.remaining);
        if amount > left {
            faults.push(fault(
                "holds keep no more of a lot than is left",
                lot_name(&lot),
                format!("{amount} of {left}"),
            ));
        }
    }
    for ((merchant, balance_id), number) in unreported(tx, slice, &VERIFY_CAPTURED, &VERIFY_USED_BY)? {
        let at = format!("partner_hold {merchant}/{balance_id}/{number}");
        faults.push(fault("a captured hold has a report of its check", at, "none"));
    }
    Ok(faults)
}
