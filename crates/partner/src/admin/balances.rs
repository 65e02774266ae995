//! What is in a balance: lots, holds, entries?

use crate::Partner;
use crate::loyalty::ledger::{BalanceRow, BalanceStatus, HoldRow, store as ledger};
use crate::merchant;
use crate::row::{self, Class, Rate};
use axum::Json;
use axum::extract::{Path, State};
use db::{Error, Never, Tx, TxError, params};
use door::ApiError;
use door::admin::AdminCaller;
use jiff::Timestamp;
use money::{Amount, Decimal, Precision};
use serde_json::Value;
use wire::Number;
use wire::admin::partner::{BalanceSettingsView, BalanceView, EntryView, HoldView, LotView};
use wire::errors::ErrorBody;
use wire::loyalty::BalanceType;
use wire::time::utc_millis;

db::row! {
    struct LotRow {
        lot_id: String,
        kind: String,
        source: String,
        issued: i64,
        remaining: i64,
        vat_rate: Option<Decimal> as Option<Rate>,
        earned_at: Timestamp,
        expires_at: Option<Timestamp>,
        available_at: Option<Timestamp>,
        paid_value: Option<i64>,
        class: BalanceType as Class,
    }
}

db::row! {
    struct EntryRow {
        entry: i64,
        kind: String,
        debit_account: String,
        credit_account: String,
        amount: i64,
        lot_id: String,
        offer_id: Option<String>,
        bill_id: Option<String>,
        reverses: Option<i64>,
        reason: Option<String>,
        created_at: Timestamp,
    }
}

db::statement! {
    /// Every lot of a balance.
    LOTS_OF_BALANCE -> LotRow = "SELECT lot_id, kind, source, issued, remaining, vat_rate, earned_at, expires_at, available_at, paid_value, type AS class
        FROM partner_lot WHERE merchant = $1 AND balance_id = $2 ORDER BY lot_id";
    /// The newest entries of a balance, newest first.
    NEWEST_ENTRIES -> EntryRow = "SELECT entry, kind, debit_account, credit_account, amount, lot_id, offer_id, bill_id, reverses, reason, created_at
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
        shortfall = shortfall.saturating_sub(lot.remaining.min(0));
        if lot.available_at.is_some_and(|from| now < from) {
            pending = pending.saturating_add(lot.remaining.max(0));
        }
    }
    let held: i64 = holds.iter().map(|hold| hold.amount).sum();
    let lots: Vec<(LotView, i64)> = lots.into_iter().map(|row| lot(row, unit, &holds, now)).collect();
    let unspendable: i64 = lots.iter().map(|(_, unspendable)| unspendable).sum();
    let settings = shown_settings(&row)?;
    let BalanceRow { balance_id, balance_type, member_id, status, blocked_from, posted, .. } = row;
    let frozen_by = if blocked_from.is_some() { "shortfall" } else { "person" };
    Ok(Some(BalanceView {
        balance_id,
        r#type: balance_type,
        member_id,
        status: status.as_str().to_owned(),
        frozen_by: (status == BalanceStatus::Frozen).then(|| frozen_by.to_owned()),
        shortfall: unit.number(shortfall),
        settings,
        posted: unit.number(posted),
        held: unit.number(held),
        free: unit.number(posted - held - unspendable),
        pending: unit.number(pending),
        lots: lots.into_iter().map(|(lot, _)| lot).collect(),
        holds: holds.iter().map(|hold| shown_hold(hold, unit)).collect(),
        entries: entries.into_iter().map(|row| entry(row, unit)).collect(),
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
fn lot(row: LotRow, unit: Unit, holds: &[HoldRow], now: Timestamp) -> (LotView, i64) {
    let LotRow { lot_id, remaining, expires_at, available_at, .. } = row;
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
        r#type: row.class,
        kind: row.kind,
        source: row.source,
        issued: unit.number(row.issued),
        remaining: unit.number(remaining),
        vat_rate: row.vat_rate.map(Number),
        paid_value: row.paid_value.map(|paid| unit.number(paid)),
        earned_at: utc_millis(row.earned_at),
        available_at: available_at.map(utc_millis),
        expires_at: expires_at.map(utc_millis),
        state: state.to_owned(),
    };
    (view, unspendable)
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

fn entry(row: EntryRow, unit: Unit) -> EntryView {
    EntryView {
        entry: row.entry,
        kind: row.kind,
        debit_account: row.debit_account,
        credit_account: row.credit_account,
        amount: unit.number(row.amount),
        lot_id: row.lot_id,
        loyalty_offer_id: row.offer_id,
        bill_id: row.bill_id,
        reverses: row.reverses,
        reason: row.reason,
        created_at: utc_millis(row.created_at),
    }
}
