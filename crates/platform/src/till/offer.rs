//! How does the register ask for an offer?
//!
//! The id is drawn and kept before the provider is called, outside any transaction; the answer is kept only
//! if the check still is what was asked about. The same question is asked under the same id.

use super::check::StoredCheck;
use super::register::{PosGrant, Register};
use super::{CheckPath, Selling, change, selling, store, view};
use crate::Platform;
use crate::loyalty::Connection;
use crate::loyalty::broker::{Asked, ask, problem_error};
use crate::loyalty::question::{fingerprint, question};
use axum::Json;
use axum::extract::{Path, State};
use db::TxError;
use door::ApiError;
use wire::loyalty::LoyaltyOfferResponse;
use wire::pos::{Check, CheckState};

/// Asks the loyalty provider what the codes mean for this basket, and shows it.
#[utoipa::path(
    post,
    path = "/pos/{sourceId}/checks/{checkId}/offer",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("checkId" = String, Path, description = "The check's id")
    ),
    responses(
        (status = 200, description = "The check with a current offer", body = Check),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The check is open on another register"),
        (status = 404, description = "No such check here"),
        (status = 409, description = "`CHECK_PAID`, `NO_LOYALTY`, `EMPTY_BASKET`, or `CHECK_CHANGED` while the provider was asked"),
        (status = 502, description = "The provider's answer cannot be used; `errors` says why. The check can be paid without loyalty"),
        (status = 504, description = "The provider did not answer in time. The check can be paid without loyalty")
    )
)]
pub(super) async fn ask_for_offer(
    State(platform): State<Platform>,
    Register(grant): Register,
    Path(path): Path<CheckPath>,
) -> Result<Json<Check>, ApiError> {
    let asking = begin(&platform, &grant, &path.check_id).await?;
    let connection = asking.selling.connection.as_ref().ok_or_else(no_loyalty)?;
    let (_, asked) = put(&platform, &grant, &asking, connection).await?;
    let check = keep(&platform, &grant, &asking.check, asked).await?;
    match &check.offer_problem {
        Some(problem) => Err(problem_error(problem)),
        None => view::shown(&grant, &asking.selling.settings, &check).map(Json),
    }
}

/// Takes all loyalty off the check: codes, decisions and the offer. It can then be paid without.
#[utoipa::path(
    delete,
    path = "/pos/{sourceId}/checks/{checkId}/offer",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("checkId" = String, Path, description = "The check's id")
    ),
    responses(
        (status = 200, description = "The check without loyalty", body = Check),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The check is open on another register"),
        (status = 404, description = "No such check here"),
        (status = 409, description = "`CHECK_PAID`: the check has a bill")
    )
)]
pub(super) async fn drop_offer(
    State(platform): State<Platform>,
    Register(grant): Register,
    Path(path): Path<CheckPath>,
) -> Result<Json<Check>, ApiError> {
    change(&platform, "drop_offer", grant, path.check_id, |_, _, check| {
        check.forget_loyalty();
        Ok(())
    })
    .await
}

/// A check whose question and offer id are settled.
pub(super) struct Asking {
    pub(super) check: StoredCheck,
    pub(super) selling: Selling,
}

/// Settles which question is asked and under which id: a new one when the question is not the one last asked.
pub(super) async fn begin(platform: &Platform, grant: &PosGrant, check_id: &str) -> Result<Asking, ApiError> {
    let (check, selling) = super::load(platform, grant, check_id).await?;
    refuse_unaskable(&check, &selling)?;
    let asked = fingerprint(&question(grant, &selling.settings, &check, ""))?;
    if check.question.as_ref() == Some(&asked) && check.loyalty_offer_id.is_some() {
        return Ok(Asking { check, selling });
    }
    let (grant, check_id) = (grant.clone(), check_id.to_owned());
    let (new_id, now) = (platform.outside().object_id(), platform.now());
    let (check, selling) = platform
        .db()
        .write("begin_offer", move |tx| {
            let mut check = store::bump(tx, &grant, &check_id, now)?;
            let selling = self::selling(tx, &grant)?;
            refuse_unaskable(&check, &selling).map_err(TxError::Refused)?;
            let asked = fingerprint(&question(&grant, &selling.settings, &check, ""))?;
            if check.question.as_ref() != Some(&asked) {
                check.question = Some(asked);
                check.loyalty_offer_id = Some(new_id.clone());
                check.offer = None;
                check.offer_problem = None;
            }
            store::write(tx, &grant, &check)?;
            Ok((check, selling))
        })
        .await?;
    Ok(Asking { check, selling })
}

fn refuse_unaskable(check: &StoredCheck, selling: &Selling) -> Result<(), ApiError> {
    if check.state == CheckState::Paid {
        return Err(store::paid(&check.check_id, check.bill_id.as_deref().unwrap_or_default()));
    }
    if selling.connection.is_none() {
        return Err(no_loyalty());
    }
    if check.lines.is_empty() {
        let message = "the basket is empty; add a line first (protocol.md §10.6)";
        return Err(ApiError::conflict(message).with_code("EMPTY_BASKET"));
    }
    Ok(())
}

fn no_loyalty() -> ApiError {
    ApiError::conflict("this merchant has no loyalty provider to ask").with_code("NO_LOYALTY")
}

/// Puts the question to the provider.
pub(super) async fn put(
    platform: &Platform,
    grant: &PosGrant,
    asking: &Asking,
    connection: &Connection,
) -> Result<(String, Asked), ApiError> {
    let settings = &asking.selling.settings;
    let id = asking.check.loyalty_offer_id.clone().unwrap_or_default();
    let question = question(grant, settings, &asking.check, &id);
    let asked = ask(platform, connection, &question, &asking.check, settings.is_vat_payer).await?;
    Ok((id, asked))
}

/// Keeps what came of asking, if the check still is what was asked about.
///
/// # Errors
/// 409 `CHECK_CHANGED` when it is not.
pub(super) async fn keep(
    platform: &Platform,
    grant: &PosGrant,
    asked_about: &StoredCheck,
    asked: Asked,
) -> Result<StoredCheck, ApiError> {
    let (grant, now) = (grant.clone(), platform.now());
    let (check_id, version) = (asked_about.check_id.clone(), asked_about.version);
    let check = platform
        .db()
        .write("keep_offer", move |tx| {
            let mut check = store::bump(tx, &grant, &check_id, now)?;
            if check.version != version + 1 {
                return Err(TxError::Refused(changed(&check_id)));
            }
            match &asked {
                Asked::Offer(offer) => {
                    check.offer = Some(LoyaltyOfferResponse::clone(offer));
                    check.offer_problem = None;
                }
                Asked::Problem(problem) => {
                    check.offer = None;
                    check.offer_problem = Some(problem.clone());
                }
            }
            store::write(tx, &grant, &check)?;
            Ok(check)
        })
        .await?;
    Ok(check)
}

/// The check is no longer what an answer was about.
pub(super) fn changed(check_id: &str) -> ApiError {
    let message = format!("check {check_id} changed while the loyalty provider was asked; ask again");
    ApiError::conflict(message).with_code("CHECK_CHANGED")
}
