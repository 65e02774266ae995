//! Which usage reports are in the books, and what is unusual about them?

use crate::Partner;
use crate::merchant;
use axum::Json;
use axum::extract::{Path, Query, State};
use db::{Error, Never, Tx, TxError, params};
use door::ApiError;
use door::admin::AdminCaller;
use jiff::Timestamp;
use money::{Amount, Precision};
use serde::Deserialize;
use wire::Number;
use wire::admin::partner::{UsagePage, UsageView};
use wire::errors::ErrorBody;
use wire::time::utc_millis;

db::row! {
    struct UsageRow {
        loyalty_provider_id: String,
        offer_id: String,
        bill_id: String,
        kind: String,
        flags: Vec<String> as db::Json,
        remarks: Vec<String> as db::Json,
        member_id: Option<String>,
        total_with_vat: Amount,
        paid_at: Option<Timestamp>,
        booked_at: Timestamp,
    }
}

db::statement! {
    /// Reports in the order of their key.
    PAGE_OF_USAGES -> UsageRow = "SELECT loyalty_provider_id, offer_id, bill_id, kind, flags, remarks, member_id, total_with_vat, paid_at, booked_at
        FROM partner_usage
        WHERE merchant = $1 AND (loyalty_provider_id, offer_id, bill_id, kind) > ($2, $3, $4, $5)
        ORDER BY loyalty_provider_id, offer_id, bill_id, kind LIMIT $6";
    /// The reports of one bill.
    USAGES_OF_BILL -> UsageRow = "SELECT loyalty_provider_id, offer_id, bill_id, kind, flags, remarks, member_id, total_with_vat, paid_at, booked_at
        FROM partner_usage WHERE merchant = $1 AND bill_id = $2
        ORDER BY loyalty_provider_id, offer_id, bill_id, kind LIMIT 100";
}

/// Reports on a page.
const LIMIT: usize = 100;

/// Which reports are asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UsagesQuery {
    /// Only those of one bill.
    bill_id: Option<String>,
    /// From `nextPage`: the key of the last report seen.
    after: Option<String>,
}

/// Usage reports, 100 a page.
#[utoipa::path(
    get, path = "/admin/v1/partner/merchants/{merchantId}/usages", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("billId" = Option<String>, Query, description = "Only those of one bill"),
        ("after" = Option<String>, Query, description = "As in `nextPage`"),
    ),
    responses(
        (status = 200, body = UsagePage),
        (status = 400, body = ErrorBody, description = "An unknown parameter, or `after` is not one of ours"),
        (status = 401, body = ErrorBody, description = "Not an admin token"),
        (status = 404, body = ErrorBody, description = "The merchant is not set up here"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_usages(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    query: Result<Query<UsagesQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<UsagePage>, ApiError> {
    let Query(query) = query.map_err(|error| ApiError::query(&error.body_text()))?;
    let after = query.after.as_deref().map(cursor).transpose()?.unwrap_or_default();
    let path = format!("/admin/v1/partner/merchants/{merchant}/usages");
    let (asked, bill_id) = (merchant.clone(), query.bill_id.clone());
    let found = partner.db().read("partner_usages", move |tx| {
        page(tx, &merchant, query.bill_id.as_deref(), &after).map_err(TxError::<Never>::from)
    });
    let mut data = found.await?.ok_or_else(|| ApiError::not_found("merchant", &asked))?;
    let more = data.len() > LIMIT;
    data.truncate(LIMIT);
    let next_page = data.last().filter(|_| more).map(|last| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(bill_id) = &bill_id {
            query.append_pair("billId", bill_id);
        }
        format!("{path}?{}", query.append_pair("after", &key(last)).finish())
    });
    Ok(Json(UsagePage { data, next_page }))
}

/// The four parts of a key in hex, so that they need no escaping in a query.
fn key(view: &UsageView) -> String {
    [&view.loyalty_provider_id, &view.loyalty_offer_id, &view.bill_id, &view.kind]
        .map(|part| outside::hex(part.as_bytes()))
        .join(".")
}

fn cursor(text: &str) -> Result<[String; 4], ApiError> {
    let refused = || ApiError::field("after", "the value in nextPage, unchanged", &format!("{text:?}"));
    let mut parts: [String; 4] = Default::default();
    let mut hexes = text.split('.');
    for part in &mut parts {
        *part = hexes.next().and_then(outside::unhex).ok_or_else(refused)?;
    }
    if hexes.next().is_some() { Err(refused()) } else { Ok(parts) }
}

fn page(
    tx: &mut Tx<'_>,
    merchant: &str,
    bill_id: Option<&str>,
    after: &[String; 4],
) -> Result<Option<Vec<UsageView>>, Error> {
    let Some(settings) = merchant::get(tx, merchant)? else { return Ok(None) };
    let [provider, offer, bill, kind] = after;
    let rows = match bill_id {
        Some(bill_id) => tx.query(&USAGES_OF_BILL, params![merchant, bill_id])?,
        None => {
            let limit = i64::try_from(LIMIT + 1).unwrap_or(i64::MAX);
            tx.query(&PAGE_OF_USAGES, params![merchant, provider, offer, bill, kind, limit])?
        }
    };
    Ok(Some(rows.into_iter().map(|row| view(row, settings.precision)).collect()))
}

fn view(row: UsageRow, precision: Precision) -> UsageView {
    UsageView {
        loyalty_provider_id: row.loyalty_provider_id,
        loyalty_offer_id: row.offer_id,
        bill_id: row.bill_id,
        kind: row.kind,
        flags: row.flags,
        remarks: row.remarks,
        customer_id: row.member_id,
        total_with_vat: Number::from_amount(row.total_with_vat, precision),
        paid_at: row.paid_at.map(utc_millis),
        booked_at: utc_millis(row.booked_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_goes_there_and_back_and_garbage_is_named() {
        let parts = ["p", "ř/&", "", "paid"].map(str::to_owned);
        let text = parts.clone().map(|part| outside::hex(part.as_bytes())).join(".");
        assert_eq!(cursor(&text).unwrap(), parts);
        for bad in ["", "70", "7.70.70.70", "zz.70.70.70", "70.70.70.70.70", "70.70.70.c3", "70.70.70.00"] {
            assert!(cursor(bad).is_err(), "{bad}");
        }
    }
}
