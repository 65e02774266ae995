//! Where are benefit usages kept?

use super::benefit_usages::UsageFilters;
use crate::access::SourceId;
use crate::api::{Filters as _, unknown_cursor};
use courier::Delivery;
use db::{Message, Tx, TxError, params};
use door::ApiError;
use jiff::Timestamp;
use wire::Extra;
use wire::loyalty::{BenefitUsage, LoyaltyBenefitUsagesPayload};

db::statement! {
    INSERT_USAGE = "INSERT INTO platform_benefit_usage (merchant, place, benefit_usage_id, loyalty_provider_id, bill_id,
            payload, created_at, synchronized_at, attempts, last_error, failed, customer_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, 0, NULL, 0, $8)";
    USAGE_DELIVERED = "UPDATE platform_benefit_usage SET attempts = $4, last_error = NULL, failed = 0,
            synchronized_at = COALESCE(synchronized_at, $5)
        WHERE merchant = $1 AND place = $2 AND benefit_usage_id = $3";
    USAGE_ATTEMPTED = "UPDATE platform_benefit_usage SET attempts = $4, last_error = $5
        WHERE merchant = $1 AND place = $2 AND benefit_usage_id = $3";
    USAGE_FAILED = "UPDATE platform_benefit_usage SET failed = 1
        WHERE merchant = $1 AND place = $2 AND benefit_usage_id = $3";
    // Marking twice is marking once: the first instant stays.
    MARK_SYNCHRONIZED = "UPDATE platform_benefit_usage SET synchronized_at = COALESCE(synchronized_at, $5), failed = 0
        WHERE merchant = $1 AND place = $2 AND benefit_usage_id = $3 AND loyalty_provider_id = $4";
    OWN_USAGE -> String = "SELECT benefit_usage_id FROM platform_benefit_usage
        WHERE merchant = $1 AND place = $2 AND benefit_usage_id = $3 AND loyalty_provider_id = $4";
    /// A slice of a customer's usages that still name somebody.
    NAMED_OF_CUSTOMER -> NamedUsage = "SELECT merchant, place, benefit_usage_id, bill_id, payload FROM platform_benefit_usage
        WHERE merchant = $1 AND customer_id = $2 AND named = 1 LIMIT $3";
    /// A slice of the old usages that still name somebody, of all merchants.
    NAMED_UNTIL -> NamedUsage = "SELECT merchant, place, benefit_usage_id, bill_id, payload FROM platform_benefit_usage
        WHERE named = 1 AND created_at <= $1 ORDER BY created_at LIMIT $2";
    /// Replaces the report of a usage by one that names nobody.
    UNNAME_USAGE = "UPDATE platform_benefit_usage SET payload = $4, named = 0
        WHERE merchant = $1 AND place = $2 AND benefit_usage_id = $3";
    PAYLOAD -> PayloadRow = "SELECT payload FROM platform_benefit_usage
        WHERE merchant = $1 AND place = $2 AND benefit_usage_id = $3";
    USAGE_POSITION -> i64 = "SELECT created_at FROM platform_benefit_usage
        WHERE merchant = $1 AND place = $2 AND loyalty_provider_id = $3 AND benefit_usage_id = $4";
    // Oldest first: what waits longest is pulled first.
    USAGES -> UsageRow = "SELECT benefit_usage_id, synchronized_at, attempts, last_error, created_at, payload
        FROM platform_benefit_usage
        WHERE merchant = $1 AND place = $2 AND loyalty_provider_id = $3
            AND created_at >= $4 AND created_at < $5
            AND CASE WHEN synchronized_at IS NULL THEN 0 ELSE 1 END BETWEEN $6 AND $7
            AND (created_at, benefit_usage_id) > ($8, $9)
        ORDER BY created_at, benefit_usage_id
        LIMIT $10";
}

/// A usage to keep with the bill it belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewUsage<'a> {
    pub(crate) merchant: &'a str,
    pub(crate) place: &'a str,
    pub(crate) benefit_usage_id: &'a str,
    pub(crate) loyalty_provider_id: &'a str,
    pub(crate) bill_id: &'a str,
    /// The frozen report.
    pub(crate) payload: &'a str,
    /// Whose usage it is, in the provider's words.
    pub(crate) customer_id: Option<&'a str>,
    pub(crate) now: Timestamp,
}

pub(crate) fn insert(tx: &mut Tx<'_>, new: &NewUsage<'_>) -> Result<(), db::Error> {
    tx.execute(
        &INSERT_USAGE,
        params![
            new.merchant,
            new.place,
            new.benefit_usage_id,
            new.loyalty_provider_id,
            new.bill_id,
            new.payload,
            new.now,
            new.customer_id
        ],
    )?;
    Ok(())
}

db::row! {
    /// The frozen report of a usage.
    struct PayloadRow {
        payload: LoyaltyBenefitUsagesPayload as Message,
    }
}

db::row! {
    /// A usage and how its delivery stands.
    struct UsageRow {
        benefit_usage_id: String,
        synchronized_at: Option<Timestamp>,
        attempts: i64,
        last_error: Option<String>,
        created_at: Timestamp,
        payload: LoyaltyBenefitUsagesPayload as Message,
    }
}

db::row! {
    /// A usage whose report still names somebody.
    pub(crate) struct NamedUsage {
        pub(crate) merchant: String,
        pub(crate) place: String,
        pub(crate) benefit_usage_id: String,
        pub(crate) bill_id: String,
        pub(crate) payload: String,
    }
}

/// `rows` of a customer's usages that still name somebody.
pub(crate) fn named_of_customer(
    tx: &mut Tx<'_>,
    merchant: &str,
    customer_id: &str,
    rows: i64,
) -> Result<Vec<NamedUsage>, db::Error> {
    tx.query(&NAMED_OF_CUSTOMER, params![merchant, customer_id, rows])
}

/// `rows` of the usages made by `until` that still name somebody, the oldest first.
pub(crate) fn named_until(
    tx: &mut Tx<'_>,
    until: Timestamp,
    rows: i64,
) -> Result<Vec<NamedUsage>, db::Error> {
    tx.query(&NAMED_UNTIL, params![until, rows])
}

/// Replaces the report of a usage by one that names nobody.
pub(crate) fn unname(tx: &mut Tx<'_>, usage: &NamedUsage, payload: &str) -> Result<(), db::Error> {
    tx.execute(&UNNAME_USAGE, params![&usage.merchant, &usage.place, &usage.benefit_usage_id, payload])?;
    Ok(())
}

/// The frozen report of a usage.
pub(crate) fn payload(
    tx: &mut Tx<'_>,
    source: &SourceId,
    benefit_usage_id: &str,
) -> Result<Option<LoyaltyBenefitUsagesPayload>, db::Error> {
    let row = tx.optional(&PAYLOAD, params![&source.merchant, &source.place, benefit_usage_id])?;
    Ok(row.map(|row| row.payload))
}

pub(crate) fn delivered(tx: &mut Tx<'_>, delivery: &Delivery, now: Timestamp) -> Result<(), db::Error> {
    let attempts = i64::try_from(delivery.attempts).unwrap_or(i64::MAX);
    let row = params![&delivery.merchant, &delivery.place, &delivery.delivery_id, attempts, now];
    tx.execute(&USAGE_DELIVERED, row)?;
    Ok(())
}

pub(crate) fn attempted(tx: &mut Tx<'_>, delivery: &Delivery, error: &str) -> Result<(), db::Error> {
    let attempts = i64::try_from(delivery.attempts).unwrap_or(i64::MAX);
    let row = params![&delivery.merchant, &delivery.place, &delivery.delivery_id, attempts, error];
    tx.execute(&USAGE_ATTEMPTED, row)?;
    Ok(())
}

pub(crate) fn failed(tx: &mut Tx<'_>, delivery: &Delivery) -> Result<(), db::Error> {
    tx.execute(&USAGE_FAILED, params![&delivery.merchant, &delivery.place, &delivery.delivery_id])?;
    Ok(())
}

/// Marks one usage of the provider as synchronized and stops its retries; false when it has no such usage here.
pub(crate) fn mark(
    tx: &mut Tx<'_>,
    source: &SourceId,
    loyalty_provider_id: &str,
    benefit_usage_id: &str,
    now: Timestamp,
) -> Result<bool, db::Error> {
    let key = params![&source.merchant, &source.place, benefit_usage_id, loyalty_provider_id];
    if tx.optional(&OWN_USAGE, key)?.is_none() {
        return Ok(false);
    }
    // The delivery before the usage, as the courier's own transactions touch them.
    courier::outbox::settle(tx, &source.merchant, benefit_usage_id, now)?;
    let row = params![&source.merchant, &source.place, benefit_usage_id, loyalty_provider_id, now];
    tx.execute(&MARK_SYNCHRONIZED, row)?;
    Ok(true)
}

/// The first `most` of the provider's usages on a page.
///
/// # Errors
/// 404 for a `lastBenefitUsageId` the provider does not have here.
pub(super) fn page(
    tx: &mut Tx<'_>,
    source: &SourceId,
    loyalty_provider_id: &str,
    filters: &UsageFilters,
    most: i64,
) -> Result<Vec<BenefitUsage>, TxError<ApiError>> {
    let (after, after_id) = match filters.after() {
        None => (i64::MIN, ""),
        Some(last) => {
            let key = params![&source.merchant, &source.place, loyalty_provider_id, last];
            let position = tx.optional(&USAGE_POSITION, key)?;
            (position.ok_or_else(|| unknown_cursor("benefit usage", last))?, last)
        }
    };
    let (least_flag, most_flag) =
        filters.synchronized.map_or((0, 1), |flag| (i64::from(flag), i64::from(flag)));
    // One bound on each side of the page: of two on one side, SQLite may begin at the farther and walk all between them.
    let from = filters.from.map_or(i64::MIN, |from| from.as_microsecond()).max(after);
    let rows = tx.query(
        &USAGES,
        params![
            &source.merchant,
            &source.place,
            loyalty_provider_id,
            from,
            filters.till.map_or(i64::MAX, |till| till.as_microsecond()),
            least_flag,
            most_flag,
            after,
            after_id,
            most
        ],
    )?;
    Ok(rows.into_iter().map(usage_of).collect())
}

fn usage_of(row: UsageRow) -> BenefitUsage {
    BenefitUsage {
        benefit_usage_id: row.benefit_usage_id,
        synchronized: row.synchronized_at.is_some(),
        synchronized_at: row.synchronized_at,
        attempts: row.attempts,
        last_error: row.last_error,
        created_at: row.created_at,
        payload: row.payload,
        extra: Extra::new(),
    }
}
