//! Which checks hold a copy of what a guest's provider said, and how do they lose the guest?

use super::store;
use crate::sale::check::Line;
use db::{Error, Json, Tx, json, params};
use jiff::Timestamp;

db::statement! {
    /// The open checks of a merchant with an answer to their offer.
    OPEN_WITH_OFFER -> OpenCheck = "SELECT place, check_id, offer, lines FROM platform_check
        WHERE merchant = $1 AND state = 'open' AND offer IS NOT NULL";
    /// Takes all loyalty and the notes off an open check; its register sees a new version, as after any change.
    FORGET_OPEN_CHECK = "UPDATE platform_check SET version = version + 1, codes = '[]', choices = '{}', loyalty_offer_id = NULL,
            question = NULL, offer = NULL, offer_problem = NULL, updated_at = $4, lines = $5, has_notes = 0
        WHERE merchant = $1 AND place = $2 AND check_id = $3 AND state = 'open'";
    /// A slice of the checks that were opened long ago, never paid, and have a code, an answer or a note; of all merchants.
    OPEN_TOO_LONG -> OldCheck = "SELECT merchant, place, check_id, lines FROM platform_check
        WHERE state = 'open' AND opened_at <= $1 AND (offer IS NOT NULL OR codes <> '[]' OR has_notes = 1) LIMIT $2";
    /// The check that a bill paid.
    CHECK_OF_BILL -> PaidCheck = "SELECT k.check_id, k.codes, k.offer FROM platform_bill b
        JOIN platform_check k ON k.merchant = b.merchant AND k.place = b.place AND k.check_id = b.check_id
        WHERE b.merchant = $1 AND b.place = $2 AND b.bill_id = $3 AND k.merchant = $1 AND k.state = 'paid'";
    /// Replaces the copies of a paid check.
    PUT_HIDDEN = "UPDATE platform_check SET codes = $4, offer = $5 WHERE merchant = $1 AND place = $2 AND check_id = $3";
}

db::row! {
    /// An open check with the JSON of the answer it holds.
    pub(crate) struct OpenCheck {
        pub(crate) place: String,
        pub(crate) check_id: String,
        pub(crate) offer: String,
        pub(crate) lines: Vec<Line> as Json,
    }
}

db::row! {
    /// A paid check with the JSON of its codes and of the answer it was paid by.
    pub(crate) struct PaidCheck {
        pub(crate) check_id: String,
        pub(crate) codes: String,
        pub(crate) offer: Option<String>,
    }
}

db::row! {
    /// A check that stands open for long.
    struct OldCheck {
        merchant: String,
        place: String,
        check_id: String,
        lines: Vec<Line> as Json,
    }
}

/// The open checks of a merchant that hold an answer.
pub(crate) fn open_with_offer(tx: &mut Tx<'_>, merchant: &str) -> Result<Vec<OpenCheck>, Error> {
    tx.query(&OPEN_WITH_OFFER, params![merchant])
}

/// Takes all loyalty and the notes off a check with these lines, unless it was paid meanwhile.
pub(crate) fn forget_open(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    check_id: &str,
    lines: &[Line],
    now: Timestamp,
) -> Result<(), Error> {
    let lines = json("lines", &store::without_notes(lines))?;
    tx.execute(&FORGET_OPEN_CHECK, params![merchant, place, check_id, now, &lines])?;
    Ok(())
}

/// Takes all loyalty and the notes off `rows` of the checks that were opened by `until` and are open still; how many that were.
pub(crate) fn forget_open_until(
    tx: &mut Tx<'_>,
    until: Timestamp,
    now: Timestamp,
    rows: i64,
) -> Result<i64, Error> {
    let found = tx.query(&OPEN_TOO_LONG, params![until, rows])?;
    for check in &found {
        forget_open(tx, &check.merchant, &check.place, &check.check_id, &check.lines, now)?;
    }
    Ok(i64::try_from(found.len()).unwrap_or(i64::MAX))
}

/// The check that a bill paid; `None` for a bill without one.
pub(crate) fn paid(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    bill_id: &str,
) -> Result<Option<PaidCheck>, Error> {
    tx.optional(&CHECK_OF_BILL, params![merchant, place, bill_id])
}

/// Replaces codes and answer of a paid check.
pub(crate) fn put_hidden(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    check_id: &str,
    codes: &str,
    offer: Option<&str>,
) -> Result<(), Error> {
    tx.execute(&PUT_HIDDEN, params![merchant, place, check_id, codes, offer])?;
    Ok(())
}
