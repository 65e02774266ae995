//! `/pos/{sourceId}/person`: how does somebody sign in at a register?

use super::{code, store};
use crate::Platform;
use crate::access::{AtRegister, Guarded, PosGrant};
use axum::Json;
use db::{Never, TxError};
use door::{ApiError, Strict};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::pos::{PosPerson, RegisterPerson, SignIn};

pub(crate) fn routes(body_bytes_max: usize) -> OpenApiRouter<Guarded> {
    OpenApiRouter::new()
        .routes(routes!(read_person, sign_in, sign_out))
        .layer(door::body_limit(body_bytes_max))
}

/// Who works at this register: whoever signed in, else the register itself.
#[utoipa::path(
    get,
    path = "/pos/{sourceId}/person",
    tag = "Till",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    responses(
        (status = 200, description = "The person", body = RegisterPerson),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place, or the place is disabled")
    )
)]
async fn read_person(AtRegister { platform, grant }: AtRegister) -> Result<Json<RegisterPerson>, ApiError> {
    let device_number = grant.device_number;
    let signed_in = platform
        .db()
        .read("signed_in", move |tx| Ok::<_, TxError<Never>>(store::signed_in(tx, &grant)?))
        .await?;
    Ok(Json(shown(signed_in, device_number)))
}

/// Signs in the person whose code it is, in place of whoever was signed in before: checks that this register opens and is
/// paid from now on are that person's.
#[utoipa::path(
    put,
    path = "/pos/{sourceId}/person",
    tag = "Till",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    request_body = SignIn,
    responses(
        (status = 200, description = "The person", body = RegisterPerson),
        (status = 400, description = "The body cannot be read; `field` names the member"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "`WRONG_CODE`: nobody who works here has this code, and who was signed in stays so. Or the token belongs to another place, or the place is disabled"),
        (status = 429, description = "Too many wrong codes at this register; `Retry-After` says when to try again")
    )
)]
async fn sign_in(
    AtRegister { platform, grant }: AtRegister,
    Strict(body): Strict<SignIn>,
) -> Result<Json<RegisterPerson>, ApiError> {
    let (merchant, device_number) = (grant.merchant.clone(), grant.device_number);
    let persons = platform
        .db()
        .read("persons", move |tx| Ok::<_, TxError<Never>>(store::persons(tx, &merchant)?))
        .await?;
    let active = persons.iter().filter(|person| person.is_active);
    let Some(person) = code::holder(platform.keyring(), &grant.merchant, active, &body.code).cloned() else {
        return Err(wrong(&platform, &grant));
    };
    let (now, owner) = (platform.now(), grant.clone());
    let signed_in = platform
        .db()
        .write("sign_in", move |tx| {
            let is_in = store::sign_in(tx, &grant, &person, now)?;
            Ok::<_, TxError<Never>>(if is_in { store::signed_in(tx, &grant)? } else { None })
        })
        .await?;
    match signed_in {
        Some(person) => Ok(Json(shown(Some(person), device_number))),
        None => Err(wrong(&platform, &owner)),
    }
}

/// Signs out whoever is signed in; the register itself stands in from now on.
#[utoipa::path(
    delete,
    path = "/pos/{sourceId}/person",
    tag = "Till",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    responses(
        (status = 200, description = "The register itself", body = RegisterPerson),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place, or the place is disabled")
    )
)]
async fn sign_out(AtRegister { platform, grant }: AtRegister) -> Result<Json<RegisterPerson>, ApiError> {
    let device_number = grant.device_number;
    platform.db().write("sign_out", move |tx| Ok::<_, TxError<Never>>(store::sign_out(tx, &grant)?)).await?;
    Ok(Json(shown(None, device_number)))
}

fn shown(person: Option<PosPerson>, device_number: i64) -> RegisterPerson {
    RegisterPerson {
        signed_in: person.is_some(),
        person: person.unwrap_or_else(|| PosPerson::stand_in(device_number)),
    }
}

/// 403, or 429 where too many have been tried. Only wrong codes count: whoever has the right one passes.
fn wrong(platform: &Platform, grant: &PosGrant) -> ApiError {
    let key = format!("register {} of {}-{}", grant.device_number, grant.merchant, grant.place);
    if let Err(too_many) = platform.wrong_secrets().check(&key) {
        return too_many;
    }
    let message = "nobody who works here has this code; type it again";
    ApiError::forbidden(message).with_name("WRONG_CODE")
}
