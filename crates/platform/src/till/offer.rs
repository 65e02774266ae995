//! How does the register ask for an offer?
//!
//! The id is drawn and kept before the provider is called, outside any transaction; the answer is kept only
//! if the check still is what was asked about. The same question is asked under the same id, and one call asks at a
//! time ([`super::turn`]).

use super::store::Turn;
use super::{CheckPath, Selling, change, selling, store, turn, view};
use crate::Platform;
use crate::access::{AtRegister, PosGrant};
use crate::loyalty::Connection;
use crate::loyalty::broker::{Asked, ask, problem_error};
use crate::loyalty::question::{fingerprint, question};
use crate::sale::StoredCheck;
use axum::Json;
use axum::extract::Path;
use db::TxError;
use door::ApiError;
use wire::loyalty::LoyaltyOfferResponse;
use wire::pos::Check;

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
        (status = 409, description = "`CHECK_PAID`, `NO_LOYALTY`, `EMPTY_BASKET`, `CHECK_CHANGED` while the provider was asked, or `CHECK_BUSY`: another call about it is under way"),
        (status = 502, description = "The provider's answer cannot be used; `errors` says why. The check can be paid without loyalty"),
        (status = 504, description = "The provider did not answer in time. The check can be paid without loyalty")
    )
)]
pub(super) async fn ask_for_offer(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<CheckPath>,
) -> Result<Json<Check>, ApiError> {
    turn::to_its_end(async move {
        let asking = begin(&platform, &grant, &path.check_id).await?;
        let check = ask_and_keep(&platform, &grant, &asking).await?;
        match &check.offer_problem {
            Some(problem) => Err(problem_error(problem)),
            None => view::shown(&grant, &asking.selling.settings, &check).map(Json),
        }
    })
    .await
}

async fn ask_and_keep(
    platform: &Platform,
    grant: &PosGrant,
    asking: &Asking,
) -> Result<StoredCheck, ApiError> {
    let asked = match &asking.selling.connection {
        Some(connection) => put(platform, grant, asking, connection).await,
        None => Err(no_loyalty()),
    };
    let kept = match asked {
        Ok(asked) => keep(platform, grant, asking, asked).await,
        Err(error) => Err(error),
    };
    if kept.is_err() {
        turn::end(platform, grant, &asking.check.check_id, asking.turn).await;
    }
    kept
}

/// Takes all loyalty off the check: codes, decisions and the offer. It can then be paid without. The provider is told
/// before the answer comes, so that what it held is free for the next check; one that takes longer than two seconds is told
/// on the side.
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
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<CheckPath>,
) -> Result<Json<Check>, ApiError> {
    change(&platform, "drop_offer", grant, path.check_id, |_, _, check| {
        check.forget_loyalty();
        Ok(())
    })
    .await
}

/// A check whose question and offer id are settled, and whose turn it is to be asked about.
pub(super) struct Asking {
    pub(super) check: StoredCheck,
    pub(super) selling: Selling,
    pub(super) turn: Turn,
}

/// Settles which question is asked and under which id: a new one when the question is not the one last asked. The
/// turn that is taken ends with [`keep`], with the bill, or by [`turn::end`].
pub(super) async fn begin(platform: &Platform, grant: &PosGrant, check_id: &str) -> Result<Asking, ApiError> {
    let (owner, new_id) = (grant.clone(), platform.outside().object_id());
    let (turn, (check, selling)) =
        turn::take(platform, "begin_offer", grant, check_id, move |tx, check, now| {
            let selling = self::selling(tx, &owner)?;
            refuse_unaskable(&check, &selling).map_err(TxError::Refused)?;
            let asked = Some(fingerprint(&question(&owner, &selling.settings, &check, ""))?);
            if check.question == asked && check.loyalty_offer_id.is_some() {
                return Ok((check, selling));
            }
            let mut check = store::bump(tx, &owner, &check.check_id, now)?;
            check.question = asked;
            check.loyalty_offer_id = Some(new_id.clone());
            check.offer = None;
            check.offer_problem = None;
            store::write(tx, &owner, &check)?;
            Ok((check, selling))
        })
        .await?;
    Ok(Asking { check, selling, turn })
}

fn refuse_unaskable(check: &StoredCheck, selling: &Selling) -> Result<(), ApiError> {
    if selling.connection.is_none() {
        return Err(no_loyalty());
    }
    if check.lines.is_empty() {
        let message = "the basket is empty; add a line first";
        return Err(ApiError::conflict(message).with_name("EMPTY_BASKET"));
    }
    Ok(())
}

fn no_loyalty() -> ApiError {
    ApiError::conflict("this merchant has no loyalty provider to ask").with_name("NO_LOYALTY")
}

/// Puts the question to the provider.
pub(super) async fn put(
    platform: &Platform,
    grant: &PosGrant,
    asking: &Asking,
    connection: &Connection,
) -> Result<Asked, ApiError> {
    let settings = &asking.selling.settings;
    let id = asking.check.loyalty_offer_id.clone().unwrap_or_default();
    let question = question(grant, settings, &asking.check, &id);
    ask(platform, connection, &question, &asking.check, settings.is_vat_payer).await
}

/// Keeps what came of asking, if the check still is what was asked about; the turn is over.
///
/// # Errors
/// 409 `CHECK_CHANGED` when it is not.
pub(super) async fn keep(
    platform: &Platform,
    grant: &PosGrant,
    asking: &Asking,
    asked: Asked,
) -> Result<StoredCheck, ApiError> {
    let (grant, now, turn) = (grant.clone(), platform.now(), asking.turn);
    let (check_id, version) = (asking.check.check_id.clone(), asking.check.version);
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
            store::end_turn(tx, &grant, &check_id, turn)?;
            Ok(check)
        })
        .await?;
    Ok(check)
}

/// The check is no longer what an answer was about.
pub(super) fn changed(check_id: &str) -> ApiError {
    let message = format!("check {check_id} changed while the loyalty provider was asked; ask again");
    ApiError::conflict(message).with_name("CHECK_CHANGED")
}
