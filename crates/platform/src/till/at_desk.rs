//! `GET /deskViews/{sourceId}/desks/{deskId}/check`: what is open at a desk, as an application may see it? (protocol.md §6)
//!
//! The lines, what they come to and what is left to pay; neither codes nor the guest, who are between the register and the
//! provider.

use super::{store, view};
use crate::access::{ApiClient, At, Grant};
use crate::api::ReadRefusals;
use crate::place::PlaceSettings;
use crate::sale::{ReckonedLine, Reckoning, StoredCheck, reckon};
use axum::Json;
use axum::extract::Path;
use db::{Never, TxError};
use door::ApiError;
use jiff::Timestamp;
use money::Amount;
use serde::Deserialize;
use wire::Number;
use wire::access::Api;
use wire::deskview::{DeskCheck, DeskCheckLine, OpenDeskCheck};
use wire::time::LocalTime;

/// May see what is open at desks.
pub(super) struct ReadDeskChecks;

impl Grant for ReadDeskChecks {
    const API: Api = Api::DeskChecks;

    fn of(_client: &ApiClient) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

/// A path to a desk.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeskPath {
    desk_id: String,
}

/// What is open at a desk: lines, total, and what is left to pay. Several open checks are shown together, and each says its
/// own.
#[utoipa::path(
    get,
    path = "/deskViews/{sourceId}/desks/{deskId}/check",
    tag = "Deskview",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("deskId" = String, Path, description = "The desk's id")
    ),
    responses(
        (status = 200, description = "What is open", body = DeskCheck),
        (status = 404, description = "No such place, or nothing is open at such a desk"),
        ReadRefusals
    )
)]
pub(super) async fn desk_check(
    at: At<ReadDeskChecks>,
    Path(DeskPath { desk_id: desk }): Path<DeskPath>,
) -> Result<Json<DeskCheck>, ApiError> {
    let At { platform, source, place, .. } = at;
    let (asked, id) = (source.clone(), desk.clone());
    let open = platform.db().read("desk_check", move |tx| {
        Ok::<_, TxError<Never>>(store::open_at_desk(tx, &asked.merchant, &asked.place, &id)?)
    });
    let mut shown = DeskCheck {
        desk_id: desk.clone(),
        currency_code: place.currency_code.clone(),
        checks: Vec::new(),
        lines: Vec::new(),
        total_with_vat: Number::ZERO,
        paid_by_balances: Number::ZERO,
        paid_already: Number::ZERO,
        to_pay: Number::ZERO,
    };
    let (mut total, mut by_balances, mut already) = (Amount::ZERO, Amount::ZERO, Amount::ZERO);
    for check in open.await? {
        let offer = view::offer_that_counts(&source.merchant, &source.place, &place, &check)?;
        let reckoning = reckon(&check.lines, offer, place.precision, place.is_vat_payer).map_err(|violation| {
            tracing::error!(check = %check.check_id, code = %violation.code, "a stored offer does not work out");
            ApiError::internal()
        })?;
        total += reckoning.total;
        by_balances += reckoning.paid_by_balances;
        already += check.paid_before();
        let lines = reckoning.lines.iter().chain(&reckoning.prepaid_lines);
        shown.lines.extend(lines.map(|line| line_of(line, &check, &place)));
        shown.checks.push(one(&check, &reckoning, &place));
    }
    if shown.checks.is_empty() {
        return Err(ApiError::not_found("open check at desk", &desk));
    }
    let money = |amount: Amount| Number::from_amount(amount, place.precision);
    shown.total_with_vat = money(total);
    shown.paid_by_balances = money(by_balances);
    shown.paid_already = money(already);
    shown.to_pay = money(total - by_balances - already);
    Ok(Json(shown))
}

fn one(check: &StoredCheck, reckoning: &Reckoning, place: &PlaceSettings) -> OpenDeskCheck {
    let opened_at = Timestamp::from_second(check.opened_at.as_second()).unwrap_or(check.opened_at);
    let money = |amount: Amount| Number::from_amount(amount, place.precision);
    OpenDeskCheck {
        check_id: check.check_id.clone(),
        opened_at: LocalTime::new(opened_at, &place.zone),
        person_count: check.person_count,
        total_with_vat: money(reckoning.total),
        to_pay: money(reckoning.to_pay - check.paid_before()),
    }
}

fn line_of(reckoned: &ReckonedLine, check: &StoredCheck, place: &PlaceSettings) -> DeskCheckLine {
    let line = &reckoned.line;
    let money = |amount: Amount| Number::from_amount(amount, place.precision);
    DeskCheckLine {
        check_id: check.check_id.clone(),
        check_item_id: line.check_item_id.clone(),
        product_id: line.product.product_id.clone(),
        name: line.product.name.clone(),
        amount: line.amount,
        measure: line.product.measure.clone(),
        unit_price_with_vat: money(Amount(line.unit_price)),
        discount: money(line.total() + Amount(line.till_discount) - reckoned.after),
        final_price_with_vat: money(reckoned.after),
        vat_rate: line.product.vat_rate,
        additions_of: line.addition.as_ref().map(|with| with.of.clone()),
    }
}
