//! `GET /deskViews/{sourceId}`: which desks does a place have, and where do they stand? (protocol.md §6)

pub(crate) mod admin;
mod feed;
mod store;
mod view;

pub(crate) use feed::{DeskRecords, SectionRecords};
pub(crate) use store::{may_sit, stands};

use crate::access::{ApiClient, At, Grant, Guarded};
use crate::api::ReadRefusals;
use crate::feed::Owner;
use axum::Json;
use db::{Never, Tx, TxError};
use door::ApiError;
use std::collections::BTreeMap;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::access::Api;
use wire::deskview::{Desk, DeskView, Section};
use wire::list::Whole;

/// May read desks.
struct ReadDesks;

impl Grant for ReadDesks {
    const API: Api = Api::Deskview;

    fn of(_client: &ApiClient) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(desk_view)).routes(routes!(list_desks)).routes(routes!(list_sections))
}

/// The desks of a place in their sections, without what was removed.
#[utoipa::path(
    get,
    path = "/deskViews/{sourceId}",
    tag = "Deskview",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    responses((status = 200, description = "The sections with their desks", body = DeskView), ReadRefusals)
)]
async fn desk_view(at: At<ReadDesks>) -> Result<Json<DeskView>, ApiError> {
    let view = read(at, "desk_view", |tx, merchant, place| {
        Ok(view::of(store::sections(tx, merchant, place)?, store::desks(tx, merchant, place)?))
    });
    view.await.map(Json)
}

/// All desks of a place, removed ones too.
#[utoipa::path(
    get,
    path = "/deskViews/{sourceId}/desks",
    tag = "Deskview",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    responses((status = 200, description = "The desks", body = Whole<Desk>), ReadRefusals)
)]
async fn list_desks(at: At<ReadDesks>) -> Result<Json<Whole<Desk>>, ApiError> {
    let data = read(at, "desks", store::desks).await?;
    Ok(Json(Whole { data }))
}

/// All sections of a place, removed ones too.
#[utoipa::path(
    get,
    path = "/deskViews/{sourceId}/sections",
    tag = "Deskview",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    responses((status = 200, description = "The sections", body = Whole<Section>), ReadRefusals)
)]
async fn list_sections(at: At<ReadDesks>) -> Result<Json<Whole<Section>>, ApiError> {
    let data = read(at, "desk_sections", store::sections).await?;
    Ok(Json(Whole { data }))
}

/// The desks of these ids, by id, removed ones too; those that the place never had are left out.
pub(crate) fn desks_of(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    ids: &[&str],
) -> Result<BTreeMap<String, Desk>, db::Error> {
    store::desks_of(tx, Owner { merchant, place }, ids)
}

/// What `get` reads of the caller's place.
async fn read<T: Send + 'static>(
    at: At<ReadDesks>,
    name: &'static str,
    get: fn(&mut Tx<'_>, &str, &str) -> Result<T, db::Error>,
) -> Result<T, ApiError> {
    let source = at.source;
    let read = at
        .platform
        .db()
        .read(name, move |tx| Ok::<_, TxError<Never>>(get(tx, &source.merchant, &source.place)?));
    Ok(read.await?)
}
