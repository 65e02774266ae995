//! Does each balance agree with its entries, its lots and its holds?

use super::captured::{Captured, UsedBy, unreported};
use super::fault::Fault;
use super::slice::{Key, Keys, Numbered, Slice};
use crate::loyalty::ledger::{BalanceSettings, LotPart};
use db::{Error, Joined, Json, Tx};
use std::collections::{BTreeMap, HashMap};

db::row! {
    struct BalanceRow {
        of: Key as Joined,
        posted: i64,
        last_entry: i64,
        version: i64,
        updated_at: i64,
        status: String,
        blocked_from: Option<String>,
        stamp_card_id: Option<String>,
        settings: BalanceSettings as Json,
    }
}

db::row! {
    /// The entries of a balance: how many, their least and highest number, what they add up to, how many have the guest on
    /// both sides or on none, and when the last one was made.
    struct EntriesRow {
        of: Key as Joined,
        entries: i64,
        least: i64,
        most: i64,
        sum: i64,
        one_sided: i64,
        created_at: i64,
    }
}

db::row! {
    struct LotRow {
        of: Key as Joined,
        lot_id: String,
        kind: String,
        issued: i64,
        remaining: i64,
    }
}

db::row! {
    /// What the entries of a lot move, and how much they issued.
    struct LotEntriesRow {
        of: Key as Joined,
        lot_id: String,
        moved: i64,
        issued: i64,
    }
}

db::row! {
    /// The classes of a lot and of its balance.
    struct ClassRow {
        of: Key as Joined,
        lot_id: String,
        of_lot: String,
        of_balance: String,
    }
}

db::row! {
    struct VatRow {
        of: Key as Joined,
        lot_id: String,
        class: String,
        issued: i64,
        paid_value: Option<i64>,
    }
}

db::row! {
    /// An entry, and the lot it names.
    struct LotOfEntry {
        entry: Numbered as Joined,
        lot_id: String,
    }
}

db::row! {
    /// An entry, what of it was mirrored, and what it was; `None` where the mirrors do not fit.
    struct MirrorRow {
        entry: Numbered as Joined,
        mirrored: i64,
        original: Option<i64>,
    }
}

db::row! {
    /// An entry, and the bill it names.
    struct BillOfEntry {
        entry: Numbered as Joined,
        bill_id: String,
    }
}

db::row! {
    /// An entry, and the flags of its report.
    struct FlagsRow {
        entry: Numbered as Joined,
        flags: Vec<String> as Json,
    }
}

db::row! {
    struct HoldRow {
        hold: Numbered as Joined,
        amount: i64,
        lots: Vec<LotPart> as Json,
        expires_at: i64,
    }
}

db::row! {
    /// The highest number of a balance's holds, and when the last one was placed.
    struct HoldsRow {
        highest: Numbered as Joined,
        created_at: i64,
    }
}

db::statement! {
    /// A slice of balances.
    VERIFY_BALANCES -> BalanceRow = "SELECT merchant, balance_id AS id, posted, last_entry, version, updated_at, status, blocked_from,
          stamp_card_id, settings FROM partner_balance
        WHERE (merchant, balance_id) > ($1, $2) ORDER BY merchant, balance_id LIMIT $3";
    /// What the entries of each balance say.
    VERIFY_ENTRIES -> EntriesRow = "SELECT merchant, balance_id AS id, COUNT(*) AS entries, MIN(entry) AS least, MAX(entry) AS most,
          CAST(SUM(CASE WHEN credit_account = 'guest' THEN amount ELSE 0 - amount END) AS BIGINT) AS sum,
          COUNT(CASE WHEN (credit_account = 'guest') = (debit_account = 'guest') THEN 1 END) AS one_sided,
          MAX(created_at) AS created_at
        FROM partner_transfer WHERE (merchant, balance_id) > ($1, $2) AND (merchant, balance_id) <= ($3, $4)
        GROUP BY merchant, balance_id";
    /// Every lot.
    VERIFY_LOTS -> LotRow = "SELECT merchant, balance_id AS id, lot_id, kind, issued, remaining FROM partner_lot
        WHERE (merchant, balance_id) > ($1, $2) AND (merchant, balance_id) <= ($3, $4)";
    /// What the entries of each lot move, and how much they issued: the first one did, and where it is an earning of a
    /// bill, those of other bills did too. Not joined to the lots here: without statistics PostgreSQL would add the
    /// entries up anew for each of them.
    VERIFY_LOT_ENTRIES -> LotEntriesRow = "SELECT merchant, balance_id AS id, lot_id, moved,
          earned + CASE WHEN kind = 'earn' THEN 0 ELSE amount END AS issued
        FROM (SELECT merchant, balance_id, lot_id, kind, amount,
              CAST(SUM(CASE WHEN credit_account = 'guest' THEN amount ELSE 0 - amount END)
                OVER (PARTITION BY merchant, balance_id, lot_id) AS BIGINT) AS moved,
              CAST(SUM(CASE WHEN kind = 'earn' AND credit_account = 'guest' THEN amount ELSE 0 END)
                OVER (PARTITION BY merchant, balance_id, lot_id) AS BIGINT) AS earned,
              ROW_NUMBER() OVER (PARTITION BY merchant, balance_id, lot_id ORDER BY entry) AS place
            FROM partner_transfer WHERE (merchant, balance_id) > ($1, $2) AND (merchant, balance_id) <= ($3, $4)) AS numbered
        WHERE place = 1";
    /// Lots with something left that are of another class than their balance: a class is frozen at issue.
    VERIFY_CLASSES -> ClassRow = "SELECT l.merchant, l.balance_id AS id, l.lot_id, l.type AS of_lot, b.type AS of_balance FROM partner_lot l
        JOIN partner_balance b ON b.merchant = l.merchant AND b.balance_id = l.balance_id
        WHERE (l.merchant, l.balance_id) > ($1, $2) AND (l.merchant, l.balance_id) <= ($3, $4)
          AND l.remaining <> 0 AND l.type <> b.type";
    /// Lots nobody could spend or tax rightly: a single-purpose voucher's without a rate, and value that pays in one
    /// lot with what was not paid (loyalty.md §3 V2, V4, V6).
    VERIFY_VAT -> VatRow = "SELECT l.merchant, l.balance_id AS id, l.lot_id, b.type AS class, l.issued, l.paid_value FROM partner_lot l
        JOIN partner_balance b ON b.merchant = l.merchant AND b.balance_id = l.balance_id
        WHERE (l.merchant, l.balance_id) > ($1, $2) AND (l.merchant, l.balance_id) <= ($3, $4)
          AND ((b.type = 'singlePurposePrepaidVoucher' AND l.kind <> 'overdraft' AND l.vat_rate IS NULL)
            OR (b.type IN ('multiPurposePrepaidVoucher', 'prepaidCredit') AND l.kind = 'paid' AND l.paid_value < l.issued))";
    /// Entries on lots that are not there.
    VERIFY_LOTLESS -> LotOfEntry = "SELECT t.merchant, t.balance_id AS id, t.entry AS number, t.lot_id FROM partner_transfer t
        WHERE (t.merchant, t.balance_id) > ($1, $2) AND (t.merchant, t.balance_id) <= ($3, $4)
          AND NOT EXISTS (SELECT 1 FROM partner_lot l
            WHERE l.merchant = t.merchant AND l.balance_id = t.balance_id AND l.lot_id = t.lot_id)";
    /// Mirrors that do not mirror, or mirror more than there was.
    VERIFY_MIRRORS -> MirrorRow = "SELECT m.merchant, m.balance_id AS id, m.reverses AS number, CAST(SUM(m.amount) AS BIGINT) AS mirrored,
          MIN(o.amount) AS original
        FROM partner_transfer m
        LEFT JOIN partner_transfer o ON o.merchant = m.merchant AND o.balance_id = m.balance_id AND o.entry = m.reverses
          AND o.reverses IS NULL AND o.entry < m.entry AND o.debit_account = m.credit_account AND o.credit_account = m.debit_account
        WHERE (m.merchant, m.balance_id) > ($1, $2) AND (m.merchant, m.balance_id) <= ($3, $4) AND m.reverses IS NOT NULL
        GROUP BY m.merchant, m.balance_id, m.reverses
        HAVING COUNT(o.entry) <> COUNT(*) OR CAST(SUM(m.amount) AS BIGINT) > MIN(o.amount)";
    /// Entries of bills whose report is not there.
    VERIFY_BILLLESS -> BillOfEntry = "SELECT t.merchant, t.balance_id AS id, t.entry AS number, t.bill_id FROM partner_transfer t
        WHERE (t.merchant, t.balance_id) > ($1, $2) AND (t.merchant, t.balance_id) <= ($3, $4) AND t.bill_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM partner_usage u
            WHERE u.merchant = t.merchant AND u.bill_id = t.bill_id AND u.offer_id = t.offer_id)";
    /// Shortfalls and the flags of their reports.
    VERIFY_SHORTFALLS -> FlagsRow = "SELECT t.merchant, t.balance_id AS id, t.entry AS number, u.flags FROM partner_transfer t
        JOIN partner_usage u ON u.merchant = t.merchant AND u.bill_id = t.bill_id AND u.offer_id = t.offer_id AND u.kind = 'paid'
        WHERE (t.merchant, t.balance_id) > ($1, $2) AND (t.merchant, t.balance_id) <= ($3, $4) AND t.kind = 'overdraft'";
    /// Holds that are open.
    VERIFY_HOLDS -> HoldRow = "SELECT merchant, balance_id AS id, hold_number AS number, amount, lots, expires_at FROM partner_hold
        WHERE (merchant, balance_id) > ($1, $2) AND (merchant, balance_id) <= ($3, $4) AND state = 'active'";
    /// Highest hold numbers.
    VERIFY_HOLD_NUMBERS -> HoldsRow = "SELECT merchant, balance_id AS id, MAX(hold_number) AS number, MAX(created_at) AS created_at
        FROM partner_hold
        WHERE (merchant, balance_id) > ($1, $2) AND (merchant, balance_id) <= ($3, $4) GROUP BY merchant, balance_id";
    /// Captured holds, with their checks.
    VERIFY_CAPTURED -> Captured = "SELECT merchant, balance_id AS id, hold_number AS number, place, device_number, check_id FROM partner_hold
        WHERE (merchant, balance_id) > ($1, $2) AND (merchant, balance_id) <= ($3, $4) AND state = 'captured'";
    /// The checks whose reports used a balance.
    VERIFY_USED_BY -> UsedBy = "SELECT DISTINCT t.merchant, t.balance_id AS id, o.place, o.device_number, o.check_id
        FROM partner_transfer t JOIN partner_offer o ON o.merchant = t.merchant AND o.offer_id = t.offer_id
        WHERE (t.merchant, t.balance_id) > ($1, $2) AND (t.merchant, t.balance_id) <= ($3, $4)
          AND t.kind IN ('spend', 'overdraft')";
    /// Lots, entries and holds after the last balance.
    VERIFY_TAIL -> Key = "SELECT merchant, balance_id AS id FROM partner_transfer WHERE (merchant, balance_id) > ($1, $2)
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
    let slice = Keys::behind(tx, &VERIFY_BALANCES, after, |row| &row.of)?;
    let (mut balances, mut faults): (BTreeMap<Key, Stored>, _) = (BTreeMap::new(), Vec::new());
    for row in &slice.rows {
        let stored = Stored {
            posted: row.posted,
            last_entry: row.last_entry,
            version: row.version,
            touched_at: row.updated_at,
        };
        faults.extend(own_row(row));
        balances.insert(row.of.clone(), stored);
    }
    let lots = lots(tx, &slice)?;
    let (entries, wrong) = sums(tx, &slice, &mut balances, &lots)?;
    faults.extend(wrong);
    faults.extend(lots_and_entries(tx, &slice, &lots)?);
    faults.extend(bills(tx, &slice)?);
    faults.extend(holds(tx, &slice, &mut balances, &lots)?);
    faults.extend(slice.find_behind(tx, &VERIFY_TAIL)?.iter().map(orphan));
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

fn lots(tx: &mut Tx<'_>, slice: &Keys<BalanceRow>) -> Result<BTreeMap<LotKey, Lot>, Error> {
    let mut lots = BTreeMap::new();
    for row in slice.find(tx, &VERIFY_LOTS)? {
        let lot = Lot { kind: row.kind, issued: row.issued, remaining: row.remaining };
        lots.insert((row.of, row.lot_id), lot);
    }
    Ok(lots)
}

fn fault(rule: &'static str, row: String, found: impl Into<String>) -> Fault {
    Fault { rule, row, found: found.into() }
}

fn name(key: &Key) -> String {
    format!("partner_balance {key}")
}

fn lot_name(lot: &LotKey) -> String {
    format!("partner_lot {}/{}", lot.0, lot.1)
}

fn orphan(key: &Key) -> Fault {
    fault("lots, entries and holds belong to a balance", name(key), "no such balance")
}

/// What a balance's row says of itself.
fn own_row(row: &BalanceRow) -> Vec<Fault> {
    let BalanceRow { of: key, status, posted, stamp_card_id: card, settings, .. } = row;
    let mut faults = Vec::new();
    if row.blocked_from.is_some() && (status != "frozen" || *posted >= 0) {
        let rule = "a balance that is blocked for a shortfall is frozen and below zero";
        faults.push(fault(rule, name(key), format!("{status}, posted {posted}")));
    }
    if settings.stamp_card_id != *card {
        let rule = "a balance counts the stamps of the card that its settings name";
        faults.push(fault(rule, name(key), format!("{card:?}, settings {:?}", settings.stamp_card_id)));
    }
    faults
}

/// Entries and lots against the balance's own row; with how many entries there are.
fn sums(
    tx: &mut Tx<'_>,
    slice: &Keys<BalanceRow>,
    balances: &mut BTreeMap<Key, Stored>,
    lots: &BTreeMap<LotKey, Lot>,
) -> Result<(usize, Vec<Fault>), Error> {
    let mut faults = Vec::new();
    let mut entries: HashMap<Key, [i64; 5]> = HashMap::new();
    let mut all = 0;
    for row in slice.find(tx, &VERIFY_ENTRIES)? {
        all += usize::try_from(row.entries).unwrap_or(0);
        touched(balances, &row.of, row.created_at);
        entries.insert(row.of, [row.entries, row.least, row.most, row.sum, row.one_sided]);
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
    slice: &Keys<BalanceRow>,
    lots: &BTreeMap<LotKey, Lot>,
) -> Result<Vec<Fault>, Error> {
    let mut faults = Vec::new();
    let mut entries: HashMap<LotKey, (i64, i64)> = HashMap::new();
    for row in slice.find(tx, &VERIFY_LOT_ENTRIES)? {
        entries.insert((row.of, row.lot_id), (row.moved, row.issued));
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
        let ClassRow { of, lot_id, of_lot, of_balance } = row;
        faults.push(fault(
            "what is left of a lot is of its balance's class",
            lot_name(&(of, lot_id)),
            format!("{of_lot}, the balance is {of_balance}"),
        ));
    }
    for row in slice.find(tx, &VERIFY_VAT)? {
        let VatRow { of, lot_id, class, issued, paid_value: paid } = row;
        faults.push(fault(
            "a single-purpose voucher's lot has its rate, and a lot that pays was paid for",
            lot_name(&(of, lot_id)),
            format!("{class}, issued {issued}, paid {paid:?}"),
        ));
    }
    for LotOfEntry { entry, lot_id } in slice.find(tx, &VERIFY_LOTLESS)? {
        faults.push(fault("an entry moves a lot of its balance", transfer(&entry), format!("lot {lot_id}")));
    }
    for MirrorRow { entry, mirrored, original } in slice.find(tx, &VERIFY_MIRRORS)? {
        faults.push(fault(
            "an entry is mirrored by later ones on the other side, at most whole",
            transfer(&entry),
            format!("{mirrored} mirrored of {original:?}"),
        ));
    }
    Ok(faults)
}

fn transfer(entry: &Numbered) -> String {
    format!("partner_transfer {}/{}", entry.of, entry.number)
}

fn bills(tx: &mut Tx<'_>, slice: &Keys<BalanceRow>) -> Result<Vec<Fault>, Error> {
    let mut faults = Vec::new();
    for BillOfEntry { entry, bill_id } in slice.find(tx, &VERIFY_BILLLESS)? {
        let found = format!("no report of bill {bill_id}");
        faults.push(fault("an entry of a bill has the bill's report", transfer(&entry), found));
    }
    for FlagsRow { entry, flags } in slice.find(tx, &VERIFY_SHORTFALLS)? {
        if !flags.iter().any(|flag| flag == "overdraft") {
            let found = format!("flags {flags:?}");
            faults.push(fault("a shortfall's report is flagged overdraft", transfer(&entry), found));
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
    slice: &Keys<BalanceRow>,
    balances: &mut BTreeMap<Key, Stored>,
    lots: &BTreeMap<LotKey, Lot>,
) -> Result<Vec<Fault>, Error> {
    let mut faults = Vec::new();
    for HoldsRow { highest: Numbered { of: key, number: most }, created_at } in
        slice.find(tx, &VERIFY_HOLD_NUMBERS)?
    {
        touched(balances, &key, created_at);
        if !balances.contains_key(&key) {
            faults.push(orphan(&key));
        } else if balances.get(&key).is_some_and(|stored| stored.version < most) {
            faults.push(fault("no hold number is above the balance's version", name(&key), most.to_string()));
        }
    }
    let mut held: BTreeMap<LotKey, i64> = BTreeMap::new();
    for HoldRow { hold: Numbered { of, number }, amount, lots: parts, expires_at } in
        slice.find(tx, &VERIFY_HOLDS)?
    {
        let at = format!("partner_hold {of}/{number}");
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
    for Numbered { of, number } in unreported(tx, slice, &VERIFY_CAPTURED, &VERIFY_USED_BY)? {
        let at = format!("partner_hold {of}/{number}");
        faults.push(fault("a captured hold has a report of its check", at, "none"));
    }
    Ok(faults)
}
