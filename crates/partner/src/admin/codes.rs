//! How are cards and other codes added, blocked and changed?

use super::limits;
use super::refusals::{ChangeRefusals, LookRefusals};
use crate::Partner;
use crate::loyalty::ledger::store as ledger;
use crate::loyalty::member;
use crate::loyalty::people::code::{self, CodeKind, CodeStatus, CodeUse, NewCode as CodeRow};
use crate::loyalty::validity;
use crate::merchant;
use axum::Json;
use axum::extract::{Path, State};
use db::{Never, Tx, TxError, params};
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use http::StatusCode;
use jiff::Timestamp;
use wire::admin::partner::{CodeState, CodeView, NewCard, NewCode, NewCodeKind, PutCode};

db::statement! {
    /// Whether a merchant has a promotion.
    HAS_PROMOTION = "SELECT promotion_id FROM partner_promotion WHERE merchant = $1 AND promotion_id = $2";
}

/// Gives a member one more card.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/members/{memberId}/cards", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("memberId" = String, Path, description = "The member's id"),
    ),
    request_body = NewCard,
    responses((status = 201, body = CodeView), ChangeRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_card(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, member_id)): Path<(String, String)>,
    Strict(body): Strict<NewCard>,
) -> Result<(StatusCode, Json<CodeView>), ApiError> {
    limits::id("code", &body.code)?;
    let (valid_from, valid_until) = limits::span(body.valid_from.as_deref(), body.valid_until.as_deref())?;
    let now = partner.outside().now();
    let added = partner.db().write("add_card", move |tx| {
        member::lock(tx, &merchant, &member_id, now)?;
        let new = CodeRow {
            code: &body.code,
            kind: CodeKind::Card,
            member_id: Some(&member_id),
            balance_id: None,
            promotion_id: None,
            status: CodeStatus::Active,
            valid_from,
            valid_until,
        };
        add(tx, &merchant, &new, now)
    });
    Ok((StatusCode::CREATED, Json(added.await?)))
}

/// Blocks a card of a member, for one that was lost. Its code stays taken; `PUT …/codes/{code}` lets it in again.
#[utoipa::path(
    delete, path = "/admin/v1/partner/merchants/{merchantId}/members/{memberId}/cards/{code}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("memberId" = String, Path, description = "The member's id"),
        ("code" = String, Path, description = "What is scanned"),
    ),
    responses((status = 204, description = "It is refused from now on"), LookRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_card(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, member_id, code)): Path<(String, String, String)>,
) -> Result<StatusCode, ApiError> {
    let asked = code.clone();
    let frozen = partner.db().write("freeze_card", move |tx| {
        code::freeze_card(tx, &merchant, &member_id, &code).map_err(TxError::<Never>::from)
    });
    if frozen.await? { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found("card", &asked)) }
}

/// Adds a code of a promotion, of a voucher's balance, or for a top-up.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/codes", tag = "Partner set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    request_body = NewCode,
    responses((status = 201, body = CodeView), ChangeRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_code(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    Strict(body): Strict<NewCode>,
) -> Result<(StatusCode, Json<CodeView>), ApiError> {
    limits::id("code", &body.code)?;
    check_subject(&body)?;
    let (valid_from, valid_until) = limits::span(body.valid_from.as_deref(), body.valid_until.as_deref())?;
    let now = partner.outside().now();
    let added = partner.db().write("add_code", move |tx| {
        let refused = |noun, id: &str| Err(TxError::Refused(ApiError::not_found(noun, id)));
        if merchant::get(tx, &merchant)?.is_none() {
            return refused("merchant", &merchant);
        }
        if let Some(id) = &body.promotion_id
            && tx.optional(&HAS_PROMOTION, params![&merchant, id])?.is_none()
        {
            return refused("promotionId: promotion", id);
        }
        if let Some(id) = &body.balance_id
            && ledger::get_balance(tx, &merchant, id)?.is_none()
        {
            return refused("balanceId: balance", id);
        }
        let new = CodeRow {
            code: &body.code,
            kind: match body.kind {
                NewCodeKind::Promotion => CodeKind::Promotion,
                NewCodeKind::Voucher => CodeKind::Voucher,
                NewCodeKind::TopUp => CodeKind::TopUp,
            },
            member_id: None,
            balance_id: body.balance_id.as_deref(),
            promotion_id: body.promotion_id.as_deref(),
            status: stored(body.status),
            valid_from,
            valid_until,
        };
        add(tx, &merchant, &new, now)
    });
    Ok((StatusCode::CREATED, Json(added.await?)))
}

/// A code as it is set up.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/codes/{code}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("code" = String, Path, description = "What is scanned"),
    ),
    responses((status = 200, body = CodeView), LookRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn get_code(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, code)): Path<(String, String)>,
) -> Result<Json<CodeView>, ApiError> {
    let asked = code.clone();
    let found = partner
        .db()
        .read("partner_code", move |tx| code::get(tx, &merchant, &code).map_err(TxError::<Never>::from));
    found.await?.map(Json).ok_or_else(|| ApiError::not_found("code", &asked))
}

/// Sets whether and when a code may be used; a member's card too. What is on a voucher ends with its code: where
/// `validUntil` is given, it moves along, in the books, and what ended too early comes back.
#[utoipa::path(
    put, path = "/admin/v1/partner/merchants/{merchantId}/codes/{code}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("code" = String, Path, description = "What is scanned"),
    ),
    request_body = PutCode,
    responses((status = 200, body = CodeView, description = "As it is now"), ChangeRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn put_code(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, code)): Path<(String, String)>,
    Strict(body): Strict<PutCode>,
) -> Result<Json<CodeView>, ApiError> {
    let (valid_from, valid_until) = limits::span(body.valid_from.as_deref(), body.valid_until.as_deref())?;
    let usable = CodeUse { status: stored(body.status), valid_from, valid_until };
    let (asked, now, programs) = (code.clone(), partner.outside().now(), partner.clone());
    let changed = partner.db().write("put_code", move |tx| {
        validity::put(tx, programs.programs(), &merchant, &code, usable, now).map_err(TxError::<Never>::from)
    });
    changed.await?.map(Json).ok_or_else(|| ApiError::not_found("code", &asked))
}

/// Each kind of code is of exactly what it opens.
fn check_subject(body: &NewCode) -> Result<(), ApiError> {
    let (promotion, balance) = (body.promotion_id.as_deref(), body.balance_id.as_deref());
    let (field, expected, found) = match (body.kind, promotion, balance) {
        (NewCodeKind::Promotion, Some(_), None)
        | (NewCodeKind::Voucher, None, Some(_))
        | (NewCodeKind::TopUp, None, _) => return Ok(()),
        (NewCodeKind::Promotion, None, _) => ("promotionId", "the promotion it sets off", "nothing"),
        (NewCodeKind::Promotion, Some(_), Some(id)) => ("balanceId", "nothing: a promotion has none", id),
        (NewCodeKind::Voucher, None, None) => ("balanceId", "the balance it opens", "nothing"),
        (NewCodeKind::Voucher | NewCodeKind::TopUp, Some(id), _) => {
            ("promotionId", "nothing: it is no promotion's code", id)
        }
    };
    Err(ApiError::field(field, expected, found))
}

fn stored(status: CodeState) -> CodeStatus {
    match status {
        CodeState::Active => CodeStatus::Active,
        CodeState::Inactive => CodeStatus::Inactive,
        CodeState::Frozen => CodeStatus::Frozen,
        CodeState::Used => CodeStatus::Used,
    }
}

fn add(
    tx: &mut Tx<'_>,
    merchant: &str,
    new: &CodeRow<'_>,
    now: Timestamp,
) -> Result<CodeView, TxError<ApiError>> {
    if !code::insert(tx, merchant, new, now)? {
        let taken = format!("code: {} is taken; use another one", new.code);
        return Err(TxError::Refused(ApiError::conflict(taken)));
    }
    code::get(tx, merchant, new.code)?.ok_or_else(|| TxError::Refused(ApiError::not_found("code", new.code)))
}
