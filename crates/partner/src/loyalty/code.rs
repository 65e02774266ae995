//! Which codes does a merchant have, and what is each one for?

use db::{Error, Tx, params};
use jiff::Timestamp;

db::statement! {
    /// A new code; nothing when it is taken.
    INSERT_CODE = "INSERT INTO partner_code (merchant, code, kind, member_id, balance_id, promotion_id, status, valid_from, valid_until, created_at)
        VALUES ($1, $2, $3, $4, $5, NULL, $6, NULL, $7, $8) ON CONFLICT (merchant, code) DO NOTHING";
    /// Ends the codes of a promotion; those that stay are put back by the statement below.
    END_PROMOTION_CODES = "UPDATE partner_code SET status = 'inactive'
        WHERE merchant = $1 AND promotion_id = $2 AND kind = 'promotion' AND status = 'active'";
    /// A code of a promotion; nothing when the code means something else.
    PUT_PROMOTION_CODE = "INSERT INTO partner_code (merchant, code, kind, promotion_id, status, created_at)
        VALUES ($1, $2, 'promotion', $3, 'active', $4)
        ON CONFLICT (merchant, code) DO UPDATE SET status = 'active'
        WHERE partner_code.kind = 'promotion' AND partner_code.promotion_id = EXCLUDED.promotion_id";
}

/// A card or voucher code to be added.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewCode<'a> {
    pub(crate) code: &'a str,
    /// `card`, `voucher` or `topUp`.
    pub(crate) kind: &'static str,
    pub(crate) member_id: Option<&'a str>,
    pub(crate) balance_id: Option<&'a str>,
    /// `active` or `inactive`.
    pub(crate) status: &'static str,
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
            new.code,
            new.kind,
            new.member_id,
            new.balance_id,
            new.status,
            new.valid_until,
            now
        ],
    )?;
    Ok(inserted > 0)
}

/// Makes `codes` the codes of a promotion; the first one that means something else, if any.
pub(crate) fn put_promotion_codes<'c>(
    tx: &mut Tx<'_>,
    merchant: &str,
    promotion_id: &str,
    codes: &'c [String],
    now: Timestamp,
) -> Result<Option<&'c str>, Error> {
    tx.execute(&END_PROMOTION_CODES, params![merchant, promotion_id])?;
    for code in codes {
        if tx.execute(&PUT_PROMOTION_CODE, params![merchant, code, promotion_id, now])? == 0 {
            return Ok(Some(code));
        }
    }
    Ok(None)
}
