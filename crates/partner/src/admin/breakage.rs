//! What of vouchers and credit ended unused, and what does VAT say of it? (loyalty.md §3 V7)
//!
//! Of a single-purpose voucher the VAT was due when it was sold, and stays paid; of the others no supply ever took
//! place, so what ended is income outside VAT. Class, rate and price are those of the lot, frozen when it was sold.

use super::issuers::apart;
use super::members::settings;
use super::period::{After, Period};
use super::refusals::LookRefusals;
use crate::Partner;
use crate::loyalty::ledger::LotKind;
use crate::merchant;
use crate::row::{Class, Rate};
use axum::Json;
use axum::extract::{Path, Query, State};
use db::{Error, Never, Tx, TxError, params};
use door::ApiError;
use door::admin::AdminCaller;
use jiff::Timestamp;
use money::{Amount, Decimal, Precision, cumulative};
use serde::Deserialize;
use std::collections::BTreeMap;
use wire::Number;
use wire::admin::partner::{BreakageReport, BreakageTotal, BreakageTreatment, EndedValue};
use wire::errors::ErrorBody;
use wire::loyalty::BalanceType;
use wire::time::utc_millis;

db::row! {
    struct EndedRow {
        created_at: Timestamp,
        balance_id: String,
        entry: i64,
        amount: Amount,
        lot_id: String,
        reason: Option<String>,
        class: BalanceType as Class,
        kind: LotKind,
        vat_rate: Option<Decimal> as Option<Rate>,
        issued: Amount,
        paid_value: Option<Amount>,
        ended_before: Amount,
    }
}

db::statement! {
    /// What ended in a period, points left out, with what of its lot had ended before.
    ENDED_VALUE -> EndedRow = "SELECT t.created_at, t.balance_id, t.entry, t.amount, t.lot_id, t.reason, l.type AS class, l.kind, l.vat_rate, l.issued, l.paid_value,
          (SELECT CAST(COALESCE(SUM(e.amount), 0) AS BIGINT) FROM partner_transfer e
            WHERE e.merchant = $1 AND e.balance_id = t.balance_id AND e.entry < t.entry
              AND e.lot_id = t.lot_id AND e.kind = 'expire') AS ended_before
        FROM partner_transfer t
        JOIN partner_lot l ON l.merchant = $1 AND l.balance_id = t.balance_id AND l.lot_id = t.lot_id
        WHERE t.merchant = $1 AND t.kind = 'expire' AND t.created_at >= $2 AND t.created_at < $3
          AND l.type <> 'collectablePoints' AND (t.created_at, t.balance_id, t.entry) > ($4, $5, $6)
        ORDER BY t.created_at, t.balance_id, t.entry LIMIT $7";
}

/// Entries on a page.
const LIMIT: usize = 100;
/// Entries that are read at a time to sum up a period.
const SLICE: usize = 1_000;

/// Which period.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BreakageQuery {
    from: Option<String>,
    till: Option<String>,
    /// From `nextPage`.
    after: Option<String>,
}

/// Vouchers and credit that ended unused in a period, with what was paid for them and the VAT that stays paid.
///
/// The days are the merchant's; what counts is when the end was booked. What VAT says of unused vouchers is for a tax
/// adviser to confirm for the country; the program's `breakage` puts it into the books.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/breakage", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("from" = String, Query, description = "First day, `YYYY-MM-DD`"),
        ("till" = String, Query, description = "Last day, inclusive; at most 366 days"),
        ("after" = Option<String>, Query, description = "As in `nextPage`"),
    ),
    responses(
        (status = 200, body = BreakageReport),
        (status = 400, body = ErrorBody, description = "A parameter that cannot be read; `field` names it"),
        LookRefusals,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_breakage(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant_id): Path<String>,
    query: Result<Query<BreakageQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<BreakageReport>, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::query(&error.body_text()))?;
    let period = Period::read(query.from.as_deref(), query.till.as_deref())?;
    let after = After::read(query.after.as_deref())?;
    let merchant = settings(&partner, &merchant_id).await?;
    let (from, till) = period.instants(&merchant::zone(&merchant.time_zone))?;
    let ended = Ended { merchant: merchant_id.clone(), from, till };
    let found = partner.db().read("partner_breakage", move |tx| {
        Ok::<_, TxError<Never>>((ended.sums(tx)?, ended.slice(tx, &after, LIMIT + 1)?))
    });
    let (sums, mut rows) = found.await?;
    let more = rows.len() > LIMIT;
    rows.truncate(LIMIT);
    let next_page = rows.last().filter(|_| more).map(|last| {
        format!(
            "/admin/v1/partner/merchants/{merchant_id}/breakage?from={}&till={}&after={}",
            period.from,
            period.till,
            last.at.text()
        )
    });
    let precision = merchant.precision;
    Ok(Json(BreakageReport {
        from: period.from.to_string(),
        till: period.till.to_string(),
        time_zone: merchant.time_zone,
        currency_code: merchant.currency_code,
        totals: totals(&sums, precision),
        data: rows.into_iter().map(|one| one.view(precision)).collect(),
        next_page,
    }))
}

/// The period of one merchant.
#[derive(Debug, Clone)]
struct Ended {
    merchant: String,
    from: Timestamp,
    till: Timestamp,
}

/// One entry.
#[derive(Debug, Clone, PartialEq)]
struct One {
    at: After,
    booked_at: Timestamp,
    lot_id: String,
    reason: Option<String>,
    class: BalanceType,
    treatment: BreakageTreatment,
    vat_rate: Option<Decimal>,
    value: Amount,
    paid: Amount,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    value: Amount,
    paid: Amount,
    entries: i64,
}

/// By class, treatment and rate.
type Sums = BTreeMap<(&'static str, BreakageTreatment, Option<Decimal>), (BalanceType, Sum)>;

impl Ended {
    fn slice(&self, tx: &mut Tx<'_>, after: &After, limit: usize) -> Result<Vec<One>, Error> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        // One bound on each side of the page: of two on one side, SQLite may begin at the farther and walk all between them.
        let from = self.from.as_microsecond().max(after.created_at);
        let rows =
            tx.query(
                &ENDED_VALUE,
                params![
                    &self.merchant,
                    from,
                    self.till,
                    after.created_at,
                    &after.balance_id,
                    after.entry,
                    limit,
                ],
            )?;
        Ok(rows.into_iter().map(one).collect())
    }

    fn sums(&self, tx: &mut Tx<'_>) -> Result<Sums, Error> {
        let (mut sums, mut after) = (Sums::new(), After::start());
        loop {
            let slice = self.slice(tx, &after, SLICE)?;
            for one in &slice {
                let key = (one.class.as_str(), one.treatment, one.vat_rate);
                let (_, sum) = sums.entry(key).or_insert((one.class, Sum::default()));
                sum.value += one.value;
                sum.paid += one.paid;
                sum.entries += 1;
            }
            match slice.into_iter().nth(SLICE - 1) {
                Some(last) => after = last.at,
                None => return Ok(sums),
            }
        }
    }
}

fn one(row: EndedRow) -> One {
    let value = row.amount;
    let treatment = match (row.kind, row.class) {
        (LotKind::Bonus, _) => BreakageTreatment::GivenFree,
        (_, BalanceType::SinglePurposePrepaidVoucher) => BreakageTreatment::VatStays,
        _ => BreakageTreatment::OutsideVat,
    };
    One {
        at: After {
            created_at: row.created_at.as_microsecond(),
            balance_id: row.balance_id,
            entry: row.entry,
        },
        booked_at: row.created_at,
        lot_id: row.lot_id,
        reason: row.reason,
        class: row.class,
        treatment,
        vat_rate: row.vat_rate,
        value,
        paid: match row.paid_value {
            _ if treatment == BreakageTreatment::GivenFree => Amount::ZERO,
            // sold below (or above) face: so much of the price, on the running sum over what ends of the lot (V4)
            Some(paid) => cumulative(paid, row.issued, row.ended_before, value),
            None => value,
        },
    }
}

impl One {
    fn view(self, precision: Precision) -> EndedValue {
        EndedValue {
            booked_at: utc_millis(self.booked_at),
            balance_id: self.at.balance_id,
            entry: self.at.entry,
            lot_id: self.lot_id,
            r#type: self.class,
            treatment: self.treatment,
            vat_rate: self.vat_rate.map(Number),
            value: Number::from_amount(self.value, precision),
            paid_value: Number::from_amount(self.paid, precision),
            reason: self.reason,
        }
    }
}

fn totals(sums: &Sums, precision: Precision) -> Vec<BreakageTotal> {
    sums.iter()
        .map(|((_, treatment, vat_rate), (class, sum))| {
            let stays = *treatment == BreakageTreatment::VatStays;
            let (base, vat) = apart(sum.paid, vat_rate.filter(|_| stays), precision);
            BreakageTotal {
                r#type: *class,
                treatment: *treatment,
                vat_rate: vat_rate.map(Number),
                value: Number::from_amount(sum.value, precision),
                paid_value: Number::from_amount(sum.paid, precision),
                base,
                vat,
                entries: sum.entries,
            }
        })
        .collect()
}
