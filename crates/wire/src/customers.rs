//! What does the customers feed give out?
//!
//! `GET /api/v1/customer/{id}` and `GET /api/v1/customers`, protocol.md §14.1 and sync.md §5. Members are in snake
//! case there, every one of them is present, and what is not known is `null`.

use crate::{
    Number,
    read::{Extra, Object, Read, ReadError},
    time::{self, LocalTime},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One customer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct Customer {
    /// The customer's number; never changes.
    #[schema(example = 244_988)]
    pub id: i64,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Mobile phone.
    pub mobile_phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Points that can be used.
    pub points: Option<Number>,
    /// Whether text messages are welcome.
    pub allow_sms: Option<bool>,
    /// Whether e-mails are welcome.
    pub allow_email: Option<bool>,
    /// City.
    pub city: Option<String>,
    /// State or region.
    pub state: Option<String>,
    /// Country.
    pub country: Option<String>,
    /// Street and number.
    pub address: Option<String>,
    /// Postal code.
    pub zip: Option<String>,
    /// Day of birth, `1990-05-17`.
    pub birth_date: Option<String>,
    /// The place the customer belongs to: number or text.
    pub store_id: Option<Value>,
    /// Paid bills.
    pub total_orders: Option<i64>,
    /// What they came to, in currency units.
    pub total_sales: Option<Number>,
    /// When the first one was paid.
    pub date_first_order: Option<LocalTime>,
    /// When the last one was paid.
    pub date_last_order: Option<LocalTime>,
    /// What the last one came to, in currency units.
    pub last_order_value: Option<Number>,
    /// Names of the categories bought from.
    pub categories: Vec<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for Customer {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            id: object.integer("id")?,
            first_name: object.optional_text("first_name")?,
            last_name: object.optional_text("last_name")?,
            mobile_phone: object.optional_text("mobile_phone")?,
            email: object.optional_text("email")?,
            points: object.optional_number("points")?,
            allow_sms: object.optional_flag("allow_sms")?,
            allow_email: object.optional_flag("allow_email")?,
            city: object.optional_text("city")?,
            state: object.optional_text("state")?,
            country: object.optional_text("country")?,
            address: object.optional_text("address")?,
            zip: object.optional_text("zip")?,
            birth_date: object.optional_text("birth_date")?,
            store_id: object.optional_value("store_id"),
            total_orders: object.optional_integer("total_orders")?,
            total_sales: object.optional_number("total_sales")?,
            date_first_order: object.optional_local_time("date_first_order")?,
            date_last_order: object.optional_local_time("date_last_order")?,
            last_order_value: object.optional_number("last_order_value")?,
            categories: object.texts("categories")?,
            extra: object.rest(),
        })
    }
}

/// A record of the feed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum CustomerRecord {
    /// A living customer.
    Customer(Box<Customer>),
    /// A customer that was erased, shown once so that the reader forgets them too.
    Erased(ErasedCustomer),
}

impl Read for CustomerRecord {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        if object.optional_flag("deleted")?.unwrap_or(false) {
            return Ok(Self::Erased(ErasedCustomer { id: object.integer("id")?, deleted: true }));
        }
        Ok(Self::Customer(Box::new(Customer::read(object)?)))
    }
}

/// What is left of an erased customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ErasedCustomer {
    /// The customer's number.
    pub id: i64,
    /// Always `true`.
    pub deleted: bool,
}

/// A page of the feed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CustomerPage {
    /// All matching records.
    #[schema(example = 6692)]
    pub count: i64,
    /// Where this page begins; text, as in the document.
    #[schema(example = "0")]
    pub start: String,
    /// Most records of a page; text, as in the document.
    #[schema(example = "25")]
    pub limit: String,
    /// The records, ordered by id.
    pub records: Vec<CustomerRecord>,
    /// Cursor of the next page, `null` on the last one. Ours.
    pub next: Option<String>,
    /// What this answer is complete up to: safe as the next `last_updated`. Ours.
    #[serde(serialize_with = "time::write_optional_utc_millis")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub as_of: Option<Timestamp>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Extra,
}

impl Read for CustomerPage {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            count: object.integer("count")?,
            start: object.text("start")?,
            limit: object.text("limit")?,
            records: object.list("records")?,
            next: object.optional_text("next")?,
            as_of: object.optional_instant("as_of")?,
            extra: object.rest(),
        })
    }
}

/// The body of an error of this feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CustomerError {
    /// What was expected, what came, what to do.
    #[schema(example = "No customer found for id 244988")]
    pub error: String,
}

impl Read for CustomerError {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self { error: object.text("error")? })
    }
}
