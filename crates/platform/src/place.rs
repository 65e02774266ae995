//! What does a place, with its merchant, decide for everything that happens at it?

use db::{Db, Never, Tx, TxError, params};
use door::ApiError;
use http::StatusCode;
use jiff::tz::TimeZone;
use money::Precision;

db::statement! {
    PLACE_SETTINGS -> PlaceSettings = "SELECT p.time_zone AS zone, p.pos_lang, p.bill_lang, p.bill_letters,
            p.state, m.currency_code, m.country_code, m.price_precision AS precision, m.is_vat_payer
        FROM platform_place p JOIN platform_merchant m ON m.merchant = p.merchant
        WHERE p.merchant = $1 AND p.place = $2";
}

/// The state of a place at which nothing is sold.
const DISABLED: &str = "disabled";

db::row! {
    /// A place with what its merchant decides for it: what selling there needs to know.
    #[derive(Debug, Clone)]
    pub(crate) struct PlaceSettings {
        pub(crate) zone: TimeZone,
        pub(crate) pos_lang: String,
        pub(crate) bill_lang: String,
        pub(crate) bill_letters: String,
        pub(crate) currency_code: String,
        pub(crate) country_code: String,
        pub(crate) precision: Precision,
        pub(crate) is_vat_payer: bool,
        /// `active`, `disabled` or `hidden`.
        pub(crate) state: String,
    }
}

impl PlaceSettings {
    /// That something new may begin at the place.
    ///
    /// # Errors
    /// 422 `PLACE_DISABLED`: not 403, which tells an application that it may not call, nor 409, which says that what it sends
    /// is there already.
    pub(crate) fn sells(&self, place: &str) -> Result<(), ApiError> {
        if self.state != DISABLED {
            return Ok(());
        }
        let message = format!("place {place} is disabled; nothing begins there. Nothing was changed");
        Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message).with_name("PLACE_DISABLED"))
    }
}

/// The place as a transaction sees it; `None` when the merchant has no such place.
pub(crate) fn place_settings(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
) -> Result<Option<PlaceSettings>, db::Error> {
    tx.optional(&PLACE_SETTINGS, params![merchant, place])
}

/// The place's settings, outside any other transaction; `None` when the merchant has no such place.
pub(crate) async fn settings_at(
    db: &Db,
    merchant: &str,
    place: &str,
) -> Result<Option<PlaceSettings>, ApiError> {
    let (merchant, place) = (merchant.to_owned(), place.to_owned());
    let found =
        db.read("place_settings", move |tx| Ok::<_, TxError<Never>>(place_settings(tx, &merchant, &place)?));
    Ok(found.await?)
}

/// As [`settings_at`], where a place that is not there is an error.
///
/// # Errors
/// 404 when the merchant has no such place.
pub(crate) async fn settings(db: &Db, merchant: &str, place: &str) -> Result<PlaceSettings, ApiError> {
    let found = settings_at(db, merchant, place).await?;
    found.ok_or_else(|| ApiError::not_found("place", place))
}
