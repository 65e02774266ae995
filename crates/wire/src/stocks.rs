//! What do stocks, what is in them, and the documents that fill and count them look like? (protocol.md §9)
//!
//! What is set up (`Put…`, strict) is a struct of its own; what is shown adds the id and what the platform keeps.

use crate::{Number, time::LocalTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is set of a stock: `PUT /admin/v1/platform/merchants/{merchantId}/stocks/{stockId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutStock {
    /// What people call it.
    #[serde(default)]
    pub name: Option<String>,
    /// The place it belongs to; left out, it is a central stock of all places.
    #[serde(default)]
    pub place_id: Option<String>,
}

/// A stock of a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stock {
    /// Its id.
    pub stock_id: String,
    /// As set.
    #[serde(flatten)]
    pub stock: PutStock,
    /// Whether all places share it: it has no `placeId`.
    pub is_central: bool,
    /// Whether it was taken away.
    #[serde(rename = "_removed")]
    pub removed: bool,
}

/// What is set of a category of stock items:
/// `PUT /admin/v1/platform/merchants/{merchantId}/stockItemCategories/{stockItemCategoryId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutStockItemCategory {
    /// Its name.
    pub name: String,
    /// The category above it.
    #[serde(default)]
    pub parent_category_id: Option<String>,
}

/// A category of stock items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockItemCategory {
    /// Its id.
    pub stock_item_category_id: String,
    /// As set.
    #[serde(flatten)]
    pub category: PutStockItemCategory,
    /// Whether it was taken away.
    #[serde(rename = "_removed")]
    pub removed: bool,
}

/// What is set of a stock item, with how much of it each stock holds:
/// `PUT /admin/v1/platform/merchants/{merchantId}/stockItems/{itemId}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutStockItem {
    /// Its name.
    pub name: String,
    /// Its category.
    #[serde(default)]
    pub stock_item_category_id: Option<String>,
    /// `pcs` (default), `kg`, `l`, …
    #[serde(default = "pieces")]
    pub measure: String,
    /// Bar code.
    #[serde(default)]
    pub ean: Option<String>,
    /// A fraction with at most six decimals, `0.12`.
    pub vat_rate: Number,
    /// The stocks that keep it; one that is not named keeps it no more.
    #[serde(default)]
    pub amounts: Vec<StockAmount>,
}

fn pieces() -> String {
    "pcs".to_owned()
}

/// How much of an item one stock holds. Amounts and prices have at most six decimals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StockAmount {
    /// The stock.
    pub stock_id: String,
    /// How much is there, in the item's measure; below 0 when more was sold than came in.
    pub amount: Number,
    /// Below this it must be ordered.
    #[serde(default)]
    pub critical_amount: Option<Number>,
    /// This much should be there.
    #[serde(default)]
    pub optimal_amount: Option<Number>,
    /// What one unit cost, without VAT, in currency.
    pub price_without_vat: Number,
}

/// A stock item with its amounts in all stocks: as set-up shows it and as DataSync sends it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MerchantStockItem {
    /// Its id.
    pub item_id: String,
    /// As set.
    #[serde(flatten)]
    pub item: PutStockItem,
    /// Whether it was taken away.
    #[serde(rename = "_removed")]
    pub removed: bool,
}

/// A stock item with its amount in one stock.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockItem {
    /// Its id.
    pub item_id: String,
    /// Its name.
    pub name: String,
    /// Its category.
    pub stock_item_category_id: Option<String>,
    /// The category's name.
    pub category_name: Option<String>,
    /// Of what unit.
    pub measure: String,
    /// Bar code.
    pub ean: Option<String>,
    /// A fraction, `0.12`.
    pub vat_rate: Number,
    /// How much is there; below 0 when more was sold than came in.
    pub amount: Number,
    /// Below this it must be ordered.
    pub critical_amount: Option<Number>,
    /// This much should be there.
    pub optimal_amount: Option<Number>,
    /// What one unit cost, without VAT.
    pub price_without_vat: Number,
    /// What one unit cost, with VAT: not rounded.
    pub price_with_vat: Number,
    /// Whether the stock keeps it no more: seen with `modifiedSince` only.
    #[serde(rename = "_removed")]
    pub removed: bool,
    /// When it last changed, the name of its category included.
    #[serde(rename = "_lastModifiedAt")]
    pub last_modified_at: LocalTime,
}

/// What is set of a supplier: `PUT /admin/v1/platform/merchants/{merchantId}/suppliers/{supplierId}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutSupplier {
    /// Its name.
    pub supplier_name: String,
}

/// A supplier of a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Supplier {
    /// Its id.
    pub supplier_id: String,
    /// As set.
    #[serde(flatten)]
    pub supplier: PutSupplier,
    /// Whether it was taken away.
    #[serde(rename = "_removed")]
    pub removed: bool,
}

/// What is set of a stock up, a delivery that came in:
/// `PUT /admin/v1/platform/merchants/{merchantId}/stocks/{stockId}/stockUps/{stockUpId}`. What is set up so is history: the
/// amounts of items are set with the items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutStockUp {
    /// The number of the document.
    #[serde(default)]
    pub number: Option<String>,
    /// For people.
    #[serde(default)]
    pub note: Option<String>,
    /// Who delivered.
    #[serde(default)]
    pub supplier_id: Option<String>,
    /// Who took it in.
    #[serde(default)]
    pub person_name: Option<String>,
    /// When: a date (midnight at the stock's place) or a date-time; left out, when it was first set.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Whether it is not confirmed yet.
    #[serde(default)]
    pub is_draft: bool,
    /// What came, at most 1,000 lines.
    pub items: Vec<PutStockUpItem>,
}

/// A line of a stock up as it is set. Amounts and prices have at most six decimals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutStockUpItem {
    /// A stock item.
    pub item_id: String,
    /// How much, above 0.
    pub amount: Number,
    /// What one unit cost, without VAT.
    pub price_without_vat: Number,
    /// A fraction; left out, the item's.
    #[serde(default)]
    pub vat_rate: Option<Number>,
}

/// A stock up as lists show it: without its lines.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockUp {
    /// Its id.
    pub stock_up_id: String,
    /// When it was made.
    pub created_at: LocalTime,
    /// The number of the document.
    pub number: Option<String>,
    /// For people.
    pub note: Option<String>,
    /// Who delivered.
    pub supplier_id: Option<String>,
    /// The supplier's name.
    pub supplier_name: Option<String>,
    /// Who took it in.
    pub person_name: Option<String>,
    /// All lines together, rounded once to the currency's decimals.
    pub total_price_without_vat: Number,
    /// Whether it is not confirmed yet.
    pub is_draft: bool,
    /// Whether it was taken away: seen with `modifiedSince` only.
    #[serde(rename = "_removed")]
    pub removed: bool,
    /// Moves with every change.
    #[serde(rename = "_version")]
    pub version: i64,
    /// When it last changed.
    #[serde(rename = "_lastModifiedAt")]
    pub last_modified_at: LocalTime,
}

/// A stock up with its lines.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockUpDetail {
    /// As in lists.
    #[serde(flatten)]
    pub stock_up: StockUp,
    /// What came.
    pub items: Vec<StockUpItem>,
}

/// A line of a stock up.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockUpItem {
    /// The stock item.
    pub item_id: String,
    /// Its name now.
    pub name: String,
    /// Of what unit.
    pub measure: String,
    /// How much.
    pub amount: Number,
    /// What one unit cost, without VAT.
    pub price_without_vat: Number,
    /// A fraction, `0.12`.
    pub vat_rate: Number,
    /// The line, rounded to the currency's decimals.
    pub total_price_without_vat: Number,
}

/// What is set of a stock taking, a count of what is there:
/// `PUT /admin/v1/platform/merchants/{merchantId}/stocks/{stockId}/stockTakings/{stockTakingId}`. What is set up so is history: the
/// amounts of items are set with the items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutStockTaking {
    /// The number of the document.
    #[serde(default)]
    pub number: Option<String>,
    /// For people.
    #[serde(default)]
    pub note: Option<String>,
    /// Who counted.
    #[serde(default)]
    pub person_name: Option<String>,
    /// When: a date (midnight at the stock's place) or a date-time; left out, when it was first set.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Whether it is not confirmed yet.
    #[serde(default)]
    pub is_draft: bool,
    /// What was counted, each item once, at most 1,000 lines.
    pub items: Vec<PutStockTakingItem>,
}

/// A line of a stock taking as it is set. Amounts and prices have at most six decimals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutStockTakingItem {
    /// A stock item.
    pub item_id: String,
    /// How much was there, at least 0.
    pub counted_amount: Number,
    /// How much should have been there; a draft does not know it yet.
    #[serde(default)]
    pub expected_amount: Option<Number>,
    /// What one unit cost, without VAT.
    pub price_without_vat: Number,
}

/// A stock taking as lists show it: without its lines.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockTaking {
    /// Its id.
    pub stock_taking_id: String,
    /// When it was made.
    pub created_at: LocalTime,
    /// The number of the document.
    pub number: Option<String>,
    /// For people.
    pub note: Option<String>,
    /// Who counted.
    pub person_name: Option<String>,
    /// What the differences are worth together, rounded once to the currency's decimals; below 0 when something is missing, 0
    /// for a draft.
    pub total_difference_without_vat: Number,
    /// Whether it is not confirmed yet.
    pub is_draft: bool,
    /// Whether it was taken away: seen with `modifiedSince` only.
    #[serde(rename = "_removed")]
    pub removed: bool,
    /// Moves with every change.
    #[serde(rename = "_version")]
    pub version: i64,
    /// When it last changed.
    #[serde(rename = "_lastModifiedAt")]
    pub last_modified_at: LocalTime,
}

/// A stock taking with its lines.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockTakingDetail {
    /// As in lists.
    #[serde(flatten)]
    pub stock_taking: StockTaking,
    /// What was counted.
    pub items: Vec<StockTakingItem>,
}

/// A line of a stock taking.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StockTakingItem {
    /// The stock item.
    pub item_id: String,
    /// Its name now.
    pub name: String,
    /// Of what unit.
    pub measure: String,
    /// How much was there.
    pub counted_amount: Number,
    /// How much should have been there, as it was when the taking was confirmed; `null` in a draft.
    pub expected_amount: Option<Number>,
    /// Counted less expected; `null` in a draft.
    pub difference_amount: Option<Number>,
    /// What one unit cost, without VAT.
    pub price_without_vat: Number,
}
