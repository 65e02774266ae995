//! Which filters does a list have? Each is named once, for parsing, for `nextPage` and for the description.

use super::{NextPage, Query, query};
use door::ApiError;
use jiff::{Timestamp, tz::TimeZone};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, schema::Type};

/// Most records of a page, and how many it has when the call does not say.
const LIMIT_MAX: i64 = 100;
const LIMIT_DEFAULT: i64 = 50;

/// The filters of a list, as [`filters!`] writes them.
pub(crate) trait Filters: Sized + Clone + Send + Sync + 'static {
    /// Reads them; a date without a time is midnight in the place's `zone`.
    ///
    /// # Errors
    /// 400 that names the parameter.
    fn read(query: &Query, zone: &TimeZone) -> Result<Self, ApiError>;
    /// Writes those that were given.
    fn write(&self, page: &mut NextPage);
    /// Most records of the page.
    fn limit(&self) -> i64;
    /// The id to continue after.
    fn after(&self) -> Option<&str>;
    /// The parameter that carries it.
    const CURSOR: &'static str;
}

/// A kind of filter.
pub(crate) trait Filter {
    /// What it is understood as.
    type Value;
    fn read(name: &str, text: &str, zone: &TimeZone) -> Result<Self::Value, ApiError>;
    fn text(value: &Self::Value) -> String;
}

/// A date or a date-time.
pub(crate) enum Instant {}
/// `true`, `false`, `1` or `0`; written as `1` or `0`.
pub(crate) enum Flag {}
/// 1 to 100.
pub(crate) enum Limit {}
/// `items`: the records with their items.
pub(crate) enum Items {}
/// Any text, such as an id.
pub(crate) enum Text {}

impl Filter for Instant {
    type Value = Timestamp;

    fn read(name: &str, text: &str, zone: &TimeZone) -> Result<Timestamp, ApiError> {
        query::instant(name, text, zone)
    }

    fn text(value: &Timestamp) -> String {
        wire::time::utc_millis(*value)
    }
}

impl Filter for Flag {
    type Value = bool;

    fn read(name: &str, text: &str, _zone: &TimeZone) -> Result<bool, ApiError> {
        match text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            other => Err(ApiError::field(name, "true, false, 1 or 0", &format!("{other:?}"))),
        }
    }

    fn text(value: &bool) -> String {
        i64::from(*value).to_string()
    }
}

impl Filter for Limit {
    type Value = i64;

    fn read(name: &str, text: &str, _zone: &TimeZone) -> Result<i64, ApiError> {
        match text.parse() {
            Ok(limit @ 1..=LIMIT_MAX) => Ok(limit),
            _ => Err(ApiError::field(name, "a whole number from 1 to 100", &format!("{text:?}"))),
        }
    }

    fn text(value: &i64) -> String {
        value.to_string()
    }
}

impl Filter for Items {
    type Value = ();

    fn read(name: &str, text: &str, _zone: &TimeZone) -> Result<(), ApiError> {
        if text == "items" { Ok(()) } else { Err(ApiError::field(name, "items", &format!("{text:?}"))) }
    }

    fn text((): &()) -> String {
        "items".to_owned()
    }
}

impl Filter for Text {
    type Value = String;

    fn read(_name: &str, text: &str, _zone: &TimeZone) -> Result<String, ApiError> {
        Ok(text.to_owned())
    }

    fn text(value: &String) -> String {
        value.clone()
    }
}

/// How many records a page has that asked for so many.
pub(crate) fn page_size(limit: Option<i64>) -> i64 {
    limit.unwrap_or(LIMIT_DEFAULT)
}

/// The description of a query parameter.
pub(crate) fn described(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description.trim()))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

/// The filters of a list in the order in which `nextPage` writes them, and its cursor:
///
/// ```text
/// filters! {
///     /// Which bills a call asks for.
///     pub(crate) struct BillFilters {
///         /// Bills changed at or after.
///         modified_since: Instant = "modifiedSince",
///     }
///     /// Continue after this bill.
///     cursor "lastBillId"
/// }
/// ```
///
/// Every list also has `limit`; it stands where the list's `limit: Limit` does.
macro_rules! filters {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[doc = $doc:literal])+ $field:ident : $kind:ident = $wire:literal,)+
        }
        $(#[doc = $cursor_doc:literal])+
        cursor $cursor:literal
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default)]
        $vis struct $name {
            $($(#[doc = $doc])+ pub(crate) $field: Option<<$crate::api::$kind as $crate::api::Filter>::Value>,)+
            after: Option<String>,
        }

        impl $crate::api::Filters for $name {
            const CURSOR: &'static str = $cursor;

            fn read(query: &$crate::api::Query, zone: &jiff::tz::TimeZone) -> Result<Self, door::ApiError> {
                use $crate::api::Filter as _;
                Ok(Self {
                    $($field: query.get($wire)?.map(|text| $crate::api::$kind::read($wire, text, zone)).transpose()?,)+
                    after: query.get($cursor)?.map(str::to_owned),
                })
            }

            fn write(&self, page: &mut $crate::api::NextPage) {
                use $crate::api::Filter as _;
                $(if let Some(value) = &self.$field { page.add($wire, &$crate::api::$kind::text(value)); })+
            }

            fn limit(&self) -> i64 {
                $crate::api::page_size(self.limit)
            }

            fn after(&self) -> Option<&str> {
                self.after.as_deref()
            }
        }

        impl utoipa::IntoParams for $name {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                vec![
                    $($crate::api::parameter($wire, concat!($($doc, "\n"),+)),)+
                    $crate::api::parameter($cursor, concat!($($cursor_doc, "\n"),+)),
                ]
            }
        }
    };
}
pub(crate) use filters;
