//! How does a register get its token?

use super::places::PlacePath;
use super::store;
use crate::access::Admin;
use crate::api::ids;
use axum::Json;
use axum::extract::Path;
use db::{TxError, params};
use door::{ApiError, Strict, token};
use http::StatusCode;
use jiff::ToSpan;
use wire::admin::platform::{IssuedRegister, PostRegister};

/// How long the older tokens of a register still work once it got a new one.
const OVERLAP_HOURS: i64 = 24;

/// Sets a register up and gives its token; for a known one, another token. Older tokens end a day later.
#[utoipa::path(
    post,
    path = "/admin/v1/platform/merchants/{merchantId}/places/{placeId}/registers",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id")
    ),
    request_body = PostRegister,
    responses(
        (status = 201, description = "The register with its token: it is shown this once", body = IssuedRegister),
        (status = 400, description = "The body cannot be read; `field` names the member"),
        (status = 401, description = "No admin token"),
        (status = 404, description = "No such merchant or place")
    )
)]
pub(super) async fn post_register(
    Admin { platform }: Admin,
    Path(path): Path<PlacePath>,
    Strict(body): Strict<PostRegister>,
) -> Result<(StatusCode, Json<IssuedRegister>), ApiError> {
    ids::name("name", &body.name)?;
    if !(1..=i64::from(i32::MAX)).contains(&body.device_number) {
        let found = body.device_number.to_string();
        return Err(ApiError::field("deviceNumber", "a whole number from 1 to 2147483647", &found));
    }
    let now = platform.now();
    let overlap_until = now.checked_add(OVERLAP_HOURS.hours()).map_err(|_| ApiError::internal())?;
    let issued = token::issue(platform.outside(), "pos");
    let answer = IssuedRegister {
        place_id: path.place_id.clone(),
        device_number: body.device_number,
        pos_token: issued.text,
    };
    let (prefix, hash) = (issued.prefix, issued.hash);
    platform
        .db()
        .write("post_register", move |tx| {
            let PlacePath { merchant_id: merchant, place_id: place } = &path;
            if tx.optional(&store::PLACE_LETTERS, params![merchant, place])?.is_none() {
                return Err(TxError::Refused(ApiError::not_found("place", place)));
            }
            let device = body.device_number;
            tx.execute(&store::PUT_REGISTER, params![merchant, place, device, &body.name, now])?;
            tx.execute(&store::END_OLDER_POS_TOKENS, params![merchant, place, device, overlap_until])?;
            tx.execute(
                &store::ADD_POS_TOKEN,
                params![&prefix, &hash[..], merchant, place, device, &body.name, now],
            )?;
            Ok(())
        })
        .await?;
    platform.registers().clear();
    Ok((StatusCode::CREATED, Json(answer)))
}
