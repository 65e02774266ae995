//! Which customers does a merchant's marketing see, and how does it read them?
//!
//! `GET /api/v1/customer/{id}` and `GET /api/v1/customers` (protocol.md §14.1, sync.md §5). What is shown beside
//! the person is kept up to date by whoever changes it ([`crate::loyalty::people::customer`]); a request only reads.

mod query;
mod store;

use crate::credentials::CustomersRefusal;
use crate::merchant::zone;
use crate::{CustomersClient, Partner};
use axum::Json;
use axum::extract::{Path, Query, State};
use db::{Never, TxError};
use door::ApiError;
use http::{StatusCode, Uri};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use money::{Amount, Precision};
use query::CustomersQuery;
use serde_json::Value;
use store::CustomerRow;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::Number;
use wire::customers::{Customer, CustomerError, CustomerPage, CustomerRecord, ErasedCustomer};
use wire::time::LocalTime;

/// A command takes its time before it is durable; one that began before this span is durable or undone.
/// So a page is complete up to this long before it was asked for.
const SETTLING: SignedDuration = SignedDuration::from_secs(120);

/// The two calls of the feed.
pub(crate) fn routes() -> OpenApiRouter<Partner> {
    OpenApiRouter::new().routes(routes!(get_customer)).routes(routes!(get_customers)).layer(door::ETags)
}

/// One customer.
#[utoipa::path(
    get, path = "/api/v1/customer/{id}", tag = "Customers feed",
    params(("id" = i64, Path, description = "The customer's number")),
    responses(
        (status = 200, body = Customer, description = "The customer; members that are not known are null"),
        (status = 401, body = CustomerError, description = "Not a customers client"),
        (status = 404, body = CustomerError, description = "No such customer of this merchant"),
    ),
    security(("bearer" = []), ("basic" = [])),
)]
pub(crate) async fn get_customer(
    State(partner): State<Partner>,
    client: CustomersClient,
    Path(id): Path<String>,
) -> Result<Json<CustomerRecord>, CustomersRefusal> {
    let missing = || CustomersRefusal::new(StatusCode::NOT_FOUND, format!("No customer found for id {id}"));
    let number: i64 = id.parse().map_err(|_| missing())?;
    let merchant = client.merchant.clone();
    let found = partner.db().read("customer", move |tx| {
        let Some(feed) = store::merchant(tx, &merchant)? else { return Ok::<_, TxError<Never>>(None) };
        Ok(store::one(tx, &merchant, number)?.map(|row| (feed, row)))
    });
    let ((precision, merchant_zone), row) = found.await.map_err(ApiError::from)?.ok_or_else(missing)?;
    Ok(Json(Shown::new(precision, &merchant_zone, &client).record(row)))
}

/// Customers by the instant of their last change.
#[utoipa::path(
    get, path = "/api/v1/customers", tag = "Customers feed",
    params(
        ("last_updated" = Option<String>, Query, description = "Changed at or after; without offset in the client's zone"),
        ("start" = Option<i64>, Query, description = "Skip so many (default 0)"),
        ("limit" = Option<i64>, Query, description = "1 to 500 (default 25)"),
        ("next" = Option<String>, Query, description = "Continue a page: its `next`, unchanged"),
    ),
    responses(
        (status = 200, body = CustomerPage, description = "A page, ordered by id"),
        (status = 400, body = CustomerError, description = "A parameter that cannot be read, by name"),
        (status = 401, body = CustomerError, description = "Not a customers client"),
    ),
    security(("bearer" = []), ("basic" = [])),
)]
pub(crate) async fn get_customers(
    State(partner): State<Partner>,
    client: CustomersClient,
    uri: Uri,
) -> Result<Json<CustomerPage>, CustomersRefusal> {
    let refused = |error: String| CustomersRefusal::new(StatusCode::BAD_REQUEST, error);
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&uri)
        .map_err(|_| refused("the query: expected percent-encoded UTF-8".to_owned()))?;
    let client_zone = client.time_zone.as_deref().map(zone);
    let asked = CustomersQuery::read(&pairs, client_zone.as_ref()).map_err(refused)?;
    let now = partner.outside().now();
    let (merchant, ask) = (client.merchant.clone(), asked.clone());
    let found = partner.db().read("customers", move |tx| {
        let Some(feed) = store::merchant(tx, &merchant)? else { return Ok::<_, TxError<Never>>(None) };
        let since = ask.since.unwrap_or(Timestamp::UNIX_EPOCH);
        let count = store::count(tx, &merchant, since)?;
        // one more than the page tells whether there is a next one
        let after = ask.after.unwrap_or(0);
        let rows = store::page(tx, &merchant, since, after, ask.limit + 1, ask.start)?;
        Ok(Some((feed, count, rows)))
    });
    let Some(((precision, merchant_zone), count, mut rows)) = found.await.map_err(ApiError::from)? else {
        return Err(CustomersRefusal::unauthorized());
    };
    let limit = usize::try_from(asked.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| asked.next(last.customer_number));
    let shown = Shown::new(precision, &merchant_zone, &client);
    Ok(Json(CustomerPage {
        count,
        start: asked.start.to_string(),
        limit: asked.limit.to_string(),
        records: rows.into_iter().map(|row| shown.record(row)).collect(),
        next,
        as_of: now.checked_sub(SETTLING).ok(),
        extra: wire::Extra::new(),
    }))
}

/// How one client is shown one merchant's customers.
struct Shown {
    precision: Precision,
    zone: TimeZone,
}

impl Shown {
    /// Times have the offset of the client's zone; without one, of the merchant's.
    fn new(precision: Precision, merchant_zone: &str, client: &CustomersClient) -> Self {
        Self { precision, zone: zone(client.time_zone.as_deref().unwrap_or(merchant_zone)) }
    }

    fn record(&self, row: CustomerRow) -> CustomerRecord {
        if row.erased {
            return CustomerRecord::Erased(ErasedCustomer { id: row.customer_number, deleted: true });
        }
        let money = |minor: i64| Number::from_amount(Amount(minor), self.precision);
        let time = |at: Timestamp| LocalTime::new(at, &self.zone);
        CustomerRecord::Customer(Box::new(Customer {
            id: row.customer_number,
            first_name: row.first_name,
            last_name: row.last_name,
            mobile_phone: row.mobile_phone,
            email: row.email,
            points: Some(Number::from(row.points)),
            allow_sms: row.allow_sms,
            allow_email: row.allow_email,
            city: row.city,
            state: row.state,
            country: row.country,
            address: row.address,
            zip: row.zip,
            birth_date: row.birth_date,
            store_id: row.store_id.map(Value::from),
            total_orders: Some(row.total_orders),
            total_sales: Some(money(row.total_sales)),
            date_first_order: row.date_first_order.map(time),
            date_last_order: row.date_last_order.map(time),
            last_order_value: row.last_order_value.map(money),
            categories: row.categories,
            extra: wire::Extra::new(),
        }))
    }
}
