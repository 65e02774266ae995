//! Who is a merchant to this side?

use db::{Error, Tx, params};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use money::Precision;
use wire::admin::partner::PartnerMerchant;

db::statement! {
    /// A merchant's settings.
    GET_MERCHANT -> MerchantRow = "SELECT merchant, name, currency_code, price_precision AS precision, time_zone, hold_ttl_seconds, program, program_version
        FROM partner_merchant WHERE merchant = $1";
    /// A changed promotion is a changed program; also the lock under which promotions change.
    MOVE_PROGRAM_VERSION -> i64 = "UPDATE partner_merchant SET program_version = program_version + 1, updated_at = $2
        WHERE merchant = $1 RETURNING program_version";
    /// Draws the next customer number, under the merchant's row.
    NEXT_CUSTOMER_NUMBER -> i64 = "UPDATE partner_merchant SET last_customer_number = last_customer_number + 1
        WHERE merchant = $1 RETURNING last_customer_number";
    /// Sets a merchant up or changes it; nothing when currency or precision would change, because the books
    /// count in them.
    PUT_MERCHANT = "INSERT INTO partner_merchant AS kept (merchant, name, currency_code, price_precision, time_zone, hold_ttl_seconds, program, program_version, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, COALESCE(CAST($6 AS BIGINT), 300), COALESCE(CAST($7 AS TEXT), '{}'), 1, $8, $8)
        ON CONFLICT (merchant) DO UPDATE SET
          name = EXCLUDED.name, time_zone = EXCLUDED.time_zone,
          hold_ttl_seconds = COALESCE(CAST($6 AS BIGINT), kept.hold_ttl_seconds),
          program = COALESCE(CAST($7 AS TEXT), kept.program),
          program_version = kept.program_version + CASE WHEN COALESCE(CAST($7 AS TEXT), kept.program) = kept.program THEN 0 ELSE 1 END,
          updated_at = EXCLUDED.updated_at
        WHERE kept.currency_code = EXCLUDED.currency_code AND kept.price_precision = EXCLUDED.price_precision";
}

db::row! {
    /// A merchant as its row says (table `partner_merchant`).
    #[derive(Debug, Clone, PartialEq)]
    pub(crate) struct MerchantRow {
        pub(crate) merchant: String,
        pub(crate) name: String,
        pub(crate) currency_code: String,
        /// Digits of the currency's minor unit.
        pub(crate) precision: Precision,
        /// The zone's IANA name, for example `Europe/Prague`.
        pub(crate) time_zone: String,
        /// At least 180 (loyalty.md §4).
        pub(crate) hold_ttl_seconds: i64,
        /// The loyalty settings as JSON.
        pub(crate) program: String,
        /// Moves with the settings and with every promotion.
        pub(crate) program_version: i64,
    }
}

/// The zone of an IANA name; UTC when it is not known.
pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// A merchant, if set up.
pub(crate) fn get(tx: &mut Tx<'_>, merchant: &str) -> Result<Option<MerchantRow>, Error> {
    tx.optional(&GET_MERCHANT, params![merchant])
}

/// Sets a merchant up, or changes it; false where currency or precision would change.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    merchant: &str,
    body: &PartnerMerchant,
    program: Option<&str>,
    now: Timestamp,
) -> Result<bool, Error> {
    let touched = tx.execute(
        &PUT_MERCHANT,
        params![
            merchant,
            &body.name,
            &body.currency_code,
            i64::from(body.price_precision),
            &body.time_zone,
            body.hold_ttl_seconds,
            program,
            now,
        ],
    )?;
    Ok(touched > 0)
}

/// Moves the version of a merchant's program, and locks it; the new version, `None` without the merchant.
pub(crate) fn move_program_version(
    tx: &mut Tx<'_>,
    merchant: &str,
    now: Timestamp,
) -> Result<Option<i64>, Error> {
    tx.optional(&MOVE_PROGRAM_VERSION, params![merchant, now])
}

/// Draws the number of a merchant's next customer; `None` without the merchant.
pub(crate) fn next_customer_number(tx: &mut Tx<'_>, merchant: &str) -> Result<Option<i64>, Error> {
    tx.optional(&NEXT_CUSTOMER_NUMBER, params![merchant])
}
