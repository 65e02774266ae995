//! What does the one document look like that says all of a merchant's restaurant, and what is answered to it?
//!
//! A list of the document has the name of its noun in the path of that noun's own set-up, and a row has the id that stands
//! there and the body that is put there: what is written here again is only where each noun stands.

use crate::access::Api;
use crate::admin::menu::{MenuAdditionCategory, MenuCategory, MenuOfTime, MenuProduct, PlaceRule};
use crate::admin::persons::PutPerson;
use crate::admin::platform::{AdminLoyaltyConnection, DataSyncMethod, PutMerchant, PutPlace};
use crate::delivery::PutDeliverySettings;
use crate::deskview::{PutDesk, PutSection};
use crate::stocks::{PutStock, PutStockItem, PutStockItemCategory, PutStockTaking, PutStockUp, PutSupplier};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// `PUT /admin/v1/platform/merchants/{merchantId}/restaurant`: a merchant and everything below it. A row that is not there
/// stays as it is; a row with `removed` is taken away. `GET` gives the same document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Restaurant {
    /// The business itself; needed once, for a merchant that nobody has set up.
    pub merchant: Option<PutMerchant>,
    /// Where it sells.
    pub places: Vec<RestaurantPlace>,
    /// Who works there. Codes are taken, and never shown.
    pub persons: Vec<RestaurantPerson>,
    /// What it sells.
    pub menu: RestaurantMenu,
    /// Where it keeps things, with the history of each stock.
    pub stocks: Vec<RestaurantStock>,
    /// What the items of stocks are sorted by.
    pub stock_item_categories: Vec<RestaurantStockItemCategory>,
    /// What it keeps, and how much of it where.
    pub stock_items: Vec<RestaurantStockItem>,
    /// Who brings it.
    pub suppliers: Vec<RestaurantSupplier>,
    /// As they are: a connection is set up by itself, with its token, and a row here must say what is so already.
    pub loyalty_connections: Vec<AdminLoyaltyConnection>,
    /// As they are: an application is set up by itself, which gives its secret, and a row here must say what is so already.
    pub applications: Vec<RestaurantApplication>,
}

/// A place with what stands below it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantPlace {
    /// Its id: 24 hex digits by custom.
    pub place_id: String,
    /// As set.
    #[serde(flatten)]
    pub place: PutPlace,
    /// How it takes orders from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<PutDeliverySettings>,
    /// Where its changes go. As it is: a subscription is set up by itself, with its secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datasync: Option<RestaurantDataSync>,
    /// Its rooms.
    #[serde(default)]
    pub desk_sections: Vec<RestaurantSection>,
    /// Its tables.
    #[serde(default)]
    pub desks: Vec<RestaurantDesk>,
    /// Its registers. One that is new here has no token yet: `POST …/registers` gives it one.
    #[serde(default)]
    pub registers: Vec<RestaurantRegister>,
}

/// Where a place's changes go; never with the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantDataSync {
    /// The receiver's URL.
    pub url: String,
    /// `POST` or `PUT`.
    pub method: DataSyncMethod,
    /// UTC.
    pub from_date: String,
}

/// A section of a place.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantSection {
    /// 1 to 64 characters.
    pub section_id: String,
    /// As set.
    #[serde(flatten)]
    pub section: PutSection,
    /// Whether it is taken away; then its id is enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// A desk of a place.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantDesk {
    /// 1 to 64 characters.
    pub desk_id: String,
    /// As set.
    #[serde(flatten)]
    pub desk: PutDesk,
    /// Whether it is taken away; then its id is enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// A register of a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantRegister {
    /// Its number in its place, from 1.
    pub device_number: i64,
    /// What people call it.
    pub name: String,
}

/// A member of the staff.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantPerson {
    /// The person's number, from 1.
    pub person_id: i64,
    /// As set.
    #[serde(flatten)]
    pub person: PutPerson,
    /// Whether the person is taken away; then the number is enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// The menu of a merchant, without menus whose time is over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct RestaurantMenu {
    /// A category names the one above it.
    pub categories: Vec<RestaurantCategory>,
    /// What guests may choose with a product.
    pub addition_categories: Vec<RestaurantAdditionCategory>,
    /// With what places set otherwise, and with the rates of VAT that begin on a day.
    pub products: Vec<RestaurantProduct>,
    /// Menus of a day or an hour, each at one place.
    pub time_based_menus: Vec<RestaurantTimeBasedMenu>,
    /// What a place does when no pieces are left, by place.
    pub place_rules: BTreeMap<String, PlaceRule>,
}

/// A category of the menu.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RestaurantCategory {
    /// As set.
    #[serde(flatten)]
    pub category: MenuCategory,
    /// Whether it is taken away; then its id is enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// Additions of which a guest may choose some.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RestaurantAdditionCategory {
    /// As set.
    #[serde(flatten)]
    pub category: MenuAdditionCategory,
    /// Whether it is taken away; then its id is enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// A product of the menu.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RestaurantProduct {
    /// As set.
    #[serde(flatten)]
    pub product: MenuProduct,
    /// Whether it is taken away; then its id is enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// A menu that a place has for a time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RestaurantTimeBasedMenu {
    /// As set.
    #[serde(flatten)]
    pub menu: MenuOfTime,
    /// Whether it is taken away; then its id and its place are enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// A stock with its history.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantStock {
    /// 1 to 64 characters.
    pub stock_id: String,
    /// As set.
    #[serde(flatten)]
    pub stock: PutStock,
    /// What came in.
    #[serde(default)]
    pub stock_ups: Vec<RestaurantStockUp>,
    /// What was counted.
    #[serde(default)]
    pub stock_takings: Vec<RestaurantStockTaking>,
    /// Whether it is taken away; then its id is enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// A stock up.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantStockUp {
    /// 1 to 64 characters, of one stock of the merchant only.
    pub stock_up_id: String,
    /// As set.
    #[serde(flatten)]
    pub stock_up: PutStockUp,
    /// Whether it is taken away; then its id is enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// A stock taking.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantStockTaking {
    /// 1 to 64 characters, of one stock of the merchant only.
    pub stock_taking_id: String,
    /// As set.
    #[serde(flatten)]
    pub stock_taking: PutStockTaking,
    /// Whether it is taken away; then its id is enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// A category of stock items.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantStockItemCategory {
    /// 1 to 64 characters.
    pub stock_item_category_id: String,
    /// As set.
    #[serde(flatten)]
    pub category: PutStockItemCategory,
    /// Whether it is taken away; then its id is enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// A stock item.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantStockItem {
    /// 1 to 64 characters.
    pub item_id: String,
    /// As set.
    #[serde(flatten)]
    pub item: PutStockItem,
    /// Whether it is taken away; then its id is enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// A supplier.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantSupplier {
    /// 1 to 64 characters.
    pub supplier_id: String,
    /// As set.
    #[serde(flatten)]
    pub supplier: PutSupplier,
    /// Whether it is taken away; then its id is enough.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
}

/// An application that may call for the merchant; never with its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantApplication {
    /// Its id.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// The loyalty provider it is.
    #[serde(default)]
    pub loyalty_provider_id: Option<String>,
    /// The only APIs it may call; `null`: all of them.
    #[serde(default)]
    pub apis: Option<Vec<Api>>,
    /// The only places of the merchant it may call for; `null`: all of them.
    #[serde(default)]
    pub place_ids: Option<Vec<String>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What became of each row of a document that was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RestaurantReport {
    /// How many rows are new.
    pub created: usize,
    /// How many rows are otherwise than before, or were taken away.
    pub changed: usize,
    /// How many rows were so already.
    pub unchanged: usize,
    /// Each row of the document.
    pub rows: Vec<ReportedRow>,
}

/// A row of a document and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReportedRow {
    /// Where it stands in the document: `places[0].desks[2]`.
    pub path: String,
    /// What became of it.
    pub outcome: RowOutcome,
    /// The member at fault, of a row that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What was expected and what came, of a row that was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum RowOutcome {
    /// It is new.
    Created,
    /// It is otherwise than before, or was taken away.
    Changed,
    /// It was so already.
    Unchanged,
    /// It cannot be so, and nothing of the document was written.
    Refused,
}
