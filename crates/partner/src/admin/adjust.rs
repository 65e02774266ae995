//! How is a balance changed by hand: value given or taken, blocked, shown differently?

use super::balances::view;
use super::limits;
use super::once::{Answer, IdempotencyHeader, KeyRefusals, OnceKey};
use super::refusals::ChangeRefusals;
use crate::Partner;
use crate::loyalty::ledger::expiry::Terms;
use crate::loyalty::ledger::{
    Account, BalanceRow, BalanceSettings, BalanceStatus, Book, Credit, Link, LotKind, LotPart, NewLot,
    TransferKind, fill_holes, standing, store as ledger,
};
use crate::loyalty::merge::recompute;
use crate::loyalty::people::customer::Changed;
use crate::loyalty::program::ProgramCache;
use crate::loyalty::titles::Titles;
use crate::merchant;
use axum::Json;
use axum::extract::{Path, State};
use db::{Tx, TxError};
use door::admin::AdminCaller;
use door::{ApiError, Strict};
use http::StatusCode;
use jiff::Timestamp;
use jiff::civil::Date;
use money::{Amount, Precision};
use std::collections::BTreeSet;
use wire::Number;
use wire::admin::partner::{
    AdjustBalance, BalanceState, BalanceView, NewBalanceSettings, PutBalance, PutBalanceSettings,
};
use wire::loyalty::BalanceType;

/// Gives or takes value by hand. Taking never goes below what is free. Every call books once more, unless it repeats
/// an `Idempotency-Key`.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/balances/{balanceId}/adjust", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("balanceId" = String, Path, description = "The balance's id"),
        IdempotencyHeader,
    ),
    request_body = AdjustBalance,
    responses((status = 200, body = BalanceView, description = "As it is now"), ChangeRefusals, KeyRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_adjust(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, balance_id)): Path<(String, String)>,
    key: OnceKey,
    Strict(body): Strict<AdjustBalance>,
) -> Result<Answer, ApiError> {
    let once = key.of("adjust_balance", &merchant, &(&balance_id, &body));
    if let Some(answer) = once.answered(&partner).await? {
        return Ok(answer);
    }
    limits::id("reason", &body.reason)?;
    if body.amount.0.is_zero() {
        return Err(ApiError::field("amount", "above or below 0", "0"));
    }
    let valid_until = limits::instant("validUntil", body.valid_until.as_deref())?;
    let now = partner.outside().now();
    let programs = partner.clone();
    let adjust = move |tx: &mut Tx<'_>| {
        let by_hand = ByHand { merchant: &merchant, balance_id: &balance_id, body: &body, valid_until, now };
        Ok(Answer::json(StatusCode::OK, &by_hand.book(tx, programs.programs())?)?)
    };
    once.write(&partner, adjust).await
}

/// Sets whether a balance may be spent and how it is shown.
#[utoipa::path(
    put, path = "/admin/v1/partner/merchants/{merchantId}/balances/{balanceId}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("balanceId" = String, Path, description = "The balance's id"),
    ),
    request_body = PutBalance,
    responses((status = 200, body = BalanceView, description = "As it is now"), ChangeRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn put_balance(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, balance_id)): Path<(String, String)>,
    Strict(body): Strict<PutBalance>,
) -> Result<Json<BalanceView>, ApiError> {
    let now = partner.outside().now();
    let changed = partner.db().write("put_balance", move |tx| {
        let Some(row) = ledger::lock_balance(tx, &merchant, &balance_id, now)? else {
            return gone(&balance_id);
        };
        let (counts_points, member_id) = (row.counts_points(), row.member_id.clone());
        fill_holes(tx, &merchant, &[&balance_id], now)?;
        // what a person says is the person's: the books will not lift it
        let (status, blocked_from) = match body.status {
            None => (row.status, row.blocked_from),
            Some(BalanceState::Active) => (BalanceStatus::Active, None),
            Some(BalanceState::Inactive) => (BalanceStatus::Inactive, None),
            Some(BalanceState::Frozen) => (BalanceStatus::Frozen, None),
        };
        if status == BalanceStatus::Inactive && row.status != status && row.posted != 0 {
            let used = "status: there is value on it, and its activation would add to it; freeze it instead";
            return Err(TxError::Refused(ApiError::conflict(used)));
        }
        let settings = match &body.settings {
            Some(new) => changed_settings(new, row.settings, row.balance_type).map_err(TxError::Refused)?,
            None => row.settings,
        };
        standing::put(tx, &merchant, &balance_id, (status, blocked_from), &settings)?;
        if counts_points && let Some(member_id) = &member_id {
            recompute(tx, &merchant, member_id, Changed::Points, now)?;
        }
        view(tx, &merchant, &balance_id, now)?.map_or_else(|| gone(&balance_id), Ok)
    });
    Ok(Json(changed.await?))
}

/// The settings with what is named in place of what stands; what is left out stays. Whose voucher it is and which card
/// its stamps are of was fixed when the balance was opened.
fn changed_settings(
    new: &PutBalanceSettings,
    stands: BalanceSettings,
    balance_type: BalanceType,
) -> Result<BalanceSettings, ApiError> {
    for (name, named, fixed) in [
        ("issuerId", &new.issuer_id, &stands.issuer_id),
        ("stampCardId", &new.stamp_card_id, &stands.stamp_card_id),
    ] {
        if let Some(named) = named.as_ref().filter(|named| Some(*named) != fixed.as_ref()) {
            let expected = format!(
                "{}, as it was set up; open another balance for another one",
                fixed.as_deref().unwrap_or("nothing")
            );
            return Err(ApiError::field(&format!("settings.{name}"), &expected, named));
        }
    }
    let named = NewBalanceSettings {
        pos_titles: new.pos_titles.clone().unwrap_or_default(),
        bill_titles: new.bill_titles.clone().unwrap_or_default(),
        point_value: new.point_value,
        point_step: new.point_step,
        point_minimum: new.point_minimum,
        stamp_card_id: None,
        controllable: new.controllable,
        vat_rate: new.vat_rate,
        vat_rates: new.vat_rates.clone(),
        issuer_id: None,
        prepayment: new.prepayment.clone(),
    };
    let named = limits::settings("settings", &named, balance_type)?;
    Ok(BalanceSettings {
        titles: Titles {
            pos: if new.pos_titles.is_some() { named.titles.pos } else { stands.titles.pos },
            bill: if new.bill_titles.is_some() { named.titles.bill } else { stands.titles.bill },
        },
        point_value: named.point_value.or(stands.point_value),
        point_step: named.point_step.or(stands.point_step),
        point_minimum: named.point_minimum.or(stands.point_minimum),
        controllable: named.controllable.or(stands.controllable),
        vat_rate: named.vat_rate.or(stands.vat_rate),
        vat_rates: if new.vat_rates.is_some() { named.vat_rates } else { stands.vat_rates },
        prepayment: named.prepayment.or(stands.prepayment),
        ..stands
    })
}

fn gone<T>(balance_id: &str) -> Result<T, TxError<ApiError>> {
    Err(TxError::Refused(ApiError::not_found("balance", balance_id)))
}

/// One adjustment, checked as far as that goes without the balance.
struct ByHand<'a> {
    merchant: &'a str,
    balance_id: &'a str,
    body: &'a AdjustBalance,
    valid_until: Option<Timestamp>,
    now: Timestamp,
}

impl ByHand<'_> {
    fn book(&self, tx: &mut Tx<'_>, programs: &ProgramCache) -> Result<BalanceView, TxError<ApiError>> {
        let Some(settings) = merchant::get(tx, self.merchant)? else { return gone(self.balance_id) };
        let program = programs.of(&settings)?;
        let terms = Terms::new(&program.settings, program.local("", self.now));
        let ids = BTreeSet::from([self.balance_id]);
        let mut book = Book::lock(tx, self.merchant, &ids, terms, self.now)?;
        let Some(row) = book.row(self.balance_id).cloned() else { return gone(self.balance_id) };
        let gives = self.body.amount.0.is_sign_positive();
        let amount = limits::value(
            "amount",
            Number(self.body.amount.0.abs()),
            row.counts_points(),
            settings.precision,
        )
        .map_err(TxError::Refused)?;
        if !book.has_room(self.balance_id, amount) {
            let most = Amount::MAX_ABS.to_string();
            return Err(TxError::Refused(ApiError::field("amount", &format!("less than {most}"), "more")));
        }
        let link = Link { reason: Some(self.body.reason.clone()), ..Link::default() };
        if gives {
            let today = self.now.to_zoned(merchant::zone(&settings.time_zone)).date();
            book.credit(tx, self.balance_id, self.credit(&row, amount, today), &link)?;
        } else {
            let holds = ledger::active_holds(tx, self.merchant, &[self.balance_id])?;
            let reserved: Vec<LotPart> =
                holds.into_iter().filter(|hold| hold.counts(self.now)).flat_map(|hold| hold.lots).collect();
            if !book.withdraw(self.balance_id, amount, Account::Opening, &reserved, &link) {
                let held = reserved.iter().map(|part| part.amount).sum();
                return Err(TxError::Refused(too_much(&row, held, settings.precision)));
            }
        }
        book.close(tx)?;
        if row.counts_points()
            && let Some(member_id) = &row.member_id
        {
            recompute(tx, self.merchant, member_id, Changed::Points, self.now)?;
        }
        view(tx, self.merchant, self.balance_id, self.now)?.map_or_else(|| gone(self.balance_id), Ok)
    }

    fn credit(&self, row: &BalanceRow, amount: i64, today: Date) -> Credit {
        Credit {
            kind: TransferKind::Adjust,
            other: Account::Opening,
            amount,
            lot: NewLot {
                kind: if row.counts_points() { LotKind::Earned } else { LotKind::Paid },
                source: "by hand".to_owned(),
                vat_rate: row
                    .settings
                    .vat_rate_on(today)
                    .filter(|_| row.balance_type == BalanceType::SinglePurposePrepaidVoucher),
                paid_value: None,
                available_at: None,
                expires_at: self.valid_until,
            },
            lines: None,
        }
    }
}

fn too_much(row: &BalanceRow, held: i64, precision: Precision) -> ApiError {
    let shown = |units: i64| {
        if row.counts_points() { units.to_string() } else { Amount(units).to_decimal(precision).to_string() }
    };
    let (posted, held) = (shown(row.posted), shown(held));
    ApiError::conflict(format!(
        "amount: {posted} is posted and {held} of it is held for checks; take at most what is free and has not expired"
    ))
}
