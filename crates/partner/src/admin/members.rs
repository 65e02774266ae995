//! How is a member set up, changed, looked at and erased?

use super::limits;
use super::once::{Answer, IdempotencyHeader, KeyRefusals, Once, OnceKey};
use super::refusals::{ChangeRefusals, LookRefusals};
use crate::Partner;
use crate::loyalty::erase::{self, EraseCommand};
use crate::loyalty::ledger::{Account, BalanceStatus, LotKind, NewBalanceRow, NewLot};
use crate::loyalty::member::{self, MemberChange, MemberCommand};
use crate::loyalty::people::member::MemberStatus;
use crate::loyalty::program::ErasedValue;
use crate::merchant;
use axum::Json;
use axum::extract::{Path, Query, State};
use db::{Tx, TxError};
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use wire::admin::partner::people::ErasedMember;
use wire::admin::partner::{
    CreatedMember, MemberPerson, MemberState, MemberView, NewBalance, NewMember, PutMember,
};
use wire::errors::ErrorBody;
use wire::loyalty::BalanceType;

/// Creates a member with cards and balances.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/members", tag = "Partner set-up",
    params(("merchantId" = String, Path, description = "The merchant's id"), IdempotencyHeader),
    request_body = NewMember,
    responses((status = 201, body = CreatedMember), ChangeRefusals, KeyRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_member(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    key: OnceKey,
    Strict(body): Strict<NewMember>,
) -> Result<Answer, ApiError> {
    let once = key.of("create_member", &merchant, &body);
    if let Some(answer) = once.answered(&partner).await? {
        return Ok(answer);
    }
    if let Some(id) = &body.member_id {
        limits::id("memberId", id)?;
    }
    for (index, card) in body.cards.iter().enumerate() {
        limits::id(&format!("cards[{index}]"), card)?;
    }
    limits::text("tier", body.tier.as_deref())?;
    check_person(&body.person)?;
    let (set_up, now) = (settings(&partner, &merchant).await?, partner.outside().now());
    let member_id = body.member_id.clone().unwrap_or_else(|| partner.outside().object_id());
    let mut balances = Vec::with_capacity(body.balances.len());
    for (index, new) in body.balances.iter().enumerate() {
        let balance_id = new.balance_id.clone().unwrap_or_else(|| partner.outside().object_id());
        let path = format!("balances[{index}].");
        balances.push(balance(&path, new, balance_id, &member_id, &set_up, now)?);
    }
    let command = MemberCommand {
        merchant,
        member_id,
        tier: body.tier,
        tags: limits::tags("tags", body.tags)?,
        person: body.person,
        cards: body.cards,
        balances,
        now,
    };
    let create = move |tx: &mut Tx<'_>| {
        let created = CreatedMember {
            customer_id: member::create(tx, &command)?,
            member_id: command.member_id.clone(),
            balance_ids: command.balances.iter().map(|balance| balance.balance_id.clone()).collect(),
        };
        Ok(Answer::json(StatusCode::CREATED, &created)?)
    };
    once.write(&partner, create).await
}

/// Changes a member as a whole.
#[utoipa::path(
    put, path = "/admin/v1/partner/merchants/{merchantId}/members/{memberId}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("memberId" = String, Path, description = "The member's id"),
    ),
    request_body = PutMember,
    responses((status = 200, body = MemberView, description = "As it is now"), ChangeRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn put_member(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, member_id)): Path<(String, String)>,
    Strict(body): Strict<PutMember>,
) -> Result<Json<MemberView>, ApiError> {
    limits::text("tier", body.tier.as_deref())?;
    check_person(&body.person)?;
    let change = MemberChange {
        merchant,
        member_id,
        tier: body.tier,
        tags: limits::tags("tags", body.tags)?,
        status: match body.status {
            MemberState::Active => MemberStatus::Active,
            MemberState::Frozen => MemberStatus::Frozen,
        },
        person: body.person,
        now: partner.outside().now(),
    };
    Ok(Json(partner.db().write("put_member", move |tx| member::put(tx, &change)).await?))
}

/// A member with cards and balances.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/members/{memberId}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("memberId" = String, Path, description = "The member's id"),
    ),
    responses((status = 200, body = MemberView), LookRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn get_member(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, member_id)): Path<(String, String)>,
) -> Result<Json<MemberView>, ApiError> {
    let asked = member_id.clone();
    let found = partner.db().read("partner_member", move |tx| {
        member::get(tx, &merchant, &member_id).map_err(TxError::<db::Never>::from)
    });
    found.await?.map(Json).ok_or_else(|| ApiError::not_found("member", &asked))
}

/// What is asked of an erasure.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EraseQuery {
    /// Where the value goes; left out, where the program says.
    erased_value: Option<String>,
}

/// Forgets a person: name, contacts and cards go at once; the entries stay under the opaque id. The value stays with
/// them, or is paid out, or becomes vouchers, as the program or this call says. May be repeated.
#[utoipa::path(
    delete, path = "/admin/v1/partner/merchants/{merchantId}/members/{memberId}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("memberId" = String, Path, description = "The member's id"),
        ("erasedValue" = Option<String>, Query, description = "`keep`, `payOut` or `bearerVoucher`; left out, as the program says"),
        IdempotencyHeader,
    ),
    responses(
        (status = 200, body = ErasedMember, description = "Erased; what is to be handed over, or the vouchers' codes, which are told to this call alone"),
        (status = 204, description = "Erased, the value stays in the books. The id cannot be used again"),
        (status = 400, body = ErrorBody, description = "`field` names the parameter at fault"),
        LookRefusals,
        KeyRefusals,
        (status = 409, body = ErrorBody, description = "An open check holds some of the value; the member was merged into another one; or it was erased before, its value another way"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_member(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, member_id)): Path<(String, String)>,
    key: OnceKey,
    query: Result<Query<EraseQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Answer, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::query(&error.body_text()))?;
    let once = key.of("erase_member", &merchant, &(&member_id, &query.erased_value));
    let (whose, who) = (merchant.clone(), member_id.clone());
    let answer = match once.answered(&partner).await? {
        Some(answer) => answer,
        None => erase(&partner, once, merchant, member_id, query).await?,
    };
    // After the books, and again with every repetition: whoever was not told the first time is told then
    let (of, member) = (whose.clone(), who);
    let people = partner
        .db()
        .read("erased_people", move |tx| erase::people(tx, &of, &member).map_err(TxError::<db::Never>::from));
    let people = people.await?;
    partner.tell_erased(whose, people).await?;
    Ok(answer)
}

async fn erase(
    partner: &Partner,
    once: Once,
    merchant: String,
    member_id: String,
    query: EraseQuery,
) -> Result<Answer, ApiError> {
    let asked = query.erased_value.map(|text| {
        ErasedValue::ALL.iter().copied().find(|one| one.as_str() == text).ok_or_else(|| {
            ApiError::field("erasedValue", "keep, payOut or bearerVoucher", &format!("{text:?}"))
        })
    });
    let command = EraseCommand {
        merchant,
        member_id,
        asked: asked.transpose()?,
        secret: partner.outside().random_bytes(),
        now: partner.outside().now(),
    };
    let books = partner.clone();
    let erase = move |tx: &mut Tx<'_>| {
        Ok(match erase::erase(tx, books.programs(), &command)? {
            Some(erased) => Answer::json(StatusCode::OK, &erased)?,
            None => Answer::empty(),
        })
    };
    once.write(partner, erase).await
}

/// The merchant's row.
pub(super) async fn settings(partner: &Partner, merchant: &str) -> Result<merchant::MerchantRow, ApiError> {
    let asked = merchant.to_owned();
    let found = partner
        .db()
        .read("partner_merchant", move |tx| merchant::get(tx, &asked).map_err(TxError::<db::Never>::from));
    found.await?.ok_or_else(|| ApiError::not_found("merchant", merchant))
}

/// A member's balance to be opened; `path` is where it stands in the body, with a point behind it, or empty.
pub(super) fn balance(
    path: &str,
    new: &NewBalance,
    balance_id: String,
    member_id: &str,
    merchant: &merchant::MerchantRow,
    now: Timestamp,
) -> Result<NewBalanceRow, ApiError> {
    limits::balance_id(&format!("{path}balanceId"), &balance_id)?;
    let points = new.r#type == BalanceType::CollectablePoints;
    let opening = new.opening_value.unwrap_or_default();
    let settings = limits::settings(&format!("{path}settings"), &new.settings, new.r#type)?;
    limits::rate_of_single_purpose(&format!("{path}settings.vatRate"), &settings, new.r#type)?;
    let single = new.r#type == BalanceType::SinglePurposePrepaidVoucher;
    let today = now.to_zoned(merchant::zone(&merchant.time_zone)).date();
    Ok(NewBalanceRow {
        balance_id,
        balance_type: new.r#type,
        member_id: Some(member_id.to_owned()),
        status: BalanceStatus::Active,
        opening: limits::value(&format!("{path}openingValue"), opening, points, merchant.precision)?,
        lot: NewLot {
            kind: if points { LotKind::Earned } else { LotKind::Paid },
            source: "opening".to_owned(),
            vat_rate: settings.vat_rate_on(today).filter(|_| single),
            paid_value: None,
            available_at: None,
            expires_at: limits::instant(&format!("{path}validUntil"), new.valid_until.as_deref())?,
        },
        other: Account::Opening,
        settings,
    })
}

fn check_person(person: &MemberPerson) -> Result<(), ApiError> {
    for (path, text) in [
        ("person.firstName", &person.first_name),
        ("person.lastName", &person.last_name),
        ("person.email", &person.email),
        ("person.mobilePhone", &person.mobile_phone),
        ("person.city", &person.city),
        ("person.state", &person.state),
        ("person.country", &person.country),
        ("person.address", &person.address),
        ("person.zip", &person.zip),
    ] {
        limits::text(path, text.as_deref())?;
    }
    match &person.birth_date {
        Some(text) if text.parse::<jiff::civil::Date>().is_err() => Err(ApiError::field(
            "person.birthDate",
            "a date, YYYY-MM-DD",
            &format!("{} characters", text.len()),
        )),
        _ => Ok(()),
    }
}
