//! Which bills does a list call ask for, and what is the path to its next page? (protocol.md §4.1, §1.6)

use crate::access::SourceId;
use crate::api::query::{LIMIT_DEFAULT, NextPage, flag, instant, limit};
use door::ApiError;
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;

/// The query as it came; parameters it does not know are ignored, as a documented API must.
#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct BillsParameters {
    /// Bills created at or after: a date (midnight at the place) or a date-time.
    pub(crate) from: Option<String>,
    /// Bills created before: a date or a date-time.
    pub(crate) till: Option<String>,
    /// 1 to 100, default 50.
    pub(crate) limit: Option<String>,
    /// Continue after this bill.
    pub(crate) last_bill_id: Option<String>,
    /// Bills changed at or after.
    pub(crate) modified_since: Option<String>,
    /// Only bills that are (not) refunded: true, false, 1 or 0.
    pub(crate) refunded: Option<String>,
    /// Deleted bills too: true, false, 1 or 0.
    pub(crate) include_deleted: Option<String>,
}

/// The query understood. Instants are whole milliseconds, as `nextPage` writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BillsQuery {
    pub(crate) from: Option<Timestamp>,
    pub(crate) till: Option<Timestamp>,
    pub(crate) modified_since: Option<Timestamp>,
    pub(crate) limit: Option<i64>,
    pub(crate) refunded: Option<bool>,
    pub(crate) include_deleted: Option<bool>,
    pub(crate) last_bill_id: Option<String>,
}

impl BillsQuery {
    /// Understands the parameters; a date without a time is midnight in the place's `zone`.
    ///
    /// # Errors
    /// 400 that names the parameter.
    pub(crate) fn parse(parameters: BillsParameters, zone: &TimeZone) -> Result<Self, ApiError> {
        Ok(Self {
            from: instant("from", parameters.from.as_deref(), zone)?,
            till: instant("till", parameters.till.as_deref(), zone)?,
            modified_since: instant("modifiedSince", parameters.modified_since.as_deref(), zone)?,
            limit: limit(parameters.limit.as_deref())?,
            refunded: flag("refunded", parameters.refunded.as_deref())?,
            include_deleted: flag("includeDeleted", parameters.include_deleted.as_deref())?,
            last_bill_id: parameters.last_bill_id,
        })
    }

    /// How many bills a page has at most.
    pub(crate) fn page_size(&self) -> i64 {
        self.limit.unwrap_or(LIMIT_DEFAULT)
    }

    /// The path to the page after `last`: below the API's base, all filters kept, dates normalised and
    /// percent-encoded, booleans as 0 and 1.
    pub(crate) fn next_page(&self, source: &SourceId, last: &str) -> String {
        let mut path = NextPage::new(format!("/bills/{source}"));
        path.instant("from", self.from);
        path.instant("till", self.till);
        path.instant("modifiedSince", self.modified_since);
        path.add("limit", self.limit.map(|limit| limit.to_string()).as_deref());
        path.flag("refunded", self.refunded);
        path.flag("includeDeleted", self.include_deleted);
        path.add("lastBillId", Some(last));
        path.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &[(&str, &str)]) -> Result<BillsQuery, ApiError> {
        let object: serde_json::Map<_, _> =
            query.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect();
        let parameters = serde_json::from_value(serde_json::Value::Object(object)).unwrap();
        BillsQuery::parse(parameters, &TimeZone::get("Europe/Prague").unwrap())
    }

    #[test]
    fn the_next_page_keeps_the_filters_and_writes_them_one_way() {
        let source = SourceId::parse("5fa1-5fb1").unwrap();
        // query, expected path after the last bill QX2026000161
        let table: &[(&[(&str, &str)], &str)] = &[
            (&[], "/bills/5fa1-5fb1?lastBillId=QX2026000161"),
            (
                &[("from", "2026-07-08T07:28:26+02:00"), ("limit", "10"), ("refunded", "false")],
                "/bills/5fa1-5fb1?from=2026-07-08T05%3A28%3A26.000Z&limit=10&refunded=0&lastBillId=QX2026000161",
            ),
            (
                &[("from", "2026-03-01"), ("till", "2026-03-02"), ("includeDeleted", "1")],
                "/bills/5fa1-5fb1?from=2026-02-28T23%3A00%3A00.000Z&till=2026-03-01T23%3A00%3A00.000Z&includeDeleted=1&lastBillId=QX2026000161",
            ),
            (
                &[
                    ("modifiedSince", "2026-03-01T10:00:00.123456Z"),
                    ("refunded", "true"),
                    ("lastBillId", "QX2026000200"),
                ],
                "/bills/5fa1-5fb1?modifiedSince=2026-03-01T10%3A00%3A00.123Z&refunded=1&lastBillId=QX2026000161",
            ),
        ];
        for (query, expected) in table {
            assert_eq!(parse(query).unwrap().next_page(&source, "QX2026000161"), *expected);
        }
    }

    #[test]
    fn a_page_has_fifty_bills_unless_asked() {
        assert_eq!(parse(&[]).unwrap().page_size(), 50);
        assert_eq!(parse(&[("limit", "100")]).unwrap().page_size(), 100);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (name, value) in [
            ("from", "yesterday"),
            ("till", "2026-13-01"),
            ("modifiedSince", ""),
            ("limit", "101"),
            ("limit", "0"),
            ("limit", "-1"),
            ("limit", "ten"),
            ("refunded", "yes"),
            ("includeDeleted", "2"),
        ] {
            let error = parse(&[(name, value)]).unwrap_err();
            assert_eq!(
                (error.status.as_u16(), error.extra["field"].as_str()),
                (400, Some(name)),
                "{value:?}"
            );
        }
    }
}
