//! How are two members joined, and parted again?

use super::limits;
use super::once::{Answer, IdempotencyHeader, KeyRefusals, OnceKey};
use super::refusals::{ChangeRefusals, LookRefusals};
use crate::Partner;
use crate::loyalty::merge::{self, MergeCommand};
use axum::Json;
use axum::extract::{Path, State};
use db::{Tx, TxError};
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use http::StatusCode;
use wire::admin::partner::people::{MergeList, MergeMembers, MergeView};
use wire::errors::ErrorBody;

/// Merges another member into this one: its cards, balances and bills are this one's from now on. No value moves;
/// what was paid before, held or promised stays as it was. Again: the merge that stands.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/members/{memberId}/merges", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("memberId" = String, Path, description = "The member that stays"),
        IdempotencyHeader,
    ),
    request_body = MergeMembers,
    responses((status = 201, body = MergeView), ChangeRefusals, KeyRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_merge(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, member_id)): Path<(String, String)>,
    key: OnceKey,
    Strict(body): Strict<MergeMembers>,
) -> Result<Answer, ApiError> {
    let once = key.of("merge_members", &merchant, &(&member_id, &body));
    if let Some(answer) = once.answered(&partner).await? {
        return Ok(answer);
    }
    limits::id("fromMemberId", &body.from_member_id)?;
    limits::id("reason", &body.reason)?;
    if body.from_member_id == member_id {
        return Err(ApiError::field("fromMemberId", "another member than the one that stays", &member_id));
    }
    let command = MergeCommand {
        merchant,
        merge_id: partner.outside().object_id(),
        from: body.from_member_id,
        into: member_id,
        reason: body.reason,
        now: partner.outside().now(),
    };
    let books = partner.clone();
    let merge = move |tx: &mut Tx<'_>| {
        Ok(Answer::json(StatusCode::CREATED, &merge::merge(tx, books.programs(), &command)?)?)
    };
    once.write(&partner, merge).await
}

/// The merges in which a member went or stayed, the oldest first.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/members/{memberId}/merges", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("memberId" = String, Path, description = "The member's id"),
    ),
    responses((status = 200, body = MergeList), LookRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn get_merges(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, member_id)): Path<(String, String)>,
) -> Result<Json<MergeList>, ApiError> {
    let (books, now) = (partner.clone(), partner.outside().now());
    let asked = member_id.clone();
    let found = partner.db().read("partner_merges", move |tx| {
        merge::list(tx, books.programs(), &merchant, &member_id, now).map_err(TxError::<db::Never>::from)
    });
    let data = found.await?.ok_or_else(|| ApiError::not_found("member", &asked))?;
    Ok(Json(MergeList { data }))
}

/// Undoes a merge: cards, balances and bills go back to whom they came with, with all that was booked on them since.
/// `stays` says what does not go back. May be repeated.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/merges/{mergeId}/undo", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("mergeId" = String, Path, description = "`mergeId` of the merge"),
        IdempotencyHeader,
    ),
    responses(
        (status = 200, body = MergeView, description = "As it is now"),
        LookRefusals,
        KeyRefusals,
        (status = 409, body = ErrorBody, description = "The member that stayed was erased, or merged itself since"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn post_undo(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, merge_id)): Path<(String, String)>,
    key: OnceKey,
) -> Result<Answer, ApiError> {
    let once = key.of("undo_merge", &merchant, &merge_id);
    if let Some(answer) = once.answered(&partner).await? {
        return Ok(answer);
    }
    let (books, now) = (partner.clone(), partner.outside().now());
    let undo = move |tx: &mut Tx<'_>| {
        Ok(Answer::json(StatusCode::OK, &merge::undo(tx, books.programs(), &merchant, &merge_id, now)?)?)
    };
    once.write(&partner, undo).await
}
