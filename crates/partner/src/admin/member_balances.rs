//! How does a member who is there already get one more balance?

use super::balances::view;
use super::members::{balance, settings};
use super::once::{Answer, IdempotencyHeader, KeyRefusals, OnceKey};
use super::refusals::ChangeRefusals;
use crate::Partner;
use crate::loyalty::member;
use axum::extract::{Path, State};
use db::{Tx, TxError};
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use http::StatusCode;
use wire::admin::partner::{BalanceView, NewBalance};

/// Opens one more balance of a member, as `POST …/members` does for a new one.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/members/{memberId}/balances", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("memberId" = String, Path, description = "The member's id"),
        IdempotencyHeader,
    ),
    request_body = NewBalance,
    responses((status = 201, body = BalanceView), ChangeRefusals, KeyRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_member_balance(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, member_id)): Path<(String, String)>,
    key: OnceKey,
    Strict(body): Strict<NewBalance>,
) -> Result<Answer, ApiError> {
    let once = key.of("open_member_balance", &merchant, &(&member_id, &body));
    if let Some(answer) = once.answered(&partner).await? {
        return Ok(answer);
    }
    let (set_up, now) = (settings(&partner, &merchant).await?, partner.outside().now());
    let balance_id = body.balance_id.clone().unwrap_or_else(|| partner.outside().object_id());
    let new = balance("", &body, balance_id, &member_id, &set_up, now)?;
    let open = move |tx: &mut Tx<'_>| {
        member::add_balance(tx, &merchant, &member_id, &new, now)?;
        let opened = view(tx, &merchant, &new.balance_id, now)?;
        let opened =
            opened.ok_or_else(|| TxError::Refused(ApiError::not_found("balance", &new.balance_id)))?;
        Ok(Answer::json(StatusCode::CREATED, &opened)?)
    };
    once.write(&partner, open).await
}
