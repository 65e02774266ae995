//! How do stock items and documents look on the wire? (protocol.md §9)

use super::document_store::{DocumentRow, LineRow};
use super::item_store::KeptRow;
use jiff::{Timestamp, tz::TimeZone};
use money::vat::VatRate;
use money::{Amount, Millionths, Precision, worth};
use wire::Number;
use wire::stocks::{
    StockItem, StockTaking, StockTakingDetail, StockTakingItem, StockUp, StockUpDetail, StockUpItem,
};
use wire::time::LocalTime;

/// An item as one stock holds it.
pub(super) fn item(row: KeptRow, zone: &TimeZone) -> StockItem {
    let changed = row.item_updated_at.max(row.amount_updated_at);
    let changed = row.category_updated_at.map_or(changed, |category| category.max(changed));
    let rate = VatRate::from_fraction(row.vat_rate.0).unwrap_or(VatRate::ZERO);
    StockItem {
        item_id: row.item_id,
        name: row.name,
        stock_item_category_id: row.category_id,
        category_name: row.category_name,
        measure: row.measure,
        ean: row.ean,
        vat_rate: row.vat_rate,
        amount: number(row.amount),
        critical_amount: row.critical_amount.map(number),
        optimal_amount: row.optimal_amount.map(number),
        price_without_vat: number(row.price_without_vat),
        price_with_vat: row.price_without_vat.with_vat(rate).into(),
        removed: row.removed,
        last_modified_at: local(changed, zone),
    }
}

/// A stock up as lists show it.
pub(super) fn stock_up(row: DocumentRow, precision: Precision, zone: &TimeZone) -> StockUp {
    StockUp {
        stock_up_id: row.document_id,
        created_at: local(row.created_at, zone),
        number: row.number,
        note: row.note,
        supplier_id: row.supplier_id,
        supplier_name: row.supplier_name,
        person_name: row.person_name,
        total_price_without_vat: Number::from_amount(row.total_without_vat, precision),
        is_draft: row.is_draft,
        removed: row.removed,
        version: row.version,
        last_modified_at: local(row.updated_at, zone),
    }
}

/// A stock up with its lines.
pub(super) fn stock_up_detail(
    row: DocumentRow,
    lines: Vec<LineRow>,
    precision: Precision,
    zone: &TimeZone,
) -> StockUpDetail {
    let line = |line: LineRow| StockUpItem {
        // What fits all lines together fits each of them.
        total_price_without_vat: Number::from_amount(
            worth([(line.amount, line.price_without_vat)], precision).unwrap_or(Amount::ZERO),
            precision,
        ),
        item_id: line.item_id,
        name: line.name,
        measure: line.measure,
        amount: number(line.amount),
        price_without_vat: number(line.price_without_vat),
        vat_rate: line.vat_rate,
    };
    StockUpDetail { items: lines.into_iter().map(line).collect(), stock_up: stock_up(row, precision, zone) }
}

/// A stock taking as lists show it.
pub(super) fn stock_taking(row: DocumentRow, precision: Precision, zone: &TimeZone) -> StockTaking {
    StockTaking {
        stock_taking_id: row.document_id,
        created_at: local(row.created_at, zone),
        number: row.number,
        note: row.note,
        person_name: row.person_name,
        total_difference_without_vat: Number::from_amount(row.total_without_vat, precision),
        is_draft: row.is_draft,
        removed: row.removed,
        version: row.version,
        last_modified_at: local(row.updated_at, zone),
    }
}

/// A stock taking with its lines.
pub(super) fn stock_taking_detail(
    row: DocumentRow,
    lines: Vec<LineRow>,
    precision: Precision,
    zone: &TimeZone,
) -> StockTakingDetail {
    let line = |line: LineRow| StockTakingItem {
        difference_amount: difference(line.amount, line.expected_amount).map(number),
        item_id: line.item_id,
        name: line.name,
        measure: line.measure,
        counted_amount: number(line.amount),
        expected_amount: line.expected_amount.map(number),
        price_without_vat: number(line.price_without_vat),
    };
    StockTakingDetail {
        items: lines.into_iter().map(line).collect(),
        stock_taking: stock_taking(row, precision, zone),
    }
}

/// What was counted less what was expected; `None` while nothing is.
pub(super) fn difference(counted: Millionths, expected: Option<Millionths>) -> Option<Millionths> {
    expected.map(|expected| Millionths(counted.0.saturating_sub(expected.0)))
}

pub(super) fn number(value: Millionths) -> Number {
    value.to_decimal().into()
}

/// The zone's offset, whole seconds (protocol.md §1.5).
pub(super) fn local(at: Timestamp, zone: &TimeZone) -> LocalTime {
    LocalTime::new(Timestamp::from_second(at.as_second()).unwrap_or(at), zone)
}
