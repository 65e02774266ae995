//! How does a scanned code get onto a check, and off it?

use super::{CheckPath, change};
use crate::access::AtRegister;
use axum::Json;
use axum::extract::Path;
use db::TxError;
use door::{ApiError, Strict};
use serde::Deserialize;
use wire::pos::{AddCode, Check};

/// Most codes of a check.
const CODES_MAX: usize = 50;
/// Longest code.
const CODE_CHARACTERS_MAX: usize = 200;

/// A path to a code of a check.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CodePath {
    check_id: String,
    input_code: String,
}

/// Adds a scanned code. What it means only the provider knows: ask for the offer next.
#[utoipa::path(
    post,
    path = "/pos/{sourceId}/checks/{checkId}/codes",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("checkId" = String, Path, description = "The check's id")
    ),
    request_body = AddCode,
    responses(
        (status = 200, description = "The check; an offer it showed is no longer current", body = Check),
        (status = 400, description = "The code is empty or too long"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The check is open on another register"),
        (status = 404, description = "No such check here"),
        (status = 409, description = "`CHECK_PAID`, `EMPTY_BASKET`, `NO_LOYALTY` or `TOO_MANY_CODES`")
    )
)]
pub(super) async fn add_code(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<CheckPath>,
    Strict(body): Strict<AddCode>,
) -> Result<Json<Check>, ApiError> {
    let code = body.input_code.trim().to_owned();
    let length = code.chars().count();
    if length == 0 || length > CODE_CHARACTERS_MAX {
        let expected = format!("1 to {CODE_CHARACTERS_MAX} characters");
        return Err(ApiError::field("inputCode", &expected, &format!("{length} of them")));
    }
    change(&platform, "add_code", grant, path.check_id, move |_, selling, check| {
        if selling.connection.is_none() {
            let message = "this merchant has no loyalty provider; a code cannot be used";
            return Err(TxError::Refused(ApiError::conflict(message).with_name("NO_LOYALTY")));
        }
        if check.lines.is_empty() {
            // The documents rule a scan into an empty basket out (protocol.md §10.6).
            let message = "the basket is empty; add a line first, then scan the code again";
            return Err(TxError::Refused(ApiError::conflict(message).with_name("EMPTY_BASKET")));
        }
        if check.codes.len() >= CODES_MAX {
            let message = format!("a check holds at most {CODES_MAX} codes; remove one first");
            return Err(TxError::Refused(ApiError::conflict(message).with_name("TOO_MANY_CODES")));
        }
        check.codes.push(code.clone());
        Ok(())
    })
    .await
}

/// Takes a code off the check again; of one that was scanned several times, the last.
#[utoipa::path(
    delete,
    path = "/pos/{sourceId}/checks/{checkId}/codes/{inputCode}",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("checkId" = String, Path, description = "The check's id"),
        ("inputCode" = String, Path, description = "The code")
    ),
    responses(
        (status = 200, description = "The check; without any code left it is one without loyalty", body = Check),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The check is open on another register"),
        (status = 404, description = "No such check here, or the code is not on it"),
        (status = 409, description = "`CHECK_PAID`: the check has a bill")
    )
)]
pub(super) async fn remove_code(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<CodePath>,
) -> Result<Json<Check>, ApiError> {
    let code = path.input_code;
    change(&platform, "remove_code", grant, path.check_id, move |_, _, check| {
        let last = check.codes.iter().rposition(|known| *known == code);
        let last = last.ok_or_else(|| TxError::Refused(ApiError::not_found("code on this check,", &code)))?;
        check.codes.remove(last);
        if check.codes.is_empty() {
            check.forget_loyalty();
        }
        Ok(())
    })
    .await
}
