//! What is stored of a menu?

use db::{Joined, Json};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use money::{Amount, Precision};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::Number;
use wire::admin::menu::{
    BeyondRemaining, MenuAdditionCategory, MenuCategory, MenuProduct, PutPlaceValues, VatRateChange,
};
use wire::menu::{PriceLevel, TimeBasedMenuType};

db::row! {
    /// What the merchant decides for its menu.
    #[derive(Debug, Clone)]
    pub(super) struct MerchantRow {
        pub(super) currency_code: String,
        pub(super) price_precision: Precision,
        pub(super) created_at: Timestamp,
    }
}
db::row! {
    /// A place and whose midnights it goes by.
    #[derive(Debug, Clone)]
    pub(super) struct PlaceRow {
        pub(super) place: String,
        pub(super) time_zone: TimeZone,
    }
}
db::row! {
    #[derive(Debug, Clone)]
    pub(super) struct CategoryRow {
        pub(super) category_id: String,
        pub(super) parent_category_id: Option<String>,
        pub(super) name: String,
        pub(super) sequence: i64,
    }
}
db::row! {
    #[derive(Debug, Clone)]
    pub(super) struct ProductRow {
        pub(super) product_id: String,
        pub(super) decoded_id: i64,
        pub(super) category_id: Option<String>,
        pub(super) name: String,
        pub(super) measure: String,
        pub(super) ean: Option<String>,
        pub(super) price: Amount,
        pub(super) is_price_variable: bool,
        pub(super) vat_rate: Number,
        pub(super) vat_id: Option<Number> as Option<Json>,
        pub(super) sequence: i64,
        pub(super) details: Option<Details> as Option<Json>,
    }
}
db::row! {
    /// What a place sets otherwise for a product.
    pub(super) struct ValuesRow {
        pub(super) place: String,
        pub(super) product_id: String,
        pub(super) place_values: PutPlaceValues as Json,
    }
}
db::row! {
    pub(super) struct AdditionCategoryRow {
        pub(super) settings: MenuAdditionCategory as Json,
    }
}
db::row! {
    /// A menu for a time.
    #[derive(Debug, Clone)]
    pub(super) struct TimedMenuRow {
        pub(super) place: String,
        pub(super) menu_id: String,
        pub(super) menu_type: MenuType,
        pub(super) since: Timestamp,
        pub(super) till: Timestamp,
    }
}
db::row! {
    /// A product of a menu for a time.
    #[derive(Debug, Clone)]
    pub(super) struct TimedItemRow {
        pub(super) place: String,
        pub(super) menu_id: String,
        pub(super) product_id: String,
        pub(super) sequence: i64,
        pub(super) since: Timestamp,
        pub(super) till: Timestamp,
        pub(super) pieces: Option<i64>,
        pub(super) reserved: i64,
        pub(super) price_levels: BTreeMap<String, PriceLevel> as Json,
    }
}
db::row! {
    pub(super) struct StopRow {
        pub(super) place: String,
        pub(super) product_id: String,
        pub(super) stopped_at: Timestamp,
    }
}
db::row! {
    pub(super) struct RuleRow {
        pub(super) place: String,
        pub(super) refuses: bool,
    }
}
db::row! {
    /// A product with all that makes it what it is at one place now.
    pub(super) struct SellableRow {
        pub(super) product: ProductRow as Joined,
        pub(super) place_values: Option<PutPlaceValues> as Option<Json>,
        /// Of the menu for a time that is open now and names it: at most one does.
        pub(super) menu_id: Option<String>,
        pub(super) menu_since: Option<Timestamp>,
        pub(super) menu_till: Option<Timestamp>,
        pub(super) pieces: Option<i64>,
        pub(super) reserved: Option<i64>,
        pub(super) menu_price_levels: Option<BTreeMap<String, PriceLevel>> as Option<Json>,
        pub(super) stopped_at: Option<Timestamp>,
    }
}

db::text_enum! {
    /// A kind of menu for a time, in the documents' words.
    pub(super) enum MenuType {
        /// Of a day.
        Daily = "dailyMenu",
        /// Of an hour.
        HappyHours = "happyHours",
        /// Several courses.
        Fixed = "fixedMenu",
    }
}

impl From<TimeBasedMenuType> for MenuType {
    fn from(kind: TimeBasedMenuType) -> Self {
        match kind {
            TimeBasedMenuType::DailyMenu => Self::Daily,
            TimeBasedMenuType::HappyHours => Self::HappyHours,
            TimeBasedMenuType::FixedMenu => Self::Fixed,
        }
    }
}

impl From<MenuType> for TimeBasedMenuType {
    fn from(kind: MenuType) -> Self {
        match kind {
            MenuType::Daily => Self::DailyMenu,
            MenuType::HappyHours => Self::HappyHours,
            MenuType::Fixed => Self::FixedMenu,
        }
    }
}

/// What is said of a product beside its price.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Details {
    pub(super) marketing_name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) image_url: Option<String>,
    pub(super) r#type: Option<String>,
    pub(super) allergens: Vec<u8>,
    pub(super) labels: Vec<String>,
    pub(super) addition_category_ids: Vec<String>,
    pub(super) vat_rate_changes: Vec<VatRateChange>,
}

impl Details {
    /// Those of a product that is set up.
    pub(super) fn of(product: &MenuProduct) -> Self {
        Self {
            marketing_name: product.marketing_name.clone(),
            description: product.description.clone(),
            image_url: product.image_url.clone(),
            r#type: product.r#type.clone(),
            allergens: product.allergens.clone(),
            labels: product.labels.clone(),
            addition_category_ids: product.addition_category_ids.clone(),
            vat_rate_changes: product.vat_rate_changes.clone(),
        }
    }
}

impl CategoryRow {
    /// As it was set up.
    pub(super) fn shown(&self) -> MenuCategory {
        MenuCategory {
            category_id: self.category_id.clone(),
            parent_category_id: self.parent_category_id.clone(),
            name: self.name.clone(),
            order: self.sequence,
        }
    }
}

impl ProductRow {
    /// As it was set up, without what places set.
    pub(super) fn shown(&self, precision: Precision) -> MenuProduct {
        let details = self.details.clone().unwrap_or_default();
        MenuProduct {
            product_id: self.product_id.clone(),
            category_id: self.category_id.clone(),
            name: self.name.clone(),
            measure: self.measure.clone(),
            ean: self.ean.clone(),
            price: Number::from_amount(self.price, precision),
            is_price_variable: self.is_price_variable,
            vat_rate: self.vat_rate,
            vat_id: self.vat_id,
            order: self.sequence,
            marketing_name: details.marketing_name,
            description: details.description,
            image_url: details.image_url,
            r#type: details.r#type,
            allergens: details.allergens,
            labels: details.labels,
            addition_category_ids: details.addition_category_ids,
            vat_rate_changes: details.vat_rate_changes,
            places_values: BTreeMap::new(),
        }
    }
}

/// Whether a place refuses what is beyond its pieces.
pub(super) fn refuses(rule: BeyondRemaining) -> bool {
    rule == BeyondRemaining::Refuse
}

/// By place and product.
pub(super) type ByPlace<T> = BTreeMap<String, BTreeMap<String, T>>;

/// A merchant's menu as it is stored, for all its places or for one. Menus whose time is over are not in it.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) merchant: MerchantRow,
    pub(super) places: Vec<PlaceRow>,
    pub(super) categories: Vec<CategoryRow>,
    pub(super) products: Vec<ProductRow>,
    pub(super) addition_categories: Vec<MenuAdditionCategory>,
    pub(super) values: ByPlace<PutPlaceValues>,
    pub(super) timed_menus: Vec<TimedMenuRow>,
    pub(super) timed_items: ByPlace<Vec<TimedItemRow>>,
    pub(super) stops: ByPlace<Timestamp>,
    /// Of places that have a rule of their own: whether they refuse what is beyond their pieces.
    pub(super) refuses: BTreeMap<String, bool>,
}
