//! Does a shortfall take what it may take, and nothing else?

use super::fault::Fault;
use super::slice::{Key, Keys, Numbered, Slice};
use crate::loyalty::ledger::LotPart;
use db::{Error, Joined, Json, Tx};
use std::collections::BTreeMap;

db::row! {
    /// What is left of a lot.
    struct LotRow {
        of: Key as Joined,
        lot_id: String,
        remaining: i64,
    }
}

db::row! {
    /// The lots that a hold keeps.
    struct KeptRow {
        of: Key as Joined,
        lots: Vec<LotPart> as Json,
    }
}

db::statement! {
    /// A slice of the balances with a shortfall.
    VERIFY_HOLE_BALANCES -> Key = "SELECT DISTINCT merchant, balance_id AS id FROM partner_lot
        WHERE remaining < 0 AND (merchant, balance_id) > ($1, $2) ORDER BY merchant, balance_id LIMIT $3";
    /// Lots beside shortfalls of their kind that were dug before the lot's end: where a gift is spent apart, it fills no
    /// shortfall of what was paid, nor the other way round (loyalty.md §3 V9). Each lot once, however many shortfalls.
    VERIFY_BESIDE_HOLES -> LotRow = "SELECT beside.merchant, beside.balance_id AS id, beside.lot_id, beside.remaining
        FROM partner_lot AS beside
        WHERE beside.remaining > 0 AND (beside.merchant, beside.balance_id) > ($1, $2) AND (beside.merchant, beside.balance_id) <= ($3, $4)
          AND EXISTS (SELECT 1 FROM partner_lot AS hole
            WHERE hole.merchant = beside.merchant AND hole.balance_id = beside.balance_id AND hole.remaining < 0
              AND (beside.expires_at IS NULL OR beside.expires_at > hole.earned_at)
              AND (hole.type NOT IN ('multiPurposePrepaidVoucher', 'prepaidCredit')
                OR (beside.kind = 'bonus') = (hole.paid_value IS NOT NULL AND hole.paid_value = 0)))";
    /// What holds kept there when the balance was last locked, marked as ended since or not.
    VERIFY_KEPT_BESIDE -> KeptRow = "SELECT h.merchant, h.balance_id AS id, h.lots FROM partner_hold h
        JOIN partner_balance b ON b.merchant = h.merchant AND b.balance_id = h.balance_id AND h.expires_at > b.updated_at
        WHERE (h.merchant, h.balance_id) > ($1, $2) AND (h.merchant, h.balance_id) <= ($3, $4) AND h.state IN ('active', 'expired')
          AND EXISTS (SELECT 1 FROM partner_lot l WHERE l.merchant = h.merchant AND l.balance_id = h.balance_id AND l.remaining < 0)";
    /// A slice of all balances.
    VERIFY_FILL_BALANCES -> Key = "SELECT merchant, balance_id AS id FROM partner_balance
        WHERE (merchant, balance_id) > ($1, $2) ORDER BY merchant, balance_id LIMIT $3";
    /// Fills that did not take from the lot in the entry before what they gave to the hole, or the other way round.
    VERIFY_FILLS -> Numbered = "SELECT f.merchant, f.balance_id AS id, f.entry AS number FROM partner_transfer f
        LEFT JOIN partner_lot own ON own.merchant = f.merchant AND own.balance_id = f.balance_id AND own.lot_id = f.lot_id
        LEFT JOIN partner_transfer o ON o.merchant = f.merchant AND o.balance_id = f.balance_id AND o.amount = f.amount
          AND o.entry = f.entry + (CASE WHEN f.credit_account = 'guest' THEN -1 ELSE 1 END)
          AND o.debit_account = f.credit_account AND o.credit_account = f.debit_account AND o.kind IN ('fill', 'spend')
        LEFT JOIN partner_lot l ON l.merchant = o.merchant AND l.balance_id = o.balance_id AND l.lot_id = o.lot_id
        WHERE (f.merchant, f.balance_id) > ($1, $2) AND (f.merchant, f.balance_id) <= ($3, $4) AND f.kind = 'fill'
          AND (l.lot_id IS NULL OR own.lot_id IS NULL OR f.reason IS NULL
            OR (own.kind = 'overdraft') <> (f.credit_account = 'guest') OR (l.kind = 'overdraft') = (f.credit_account = 'guest'))";
}

/// Checks a slice of the balances with a shortfall: as they were last locked, nothing stood beside it that nobody kept.
pub(super) fn beside(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    let balances = Keys::of(tx, &VERIFY_HOLE_BALANCES, after)?;
    let mut beside: BTreeMap<(Key, String), i64> = BTreeMap::new();
    for row in balances.find(tx, &VERIFY_BESIDE_HOLES)? {
        beside.insert((row.of, row.lot_id), row.remaining);
    }
    for row in balances.find(tx, &VERIFY_KEPT_BESIDE)? {
        for part in row.lots {
            beside.entry((row.of.clone(), part.lot_id)).and_modify(|left| *left -= part.amount);
        }
    }
    let free = beside.into_iter().filter(|(_, left)| *left > 0);
    let faults = free.map(|((of, lot_id), left)| Fault {
        rule: "a shortfall takes what stands beside it as soon as nobody keeps it",
        row: format!("partner_lot {of}/{lot_id}"),
        found: left.to_string(),
    });
    let faults = faults.collect();
    Ok(balances.done(faults))
}

/// Checks a slice of all balances: what a shortfall took came from a lot.
pub(super) fn fills(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    let balances = Keys::of(tx, &VERIFY_FILL_BALANCES, after)?;
    let mut faults = Vec::new();
    for Numbered { of, number } in balances.find(tx, &VERIFY_FILLS)? {
        faults.push(Fault {
            rule: "what fills a shortfall is taken from a lot of its balance by the entry beside it, and says why",
            row: format!("partner_transfer {of}/{number}"),
            found: "another entry".to_owned(),
        });
    }
    Ok(balances.done(faults))
}
