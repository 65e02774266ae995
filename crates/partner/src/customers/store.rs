//! The customers feed: SQL. Every query is one index range of the merchant's customers.

use crate::loyalty::people::member::MemberStatus;
use db::{Error, FromValue as _, Json, ReadAs, Tx, Value, params};
use jiff::Timestamp;
use money::Precision;

db::statement! {
    /// The merchant's precision and time zone.
    FEED_MERCHANT -> FeedMerchant = "SELECT price_precision, time_zone FROM partner_merchant WHERE merchant = $1";
    /// The number of customers that changed since an instant.
    COUNT_CUSTOMERS -> i64 = "SELECT COUNT(*) FROM partner_customer WHERE merchant = $1 AND last_updated >= $2";
    /// One page of customers, ordered by the number that never changes.
    PAGE_OF_CUSTOMERS -> CustomerRow = "SELECT c.customer_number, c.points, c.total_orders, c.total_sales, c.date_first_order, c.date_last_order,
          c.last_order_value, c.categories, m.status AS erased, p.first_name, p.last_name, p.email, p.mobile_phone, p.city, p.state,
          p.country, p.address, p.zip, p.birth_date, p.store_id, p.allow_sms, p.allow_email
        FROM partner_customer c
        JOIN partner_member m ON m.merchant = c.merchant AND m.member_id = c.member_id
        LEFT JOIN partner_person p ON p.merchant = c.merchant AND p.member_id = c.member_id
        WHERE c.merchant = $1 AND c.last_updated >= $2 AND c.customer_number > $3
        ORDER BY c.customer_number LIMIT $4 OFFSET $5";
    /// One customer.
    ONE_CUSTOMER -> CustomerRow = "SELECT c.customer_number, c.points, c.total_orders, c.total_sales, c.date_first_order, c.date_last_order,
          c.last_order_value, c.categories, m.status AS erased, p.first_name, p.last_name, p.email, p.mobile_phone, p.city, p.state,
          p.country, p.address, p.zip, p.birth_date, p.store_id, p.allow_sms, p.allow_email
        FROM partner_customer c
        JOIN partner_member m ON m.merchant = c.merchant AND m.member_id = c.member_id
        LEFT JOIN partner_person p ON p.merchant = c.merchant AND p.member_id = c.member_id
        WHERE c.merchant = $1 AND c.customer_number = $2";
}

db::row! {
    /// What the feed needs to know of a merchant.
    struct FeedMerchant {
        price_precision: Precision,
        time_zone: String,
    }
}

db::row! {
    /// A customer as the rows say.
    #[derive(Debug, Clone, PartialEq)]
    pub(super) struct CustomerRow {
        pub(super) customer_number: i64,
        pub(super) points: i64,
        pub(super) total_orders: i64,
        /// Minor units.
        pub(super) total_sales: i64,
        pub(super) date_first_order: Option<Timestamp>,
        pub(super) date_last_order: Option<Timestamp>,
        /// Minor units.
        pub(super) last_order_value: Option<i64>,
        pub(super) categories: Vec<String> as Json,
        /// Erased, or merged into another one.
        pub(super) erased: bool as Gone,
        pub(super) first_name: Option<String>,
        pub(super) last_name: Option<String>,
        pub(super) email: Option<String>,
        pub(super) mobile_phone: Option<String>,
        pub(super) city: Option<String>,
        pub(super) state: Option<String>,
        pub(super) country: Option<String>,
        pub(super) address: Option<String>,
        pub(super) zip: Option<String>,
        pub(super) birth_date: Option<String>,
        pub(super) store_id: Option<i64>,
        pub(super) allow_sms: Option<bool>,
        pub(super) allow_email: Option<bool>,
    }
}

/// Reads of a member's status whether the member is gone: erased, or merged into another one.
pub(super) enum Gone {}

impl ReadAs<bool> for Gone {
    fn read(value: Value) -> Result<bool, String> {
        Ok(MemberStatus::from_value(value)?.is_gone())
    }
}

/// The currency's precision and the name of the merchant's zone.
pub(super) fn merchant(tx: &mut Tx<'_>, merchant: &str) -> Result<Option<(Precision, String)>, Error> {
    let found = tx.optional(&FEED_MERCHANT, params![merchant])?;
    Ok(found.map(|row| (row.price_precision, row.time_zone)))
}

/// How many customers changed at or after `since`.
pub(super) fn count(tx: &mut Tx<'_>, merchant: &str, since: Timestamp) -> Result<i64, Error> {
    Ok(tx.optional(&COUNT_CUSTOMERS, params![merchant, since])?.unwrap_or_default())
}

/// Up to `limit` customers after a number, `start` of them skipped.
pub(super) fn page(
    tx: &mut Tx<'_>,
    merchant: &str,
    since: Timestamp,
    after: i64,
    limit: i64,
    start: i64,
) -> Result<Vec<CustomerRow>, Error> {
    tx.query(&PAGE_OF_CUSTOMERS, params![merchant, since, after, limit, start])
}

/// One customer by its number.
pub(super) fn one(tx: &mut Tx<'_>, merchant: &str, number: i64) -> Result<Option<CustomerRow>, Error> {
    tx.optional(&ONE_CUSTOMER, params![merchant, number])
}
