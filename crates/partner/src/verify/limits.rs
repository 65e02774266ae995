//! Does each limit's counter agree with its entries and its holds?

use super::captured::{Captured, UsedBy, unreported};
use super::fault::Fault;
use super::slice::{Key, Keys, Numbered, Slice};
use db::{Error, Joined, Tx};
use std::collections::{BTreeMap, HashMap};

db::row! {
    struct LimitRow {
        limit: Key as Joined,
        used: i64,
        last_entry: i64,
        version: i64,
    }
}

db::row! {
    /// The entries of a counter: how many, their least and highest number, their sum.
    struct EntriesRow {
        limit: Key as Joined,
        entries: i64,
        least: i64,
        most: i64,
        sum: i64,
    }
}

db::row! {
    /// What a bill used of a counter.
    struct BillRow {
        limit: Key as Joined,
        offer_id: String,
        bill_id: String,
        sum: i64,
    }
}

db::row! {
    /// An entry of a bill.
    struct EntryRow {
        entry: Numbered as Joined,
        bill_id: String,
    }
}

db::statement! {
    /// A slice of counters.
    VERIFY_LIMITS -> LimitRow = "SELECT merchant, limit_id AS id, used, last_entry, version FROM partner_limit
        WHERE (merchant, limit_id) > ($1, $2) ORDER BY merchant, limit_id LIMIT $3";
    /// What the entries of each counter say.
    VERIFY_LIMIT_ENTRIES -> EntriesRow = "SELECT merchant, limit_id AS id, COUNT(*) AS entries, MIN(entry) AS least, MAX(entry) AS most,
          CAST(SUM(amount) AS BIGINT) AS sum
        FROM partner_limit_entry WHERE (merchant, limit_id) > ($1, $2) AND (merchant, limit_id) <= ($3, $4)
        GROUP BY merchant, limit_id";
    /// Bills that gave back more than they used.
    VERIFY_LIMIT_BILLS -> BillRow = "SELECT merchant, limit_id AS id, offer_id, bill_id, CAST(SUM(amount) AS BIGINT) AS sum
        FROM partner_limit_entry WHERE (merchant, limit_id) > ($1, $2) AND (merchant, limit_id) <= ($3, $4)
        GROUP BY merchant, limit_id, offer_id, bill_id HAVING CAST(SUM(amount) AS BIGINT) < 0";
    /// Entries of bills whose report is not there.
    VERIFY_LIMIT_BILLLESS -> EntryRow = "SELECT e.merchant, e.limit_id AS id, e.entry AS number, e.bill_id FROM partner_limit_entry e
        WHERE (e.merchant, e.limit_id) > ($1, $2) AND (e.merchant, e.limit_id) <= ($3, $4)
          AND NOT EXISTS (SELECT 1 FROM partner_usage u
            WHERE u.merchant = e.merchant AND u.bill_id = e.bill_id AND u.offer_id = e.offer_id)";
    /// Highest hold numbers.
    VERIFY_LIMIT_HOLDS -> Numbered = "SELECT merchant, limit_id AS id, MAX(hold_number) AS number FROM partner_limit_hold
        WHERE (merchant, limit_id) > ($1, $2) AND (merchant, limit_id) <= ($3, $4) GROUP BY merchant, limit_id";
    /// Open holds that keep nothing.
    VERIFY_EMPTY_LIMIT_HOLDS -> Numbered = "SELECT merchant, limit_id AS id, hold_number AS number FROM partner_limit_hold
        WHERE (merchant, limit_id) > ($1, $2) AND (merchant, limit_id) <= ($3, $4) AND state = 'active' AND amount = 0";
    /// Captured holds, with their checks.
    VERIFY_CAPTURED_LIMITS -> Captured = "SELECT merchant, limit_id AS id, hold_number AS number, place, device_number, check_id FROM partner_limit_hold
        WHERE (merchant, limit_id) > ($1, $2) AND (merchant, limit_id) <= ($3, $4) AND state = 'captured'";
    /// The checks whose reports used a limit.
    VERIFY_LIMIT_USED_BY -> UsedBy = "SELECT DISTINCT e.merchant, e.limit_id AS id, o.place, o.device_number, o.check_id
        FROM partner_limit_entry e JOIN partner_offer o ON o.merchant = e.merchant AND o.offer_id = e.offer_id
        WHERE (e.merchant, e.limit_id) > ($1, $2) AND (e.merchant, e.limit_id) <= ($3, $4) AND e.amount > 0";
    /// Entries and holds after the last counter.
    VERIFY_LIMIT_TAIL -> Key = "SELECT merchant, limit_id AS id FROM partner_limit_entry WHERE (merchant, limit_id) > ($1, $2)
        UNION SELECT merchant, limit_id FROM partner_limit_hold WHERE (merchant, limit_id) > ($1, $2) LIMIT 100";
}

#[derive(Debug, Clone, Copy)]
struct Stored {
    used: i64,
    last_entry: i64,
    version: i64,
}

/// Checks a slice of counters, and whatever lies between them without a counter of its own.
pub(super) fn slice(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    let slice = Keys::behind(tx, &VERIFY_LIMITS, after, |row| &row.limit)?;
    let mut counters: BTreeMap<Key, Stored> = BTreeMap::new();
    for row in &slice.rows {
        let stored = Stored { used: row.used, last_entry: row.last_entry, version: row.version };
        counters.insert(row.limit.clone(), stored);
    }
    let mut faults = entries(tx, &slice, &counters)?;
    faults.extend(holds(tx, &slice, &counters)?);
    faults.extend(slice.find_behind(tx, &VERIFY_LIMIT_TAIL)?.iter().map(orphan));
    Ok(slice.done(faults))
}

fn name(key: &Key) -> String {
    format!("partner_limit {key}")
}

fn orphan(key: &Key) -> Fault {
    let rule = "a limit's entries and holds belong to a counter";
    Fault { rule, row: name(key), found: "no such counter".to_owned() }
}

/// The numbers of the entries, their sum, and what they say of each bill.
fn entries(
    tx: &mut Tx<'_>,
    slice: &Keys<LimitRow>,
    counters: &BTreeMap<Key, Stored>,
) -> Result<Vec<Fault>, Error> {
    let mut faults = Vec::new();
    let mut sums: HashMap<Key, [i64; 4]> = HashMap::new();
    for row in slice.find(tx, &VERIFY_LIMIT_ENTRIES)? {
        sums.insert(row.limit, [row.entries, row.least, row.most, row.sum]);
    }
    faults.extend(sums.keys().filter(|key| !counters.contains_key(*key)).map(orphan));
    for (key, stored) in counters {
        let [count, least, most, sum] = sums.get(key).copied().unwrap_or([0, 1, 0, 0]);
        if count != stored.last_entry || least != 1 || most != stored.last_entry {
            faults.push(Fault {
                rule: "a limit's entries are numbered from 1 to last_entry without a gap",
                row: name(key),
                found: format!(
                    "{count} entries numbered {least} to {most}, last_entry {}",
                    stored.last_entry
                ),
            });
        }
        if sum != stored.used {
            let found = format!("{sum}, used {}", stored.used);
            faults.push(Fault { rule: "a limit's entries add up to used", row: name(key), found });
        }
    }
    for row in slice.find(tx, &VERIFY_LIMIT_BILLS)? {
        let BillRow { limit, offer_id: offer, bill_id: bill, sum } = row;
        faults.push(Fault {
            rule: "no bill gives back more of a limit than it used",
            row: name(&limit),
            found: format!("{sum} by bill {bill} of offer {offer}"),
        });
    }
    for row in slice.find(tx, &VERIFY_LIMIT_BILLLESS)? {
        let EntryRow { entry: Numbered { of, number: entry }, bill_id: bill } = row;
        faults.push(Fault {
            rule: "a limit's entry has its bill's report",
            row: name(&of),
            found: format!("entry {entry}, no report of bill {bill}"),
        });
    }
    Ok(faults)
}

/// The numbers of the holds, and what became of them.
fn holds(
    tx: &mut Tx<'_>,
    slice: &Keys<LimitRow>,
    counters: &BTreeMap<Key, Stored>,
) -> Result<Vec<Fault>, Error> {
    let mut faults = Vec::new();
    for Numbered { of: key, number: most } in slice.find(tx, &VERIFY_LIMIT_HOLDS)? {
        match counters.get(&key) {
            None => faults.push(orphan(&key)),
            Some(stored) if stored.version < most => faults.push(Fault {
                rule: "no hold number of a limit is above its version",
                row: name(&key),
                found: most.to_string(),
            }),
            Some(_) => {}
        }
    }
    let mut of_hold = |Numbered { of, number }: Numbered, rule: &'static str, found: &str| {
        let row = format!("partner_limit_hold {of}/{number}");
        faults.push(Fault { rule, row, found: found.to_owned() });
    };
    for hold in slice.find(tx, &VERIFY_EMPTY_LIMIT_HOLDS)? {
        of_hold(hold, "an open hold keeps something of its limit", "nothing");
    }
    for hold in unreported(tx, slice, &VERIFY_CAPTURED_LIMITS, &VERIFY_LIMIT_USED_BY)? {
        of_hold(hold, "a captured hold of a limit has a report of its check", "none");
    }
    Ok(faults)
}
