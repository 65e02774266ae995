//! Where are checks kept, and how does a change reach one safely?
//!
//! Every change bumps the row first (that is its lock), works on what it finds and writes it back; a paid
//! check is not found by the bump, so nothing can change it. A turn ([`super::turn`]) is beside that: it changes
//! nothing of what the register sees.

use crate::access::PosGrant;
use crate::sale::StoredCheck;
use crate::sale::check::Line;
use db::{Tx, TxError, json, params};
use door::ApiError;
use jiff::Timestamp;
use wire::loyalty::LoyaltyOfferResponse;

/// The register of a check that none has changed yet.
pub(crate) const NO_REGISTER: i64 = 0;

/// The right to ask about a check. Turns of a check follow each other, so the end names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) ends_at: Timestamp,
}

db::statement! {
    OPEN_CHECK = "INSERT INTO platform_check (merchant, place, check_id, device_number, version, state, desk_id, person_count,
            opened_by, lines, codes, choices, loyalty_offer_id, question, offer, offer_problem, bill_id, turn_ends_at,
            opened_at, updated_at, already_paid)
        VALUES ($1, $2, $3, $4, 1, 'open', $5, $6, $7, '[]', '[]', '{}', NULL, NULL, NULL, NULL, NULL, NULL, $8, $8, $9)";
    READ_CHECK -> StoredCheck = "SELECT check_id, device_number, version, state, desk_id, person_count, opened_by, lines, codes, choices,
            loyalty_offer_id, question, offer, offer_problem, bill_id, opened_at, already_paid, order_provider
        FROM platform_check WHERE merchant = $1 AND place = $2 AND check_id = $3";
    // A check that no register has is from now on that of the register ($5).
    BUMP_CHECK -> StoredCheck = "UPDATE platform_check SET version = version + 1, updated_at = $4,
            device_number = CASE WHEN device_number = 0 THEN CAST($5 AS BIGINT) ELSE device_number END
        WHERE merchant = $1 AND place = $2 AND check_id = $3 AND state = 'open'
        RETURNING check_id, device_number, version, state, desk_id, person_count, opened_by, lines, codes, choices,
            loyalty_offer_id, question, offer, offer_problem, bill_id, opened_at, already_paid, order_provider";
    WRITE_CHECK = "UPDATE platform_check SET lines = $4, codes = $5, choices = $6, loyalty_offer_id = $7, question = $8,
            offer = $9, offer_problem = $10, desk_id = $11, person_count = $12, has_notes = $13
        WHERE merchant = $1 AND place = $2 AND check_id = $3";
    FILL_CHECK = "UPDATE platform_check SET lines = $4, order_provider = $5, reopens = $6
        WHERE merchant = $1 AND place = $2 AND check_id = $3";
    REOPENED -> String = "SELECT check_id FROM platform_check WHERE merchant = $1 AND place = $2 AND reopens = $3";
    IS_THERE -> i64 = "SELECT 1 FROM platform_check WHERE merchant = $1 AND place = $2 AND check_id = $3";
    // The next open ones of the place.
    OPEN_AFTER -> StoredCheck = "SELECT check_id, device_number, version, state, desk_id, person_count, opened_by, lines, codes, choices,
            loyalty_offer_id, question, offer, offer_problem, bill_id, opened_at, already_paid, order_provider
        FROM platform_check WHERE merchant = $1 AND place = $2 AND state = 'open' AND check_id > $3
        ORDER BY check_id LIMIT $4";
    // The same of one desk.
    OPEN_AT_DESK_AFTER -> StoredCheck = "SELECT check_id, device_number, version, state, desk_id, person_count, opened_by, lines, codes, choices,
            loyalty_offer_id, question, offer, offer_problem, bill_id, opened_at, already_paid, order_provider
        FROM platform_check WHERE merchant = $1 AND place = $2 AND state = 'open' AND check_id > $3 AND desk_id = $5
        ORDER BY check_id LIMIT $4";
    REMOVE_CHECK = "DELETE FROM platform_check WHERE merchant = $1 AND place = $2 AND check_id = $3 AND state = 'open'";
    TAKE_TURN -> StoredCheck = "UPDATE platform_check SET turn_ends_at = $5,
            device_number = CASE WHEN device_number = 0 THEN CAST($6 AS BIGINT) ELSE device_number END
        WHERE merchant = $1 AND place = $2 AND check_id = $3 AND state = 'open'
          AND (turn_ends_at IS NULL OR turn_ends_at <= $4)
        RETURNING check_id, device_number, version, state, desk_id, person_count, opened_by, lines, codes, choices,
            loyalty_offer_id, question, offer, offer_problem, bill_id, opened_at, already_paid, order_provider";
    // Those of one desk, the oldest first.
    OPEN_AT_DESK -> StoredCheck = "SELECT check_id, device_number, version, state, desk_id, person_count, opened_by, lines, codes, choices,
            loyalty_offer_id, question, offer, offer_problem, bill_id, opened_at, already_paid, order_provider
        FROM platform_check WHERE merchant = $1 AND place = $2 AND desk_id = $3 AND state = 'open'
        ORDER BY opened_at, check_id";
    END_TURN = "UPDATE platform_check SET turn_ends_at = NULL
        WHERE merchant = $1 AND place = $2 AND check_id = $3 AND turn_ends_at = $4";
    CLOSE_CHECK = "UPDATE platform_check SET state = 'paid', bill_id = $4, offer = $5, updated_at = $6, turn_ends_at = NULL,
            codes = CASE WHEN CAST($5 AS TEXT) IS NULL THEN '[]' ELSE codes END, has_notes = 0, lines = $7
        WHERE merchant = $1 AND place = $2 AND check_id = $3";
}

/// Opens a check.
pub(super) fn open(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    check: &StoredCheck,
) -> Result<(), db::Error> {
    let opened_by = check.opened_by.as_ref().map(|person| json("opened_by", person)).transpose()?;
    tx.execute(
        &OPEN_CHECK,
        params![
            merchant,
            place,
            &check.check_id,
            check.device_number,
            check.desk_id.as_ref(),
            check.person_count,
            opened_by.as_ref(),
            check.opened_at,
            &json("already_paid", &check.already_paid)?
        ],
    )?;
    Ok(())
}

/// The open checks of a desk, the oldest first.
pub(super) fn open_at_desk(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    desk: &str,
) -> Result<Vec<StoredCheck>, db::Error> {
    tx.query(&OPEN_AT_DESK, params![merchant, place, desk])
}

/// The check, if it is this register's or no register's yet.
///
/// # Errors
/// 404 for a check the place does not have, 403 for one of another register.
pub(crate) fn read(
    tx: &mut Tx<'_>,
    grant: &PosGrant,
    check_id: &str,
) -> Result<StoredCheck, TxError<ApiError>> {
    let check = tx.optional(&READ_CHECK, params![&grant.merchant, &grant.place, check_id])?;
    own(grant, check.ok_or_else(|| TxError::Refused(ApiError::not_found("check", check_id)))?)
}

/// The check as it is now, its version moved on: the caller's to change until the transaction ends.
///
/// # Errors
/// As [`read`], and 409 `CHECK_PAID` once it has a bill.
pub(crate) fn bump(
    tx: &mut Tx<'_>,
    grant: &PosGrant,
    check_id: &str,
    now: Timestamp,
) -> Result<StoredCheck, TxError<ApiError>> {
    match bump_or_bill(tx, grant, check_id, now)? {
        Bumped::Open(check) => Ok(*check),
        Bumped::Paid(bill_id) => Err(TxError::Refused(paid(check_id, &bill_id))),
    }
}

/// What a bump met.
pub(crate) enum Bumped {
    /// An open check, its version moved on.
    Open(Box<StoredCheck>),
    /// A paid one, untouched: its bill.
    Paid(String),
}

/// As [`bump`], for a payment, which takes the bill of a paid check for an answer.
///
/// # Errors
/// As [`read`].
pub(crate) fn bump_or_bill(
    tx: &mut Tx<'_>,
    grant: &PosGrant,
    check_id: &str,
    now: Timestamp,
) -> Result<Bumped, TxError<ApiError>> {
    let row = params![&grant.merchant, &grant.place, check_id, now, grant.device_number];
    match tx.optional(&BUMP_CHECK, row)? {
        Some(check) => Ok(Bumped::Open(Box::new(own(grant, check)?))),
        None => Ok(Bumped::Paid(read(tx, grant, check_id)?.bill_id.unwrap_or_default())),
    }
}

/// The check, if it is open and nobody's turn: from now on the caller's. Its version stays.
///
/// # Errors
/// 403 for one of another register.
pub(super) fn take_turn(
    tx: &mut Tx<'_>,
    grant: &PosGrant,
    check_id: &str,
    now: Timestamp,
    turn: Turn,
) -> Result<Option<StoredCheck>, TxError<ApiError>> {
    let row = params![&grant.merchant, &grant.place, check_id, now, turn.ends_at, grant.device_number];
    tx.optional(&TAKE_TURN, row)?.map(|check| own(grant, check)).transpose()
}

/// Ends a turn, if it has not ended already.
pub(super) fn end_turn(
    tx: &mut Tx<'_>,
    grant: &PosGrant,
    check_id: &str,
    turn: Turn,
) -> Result<(), db::Error> {
    tx.execute(&END_TURN, params![&grant.merchant, &grant.place, check_id, turn.ends_at])?;
    Ok(())
}

/// 409: the check has a bill.
pub(crate) fn paid(check_id: &str, bill_id: &str) -> ApiError {
    let message =
        format!("check {check_id} is paid (bill {bill_id}) and cannot change any more; open a new check");
    ApiError::conflict(message).with_name("CHECK_PAID").with("billId", bill_id)
}

/// Writes back what a change made of a bumped check.
pub(crate) fn write(tx: &mut Tx<'_>, grant: &PosGrant, check: &StoredCheck) -> Result<(), db::Error> {
    let offer = check.offer.as_ref().map(|offer| json("offer", offer)).transpose()?;
    let problem = check.offer_problem.as_ref().map(|problem| json("offer_problem", problem)).transpose()?;
    tx.execute(
        &WRITE_CHECK,
        params![
            &grant.merchant,
            &grant.place,
            &check.check_id,
            &json("lines", &check.lines)?,
            &json("codes", &check.codes)?,
            &json("choices", &check.choices)?,
            check.loyalty_offer_id.as_ref(),
            check.question.as_ref(),
            offer.as_ref(),
            problem.as_ref(),
            check.desk_id.as_ref(),
            check.person_count,
            check.lines.iter().any(|line| line.note.is_some())
        ],
    )?;
    Ok(())
}

/// Writes the lines that a new check begins with, the order that it is, and the bill that it opens again.
pub(super) fn fill(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    check: &StoredCheck,
    reopens: Option<&str>,
) -> Result<(), db::Error> {
    let provider =
        check.order_provider.as_ref().map(|provider| json("order_provider", provider)).transpose()?;
    let lines = json("lines", &check.lines)?;
    tx.execute(&FILL_CHECK, params![merchant, place, &check.check_id, &lines, provider.as_ref(), reopens])?;
    Ok(())
}

/// The check that a bill paid, whichever register had it.
pub(super) fn of_bill(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    check_id: &str,
) -> Result<Option<StoredCheck>, db::Error> {
    tx.optional(&READ_CHECK, params![merchant, place, check_id])
}

/// The check that was opened when a bill was given back for that.
pub(super) fn reopened(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    bill_id: &str,
) -> Result<Option<String>, db::Error> {
    tx.optional(&REOPENED, params![merchant, place, bill_id])
}

/// Whether the place has the check, open or paid.
pub(super) fn is_there(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    check_id: &str,
) -> Result<bool, db::Error> {
    Ok(tx.optional(&IS_THERE, params![merchant, place, check_id])?.is_some())
}

/// The first `most` open checks of the place behind the id `after`, in the order of their ids; of one desk where that is
/// given.
pub(super) fn open_after(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    desk: Option<&str>,
    after: &str,
    most: i64,
) -> Result<Vec<StoredCheck>, db::Error> {
    match desk {
        None => tx.query(&OPEN_AFTER, params![merchant, place, after, most]),
        Some(desk) => tx.query(&OPEN_AT_DESK_AFTER, params![merchant, place, after, most, desk]),
    }
}

/// Takes an open check away.
pub(super) fn remove(tx: &mut Tx<'_>, grant: &PosGrant, check_id: &str) -> Result<(), db::Error> {
    tx.execute(&REMOVE_CHECK, params![&grant.merchant, &grant.place, check_id])?;
    Ok(())
}

/// Closes a bumped check with its bill and the answer it was paid by. Without an answer its codes meant nothing, and lead
/// to a guest all the same: they are not kept. Nor are the notes, which were for the kitchen.
pub(crate) fn close(
    tx: &mut Tx<'_>,
    grant: &PosGrant,
    check: &StoredCheck,
    bill_id: &str,
    offer: Option<&LoyaltyOfferResponse>,
    now: Timestamp,
) -> Result<(), db::Error> {
    let offer = offer.map(|offer| json("offer", offer)).transpose()?;
    let lines = json("lines", &without_notes(&check.lines))?;
    tx.execute(
        &CLOSE_CHECK,
        params![&grant.merchant, &grant.place, &check.check_id, bill_id, offer.as_ref(), now, &lines],
    )?;
    Ok(())
}

/// The lines as they are, but for their notes.
pub(super) fn without_notes(lines: &[Line]) -> Vec<Line> {
    lines.iter().map(|line| Line { note: None, ..line.clone() }).collect()
}

fn own(grant: &PosGrant, check: StoredCheck) -> Result<StoredCheck, TxError<ApiError>> {
    if check.device_number == grant.device_number || check.device_number == NO_REGISTER {
        return Ok(check);
    }
    let message = format!(
        "check {} is open on register {}, this is register {}; go on there",
        check.check_id, check.device_number, grant.device_number
    );
    Err(TxError::Refused(ApiError::forbidden(message)))
}
