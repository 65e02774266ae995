//! How are desks and sections set up and taken away? `/admin/v1/platform/merchants/{merchantId}/places/{placeId}/…`

use super::store;
use crate::access::{Admin, Guarded};
use crate::api::{Upsert, UpsertRefusals, ids, missing, place_is_known, upsert};
use crate::feed::{Changes, Owner};
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
use door::{ApiError, Strict};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::admin::restaurant::{RestaurantDesk, RestaurantSection};
use wire::deskview::{Desk, PutDesk, PutSection, Section};

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(put_desk, delete_desk)).routes(routes!(put_section, delete_section))
}

/// A path to a desk.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeskPath {
    merchant_id: String,
    place_id: String,
    desk_id: String,
}

/// A path to a section.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SectionPath {
    merchant_id: String,
    place_id: String,
    section_id: String,
}

/// Sets a desk up, or changes it; one that was removed is there again.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/places/{placeId}/desks/{deskId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id"),
        ("deskId" = String, Path, description = "1 to 64 characters; the `deskId` of checks and bills")
    ),
    request_body = PutDesk,
    responses((status = 200, description = "The desk", body = Desk), UpsertRefusals)
)]
async fn put_desk(
    admin: Admin,
    Path(path): Path<DeskPath>,
    Strict(desk): Strict<PutDesk>,
) -> Result<Json<Desk>, ApiError> {
    upsert(&admin, OneDesk { path, desk: Some(desk) }).await
}

/// Takes a desk away. Lists show it as removed; checks and bills keep its id.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/places/{placeId}/desks/{deskId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id"),
        ("deskId" = String, Path, description = "The desk's id")
    ),
    responses((status = 200, description = "The desk as it was, removed", body = Desk), UpsertRefusals)
)]
async fn delete_desk(admin: Admin, Path(path): Path<DeskPath>) -> Result<Json<Desk>, ApiError> {
    upsert(&admin, OneDesk { path, desk: None }).await
}

/// Sets a section up, or changes it; one that was removed is there again.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/places/{placeId}/deskSections/{sectionId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id"),
        ("sectionId" = String, Path, description = "1 to 64 characters")
    ),
    request_body = PutSection,
    responses((status = 200, description = "The section", body = Section), UpsertRefusals)
)]
async fn put_section(
    admin: Admin,
    Path(path): Path<SectionPath>,
    Strict(section): Strict<PutSection>,
) -> Result<Json<Section>, ApiError> {
    upsert(&admin, OneSection { path, section: Some(section) }).await
}

/// Takes a section away that no desk stands in.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/places/{placeId}/deskSections/{sectionId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id"),
        ("sectionId" = String, Path, description = "The section's id")
    ),
    responses(
        (status = 200, description = "The section as it was, removed", body = Section),
        (status = 409, description = "`SECTION_IN_USE`: a desk stands in it"),
        UpsertRefusals
    )
)]
async fn delete_section(admin: Admin, Path(path): Path<SectionPath>) -> Result<Json<Section>, ApiError> {
    upsert(&admin, OneSection { path, section: None }).await
}

/// The set-up of a desk of a place; without a body it is taken away.
pub(crate) fn desk(merchant: &str, place: &str, id: &str, desk: Option<PutDesk>) -> impl Upsert + use<> {
    let path =
        DeskPath { merchant_id: merchant.to_owned(), place_id: place.to_owned(), desk_id: id.to_owned() };
    OneDesk { path, desk }
}

/// The set-up of a section of a place; without a body it is taken away.
pub(crate) fn section(
    merchant: &str,
    place: &str,
    id: &str,
    section: Option<PutSection>,
) -> impl Upsert + use<> {
    let path = SectionPath {
        merchant_id: merchant.to_owned(),
        place_id: place.to_owned(),
        section_id: id.to_owned(),
    };
    OneSection { path, section }
}

/// The desks of a place by id, as rows of a restaurant's document.
pub(crate) fn desks(tx: &mut Tx<'_>, merchant: &str, place: &str) -> Result<Vec<RestaurantDesk>, db::Error> {
    let row = |Desk { desk_id, desk, removed }| RestaurantDesk { desk_id, desk, removed };
    Ok(store::desks(tx, merchant, place)?.into_iter().map(row).collect())
}

/// The sections of a place in their order, as rows of a restaurant's document.
pub(crate) fn sections(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
) -> Result<Vec<RestaurantSection>, db::Error> {
    let row = |Section { section_id, section, removed }| RestaurantSection { section_id, section, removed };
    Ok(store::sections(tx, merchant, place)?.into_iter().map(row).collect())
}

/// A desk as it shall be; without `desk` it shall be removed.
struct OneDesk {
    path: DeskPath,
    desk: Option<PutDesk>,
}

impl Upsert for OneDesk {
    const NAME: &'static str = "put_desk";
    type Shown = Desk;

    fn merchant(&self) -> &str {
        &self.path.merchant_id
    }

    fn check(&self) -> Result<(), ApiError> {
        ids::id("deskId", &self.path.desk_id)?;
        let Some(desk) = &self.desk else { return Ok(()) };
        ids::id("type", &desk.r#type)?;
        for (member, text) in [("name", &desk.name), ("code", &desk.code)] {
            text.as_ref().map_or(Ok(()), |text| ids::id(member, text))?;
        }
        Ok(())
    }

    fn put(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<Desk, TxError<ApiError>> {
        let DeskPath { merchant_id: merchant, place_id: place, desk_id: id } = &self.path;
        place_is_known(tx, merchant, place)?;
        let owner = Owner { merchant, place };
        match &self.desk {
            Some(desk) => {
                if let Some(section) = &desk.section_id
                    && !store::take_section(tx, merchant, place, section)?
                {
                    let found = format!("{section:?}");
                    let error = ApiError::field("sectionId", "a section of the place", &found);
                    return Err(TxError::Refused(error));
                }
                let is = store::desks_of(tx, owner, &[id])?.remove(id);
                if is.is_none_or(|is| is.removed || is.desk != *desk) {
                    store::put_desk(tx, changes, merchant, place, id, desk)?;
                }
            }
            None if store::remove_desk(tx, changes, merchant, place, id)? => {}
            None => return Err(missing("desk", id)),
        }
        store::desks_of(tx, owner, &[id])?.remove(id).ok_or_else(|| missing("desk", id))
    }
}

/// A section as it shall be; without `section` it shall be removed.
struct OneSection {
    path: SectionPath,
    section: Option<PutSection>,
}

impl Upsert for OneSection {
    const NAME: &'static str = "put_desk_section";
    type Shown = Section;

    fn merchant(&self) -> &str {
        &self.path.merchant_id
    }

    fn check(&self) -> Result<(), ApiError> {
        ids::id("sectionId", &self.path.section_id)?;
        let Some(section) = &self.section else { return Ok(()) };
        ids::id("name", &section.name)?;
        section.color.as_ref().map_or(Ok(()), |color| ids::id("color", color))
    }

    fn put(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<Section, TxError<ApiError>> {
        let SectionPath { merchant_id: merchant, place_id: place, section_id: id } = &self.path;
        place_is_known(tx, merchant, place)?;
        let owner = Owner { merchant, place };
        match &self.section {
            Some(section) => {
                let is = store::sections_of(tx, owner, &[id])?.remove(id);
                if is.is_none_or(|is| is.removed || is.section != *section) {
                    store::put_section(tx, changes, merchant, place, id, section)?;
                }
            }
            None => {
                if !store::remove_section(tx, changes, merchant, place, id)? {
                    return Err(missing("section", id));
                }
                // Looked at with the section's row taken: no desk is put into it meanwhile.
                if let Some(desk) = store::desk_in(tx, merchant, place, id)? {
                    let message = format!("desk {desk} stands in section {id}; move or remove it first");
                    return Err(TxError::Refused(ApiError::conflict(message).with_name("SECTION_IN_USE")));
                }
            }
        }
        store::sections_of(tx, owner, &[id])?.remove(id).ok_or_else(|| missing("section", id))
    }
}
