//! What does a merchant sell, where and for how much? (protocol.md §3)

use crate::Number;
use crate::time::LocalTime;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The menu of a merchant.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Menu {
    /// Categories and products, in their order.
    pub items: Vec<MenuNode>,
    /// What guests may choose with products.
    pub addition_categories: Vec<AdditionCategory>,
    /// ISO 4217.
    pub currency_code: String,
    /// When something of it was last seen to change.
    #[serde(rename = "_lastModifiedAt")]
    pub last_modified_at: LocalTime,
    /// Moves with every change of what is seen, and never otherwise.
    #[serde(rename = "_version")]
    pub version: i64,
}

/// A category or a product: a product has neither `categoryId` nor `items`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum MenuNode {
    /// A category.
    Category(Category),
    /// A product.
    Product(Box<Product>),
}

/// A category with what stands in it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// Its id.
    pub category_id: String,
    /// Its name.
    pub name: String,
    /// Categories and products, in their order; empty below the depth that was asked for.
    #[schema(no_recursion)]
    pub items: Vec<MenuNode>,
}

/// A product.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// Its id.
    pub product_id: String,
    /// Its name on the bill.
    pub name: String,
    /// Its name towards guests.
    pub marketing_name: Option<String>,
    /// What guests read of it.
    pub description: Option<String>,
    /// `pcs`, `kg`, …
    pub measure: String,
    /// Bar code.
    pub ean: Option<String>,
    /// Where its picture is.
    pub image_url: Option<String>,
    /// What kind of product it is.
    pub r#type: Option<String>,
    /// Whether the cashier types the price; then it may be ordered at 0.
    pub is_price_variable: bool,
    /// Numbers of allergens, 1 to 14.
    pub allergens: Vec<u8>,
    /// Such as `vegan`.
    pub labels: Vec<String>,
    /// What guests may choose with it.
    pub addition_category_ids: Vec<String>,
    /// What it is at the one place that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place_values: Option<PlaceValues>,
    /// What it is at each place, where none was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub places_values: Option<BTreeMap<String, PlaceValues>>,
}

/// What a product is at one place now.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlaceValues {
    /// Prices of one unit with VAT, by level; `default` is always there.
    pub price_levels: BTreeMap<String, PriceLevel>,
    /// A fraction, `0.12`.
    pub vat_rate: Number,
    /// Whether registers and guests are shown it.
    pub show_in_pos: bool,
    /// What guests may choose with it here.
    pub addition_category_ids: Vec<String>,
    /// How many pieces are left; absent: any number. At 0 it is sold out, or on the stop list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
}

/// A price of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PriceLevel {
    /// One unit with VAT.
    pub price: Number,
}

/// Additions of which a guest may choose some.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdditionCategory {
    /// Its id.
    pub addition_category_id: String,
    /// What it is called.
    pub title: String,
    /// Least to choose.
    pub min: Option<u32>,
    /// Most to choose.
    pub max: Option<u32>,
    /// Whether registers show it.
    #[serde(rename = "showInPOS")]
    pub show_in_pos: bool,
    /// In their order.
    pub additions: Vec<Addition>,
}

/// One addition.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Addition {
    /// Its id.
    pub addition_id: String,
    /// What it is called.
    pub title: String,
    /// With VAT, when it is added.
    pub addition_price: Number,
    /// With VAT, when it is left out.
    pub subtraction_price: Number,
    /// The product it is.
    pub product_id: Option<String>,
    /// A fraction; `null`: as that of what it is added to.
    pub vat_rate: Option<Number>,
    /// The register's number of the rate.
    pub vat_id: Option<Number>,
    /// `pcs`, `kg`, …
    pub measure: String,
}

/// A menu that a place has for a time: from `since` until before `till`.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TimeBasedMenu {
    /// Its id.
    pub menu_id: String,
    /// UTC.
    #[schema(format = DateTime)]
    pub since: String,
    /// UTC.
    #[schema(format = DateTime)]
    pub till: String,
    /// What kind of menu it is.
    pub time_based_menu_type: TimeBasedMenuType,
    /// Its products with the pieces left and the prices of its time.
    pub items: Vec<Product>,
}

/// A kind of menu for a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TimeBasedMenuType {
    /// Of a day.
    DailyMenu,
    /// Of an hour, at other prices.
    HappyHours,
    /// Several courses together.
    FixedMenu,
}

/// The pieces left at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RemainingAmounts {
    /// By product; one that is missing has no limit.
    pub amounts: BTreeMap<String, i64>,
}

/// A product that a place does not sell for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoppedProduct {
    /// The product.
    pub product_id: String,
    /// Its name.
    pub name: String,
    /// Since when.
    pub stopped_at: LocalTime,
}
