//! How does a partner get a place's changes, and how far behind is it?

use super::places::PlacePath;
use super::store;
use crate::access::Admin;
use crate::api::missing;
use axum::Json;
use axum::extract::Path;
use courier::Authorization;
use courier::feed::{self, NewSubscription};
use db::params;
use door::{ApiError, Strict};
use wire::admin::platform::{AdminDataSync, DataSyncLag, PutDataSync};

/// Sets where the changes of a place are sent. Changing it keeps the position, unless the URL changes: a new receiver
/// is sent everything from its date on.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/places/{placeId}/datasync",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id")
    ),
    request_body = PutDataSync,
    responses(
        (status = 200, description = "The subscription, without its secret", body = AdminDataSync),
        (status = 400, description = "The URL may not be called, the secret cannot be sent, or the date cannot be read"),
        (status = 401, description = "No admin token"),
        (status = 404, description = "No such merchant or place")
    )
)]
pub(super) async fn put_datasync(
    Admin { platform }: Admin,
    Path(path): Path<PlacePath>,
    Strict(body): Strict<PutDataSync>,
) -> Result<Json<AdminDataSync>, ApiError> {
    let PlacePath { merchant_id: merchant, place_id: place } = path;
    let url = platform
        .caller()
        .guard()
        .check_hook(&body.url)
        .map_err(|refusal| ApiError::field("url", "a URL that may be called", &refusal.to_string()))?;
    let zone = crate::place::settings(platform.db(), &merchant, &place).await?.zone;
    let from_date = crate::api::instant("fromDate", &body.from_date, &zone)?;
    // A place has one subscription, so the place names it.
    let subscription_id = place.clone();
    let authorization = Authorization::Verbatim;
    let sealed = feed::seal_secret(
        platform.keyring(),
        platform.outside(),
        &merchant,
        &subscription_id,
        authorization,
        &body.secret,
    )
    .map_err(|error| super::unsealable("secret", &error))?;
    let shown = AdminDataSync {
        subscription_id: subscription_id.clone(),
        place_id: place.clone(),
        url: url.clone(),
        method: body.method,
        from_date: wire::time::utc_millis(from_date),
    };
    let now = platform.now();
    platform
        .db()
        .write("put_datasync", move |tx| {
            feed::subscribe(
                tx,
                &NewSubscription {
                    merchant: &merchant,
                    subscription_id: &subscription_id,
                    place: &place,
                    url: &url,
                    method: body.method.as_str(),
                    authorization,
                    sealed_secret: &sealed,
                    sealed_signing_secret: None,
                    from_date,
                },
                now,
            )?;
            Ok::<_, db::TxError<db::Never>>(())
        })
        .await?;
    platform.wake_courier();
    Ok(Json(shown))
}

/// Every lane of the merchant's subscriptions with how far it is behind.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/merchants/{merchantId}/datasync",
    tag = "Platform set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    responses(
        (status = 200, description = "The lanes", body = Vec<DataSyncLag>),
        (status = 401, description = "No admin token"),
        (status = 404, description = "No such merchant")
    )
)]
pub(super) async fn get_datasync(
    Admin { platform }: Admin,
    Path(merchant): Path<String>,
) -> Result<Json<Vec<DataSyncLag>>, ApiError> {
    let now = platform.now();
    let lanes = platform
        .db()
        .read("datasync_lag", move |tx| {
            if tx.optional(&store::KNOWN_MERCHANT, params![&merchant])?.is_none() {
                return Err(missing("merchant", &merchant));
            }
            Ok(feed::lag(tx, &merchant, now)?)
        })
        .await?;
    let shown = lanes
        .into_iter()
        .map(|lane| DataSyncLag {
            subscription_id: lane.subscription_id,
            place_id: lane.place,
            data_domain: lane.domain,
            records: lane.records,
            seconds: lane.seconds,
            failures: lane.failures,
            last_error: lane.last_error,
            last_success_at: lane.last_success_at.map(wire::time::utc_millis),
            paused_reason: lane.paused_reason,
            set_aside: lane.set_aside,
        })
        .collect();
    Ok(Json(shown))
}
