//! How is a menu set up, under `/admin/v1/platform/merchants/{merchantId}/menu`?
//!
//! What is set is shown in the same form, so that a menu that was read may be put again.

use crate::Number;
use crate::menu::{PriceLevel, TimeBasedMenuType};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// `PUT /admin/v1/platform/merchants/{merchantId}/menu`: what of a menu is added or changed. What is not named stays; what
/// is named is then as it is written here.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutMenu {
    /// A parent must be known or come in the same body.
    #[serde(default)]
    pub categories: Vec<MenuCategory>,
    /// Categories and addition categories must be known or come in the same body.
    #[serde(default)]
    pub products: Vec<MenuProduct>,
    /// What guests may choose with a product.
    #[serde(default)]
    pub addition_categories: Vec<MenuAdditionCategory>,
    /// Menus of a day or an hour, each at one place.
    #[serde(default)]
    pub time_based_menus: Vec<MenuOfTime>,
    /// What a place does when no pieces are left, by place.
    #[serde(default)]
    pub place_rules: BTreeMap<String, PlaceRule>,
}

/// The menu as set up. Menus whose time is over are left out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminMenu {
    /// By id.
    pub categories: Vec<MenuCategory>,
    /// By id.
    pub products: Vec<MenuProduct>,
    /// By id.
    pub addition_categories: Vec<MenuAdditionCategory>,
    /// By place and id.
    pub time_based_menus: Vec<MenuOfTime>,
    /// By place.
    pub place_rules: BTreeMap<String, PlaceRule>,
}

/// A category of the menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MenuCategory {
    /// `c:` and free text by custom; any text is taken.
    pub category_id: String,
    /// The category above it.
    #[serde(default)]
    pub parent_category_id: Option<String>,
    /// Its name.
    pub name: String,
    /// Categories and products that stand together are shown in this order, then by id.
    #[serde(default)]
    pub order: i64,
}

/// A product of the menu.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MenuProduct {
    /// `p:` and free text by custom; any text is taken.
    pub product_id: String,
    /// Its category.
    #[serde(default)]
    pub category_id: Option<String>,
    /// Its name.
    pub name: String,
    /// `pcs` (default), `kg`, `l`, …
    #[serde(default = "pieces")]
    pub measure: String,
    /// Bar code.
    #[serde(default)]
    pub ean: Option<String>,
    /// One unit with VAT: the level `default` wherever a place sets no other; negative for the twin of a returnable thing.
    // protocol.md §10.10
    pub price: Number,
    /// The cashier types the price.
    #[serde(default)]
    pub is_price_variable: bool,
    /// A fraction below 1, `0.12`.
    pub vat_rate: Number,
    /// The register's number of the rate.
    #[serde(default)]
    pub vat_id: Option<Number>,
    /// Categories and products that stand together are shown in this order, then by id.
    #[serde(default)]
    pub order: i64,
    /// Its name towards guests.
    #[serde(default)]
    pub marketing_name: Option<String>,
    /// What guests read of it.
    #[serde(default)]
    pub description: Option<String>,
    /// Where its picture is.
    #[serde(default)]
    pub image_url: Option<String>,
    /// What kind of product it is; any text.
    #[serde(default)]
    pub r#type: Option<String>,
    /// Numbers of allergens, 1 to 14.
    #[serde(default)]
    pub allergens: Vec<u8>,
    /// Such as `vegan`.
    #[serde(default)]
    pub labels: Vec<String>,
    /// What guests may choose with it, where a place sets no other.
    #[serde(default)]
    pub addition_category_ids: Vec<String>,
    /// Rates of VAT that begin on a day, each from its midnight at the place; those that began take the place of `vatRate`.
    #[serde(default)]
    pub vat_rate_changes: Vec<VatRateChange>,
    /// What single places set otherwise, by place; a place that is not named stays as it is, `null` takes its values away.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, PutPlaceValues>)]
    pub places_values: BTreeMap<String, Option<PutPlaceValues>>,
}

fn pieces() -> String {
    "pcs".to_owned()
}

/// A rate of VAT that begins on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VatRateChange {
    /// The day, `2027-01-01`: from its midnight in the time zone of the place.
    pub from: String,
    /// A fraction below 1, `0.13`.
    pub vat_rate: Number,
    /// The register's number of the rate.
    #[serde(default)]
    pub vat_id: Option<Number>,
}

/// What a place sets otherwise for a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PutPlaceValues {
    /// Prices by level; without `default` that level is the product's price.
    #[serde(default)]
    pub price_levels: BTreeMap<String, PriceLevel>,
    /// A fraction below 1; absent: the product's rate and its changes.
    #[serde(default)]
    pub vat_rate: Option<Number>,
    /// The register's number of `vatRate`.
    #[serde(default)]
    pub vat_id: Option<Number>,
    /// Changes of `vatRate`; they need one.
    #[serde(default)]
    pub vat_rate_changes: Vec<VatRateChange>,
    /// Whether registers show it.
    #[serde(default = "yes")]
    pub show_in_pos: bool,
    /// Absent: the product's own.
    #[serde(default)]
    pub addition_category_ids: Option<Vec<String>>,
}

fn yes() -> bool {
    true
}

/// Additions of which a guest may choose some.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MenuAdditionCategory {
    /// Any text.
    pub addition_category_id: String,
    /// What it is called.
    pub title: String,
    /// Least to choose.
    #[serde(default)]
    pub min: Option<u32>,
    /// Most to choose.
    #[serde(default)]
    pub max: Option<u32>,
    /// Whether registers show it.
    #[serde(default = "yes", rename = "showInPOS")]
    pub show_in_pos: bool,
    /// Addition categories are shown in this order, then by id.
    #[serde(default)]
    pub order: i64,
    /// In their order.
    #[serde(default)]
    pub additions: Vec<MenuAddition>,
}

/// One addition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MenuAddition {
    /// Any text, unique in the merchant.
    pub addition_id: String,
    /// What it is called.
    pub title: String,
    /// With VAT, when it is added.
    pub addition_price: Number,
    /// With VAT, when it is left out.
    #[serde(default)]
    pub subtraction_price: Number,
    /// The product it is; absent: it is sold under its own id.
    #[serde(default)]
    pub product_id: Option<String>,
    /// A fraction below 1; absent: as that of what it is added to.
    #[serde(default)]
    pub vat_rate: Option<Number>,
    /// The register's number of the rate.
    #[serde(default)]
    pub vat_id: Option<Number>,
    /// `pcs` when absent.
    #[serde(default)]
    pub measure: Option<String>,
}

/// A menu that a place has for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MenuOfTime {
    /// Any text, unique at the place.
    pub menu_id: String,
    /// Where it is.
    pub place_id: String,
    /// What kind of menu it is.
    pub time_based_menu_type: TimeBasedMenuType,
    /// From then on, a date-time with offset.
    pub since: String,
    /// Until before then, a date-time with offset.
    pub till: String,
    /// In their order.
    #[serde(default)]
    pub items: Vec<MenuOfTimeItem>,
}

/// A product of such a menu.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MenuOfTimeItem {
    /// A product of the menu.
    pub product_id: String,
    /// How many pieces may be sold; absent: any number. What is sold already stays counted when this changes.
    #[serde(default)]
    pub quantity: Option<u32>,
    /// Prices for the time, by level; a level that is not named has its usual price.
    #[serde(default)]
    pub price_levels: BTreeMap<String, PriceLevel>,
}

/// What a place does when more is ordered than is left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlaceRule {
    /// `refuse` (default) or `warn`.
    #[serde(default)]
    pub beyond_remaining: BeyondRemaining,
}

/// Whether more may be sold than is left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum BeyondRemaining {
    /// No: the line is refused.
    #[default]
    Refuse,
    /// Yes: the check says so.
    Warn,
}
