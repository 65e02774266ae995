//! Where are stock ups and stock takings kept, and how is a page of them found?

use crate::api::unknown_cursor;
use db::{Joined, Tx, TxError, params};
use door::ApiError;
use jiff::Timestamp;
use money::{Amount, Millionths};
use std::collections::BTreeMap;
use wire::Number;

db::text_enum! {
    /// What a document is.
    pub(super) enum Kind {
        /// What came in.
        StockUp = "stockUp",
        /// What was counted.
        StockTaking = "stockTaking",
    }
}

impl Kind {
    /// What people call it.
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::StockUp => "stock up",
            Self::StockTaking => "stock taking",
        }
    }
}

db::row! {
    /// A document without its lines.
    #[derive(Debug, Clone)]
    pub(super) struct DocumentRow {
        pub(super) document_id: String,
        pub(super) stock_id: String,
        pub(super) version: i64,
        pub(super) number: Option<String>,
        pub(super) note: Option<String>,
        pub(super) supplier_id: Option<String>,
        pub(super) supplier_name: Option<String>,
        pub(super) person_name: Option<String>,
        pub(super) is_draft: bool,
        pub(super) total_without_vat: Amount,
        pub(super) created_at: Timestamp,
        pub(super) removed: bool,
        pub(super) updated_at: Timestamp,
    }
}
db::row! {
    /// A line of a document.
    #[derive(Debug, Clone)]
    pub(super) struct LineRow {
        pub(super) item_id: String,
        pub(super) name: String,
        pub(super) measure: String,
        pub(super) amount: Millionths,
        pub(super) expected_amount: Option<Millionths>,
        pub(super) price_without_vat: Millionths,
        pub(super) vat_rate: Number,
    }
}
db::row! {
    /// A line with the document it is of.
    struct LineOfRow {
        document_id: String,
        line: LineRow as Joined,
    }
}
db::statement! {
    DOCUMENT -> DocumentRow = "SELECT d.document_id, d.stock_id, d.version, d.number, d.note, d.supplier_id, s.name AS supplier_name,
            d.person_name, d.is_draft, d.total_without_vat, d.created_at, d.removed, d.updated_at
        FROM platform_stock_document d
        LEFT JOIN platform_supplier s ON s.merchant = $1 AND s.supplier_id = d.supplier_id
        WHERE d.merchant = $1 AND d.kind = $2 AND d.document_id = $3";
    LINES -> LineRow = "SELECT l.item_id, i.name, i.measure, l.amount, l.expected_amount, l.price_without_vat, l.vat_rate
        FROM platform_stock_document_line l
        JOIN platform_stock_item i ON i.merchant = l.merchant AND i.item_id = l.item_id
        WHERE l.merchant = $1 AND i.merchant = $1 AND l.kind = $2 AND l.document_id = $3
        ORDER BY l.line_number";
    // The two below: removed ones too, the oldest first.
    ALL_DOCUMENTS -> DocumentRow = "SELECT d.document_id, d.stock_id, d.version, d.number, d.note, d.supplier_id,
            s.name AS supplier_name, d.person_name, d.is_draft, d.total_without_vat, d.created_at, d.removed, d.updated_at
        FROM platform_stock_document d
        LEFT JOIN platform_supplier s ON s.merchant = $1 AND s.supplier_id = d.supplier_id
        WHERE d.merchant = $1 AND d.kind = $2 ORDER BY d.created_at, d.document_id";
    ALL_LINES -> LineOfRow = "SELECT l.document_id, l.item_id, i.name, i.measure, l.amount, l.expected_amount,
            l.price_without_vat, l.vat_rate
        FROM platform_stock_document_line l
        JOIN platform_stock_item i ON i.merchant = l.merchant AND i.item_id = l.item_id
        WHERE l.merchant = $1 AND i.merchant = $1 AND l.kind = $2 ORDER BY l.document_id, l.line_number";
    // Newest first; the id decides between documents of one second. $7 says whether those taken away are shown.
    PAGE -> DocumentRow = "SELECT d.document_id, d.stock_id, d.version, d.number, d.note, d.supplier_id, s.name AS supplier_name,
            d.person_name, d.is_draft, d.total_without_vat, d.created_at, d.removed, d.updated_at
        FROM platform_stock_document d
        LEFT JOIN platform_supplier s ON s.merchant = $1 AND s.supplier_id = d.supplier_id
        WHERE d.merchant = $1 AND d.stock_id = $2 AND d.kind = $3
            AND d.created_at >= $4 AND d.created_at < $5 AND d.updated_at >= $6 AND d.removed <= $7
            AND (d.created_at, d.document_id) < ($8, $9)
        ORDER BY d.created_at DESC, d.document_id DESC
        LIMIT $10";
    PUT_DOCUMENT = "INSERT INTO platform_stock_document (merchant, kind, document_id, stock_id, version, number, note, supplier_id,
            person_name, is_draft, total_without_vat, created_at, removed, updated_at)
        VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10, $11, 0, $12)
        ON CONFLICT (merchant, kind, document_id) DO UPDATE SET version = platform_stock_document.version + 1,
            number = excluded.number, note = excluded.note, supplier_id = excluded.supplier_id,
            person_name = excluded.person_name, is_draft = excluded.is_draft,
            total_without_vat = excluded.total_without_vat, created_at = excluded.created_at, removed = 0,
            updated_at = excluded.updated_at";
    DROP_LINES = "DELETE FROM platform_stock_document_line WHERE merchant = $1 AND kind = $2 AND document_id = $3";
    PUT_LINE = "INSERT INTO platform_stock_document_line (merchant, kind, document_id, line_number, item_id, amount, expected_amount,
            price_without_vat, vat_rate)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    REMOVE_DOCUMENT = "UPDATE platform_stock_document SET version = version + 1, removed = 1, updated_at = $5
        WHERE merchant = $1 AND kind = $2 AND document_id = $3 AND stock_id = $4 AND removed = 0";
}

/// After every instant and id there is.
const FIRST_PAGE: (i64, &str) = (i64::MAX, "");

/// Which documents a list shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) from: Option<Timestamp>,
    pub(super) till: Option<Timestamp>,
    pub(super) modified_since: Option<Timestamp>,
}

/// A document as it shall be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Document {
    pub(super) kind: Kind,
    pub(super) document_id: String,
    pub(super) stock_id: String,
    pub(super) number: Option<String>,
    pub(super) note: Option<String>,
    pub(super) supplier_id: Option<String>,
    pub(super) person_name: Option<String>,
    pub(super) is_draft: bool,
    pub(super) total_without_vat: Amount,
    /// In whole seconds, as it is shown.
    pub(super) created_at: Timestamp,
    pub(super) lines: Vec<Line>,
}

/// A line of a document as it shall be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) item_id: String,
    /// What came, or what was counted.
    pub(super) amount: Millionths,
    pub(super) expected_amount: Option<Millionths>,
    pub(super) price_without_vat: Millionths,
    pub(super) vat_rate: Number,
}

impl Document {
    /// The document that is kept as these rows.
    pub(super) fn of(kind: Kind, row: DocumentRow, lines: Vec<LineRow>) -> Self {
        let line = |line: LineRow| Line {
            item_id: line.item_id,
            amount: line.amount,
            expected_amount: line.expected_amount,
            price_without_vat: line.price_without_vat,
            vat_rate: line.vat_rate,
        };
        Self {
            kind,
            document_id: row.document_id,
            stock_id: row.stock_id,
            number: row.number,
            note: row.note,
            supplier_id: row.supplier_id,
            person_name: row.person_name,
            is_draft: row.is_draft,
            total_without_vat: row.total_without_vat,
            created_at: row.created_at,
            lines: lines.into_iter().map(line).collect(),
        }
    }
}

/// The first `most` documents of a stock in the window, behind `after`; with `modified_since` also those taken away.
///
/// # Errors
/// 404 for an `after` the stock does not have.
pub(super) fn page(
    tx: &mut Tx<'_>,
    merchant: &str,
    kind: Kind,
    stock: &str,
    window: &Window,
    after: Option<&str>,
    most: i64,
) -> Result<Vec<DocumentRow>, TxError<ApiError>> {
    let (before, before_id) = match after {
        None => FIRST_PAGE,
        Some(last) => {
            let row = tx.optional(&DOCUMENT, params![merchant, kind, last])?;
            let row = row.filter(|row| row.stock_id == stock);
            let row = row.ok_or_else(|| unknown_cursor(kind.noun(), last))?;
            (row.created_at.as_microsecond(), last)
        }
    };
    let from = window.from.map_or(i64::MIN, |from| from.as_microsecond());
    // One bound on each side of the page: of two on one side, SQLite may begin at the farther and walk all between them.
    let till = window.till.map_or(i64::MAX, |till| till.as_microsecond()).min(before.saturating_add(1));
    let since = window.modified_since.map_or(i64::MIN, |since| since.as_microsecond());
    let shows_removed = window.modified_since.is_some();
    let row = params![merchant, stock, kind, from, till, since, shows_removed, before, before_id, most];
    Ok(tx.query(&PAGE, row)?)
}

/// A document of a stock with its lines, one taken away too; `None` when the stock has no such document.
pub(super) fn detail(
    tx: &mut Tx<'_>,
    merchant: &str,
    kind: Kind,
    stock: &str,
    id: &str,
) -> Result<Option<(DocumentRow, Vec<LineRow>)>, db::Error> {
    let found = anywhere(tx, merchant, kind, id)?;
    Ok(found.filter(|(row, _)| row.stock_id == stock))
}

/// As [`detail`], in whichever stock of the merchant it is.
pub(super) fn anywhere(
    tx: &mut Tx<'_>,
    merchant: &str,
    kind: Kind,
    id: &str,
) -> Result<Option<(DocumentRow, Vec<LineRow>)>, db::Error> {
    let Some(row) = tx.optional(&DOCUMENT, params![merchant, kind, id])? else { return Ok(None) };
    Ok(Some((row, tx.query(&LINES, params![merchant, kind, id])?)))
}

/// All documents of a kind, removed ones too, the oldest first.
pub(super) fn all(
    tx: &mut Tx<'_>,
    merchant: &str,
    kind: Kind,
) -> Result<Vec<(DocumentRow, Vec<LineRow>)>, db::Error> {
    let mut lines: BTreeMap<String, Vec<LineRow>> = BTreeMap::new();
    for row in tx.query(&ALL_LINES, params![merchant, kind])? {
        lines.entry(row.document_id).or_default().push(row.line);
    }
    let documents = tx.query(&ALL_DOCUMENTS, params![merchant, kind])?.into_iter();
    Ok(documents
        .map(|row| {
            let lines = lines.remove(&row.document_id).unwrap_or_default();
            (row, lines)
        })
        .collect())
}

/// Writes a document with its lines; one that was taken away is there again.
pub(super) fn put(
    tx: &mut Tx<'_>,
    merchant: &str,
    document: &Document,
    now: Timestamp,
) -> Result<(), db::Error> {
    let (kind, id) = (document.kind, &document.document_id);
    tx.execute(
        &PUT_DOCUMENT,
        params![
            merchant,
            kind,
            id,
            &document.stock_id,
            &document.number,
            &document.note,
            &document.supplier_id,
            &document.person_name,
            document.is_draft,
            document.total_without_vat,
            document.created_at,
            now
        ],
    )?;
    tx.execute(&DROP_LINES, params![merchant, kind, id])?;
    for (number, line) in (1_i64..).zip(&document.lines) {
        let vat_rate = line.vat_rate.to_string();
        tx.execute(
            &PUT_LINE,
            params![
                merchant,
                kind,
                id,
                number,
                &line.item_id,
                line.amount,
                line.expected_amount,
                line.price_without_vat,
                &vat_rate
            ],
        )?;
    }
    Ok(())
}

/// Takes a document of a stock away; false when the stock has none that stands.
pub(super) fn remove(
    tx: &mut Tx<'_>,
    merchant: &str,
    kind: Kind,
    stock: &str,
    id: &str,
    now: Timestamp,
) -> Result<bool, db::Error> {
    Ok(tx.execute(&REMOVE_DOCUMENT, params![merchant, kind, id, stock, now])? > 0)
}
