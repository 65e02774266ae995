//! Did value end only when its lot had, and was a shortfall written off only where there was one?

use super::fault::Fault;
use super::slice::{Key, Keys, Numbered, Slice};
use db::{Error, Tx};

db::statement! {
    /// A slice of balances.
    VERIFY_ENDS_BALANCES -> Key = "SELECT merchant, balance_id AS id FROM partner_balance
        WHERE (merchant, balance_id) > ($1, $2) ORDER BY merchant, balance_id LIMIT $3";
    /// Ends of lots that had not ended, or that did not go to breakage. Where value came back to the lot later, its end
    /// may have moved since: on a clock behind the one that ended it, it was alive again.
    VERIFY_EXPIRED -> Numbered = "SELECT t.merchant, t.balance_id AS id, t.entry AS number FROM partner_transfer t
        LEFT JOIN partner_lot l ON l.merchant = t.merchant AND l.balance_id = t.balance_id AND l.lot_id = t.lot_id
          AND l.expires_at <= t.created_at
        WHERE (t.merchant, t.balance_id) > ($1, $2) AND (t.merchant, t.balance_id) <= ($3, $4) AND t.kind = 'expire'
          AND (t.debit_account <> 'guest' OR t.credit_account <> 'breakage'
            OR (l.merchant IS NULL AND NOT EXISTS (SELECT 1 FROM partner_transfer back
              WHERE back.merchant = t.merchant AND back.balance_id = t.balance_id AND back.lot_id = t.lot_id
                AND back.entry > t.entry AND back.credit_account = 'guest')))";
    /// What was written off without filling a hole from breakage; a mirror of one takes it from anywhere.
    VERIFY_WRITTEN_OFF -> Numbered = "SELECT t.merchant, t.balance_id AS id, t.entry AS number FROM partner_transfer t
        LEFT JOIN partner_lot l ON l.merchant = t.merchant AND l.balance_id = t.balance_id AND l.lot_id = t.lot_id
          AND l.kind = 'overdraft'
        WHERE (t.merchant, t.balance_id) > ($1, $2) AND (t.merchant, t.balance_id) <= ($3, $4) AND t.kind = 'writeOff'
          AND t.reverses IS NULL
          AND (l.merchant IS NULL OR t.debit_account <> 'breakage' OR t.credit_account <> 'guest' OR t.reason IS NULL)";
}

/// Checks a slice of balances.
pub(super) fn slice(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    let balances = Keys::of(tx, &VERIFY_ENDS_BALANCES, after)?;
    let mut faults = Vec::new();
    for (statement, rule) in [
        (&VERIFY_EXPIRED, "value ends in breakage, and not before its lot"),
        (&VERIFY_WRITTEN_OFF, "what is written off fills a hole from breakage and says why"),
    ] {
        for Numbered { of, number } in balances.find(tx, statement)? {
            let row = format!("partner_transfer {of}/{number}");
            faults.push(Fault { rule, row, found: "another entry".to_owned() });
        }
    }
    Ok(balances.done(faults))
}
