//! Is what merged members had the surviving one's, and was an erased member's value handed over as it was said?

use super::fault::Fault;
use super::slice::{Key, Keys, Slice};
use crate::loyalty::people::member::MemberStatus;
use db::{Error, Joined, Query, Tx};

db::row! {
    /// A customer: where it leads, how many members that are not merged there are, what the customer has of its own, and how
    /// many of its merges stand.
    struct MergedRow {
        customer: Key as Joined,
        merged_into: Option<String>,
        status: MemberStatus,
        ends: i64,
        has: i64,
        open: i64,
    }
}

db::row! {
    /// Something a member has: whose it is, whose it was before a merge, and who that one leads to.
    struct CameRow {
        of: Key as Joined,
        member_id: Option<String>,
        merged_from: Option<String>,
        leads_to: Option<String>,
    }
}

db::row! {
    /// An erasure: what it said to hand over, the member's status, and what was booked as paid out.
    struct ErasureRow {
        member: Key as Joined,
        hand_over: i64,
        status: Option<MemberStatus>,
        booked: i64,
    }
}

db::row! {
    /// A balance with its first entry of what left that is not as it should be.
    struct LeftRow {
        balance: Key as Joined,
        entry: Option<i64>,
    }
}

db::statement! {
    /// A slice of customers: where each one's merge leads, and what it has left.
    VERIFY_MERGED -> MergedRow = "SELECT c.merchant, c.member_id AS id, c.merged_into, m.status,
          (SELECT COUNT(*) FROM partner_customer t WHERE t.merchant = c.merchant AND t.member_id = c.merged_into AND t.merged_into IS NULL) AS ends,
          (SELECT COUNT(*) FROM partner_balance b WHERE b.merchant = c.merchant AND b.member_id = c.member_id)
            + (SELECT COUNT(*) FROM partner_bill o WHERE o.merchant = c.merchant AND o.member_id = c.member_id)
            + (SELECT COUNT(*) FROM partner_code k WHERE k.merchant = c.merchant AND k.member_id = c.member_id) AS has,
          (SELECT COUNT(*) FROM partner_merge g WHERE g.merchant = c.merchant AND g.from_member_id = c.member_id AND g.undone_at IS NULL) AS open
        FROM partner_customer c JOIN partner_member m ON m.merchant = c.merchant AND m.member_id = c.member_id
        WHERE (c.merchant, c.member_id) > ($1, $2)
        ORDER BY c.merchant, c.member_id LIMIT $3";
    /// A slice of balances with whose they were, and where that member's merge leads.
    VERIFY_CAME_BALANCES -> CameRow = "SELECT b.merchant, b.balance_id AS id, b.member_id, b.merged_from,
          (SELECT c.merged_into FROM partner_customer c WHERE c.merchant = b.merchant AND c.member_id = b.merged_from) AS leads_to
        FROM partner_balance b WHERE (b.merchant, b.balance_id) > ($1, $2) ORDER BY b.merchant, b.balance_id LIMIT $3";
    /// A slice of bills.
    VERIFY_CAME_BILLS -> CameRow = "SELECT b.merchant, b.bill_id AS id, b.member_id, b.merged_from,
          (SELECT c.merged_into FROM partner_customer c WHERE c.merchant = b.merchant AND c.member_id = b.merged_from) AS leads_to
        FROM partner_bill b WHERE (b.merchant, b.bill_id) > ($1, $2) ORDER BY b.merchant, b.bill_id LIMIT $3";
    /// A slice of codes.
    VERIFY_CAME_CODES -> CameRow = "SELECT b.merchant, b.code AS id, b.member_id, b.merged_from,
          (SELECT c.merged_into FROM partner_customer c WHERE c.merchant = b.merchant AND c.member_id = b.merged_from) AS leads_to
        FROM partner_code b WHERE (b.merchant, b.code) > ($1, $2) ORDER BY b.merchant, b.code LIMIT $3";
    /// A slice of erasures, with what the entries say was handed over. CROSS JOIN keeps SQLite at finding the few balances
    /// first.
    VERIFY_ERASURES -> ErasureRow = "SELECT e.merchant, e.member_id AS id, e.hand_over, m.status,
          (SELECT CAST(COALESCE(SUM(t.amount), 0) AS BIGINT) FROM partner_balance b CROSS JOIN partner_transfer t
            WHERE t.merchant = b.merchant AND t.balance_id = b.balance_id AND t.kind = 'payOut'
              AND b.merchant = e.merchant AND b.member_id = e.member_id) AS booked
        FROM partner_erasure e LEFT JOIN partner_member m ON m.merchant = e.merchant AND m.member_id = e.member_id
        WHERE (e.merchant, e.member_id) > ($1, $2) ORDER BY e.merchant, e.member_id LIMIT $3";
    /// A slice of balances, with the first entry that gave a guest who left something that was not paid for, or took
    /// something without saying where it went.
    VERIFY_LEFT -> LeftRow = "SELECT s.merchant, s.balance_id AS id, (SELECT MIN(t.entry) FROM partner_transfer t
            LEFT JOIN partner_lot l ON l.merchant = t.merchant AND l.balance_id = t.balance_id AND l.lot_id = t.lot_id
            WHERE t.merchant = s.merchant AND t.balance_id = s.balance_id AND t.kind IN ('payOut', 'forfeit')
              AND (t.debit_account <> 'guest' OR t.reason IS NULL
                OR t.credit_account <> CASE WHEN t.kind = 'payOut' THEN 'paidOut' ELSE 'breakage' END
                OR (t.kind = 'payOut' AND (l.kind IS NULL OR l.kind <> 'paid' OR s.type = 'collectablePoints')))) AS entry
        FROM partner_balance s WHERE (s.merchant, s.balance_id) > ($1, $2) ORDER BY s.merchant, s.balance_id LIMIT $3";
}

/// Checks a slice of customers.
pub(super) fn merged(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    let customers = Keys::behind(tx, &VERIFY_MERGED, after, |row| &row.customer)?;
    let mut faults = Vec::new();
    for row in &customers.rows {
        let MergedRow { customer, merged_into: into, status, ends, has, open } = row;
        let mut fault = |rule, found: String| {
            faults.push(Fault { rule, row: format!("partner_customer {customer}"), found });
        };
        match into {
            None if *status == MemberStatus::Merged => {
                fault("a merged member leads to another one", "nobody".to_owned());
            }
            None if *open != 0 => {
                fault("a merge that stands has its member merged", status.as_str().to_owned());
            }
            None => {}
            Some(into) => {
                if !status.is_gone() {
                    fault("only a merged member leads to another one", status.as_str().to_owned());
                }
                if *ends != 1 {
                    fault("a merge leads to a member that was not merged itself", into.clone());
                }
                if *has != 0 {
                    fault(
                        "what a merged member had is the surviving one's",
                        format!("{has} rows of its own"),
                    );
                }
                if *open != 1 {
                    fault("a merged member has one merge that stands", open.to_string());
                }
            }
        }
    }
    Ok(customers.done(faults))
}

/// Checks a slice of rows that may have come by a merge.
fn came(
    tx: &mut Tx<'_>,
    statement: &'static Query<CameRow>,
    table: &str,
    after: &Key,
) -> Result<Slice<Key>, Error> {
    let found = Keys::behind(tx, statement, after, |row| &row.of)?;
    let mut faults = Vec::new();
    for row in &found.rows {
        let CameRow { of, member_id: owner, merged_from: first, leads_to } = row;
        if first.is_some() && (owner.is_none() || owner != leads_to) {
            faults.push(Fault {
                rule: "what came by a merge is whose the merge says",
                row: format!("{table} {of}"),
                found: format!("{owner:?}, came from {first:?}, who leads to {leads_to:?}"),
            });
        }
    }
    Ok(found.done(faults))
}

/// Checks a slice of balances.
pub(super) fn came_balances(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    came(tx, &VERIFY_CAME_BALANCES, "partner_balance", after)
}

/// Checks a slice of bills.
pub(super) fn came_bills(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    came(tx, &VERIFY_CAME_BILLS, "partner_bill", after)
}

/// Checks a slice of codes.
pub(super) fn came_codes(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    came(tx, &VERIFY_CAME_CODES, "partner_code", after)
}

/// Checks a slice of erasures.
pub(super) fn erasures(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    let erasures = Keys::behind(tx, &VERIFY_ERASURES, after, |row| &row.member)?;
    let mut faults = Vec::new();
    for row in &erasures.rows {
        let ErasureRow { member, hand_over: said, status, booked } = row;
        let row = format!("partner_erasure {member}");
        if said != booked {
            let rule = "what an erasure hands over is what was booked as paid out";
            faults.push(Fault { rule, row: row.clone(), found: format!("{said}, booked {booked}") });
        }
        if *status != Some(MemberStatus::Erased) {
            let rule = "an erasure is of an erased member";
            faults.push(Fault { rule, row, found: format!("{:?}", status.map(MemberStatus::as_str)) });
        }
    }
    Ok(erasures.done(faults))
}

/// Checks a slice of balances for what was paid out and forfeited.
pub(super) fn left(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    let balances = Keys::behind(tx, &VERIFY_LEFT, after, |row| &row.balance)?;
    let mut faults = Vec::new();
    for row in &balances.rows {
        if let Some(entry) = row.entry {
            faults.push(Fault {
                rule: "what is paid out was paid for, what is forfeited goes to breakage, and both say why",
                row: format!("partner_transfer {}/{entry}", row.balance),
                found: "another entry".to_owned(),
            });
        }
    }
    Ok(balances.done(faults))
}
