//! Which codes does a merchant have, and what is each one for?
//!
//! A code is kept and looked for in one form ([`one_text`]), so that it is found however a scanner writes it.

use crate::loyalty::program::one_text;
use db::{Error, Tx, params};
use jiff::Timestamp;
use wire::admin::partner::CodeView;
use wire::time::utc_millis;

db::statement! {
    /// A new code; nothing when it is taken.
    INSERT_CODE = "INSERT INTO partner_code (merchant, code, kind, member_id, balance_id, promotion_id, status, valid_from, valid_until, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (merchant, code) DO NOTHING";
    /// Ends the codes of a promotion that an earlier version of the program named and this one does not. Those that
    /// were made by themselves, are blocked or used up stay what they are.
    END_PROMOTION_CODES = "UPDATE partner_code SET status = 'inactive', listed = 0
        WHERE merchant = $1 AND promotion_id = $2 AND kind = 'promotion' AND status = 'active' AND listed < $3";
    /// A code of a promotion; nothing when the code means something else. One that an earlier version ended begins
    /// again; one that somebody blocked, switched off or used up does not.
    PUT_PROMOTION_CODE = "INSERT INTO partner_code (merchant, code, kind, promotion_id, status, listed, created_at)
        VALUES ($1, $2, 'promotion', $3, 'active', $4, $5)
        ON CONFLICT (merchant, code) DO UPDATE SET listed = EXCLUDED.listed,
          status = CASE WHEN partner_code.status = 'inactive' AND partner_code.listed = 0 THEN 'active' ELSE partner_code.status END
        WHERE partner_code.kind = 'promotion' AND partner_code.promotion_id = EXCLUDED.promotion_id";
    /// A code as it is set up.
    GET_CODE -> CodeRow = "SELECT code, kind, member_id, balance_id, promotion_id, status, valid_from, valid_until
        FROM partner_code WHERE merchant = $1 AND code = $2";
    /// Until when a code may be used.
    END_OF_CODE -> Option<Timestamp> = "SELECT valid_until FROM partner_code WHERE merchant = $1 AND code = $2";
    /// The cards of a member.
    CARDS_OF_MEMBER -> CodeRow = "SELECT code, kind, member_id, balance_id, promotion_id, status, valid_from, valid_until
        FROM partner_code WHERE merchant = $1 AND member_id = $2 AND kind = 'card'";
    /// Whether and when a code may be used.
    PUT_CODE -> CodeRow = "UPDATE partner_code SET status = $3, valid_from = $4, valid_until = $5 WHERE merchant = $1 AND code = $2
        RETURNING code, kind, member_id, balance_id, promotion_id, status, valid_from, valid_until";
    /// Blocks a card of a member.
    FREEZE_CARD = "UPDATE partner_code SET status = 'frozen'
        WHERE merchant = $1 AND code = $2 AND member_id = $3 AND kind = 'card'";
    /// Takes a member's cards away for good.
    DELETE_CARDS = "DELETE FROM partner_code WHERE merchant = $1 AND member_id = $2 AND kind = 'card'";
    /// Freezes the codes that opened a balance.
    FREEZE_CODES_OF_BALANCE = "UPDATE partner_code SET status = 'frozen'
        WHERE merchant = $1 AND balance_id = $2 AND kind IN ('voucher', 'topUp')";
    /// A member's cards become another's.
    MOVE_CARDS = "UPDATE partner_code SET member_id = $3, merged_from = COALESCE(merged_from, member_id)
        WHERE merchant = $1 AND member_id = $2";
    /// Cards that came from a member go back to whom they came with.
    RETURN_CARDS = "UPDATE partner_code SET member_id = $4, merged_from = CASE WHEN merged_from = $4 THEN NULL ELSE merged_from END
        WHERE merchant = $1 AND member_id = $2 AND merged_from = $3";
    /// A voucher that was topped up can be scanned to be spent.
    ACTIVATE_CODES = "UPDATE partner_code SET status = 'active'
        WHERE merchant = $1 AND balance_id = $2 AND status = 'inactive'";
    /// The codes of a voucher that waits for its activation again wait with it; one that tops it up stays usable.
    DEACTIVATE_CODES = "UPDATE partner_code SET status = 'inactive'
        WHERE merchant = $1 AND balance_id = $2 AND kind = 'voucher' AND status = 'active'";
}

db::row! {
    /// A code as it is set up.
    struct CodeRow {
        code: String,
        kind: String,
        member_id: Option<String>,
        balance_id: Option<String>,
        promotion_id: Option<String>,
        status: String,
        valid_from: Option<Timestamp>,
        valid_until: Option<Timestamp>,
    }
}

db::text_enum! {
    /// What a code is for: column `partner_code.kind`.
    pub(crate) enum CodeKind {
        /// A member's card.
        Card = "card",
        /// A voucher that was printed.
        Voucher = "voucher",
        /// Sets off a promotion.
        Promotion = "promotion",
        /// Tops up a balance, or what the member on the check can top up.
        TopUp = "topUp",
    }
}

db::text_enum! {
    /// Whether a code may be used: column `partner_code.status`.
    pub(crate) enum CodeStatus {
        /// Usable.
        Active = "active",
        /// Not switched on yet.
        Inactive = "inactive",
        /// Blocked.
        Frozen = "frozen",
        /// Used up.
        Used = "used",
    }
}

/// A code to be added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewCode<'a> {
    pub(crate) code: &'a str,
    pub(crate) kind: CodeKind,
    pub(crate) member_id: Option<&'a str>,
    pub(crate) balance_id: Option<&'a str>,
    pub(crate) promotion_id: Option<&'a str>,
    pub(crate) status: CodeStatus,
    pub(crate) valid_from: Option<Timestamp>,
    pub(crate) valid_until: Option<Timestamp>,
}

/// Adds a code; false when this merchant has it already.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    merchant: &str,
    new: &NewCode<'_>,
    now: Timestamp,
) -> Result<bool, Error> {
    let inserted = tx.execute(
        &INSERT_CODE,
        params![
            merchant,
            &*one_text(new.code),
            new.kind,
            new.member_id,
            new.balance_id,
            new.promotion_id,
            new.status,
            new.valid_from,
            new.valid_until,
            now
        ],
    )?;
    Ok(inserted > 0)
}

/// Makes `codes` the codes that a promotion names in this version of the program; the first one that means something
/// else, if any.
pub(crate) fn put_promotion_codes<'c>(
    tx: &mut Tx<'_>,
    merchant: &str,
    promotion_id: &str,
    codes: &'c [String],
    program_version: i64,
    now: Timestamp,
) -> Result<Option<&'c str>, Error> {
    for code in codes {
        let put = tx.execute(
            &PUT_PROMOTION_CODE,
            params![merchant, &*one_text(code), promotion_id, program_version, now],
        )?;
        if put == 0 {
            return Ok(Some(code));
        }
    }
    tx.execute(&END_PROMOTION_CODES, params![merchant, promotion_id, program_version])?;
    Ok(None)
}

/// Whether and when a code may be used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CodeUse {
    pub(crate) status: CodeStatus,
    pub(crate) valid_from: Option<Timestamp>,
    pub(crate) valid_until: Option<Timestamp>,
}

/// A code as it is set up, if this merchant has it.
pub(crate) fn get(tx: &mut Tx<'_>, merchant: &str, code: &str) -> Result<Option<CodeView>, Error> {
    Ok(tx.optional(&GET_CODE, params![merchant, &*one_text(code)])?.map(view))
}

/// Until when a code may be used; `None` for ever.
pub(crate) fn valid_until(tx: &mut Tx<'_>, merchant: &str, code: &str) -> Result<Option<Timestamp>, Error> {
    let row = tx.optional(&END_OF_CODE, params![merchant, &*one_text(code)])?;
    Ok(row.flatten())
}

/// Sets whether and when a code may be used; nothing when this merchant does not have it.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    merchant: &str,
    code: &str,
    usable: CodeUse,
) -> Result<Option<CodeView>, Error> {
    let CodeUse { status, valid_from, valid_until } = usable;
    let code = one_text(code);
    let row = params![merchant, &*code, status, valid_from, valid_until];
    Ok(tx.optional(&PUT_CODE, row)?.map(view))
}

/// The cards of a member, in the order of their codes.
pub(crate) fn cards_of(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Vec<CodeView>, Error> {
    let rows = tx.query(&CARDS_OF_MEMBER, params![merchant, member_id])?;
    let mut cards: Vec<CodeView> = rows.into_iter().map(view).collect();
    cards.sort_by(|one, other| one.code.cmp(&other.code));
    Ok(cards)
}

/// Blocks a card; false when it is none of this member's.
pub(crate) fn freeze_card(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    code: &str,
) -> Result<bool, Error> {
    Ok(tx.execute(&FREEZE_CARD, params![merchant, &*one_text(code), member_id])? > 0)
}

/// Takes a member's cards away.
pub(crate) fn delete_cards(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<(), Error> {
    tx.execute(&DELETE_CARDS, params![merchant, member_id])?;
    Ok(())
}

fn view(row: CodeRow) -> CodeView {
    CodeView {
        code: row.code,
        kind: row.kind,
        member_id: row.member_id,
        balance_id: row.balance_id,
        promotion_id: row.promotion_id,
        status: row.status,
        valid_from: row.valid_from.map(utc_millis),
        valid_until: row.valid_until.map(utc_millis),
    }
}

/// Freezes the codes that opened a balance so far.
pub(crate) fn freeze_of_balance(tx: &mut Tx<'_>, merchant: &str, balance_id: &str) -> Result<(), Error> {
    tx.execute(&FREEZE_CODES_OF_BALANCE, params![merchant, balance_id])?;
    Ok(())
}

/// Makes the codes of a voucher that was topped up scannable.
pub(crate) fn activate_of_balance(tx: &mut Tx<'_>, merchant: &str, balance_id: &str) -> Result<(), Error> {
    tx.execute(&ACTIVATE_CODES, params![merchant, balance_id])?;
    Ok(())
}

/// Makes the codes of a voucher wait for its activation again.
pub(crate) fn deactivate_of_balance(tx: &mut Tx<'_>, merchant: &str, balance_id: &str) -> Result<(), Error> {
    tx.execute(&DEACTIVATE_CODES, params![merchant, balance_id])?;
    Ok(())
}

/// Makes a member's cards another's; how many that were.
pub(crate) fn move_cards(tx: &mut Tx<'_>, merchant: &str, from: &str, into: &str) -> Result<u64, Error> {
    tx.execute(&MOVE_CARDS, params![merchant, from, into])
}

/// Gives the cards that `holder` has, and that first were `first`'s, to `to`.
pub(crate) fn return_cards(
    tx: &mut Tx<'_>,
    merchant: &str,
    holder: &str,
    first: &str,
    to: &str,
) -> Result<(), Error> {
    tx.execute(&RETURN_CARDS, params![merchant, holder, first, to])?;
    Ok(())
}
