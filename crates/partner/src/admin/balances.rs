//! What is in a balance: lots, holds, entries?

use crate::Partner;
use crate::loyalty::ledger::{BalanceRow, BalanceStatus, HoldRow, store as ledger, type_from_text};
use crate::merchant;
use crate::row;
use axum::Json;
use axum::extract::{Path, State};
use db::{Error, Never, Row, Tx, TxError, params};
use door::ApiError;
use door::admin::AdminCaller;
use jiff::Timestamp;
use money::{Amount, Decimal, Precision};
use serde_json::Value;
use wire::Number;
use wire::admin::partner::{BalanceSettingsView, BalanceView, EntryView, HoldView, LotView};
use wire::errors::ErrorBody;
use wire::time::utc_millis;

db::statement! {
    /// Every lot of a balance.
    LOTS_OF_BALANCE = "SELECT lot_id, kind, source, issued, remaining, vat_rate, earned_at, expires_at, available_at, paid_value, type
        FROM partner_lot WHERE merchant = $1 AND balance_id = $2 ORDER BY lot_id";
    /// The newest entries of a balance, newest first.
    NEWEST_ENTRIES = "SELECT entry, kind, debit_account, credit_account, amount, lot_id, offer_id, bill_id, reverses, reason, created_at
        FROM partner_transfer WHERE merchant = $1 AND balance_id = $2 ORDER BY entry DESC LIMIT 200";
}

/// A balance with its lots, holds and entries.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/balances/{balanceId}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("balanceId" = String, Path, description = "The balance's id"),
    ),
    responses(
        (status = 200, body = BalanceView),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
        (status = 404, body = ErrorBody, description = "No such balance of this merchant"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_balance(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, balance_id)): Path<(String, String)>,
) -> Result<Json<BalanceView>, ApiError> {
    let now = partner.outside().now();
    let asked = balance_id.clone();
    let found = partner.db().read("partner_balance", move |tx| {
        view(tx, &merchant, &balance_id, now).map_err(TxError::<Never>::from)
    });
    found.await?.map(Json).ok_or_else(|| ApiError::not_found("balance", &asked))
}

pub(super) fn view(
    tx: &mut Tx<'_>,
    merchant: &str,
    balance_id: &str,
    now: Timestamp,
) -> Result<Option<BalanceView>, Error> {
    let Some(set_up) = merchant::get(tx, merchant)? else { return Ok(None) };
    let Some(row) = ledger::get_balance(tx, merchant, balance_id)? else { return Ok(None) };
    let unit = Unit { points: row.counts_points(), precision: set_up.precision };
    let holds = ledger::active_holds(tx, merchant, &[balance_id])?;
    let holds: Vec<HoldRow> = holds.into_iter().filter(|hold| hold.counts(now)).collect();
    let lots = tx.query(&LOTS_OF_BALANCE, params![merchant, balance_id])?;
    let mut entries = tx.query(&NEWEST_ENTRIES, params![merchant, balance_id])?;
    entries.reverse();
    let (mut pending, mut shortfall) = (0_i64, 0_i64);
    for lot in &lots {
        shortfall = shortfall.saturating_sub(lot.get::<i64>(4)?.min(0));
        if lot.get::<Option<Timestamp>>(8)?.is_some_and(|from| now < from) {
            pending = pending.saturating_add(lot.get::<i64>(4)?.max(0));
        }
    }
    let held: i64 = holds.iter().map(|hold| hold.amount).sum();
    let lots = lots.iter().map(|row| lot(row, unit, &holds, now)).collect::<Result<Vec<_>, _>>()?;
    let unspendable: i64 = lots.iter().map(|(_, unspendable)| unspendable).sum();
    let settings = shown_settings(&row)?;
    let BalanceRow { balance_id, balance_type, member_id, status, blocked_from, posted, .. } = row;
    let frozen_by = if blocked_from.is_some() { "shortfall" } else { "person" };
    Ok(Some(BalanceView {
        balance_id,
        r#type: balance_type,
        member_id,
        status: status.text().to_owned(),
        frozen_by: (status == BalanceStatus::Frozen).then(|| frozen_by.to_owned()),
        shortfall: unit.number(shortfall),
        settings,
        posted: unit.number(posted),
        held: unit.number(held),
        free: unit.number(posted - held - unspendable),
        pending: unit.number(pending),
        lots: lots.into_iter().map(|(lot, _)| lot).collect(),
        holds: holds.iter().map(|hold| shown_hold(hold, unit)).collect(),
        entries: entries.iter().map(|row| entry(row, unit)).collect::<Result<_, _>>()?,
    }))
}

fn shown_settings(row: &BalanceRow) -> Result<BalanceSettingsView, Error> {
    let settings = &row.settings;
    let json = |value: serde_json::Result<Value>| {
        value.map_err(|_| row::unreadable("partner_balance", "settings", "settings as JSON"))
    };
    Ok(BalanceSettingsView {
        pos_titles: settings.titles.pos.clone(),
        bill_titles: settings.titles.bill.clone(),
        point_value: settings.point_value.map(Number),
        point_step: settings.point_step,
        point_minimum: settings.point_minimum,
        stamp_card_id: settings.stamp_card_id.clone(),
        controllable: settings.controllable,
        product_ids: settings.product_ids.clone(),
        vat_rate: settings.vat_rate.map(Number),
        vat_rates: json(serde_json::to_value(&settings.vat_rates))?,
        issuer_id: settings.issuer_id.clone(),
        prepayment: settings.prepayment.as_ref().map(|one| json(serde_json::to_value(one))).transpose()?,
    })
}

/// What a balance counts in.
#[derive(Clone, Copy)]
struct Unit {
    points: bool,
    precision: Precision,
}

impl Unit {
    fn number(self, units: i64) -> Number {
        if self.points { Number::from(units) } else { Number::from_amount(Amount(units), self.precision) }
    }
}

/// A lot, and what of it nobody can spend or holds: it has ended or is pending.
fn lot(row: &Row, unit: Unit, holds: &[HoldRow], now: Timestamp) -> Result<(LotView, i64), Error> {
    let (lot_id, vat_rate, remaining): (String, Option<String>, i64) =
        (row.get(0)?, row.get(5)?, row.get(4)?);
    let (expires_at, available_at): (Option<Timestamp>, Option<Timestamp>) = (row.get(7)?, row.get(8)?);
    let state = if expires_at.is_some_and(|end| now >= end) {
        "ended"
    } else if available_at.is_some_and(|from| now < from) {
        "pending"
    } else {
        "live"
    };
    let parts = holds.iter().flat_map(|hold| &hold.lots).filter(|part| part.lot_id == lot_id);
    let held: i64 = parts.map(|part| part.amount).sum();
    let unspendable = if state == "live" { 0 } else { (remaining - held).max(0) };
    let view = LotView {
        lot_id,
        r#type: type_from_text(&row.get::<String>(10)?)
            .ok_or_else(|| row::unreadable("partner_lot", "type", "a balance type"))?,
        kind: row.get(1)?,
        source: row.get(2)?,
        issued: unit.number(row.get(3)?),
        remaining: unit.number(remaining),
        vat_rate: vat_rate.and_then(|text| text.parse::<Decimal>().ok()).map(Number),
        paid_value: row.get::<Option<i64>>(9)?.map(|paid| unit.number(paid)),
        earned_at: utc_millis(row.get(6)?),
        available_at: available_at.map(utc_millis),
        expires_at: expires_at.map(utc_millis),
        state: state.to_owned(),
    };
    Ok((view, unspendable))
}

fn shown_hold(hold: &HoldRow, unit: Unit) -> HoldView {
    HoldView {
        place_id: hold.check.place.clone(),
        device_number: hold.check.device_number,
        check_id: hold.check.check_id.clone(),
        loyalty_offer_id: hold.offer_id.clone(),
        amount: unit.number(hold.amount),
        expires_at: utc_millis(hold.expires_at),
    }
}

fn entry(row: &Row, unit: Unit) -> Result<EntryView, Error> {
    Ok(EntryView {
        entry: row.get(0)?,
        kind: row.get(1)?,
        debit_account: row.get(2)?,
        credit_account: row.get(3)?,
        amount: unit.number(row.get(4)?),
        lot_id: row.get(5)?,
        loyalty_offer_id: row.get(6)?,
        bill_id: row.get(7)?,
        reverses: row.get(8)?,
        reason: row.get(9)?,
        created_at: utc_millis(row.get(10)?),
    })
}
