//! Which bills does a list call ask for? (protocol.md §4.1, §1.6)

use super::{OfBills, shape, store};
use crate::access::SourceId;
use crate::api::{Listed, filters};
use crate::place::PlaceSettings;
use crate::sale::bill::StoredBill;
use db::{Tx, TxError};
use door::ApiError;
use wire::bills::Bill;

filters! {
    /// Which bills a call asks for. Instants are whole milliseconds, as `nextPage` writes them.
    pub(crate) struct BillFilters {
        /// Bills created at or after: a date (midnight at the place) or a date-time.
        from: Instant = "from",
        /// Bills created before: a date or a date-time.
        till: Instant = "till",
        /// Bills changed at or after.
        modified_since: Instant = "modifiedSince",
        /// 1 to 100, default 50.
        limit: Limit = "limit",
        /// Only bills that are (not) refunded: true, false, 1 or 0.
        refunded: Flag = "refunded",
        /// Deleted bills too: true, false, 1 or 0.
        include_deleted: Flag = "includeDeleted",
        /// `items`: each bill with its items, as its detail has them.
        include: Items = "include",
    }
    /// Continue after this bill.
    cursor "lastBillId"
}

/// The bills of a place, newest first, with their items where the call includes them.
pub(super) enum Bills {}

/// A bill of a page.
pub(super) struct ListedBill {
    bill: StoredBill,
    with_items: bool,
}

impl Listed for Bills {
    const NAME: &'static str = "bills";
    type Grant = OfBills;
    type Filters = BillFilters;
    type Row = ListedBill;
    type Wire = Bill;

    fn page(
        tx: &mut Tx<'_>,
        source: &SourceId,
        _grant: &OfBills,
        filters: &BillFilters,
        most: i64,
    ) -> Result<Vec<ListedBill>, TxError<ApiError>> {
        let with_items = filters.include.is_some();
        let bills = store::page(tx, source, filters, most)?;
        Ok(bills.into_iter().map(|bill| ListedBill { bill, with_items }).collect())
    }

    fn id(row: &ListedBill) -> &str {
        &row.bill.bill_id
    }

    fn shape(row: ListedBill, place: &PlaceSettings) -> Bill {
        let shape = if row.with_items { shape::detailed } else { shape::listed };
        shape(&row.bill, &place.zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Filters as _, NextPage, Query};
    use jiff::tz::TimeZone;

    fn read(query: &[(&str, &str)]) -> Result<BillFilters, ApiError> {
        let query = Query::sample("/bills/5fa1-5fb1", query);
        BillFilters::read(&query, &TimeZone::get("Europe/Prague").unwrap())
    }

    /// The page after bill QX2026000161.
    fn next_page(query: &[(&str, &str)]) -> String {
        let mut page = NextPage::new("/bills/5fa1-5fb1");
        read(query).unwrap().write(&mut page);
        page.add(BillFilters::CURSOR, "QX2026000161");
        page.finish()
    }

    #[test]
    fn the_next_page_keeps_the_filters_and_writes_them_one_way() {
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
                &[("include", "items"), ("limit", "1")],
                "/bills/5fa1-5fb1?limit=1&include=items&lastBillId=QX2026000161",
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
            assert_eq!(next_page(query), *expected);
        }
    }

    #[test]
    fn a_page_has_fifty_bills_unless_asked() {
        assert_eq!(read(&[]).unwrap().limit(), 50);
        assert_eq!(read(&[("limit", "100")]).unwrap().limit(), 100);
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
            ("include", "taxes"),
            ("include", ""),
        ] {
            let error = read(&[(name, value)]).unwrap_err();
            assert_eq!(
                (error.status.as_u16(), error.extra["field"].as_str()),
                (400, Some(name)),
                "{value:?}"
            );
        }
    }
}
