//! How does every list call answer? (protocol.md §1.6)

use super::{Filters, NextPage, Query};
use crate::access::{At, Grant, SourceId};
use crate::place::PlaceSettings;
use axum::Json;
use db::{Tx, TxError};
use door::ApiError;
use serde::Serialize;
use wire::list::Page;

/// One list of a documented API. Everything that is not about its records is in [`list`].
pub(crate) trait Listed: 'static {
    /// The transaction's name.
    const NAME: &'static str;
    /// Who may call it.
    type Grant: Grant + Clone + Send + Sync + 'static;
    /// What narrows it, with its cursor.
    type Filters: Filters;
    /// A record as it is stored.
    type Row: Send + 'static;
    /// A record as it is sent.
    type Wire: Serialize;

    /// The first `most` records that the filters let through, behind the filters' cursor, in the list's order.
    ///
    /// # Errors
    /// [`unknown_cursor`] when the cursor names no record of this caller here.
    fn page(
        tx: &mut Tx<'_>,
        source: &SourceId,
        grant: &Self::Grant,
        filters: &Self::Filters,
        most: i64,
    ) -> Result<Vec<Self::Row>, TxError<ApiError>>;
    /// What the cursor names a record by.
    fn id(row: &Self::Row) -> &str;
    /// The record as it is sent.
    fn shape(row: Self::Row, place: &PlaceSettings) -> Self::Wire;
}

/// A page of the list, with the path to the next one: all filters kept, dates normalised, flags as 0 and 1, below the
/// base of the API.
///
/// # Errors
/// 400 that names the parameter, 404 for a cursor that names nothing.
pub(crate) async fn list<L: Listed>(at: At<L::Grant>, query: Query) -> Result<Json<Page<L::Wire>>, ApiError> {
    let filters = L::Filters::read(&query, &at.place.zone)?;
    let (asked, source, grant, most) = (filters.clone(), at.source, at.grant, filters.limit() + 1);
    let rows = at.platform.db().read(L::NAME, move |tx| L::page(tx, &source, &grant, &asked, most)).await?;
    Ok(Json(page(&query, &filters, rows, L::id, |row| L::shape(row, &at.place))))
}

/// The page of these rows, of which one more than its limit says that there is a next one.
pub(crate) fn page<F: Filters, R, W>(
    query: &Query,
    filters: &F,
    mut rows: Vec<R>,
    id: impl Fn(&R) -> &str,
    shape: impl Fn(R) -> W,
) -> Page<W> {
    let size = usize::try_from(filters.limit()).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    let next_page = rows.last().filter(|_| more).map(|last| {
        let mut page = NextPage::new(query.path());
        filters.write(&mut page);
        page.add(F::CURSOR, id(last));
        page.finish()
    });
    Page { data: rows.into_iter().map(shape).collect(), next_page, ok: Some(1) }
}

/// 404 for a cursor that names no record, such as `bill QX2026000417`.
pub(crate) fn unknown_cursor(noun: &str, id: &str) -> TxError<ApiError> {
    TxError::Refused(ApiError::not_found(noun, id))
}
