//! How does a register get its token?

use super::places::PlacePath;
use super::store;
use crate::access::Admin;
use crate::api::{Upsert, ids, missing, place_is_known};
use crate::feed::Changes;
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError, params};
use door::{ApiError, Strict, token};
use http::StatusCode;
use jiff::ToSpan;
use wire::admin::platform::{AdminRegister, IssuedRegister, PostRegister};

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
    check(&body)?;
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

/// Looks at what can be judged without a database.
fn check(body: &PostRegister) -> Result<(), ApiError> {
    ids::name("name", &body.name)?;
    if !(1..=i64::from(i32::MAX)).contains(&body.device_number) {
        let found = body.device_number.to_string();
        return Err(ApiError::field("deviceNumber", "a whole number from 1 to 2147483647", &found));
    }
    Ok(())
}

/// A register as it shall be, whatever tokens it has.
pub(super) struct SetUp {
    pub(super) merchant: String,
    pub(super) place: String,
    pub(super) body: PostRegister,
}

impl Upsert for SetUp {
    const NAME: &'static str = "put_register";
    type Shown = AdminRegister;

    fn merchant(&self) -> &str {
        &self.merchant
    }

    fn check(&self) -> Result<(), ApiError> {
        check(&self.body)
    }

    fn put(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<AdminRegister, TxError<ApiError>> {
        let Self { merchant, place, body } = self;
        place_is_known(tx, merchant, place)?;
        let row = params![merchant, place, body.device_number, &body.name, changes.now()];
        tx.execute(&store::PUT_REGISTER, row)?;
        let number = body.device_number.to_string();
        store::register(tx, merchant, place, body.device_number)?.ok_or_else(|| missing("register", &number))
    }
}
