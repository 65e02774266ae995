//! How is a place set up?

use super::store;
use crate::access::Admin;
use crate::api::{Upsert, ids, missing, upsert};
use crate::bills::{LETTER_PAIRS, letters};
use crate::feed::Changes;
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError, params};
use door::{ApiError, Strict};
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::HashSet;
use wire::admin::platform::{AdminPlace, PutPlace};

/// A path to a place.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlacePath {
    pub(super) merchant_id: String,
    pub(super) place_id: String,
}

/// Sets a place up, or changes it. The two letters of its bills are drawn once and stay.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/places/{placeId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "24 hex digits by custom")
    ),
    request_body = PutPlace,
    responses(
        (status = 200, description = "The place", body = AdminPlace),
        (status = 400, description = "The body cannot be read; `field` names the member"),
        (status = 401, description = "No admin token"),
        (status = 404, description = "No such merchant"),
        (status = 409, description = "All pairs of letters are taken")
    )
)]
pub(super) async fn put_place(
    admin: Admin,
    Path(path): Path<PlacePath>,
    Strict(body): Strict<PutPlace>,
) -> Result<Json<AdminPlace>, ApiError> {
    let first = admin.platform.outside().below(LETTER_PAIRS);
    let shown = upsert(&admin, SetUp { path, body, first }).await?;
    admin.platform.registers().clear();
    Ok(shown)
}

/// A place as it shall be; `first` is where the search for its bills' letters begins.
pub(super) struct SetUp {
    path: PlacePath,
    body: PutPlace,
    first: u64,
}

impl SetUp {
    pub(super) fn new(merchant_id: String, place_id: String, body: PutPlace, first: u64) -> Self {
        Self { path: PlacePath { merchant_id, place_id }, body, first }
    }
}

impl Upsert for SetUp {
    const NAME: &'static str = "put_place";
    type Shown = AdminPlace;

    fn merchant(&self) -> &str {
        &self.path.merchant_id
    }

    fn check(&self) -> Result<(), ApiError> {
        let body = &self.body;
        ids::source_part("placeId", &self.path.place_id)?;
        ids::name("name", &body.name)?;
        ids::language("posLang", &body.pos_lang)?;
        ids::language("billLang", &body.bill_lang)?;
        if TimeZone::get(&body.time_zone).is_err() {
            let expected = "an IANA time zone such as Europe/Prague";
            return Err(ApiError::field("timeZone", expected, &format!("{:?}", body.time_zone)));
        }
        Ok(())
    }

    fn put(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<AdminPlace, TxError<ApiError>> {
        let PlacePath { merchant_id: merchant, place_id: place } = &self.path;
        if let Some(is) = store::place(tx, merchant, place)?
            && is.place == self.body
        {
            return Ok(is);
        }
        // Places of one merchant are set up one after the other: they share the pairs of letters.
        if tx.execute(&store::TOUCH_MERCHANT, params![merchant, changes.now()])? == 0 {
            return Err(missing("merchant", merchant));
        }
        let letters = match tx.optional(&store::PLACE_LETTERS, params![merchant, place])? {
            Some(letters) => letters,
            None => free_letters(tx, merchant, self.first)?,
        };
        // A new place sells the menu too, and another zone has other midnights
        crate::menu::change(tx, changes, merchant, |tx, changes, _| {
            Ok(store::put_place(tx, changes, merchant, place, &letters, &self.body)?)
        })?;
        Ok(AdminPlace {
            place_id: place.clone(),
            source_id: format!("{merchant}-{place}"),
            bill_letters: letters,
            place: self.body.clone(),
        })
    }
}

/// The first pair that no place of the merchant has, going round from `first`.
fn free_letters(tx: &mut Tx<'_>, merchant: &str, first: u64) -> Result<String, TxError<ApiError>> {
    let taken: HashSet<String> = tx.query(&store::TAKEN_LETTERS, params![merchant])?.into_iter().collect();
    (0..LETTER_PAIRS).map(|step| letters(first + step)).find(|pair| !taken.contains(pair)).ok_or_else(|| {
        let message =
            format!("merchant {merchant} has a place for every pair of letters; set up another merchant");
        TxError::Refused(ApiError::conflict(message))
    })
}
