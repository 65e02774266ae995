//! What of a merchant's stocks stands in a restaurant's document? All that was set up, removed or not.

use crate::stocks::document_store::{self, DocumentRow, Kind, LineRow};
use crate::stocks::{item_store, shape, store};
use db::Tx;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use wire::admin::restaurant::{
    RestaurantStock, RestaurantStockItem, RestaurantStockItemCategory, RestaurantStockTaking,
    RestaurantStockUp, RestaurantSupplier,
};
use wire::stocks::{
    MerchantStockItem, PutStockTaking, PutStockTakingItem, PutStockUp, PutStockUpItem, Stock,
    StockItemCategory, Supplier,
};

/// What a merchant keeps in stock.
pub(crate) struct Everything {
    pub(crate) stocks: Vec<RestaurantStock>,
    pub(crate) categories: Vec<RestaurantStockItemCategory>,
    pub(crate) items: Vec<RestaurantStockItem>,
    pub(crate) suppliers: Vec<RestaurantSupplier>,
}

/// Reads all of it, each by its id and documents from the oldest on.
pub(crate) fn everything(tx: &mut Tx<'_>, merchant: &str) -> Result<Everything, db::Error> {
    let mut ups = by_stock(document_store::all(tx, merchant, Kind::StockUp)?);
    let mut takings = by_stock(document_store::all(tx, merchant, Kind::StockTaking)?);
    let mut stocks = Vec::new();
    for Stock { stock_id, stock, removed, .. } in store::all_stocks(tx, merchant)? {
        let zone = store::zone(tx, merchant, stock.place_id.as_deref())?;
        let of_stock = |documents: &mut ByStock| documents.remove(&stock_id).unwrap_or_default();
        stocks.push(RestaurantStock {
            stock_ups: of_stock(&mut ups)
                .into_iter()
                .map(|(row, lines)| stock_up(row, lines, &zone))
                .collect(),
            stock_takings: of_stock(&mut takings)
                .into_iter()
                .map(|(row, lines)| stock_taking(row, lines, &zone))
                .collect(),
            stock_id,
            stock,
            removed,
        });
    }
    let category = |StockItemCategory { stock_item_category_id, category, removed }| {
        RestaurantStockItemCategory { stock_item_category_id, category, removed }
    };
    let item = |MerchantStockItem { item_id, item, removed }| RestaurantStockItem { item_id, item, removed };
    let supplier =
        |Supplier { supplier_id, supplier, removed }| RestaurantSupplier { supplier_id, supplier, removed };
    Ok(Everything {
        stocks,
        categories: store::all_categories(tx, merchant)?.into_iter().map(category).collect(),
        items: item_store::all_items(tx, merchant)?.into_iter().map(item).collect(),
        suppliers: store::all_suppliers(tx, merchant)?.into_iter().map(supplier).collect(),
    })
}

type ByStock = BTreeMap<String, Vec<(DocumentRow, Vec<LineRow>)>>;

fn by_stock(documents: Vec<(DocumentRow, Vec<LineRow>)>) -> ByStock {
    let mut by_stock = ByStock::new();
    for (row, lines) in documents {
        by_stock.entry(row.stock_id.clone()).or_default().push((row, lines));
    }
    by_stock
}

fn stock_up(row: DocumentRow, lines: Vec<LineRow>, zone: &TimeZone) -> RestaurantStockUp {
    let came = |line: LineRow| PutStockUpItem {
        item_id: line.item_id,
        amount: shape::number(line.amount),
        price_without_vat: shape::number(line.price_without_vat),
        vat_rate: Some(line.vat_rate),
    };
    let stock_up = PutStockUp {
        number: row.number,
        note: row.note,
        supplier_id: row.supplier_id,
        person_name: row.person_name,
        created_at: Some(shape::local(row.created_at, zone).to_string()),
        is_draft: row.is_draft,
        items: lines.into_iter().map(came).collect(),
    };
    RestaurantStockUp { stock_up_id: row.document_id, stock_up, removed: row.removed }
}

fn stock_taking(row: DocumentRow, lines: Vec<LineRow>, zone: &TimeZone) -> RestaurantStockTaking {
    let counted = |line: LineRow| PutStockTakingItem {
        item_id: line.item_id,
        counted_amount: shape::number(line.amount),
        expected_amount: line.expected_amount.map(shape::number),
        price_without_vat: shape::number(line.price_without_vat),
    };
    let stock_taking = PutStockTaking {
        number: row.number,
        note: row.note,
        person_name: row.person_name,
        created_at: Some(shape::local(row.created_at, zone).to_string()),
        is_draft: row.is_draft,
        items: lines.into_iter().map(counted).collect(),
    };
    RestaurantStockTaking { stock_taking_id: row.document_id, stock_taking, removed: row.removed }
}
