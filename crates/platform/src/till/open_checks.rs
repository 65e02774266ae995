//! `GET /pos/{sourceId}/checks`: which checks are open at the register's place?

use super::{selling, store, view};
use crate::access::AtRegister;
use crate::api::{Filters as _, Query, filters, page, unknown_cursor};
use crate::sale::reckon;
use axum::Json;
use db::TxError;
use door::ApiError;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use money::Amount;
use wire::Number;
use wire::list::Page;
use wire::pos::ListedCheck;
use wire::time::LocalTime;

filters! {
    /// Which open checks a register asks for.
    pub(crate) struct CheckFilters {
        /// Only checks at this desk.
        desk_id: Text = "deskId",
        /// 1 to 100, default 50.
        limit: Limit = "limit",
    }
    /// Continue after this check.
    cursor "lastCheckId"
}

/// The open checks of the register's place, whichever register has them, in the order of their ids: about that in which they
/// were opened.
#[utoipa::path(
    get,
    path = "/pos/{sourceId}/checks",
    tag = "Till",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"), CheckFilters),
    responses(
        (status = 200, description = "A page of checks", body = Page<ListedCheck>),
        (status = 400, description = "A parameter cannot be read; `field` names it"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place, or the place is disabled"),
        (status = 404, description = "No such check to continue after")
    )
)]
pub(super) async fn list_checks(
    AtRegister { platform, grant }: AtRegister,
    query: Query,
) -> Result<Json<Page<ListedCheck>>, ApiError> {
    let filters = CheckFilters::read(&query, &TimeZone::UTC)?;
    let (asked, register) = (filters.clone(), grant.clone());
    let read = platform.db().read("open_checks", move |tx| {
        let selling = selling(tx, &register)?;
        let (merchant, place) = (&register.merchant, &register.place);
        if let Some(last) = asked.after()
            && !store::is_there(tx, merchant, place, last)?
        {
            return Err(unknown_cursor("check", last));
        }
        let after = asked.after().unwrap_or_default();
        // One more than the page says that there is a next one.
        let most = asked.limit() + 1;
        let rows = store::open_after(tx, merchant, place, asked.desk_id.as_deref(), after, most)?;
        Ok::<_, TxError<ApiError>>((selling.settings, rows))
    });
    let (settings, rows) = read.await?;
    let money = |amount: Amount| Number::from_amount(amount, settings.precision);
    let mut listed = Vec::with_capacity(rows.len());
    for check in rows {
        let offer = view::current_offer(&grant, &settings, &check)?;
        let reckoning =
            reckon(&check.lines, offer, settings.precision, settings.is_vat_payer).map_err(|violation| {
                tracing::error!(check = %check.check_id, code = %violation.code, "a stored offer does not work out");
                ApiError::internal()
            })?;
        let opened_at = Timestamp::from_second(check.opened_at.as_second()).unwrap_or(check.opened_at);
        listed.push(ListedCheck {
            device_number: check.device_number,
            version: check.version,
            opened_at: LocalTime::new(opened_at, &settings.zone).to_string(),
            to_pay: money(reckoning.to_pay - check.paid_before()),
            total_with_vat: money(reckoning.total),
            line_count: check.lines.len(),
            order_id: check.order_provider.map(|provider| provider.order_id),
            check_id: check.check_id,
            opened_by: check.opened_by,
            desk_id: check.desk_id,
            person_count: check.person_count,
        });
    }
    Ok(Json(page(&query, &filters, listed, |check| check.check_id.as_str(), |check| check)))
}
