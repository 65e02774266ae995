//! What did this merchant accept of vouchers that others issued, so that it can invoice them? (loyalty.md §3 V8)
//!
//! Read from the append-only books: each entry on such a voucher carries its issuer. A period is made of what was booked
//! in it, refunds and cancellations included, so an invoice that was written stays right: what comes late stands in the
//! next one.

use super::members::settings;
use super::period::{After, Period};
use super::refusals::LookRefusals;
use crate::Partner;
use crate::merchant::MerchantRow;
use crate::row::{Class, Rate};
use axum::Json;
use axum::extract::{Path, Query, State};
use db::{Error, Never, Tx, TxError, params};
use door::ApiError;
use door::admin::AdminCaller;
use jiff::Timestamp;
use money::vat::{VatRate, split_gross};
use money::{Amount, Decimal, Precision};
use serde::Deserialize;
use std::collections::BTreeMap;
use wire::Number;
use wire::admin::partner::{IssuerReport, IssuerTotals, IssuersReport, RedeemedTotal, Redemption};
use wire::errors::ErrorBody;
use wire::loyalty::BalanceType;
use wire::time::utc_millis;

db::row! {
    struct RedeemedRow {
        issuer_id: String,
        class: BalanceType as Class,
        vat_rate: Option<Decimal> as Option<Rate>,
        gross: Amount,
        entries: i64,
    }
}

db::row! {
    struct RedemptionRow {
        created_at: Timestamp,
        balance_id: String,
        entry: i64,
        reverses: Option<i64>,
        bill_id: Option<String>,
        place: Option<String>,
        paid_at: Option<Timestamp>,
        class: BalanceType as Class,
        vat_rate: Option<Decimal> as Option<Rate>,
        gross: Amount,
    }
}

db::statement! {
    /// What was redeemed for issuers in a period, by class and rate of the lots.
    REDEEMED -> RedeemedRow = "SELECT t.issuer_id, l.type AS class, l.vat_rate,
          CAST(SUM(CASE WHEN t.credit_account = 'redemption' THEN t.amount ELSE 0 - t.amount END) AS BIGINT) AS gross, COUNT(*) AS entries
        FROM partner_transfer t
        JOIN partner_lot l ON l.merchant = t.merchant AND l.balance_id = t.balance_id AND l.lot_id = t.lot_id
        LEFT JOIN partner_bill b ON b.merchant = t.merchant AND b.bill_id = t.bill_id
        WHERE t.merchant = $1 AND t.issuer_id IS NOT NULL AND t.created_at >= $2 AND t.created_at < $3
          AND (t.credit_account = 'redemption' OR t.debit_account = 'redemption')
          AND (CAST($4 AS TEXT) IS NULL OR b.place = $4) AND (CAST($5 AS TEXT) IS NULL OR t.issuer_id = $5)
        GROUP BY t.issuer_id, l.type, l.vat_rate";
    /// A page of the entries it is made of.
    REDEMPTIONS -> RedemptionRow = "SELECT t.created_at, t.balance_id, t.entry, t.reverses, t.bill_id, b.place, b.paid_at, l.type AS class, l.vat_rate,
          CASE WHEN t.credit_account = 'redemption' THEN t.amount ELSE 0 - t.amount END AS gross
        FROM partner_transfer t
        JOIN partner_lot l ON l.merchant = t.merchant AND l.balance_id = t.balance_id AND l.lot_id = t.lot_id
        LEFT JOIN partner_bill b ON b.merchant = t.merchant AND b.bill_id = t.bill_id
        WHERE t.merchant = $1 AND t.issuer_id = $5 AND t.issuer_id IS NOT NULL AND t.created_at >= $2 AND t.created_at < $3
          AND (t.credit_account = 'redemption' OR t.debit_account = 'redemption')
          AND (CAST($4 AS TEXT) IS NULL OR b.place = $4)
          AND (t.created_at, t.balance_id, t.entry) > ($6, $7, $8)
        ORDER BY t.created_at, t.balance_id, t.entry LIMIT $9";
}

/// Entries on a page.
const LIMIT: usize = 100;

/// Which period, and where.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct IssuerQuery {
    from: Option<String>,
    till: Option<String>,
    place_id: Option<String>,
    /// From `nextPage`.
    after: Option<String>,
}

type Asked = Result<Query<IssuerQuery>, axum::extract::rejection::QueryRejection>;

/// Whose vouchers were redeemed in a period, and for how much.
///
/// The days are those of the place that is asked for, else of the merchant; what counts is when an entry was booked.
/// Whether and how the issuer is to be invoiced is for a tax adviser to confirm for the country.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/issuers", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("from" = String, Query, description = "First day, `YYYY-MM-DD`"),
        ("till" = String, Query, description = "Last day, inclusive; at most 366 days"),
        ("placeId" = Option<String>, Query, description = "Only what was redeemed there, by the days of its calendar"),
    ),
    responses(
        (status = 200, body = IssuersReport),
        (status = 400, body = ErrorBody, description = "A parameter that cannot be read; `field` names it"),
        LookRefusals,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_issuers(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    query: Asked,
) -> Result<Json<IssuersReport>, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::query(&error.body_text()))?;
    if let Some(after) = &query.after {
        return Err(ApiError::field("after", "nothing: all issuers are on one page", after));
    }
    let asked = Covered::read(&partner, &merchant, query).await?;
    let (covered, precision) = (asked.clone(), asked.merchant.precision);
    let found = partner
        .db()
        .read("partner_issuers", move |tx| covered.totals(tx, None).map_err(TxError::<Never>::from));
    let data = found
        .await?
        .into_iter()
        .map(|(issuer_id, sums)| IssuerTotals {
            issuer_id,
            gross: gross(&sums, precision),
            totals: totals(&sums, precision),
        })
        .collect();
    Ok(Json(IssuersReport {
        from: asked.period.from.to_string(),
        till: asked.period.till.to_string(),
        time_zone: asked.time_zone,
        place_id: asked.place_id,
        currency_code: asked.merchant.currency_code,
        data,
    }))
}

/// What was accepted for one issuer in a period: sums by class and rate, and the entries they are made of.
///
/// Refunds and cancellations count below zero in the period in which they were booked.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/issuers/{issuerId}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("issuerId" = String, Path, description = "The issuer's id, as the vouchers' settings name it"),
        ("from" = String, Query, description = "First day, `YYYY-MM-DD`"),
        ("till" = String, Query, description = "Last day, inclusive; at most 366 days"),
        ("placeId" = Option<String>, Query, description = "Only what was redeemed there, by the days of its calendar"),
        ("after" = Option<String>, Query, description = "As in `nextPage`"),
    ),
    responses(
        (status = 200, body = IssuerReport, description = "Empty for an issuer of whom nothing was redeemed"),
        (status = 400, body = ErrorBody, description = "A parameter that cannot be read; `field` names it"),
        LookRefusals,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_issuer(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, issuer_id)): Path<(String, String)>,
    query: Asked,
) -> Result<Json<IssuerReport>, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::query(&error.body_text()))?;
    super::limits::id("issuerId", &issuer_id)?;
    let after = After::read(query.after.as_deref())?;
    let asked = Covered::read(&partner, &merchant, query).await?;
    let (covered, issuer) = (asked.clone(), issuer_id.clone());
    let found = partner.db().read("partner_issuer", move |tx| {
        let sums = covered.totals(tx, Some(&issuer))?.remove(&issuer).unwrap_or_default();
        Ok::<_, TxError<Never>>((sums, covered.redemptions(tx, &issuer, &after)?))
    });
    let (sums, mut data) = found.await?;
    let more = data.len() > LIMIT;
    data.truncate(LIMIT);
    let precision = asked.merchant.precision;
    let next_page = data.last().filter(|_| more).map(|(last, _)| {
        let issuer = percent_encoded(&issuer_id);
        let place = asked.place_id.as_ref().map(|id| format!("&placeId={}", percent_encoded(id)));
        format!(
            "/admin/v1/partner/merchants/{merchant}/issuers/{issuer}?from={}&till={}{}&after={}",
            asked.period.from,
            asked.period.till,
            place.unwrap_or_default(),
            last.text()
        )
    });
    Ok(Json(IssuerReport {
        issuer_id,
        from: asked.period.from.to_string(),
        till: asked.period.till.to_string(),
        time_zone: asked.time_zone,
        place_id: asked.place_id,
        currency_code: asked.merchant.currency_code,
        gross: gross(&sums, precision),
        totals: totals(&sums, precision),
        data: data.into_iter().map(|(_, row)| row).collect(),
        next_page,
    }))
}

/// Every byte of an id that means something in an address, escaped.
fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// What a report covers.
#[derive(Debug, Clone)]
struct Covered {
    merchant: MerchantRow,
    period: Period,
    time_zone: String,
    place_id: Option<String>,
    from: Timestamp,
    till: Timestamp,
}

/// Gross and number of entries by class and rate.
type Sums = BTreeMap<(&'static str, Option<Decimal>), (BalanceType, (Amount, i64))>;

impl Covered {
    async fn read(partner: &Partner, merchant: &str, query: IssuerQuery) -> Result<Self, ApiError> {
        let merchant = settings(partner, merchant).await?;
        let period = Period::read(query.from.as_deref(), query.till.as_deref())?;
        super::limits::text("placeId", query.place_id.as_deref())?;
        let program = partner.programs().of(&merchant)?;
        let place = query.place_id.as_deref().unwrap_or_default();
        let zone = program.local(place, partner.outside().now()).time_zone().clone();
        let (from, till) = period.instants(&zone)?;
        let time_zone = zone.iana_name().unwrap_or(&merchant.time_zone).to_owned();
        Ok(Self { merchant, period, time_zone, place_id: query.place_id, from, till })
    }

    fn totals(&self, tx: &mut Tx<'_>, issuer_id: Option<&str>) -> Result<BTreeMap<String, Sums>, Error> {
        let (merchant, place) = (&self.merchant.merchant, self.place_id.as_deref());
        let rows = tx.query(&REDEEMED, params![merchant, self.from, self.till, place, issuer_id])?;
        let mut by_issuer: BTreeMap<String, Sums> = BTreeMap::new();
        for row in rows {
            let sums = by_issuer.entry(row.issuer_id).or_default();
            let (_, sum) =
                sums.entry((row.class.as_str(), row.vat_rate)).or_insert((row.class, (Amount::ZERO, 0)));
            sum.0 += row.gross;
            sum.1 += row.entries;
        }
        Ok(by_issuer)
    }

    fn redemptions(
        &self,
        tx: &mut Tx<'_>,
        issuer_id: &str,
        after: &After,
    ) -> Result<Vec<(After, Redemption)>, Error> {
        let limit = i64::try_from(LIMIT + 1).unwrap_or(i64::MAX);
        // One bound on each side of the page: of two on one side, SQLite may begin at the farther and walk all between them.
        let from = self.from.as_microsecond().max(after.created_at);
        let rows = tx.query(
            &REDEMPTIONS,
            params![
                &self.merchant.merchant,
                from,
                self.till,
                self.place_id.as_deref(),
                issuer_id,
                after.created_at,
                &after.balance_id,
                after.entry,
                limit,
            ],
        )?;
        Ok(rows.into_iter().map(|row| redemption(row, self.merchant.precision)).collect())
    }
}

fn redemption(row: RedemptionRow, precision: Precision) -> (After, Redemption) {
    let at = After {
        created_at: row.created_at.as_microsecond(),
        balance_id: row.balance_id.clone(),
        entry: row.entry,
    };
    let redemption = Redemption {
        booked_at: utc_millis(row.created_at),
        paid_at: row.paid_at.map(utc_millis),
        place_id: row.place,
        bill_id: row.bill_id,
        balance_id: row.balance_id,
        entry: row.entry,
        reverses: row.reverses,
        r#type: row.class,
        vat_rate: row.vat_rate.map(Number),
        gross: Number::from_amount(row.gross, precision),
    };
    (at, redemption)
}

/// What is in a price with VAT, where its rate is known.
pub(super) fn apart(
    gross: Amount,
    rate: Option<Decimal>,
    precision: Precision,
) -> (Option<Number>, Option<Number>) {
    let split = rate.and_then(VatRate::from_fraction).map(|rate| split_gross(gross, rate));
    let number = |amount| Number::from_amount(amount, precision);
    (split.map(|split| number(split.net)), split.map(|split| number(split.vat)))
}

fn gross(sums: &Sums, precision: Precision) -> Number {
    Number::from_amount(sums.values().map(|(_, (gross, _))| *gross).sum(), precision)
}

fn totals(sums: &Sums, precision: Precision) -> Vec<RedeemedTotal> {
    let totals = sums.iter().map(|((_, rate), (class, (gross, entries)))| {
        let (base, vat) = apart(*gross, *rate, precision);
        RedeemedTotal {
            r#type: *class,
            vat_rate: rate.map(Number),
            gross: Number::from_amount(*gross, precision),
            base,
            vat,
            entries: *entries,
        }
    });
    totals.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// loyalty.md V2: 500.00 at 12 % hold 53.57; the rate's sum is rounded, not its parts.
    #[test]
    fn a_rate_is_rounded_once_on_its_sum() {
        let two = Precision::new(2).unwrap();
        let (spv, mpv) = (BalanceType::SinglePurposePrepaidVoucher, BalanceType::MultiPurposePrepaidVoucher);
        let rate = |text: &str| text.parse::<Decimal>().ok();
        let sums = Sums::from([
            ((spv.as_str(), rate("0.12")), (spv, (Amount(50_000), 3))),
            ((spv.as_str(), rate("0.21")), (spv, (Amount(-121), 2))),
            ((mpv.as_str(), None), (mpv, (Amount(30_000), 1))),
        ]);
        let found: Vec<_> = totals(&sums, two)
            .into_iter()
            .map(|one| {
                [Some(one.gross), one.base, one.vat].map(|number| number.map(|number| number.to_string()))
            })
            .collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                [text("300"), None, None],
                [text("500"), text("446.43"), text("53.57")],
                [text("-1.21"), text("-1"), text("-0.21")],
            ]
        );
        assert_eq!(gross(&sums, two).to_string(), "798.79");
    }

    #[test]
    fn an_id_is_escaped_in_an_address() {
        assert_eq!(percent_encoded("CZ-1_a.b~"), "CZ-1_a.b~");
        assert_eq!(percent_encoded("a/b ř&"), "a%2Fb%20%C5%99%26");
    }
}
