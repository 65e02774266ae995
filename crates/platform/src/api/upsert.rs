//! How is something set up that may be sent again, and how is it taken away?

use crate::access::Admin;
use crate::feed::Changes;
use crate::place::place_settings;
use axum::Json;
use db::{Tx, TxError};
use door::ApiError;
use serde::Serialize;

/// One set-up of `/admin/v1/platform`: the value is all the call says, path and body.
pub(crate) trait Upsert: Send + Sync + 'static {
    /// The transaction's name.
    const NAME: &'static str;
    /// What the caller is shown.
    type Shown: Serialize + Send + 'static;

    /// The merchant it is set up for.
    fn merchant(&self) -> &str;
    /// Looks at what can be judged without a database.
    ///
    /// # Errors
    /// 400 that names the member.
    fn check(&self) -> Result<(), ApiError>;
    /// Writes it; a synchronised record is written by a function that takes the changes.
    ///
    /// # Errors
    /// 404 for a merchant or place nobody has set up, and what else refuses it; nothing is changed then.
    fn put(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<Self::Shown, TxError<ApiError>>;
}

/// Checks it, writes it with its entry in the feed, and shows it.
///
/// # Errors
/// Those of [`Upsert::check`] and [`Upsert::put`].
pub(crate) async fn upsert<U: Upsert>(admin: &Admin, given: U) -> Result<Json<U::Shown>, ApiError> {
    given.check()?;
    let merchant = given.merchant().to_owned();
    let platform = &admin.platform;
    let shown = platform
        .change(U::NAME, &merchant, platform.now(), move |tx, changes| given.put(tx, changes))
        .await?;
    Ok(Json(shown))
}

/// 404 for a noun nobody has set up, such as `place 5f…b1`.
pub(crate) fn missing(noun: &str, id: &str) -> TxError<ApiError> {
    TxError::Refused(ApiError::not_found(noun, id))
}

/// That the merchant has the place.
///
/// # Errors
/// 404 when it has not.
pub(crate) fn place_is_known(tx: &mut Tx<'_>, merchant: &str, place: &str) -> Result<(), TxError<ApiError>> {
    let known = place_settings(tx, merchant, place)?.is_some();
    if known { Ok(()) } else { Err(missing("place", place)) }
}
