//! Who is a merchant to this side?

use crate::row;
use db::{Error, Row, Tx, params};
use jiff::tz::TimeZone;
use money::Precision;

db::statement! {
    /// A merchant's settings.
    GET_MERCHANT = "SELECT merchant, name, currency_code, price_precision, time_zone, hold_ttl_seconds, program, program_version
        FROM partner_merchant WHERE merchant = $1";
}

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

impl MerchantRow {
    /// Reads the eight columns, in the order of [`GET_MERCHANT`].
    pub(crate) fn from_row(row: &Row) -> Result<Self, Error> {
        let digits: i64 = row.get(3)?;
        Ok(Self {
            merchant: row.get(0)?,
            name: row.get(1)?,
            currency_code: row.get(2)?,
            precision: u8::try_from(digits)
                .ok()
                .and_then(Precision::new)
                .ok_or_else(|| row::unreadable("partner_merchant", "price_precision", "0 to 3"))?,
            time_zone: row.get(4)?,
            hold_ttl_seconds: row.get(5)?,
            program: row.get(6)?,
            program_version: row.get(7)?,
        })
    }
}

/// The zone of an IANA name; UTC when it is not known.
pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// A merchant, if set up.
pub(crate) fn get(tx: &mut Tx<'_>, merchant: &str) -> Result<Option<MerchantRow>, Error> {
    tx.optional(&GET_MERCHANT, params![merchant])?.map(|row| MerchantRow::from_row(&row)).transpose()
}
