//! What does a line keep of its product and of the categories above it?

use db::{Json, Later};
use money::vat::VatRate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wire::Number;

db::row! {
    /// The product of a line.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub(crate) struct LineProduct {
        pub(crate) product_id: String,
        /// Absent for a line the till itself adds.
        pub(crate) decoded_id: Option<i64>,
        pub(crate) category_id: Option<String>,
        pub(crate) name: String,
        pub(crate) measure: String,
        pub(crate) ean: Option<String>,
        /// As the menu writes it: a fraction.
        pub(crate) vat_rate: Number,
        /// The register's own name of the rate, number or text.
        pub(crate) vat_id: Option<Value> as Option<Json>,
        /// Its category and those above it, the nearest first. A bill shows the first only and does not keep them: the report
        /// that needed them all is frozen elsewhere.
        pub(crate) categories: Vec<LineCategory> as Later,
    }
}

impl LineProduct {
    /// The VAT rate of the line; no VAT for what is no rate.
    pub(crate) fn rate(&self) -> VatRate {
        VatRate::from_line(self.vat_rate.0).unwrap_or(VatRate::ZERO)
    }
}

db::row! {
    /// A category of a line's product.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub(crate) struct LineCategory {
        pub(crate) category_id: String,
        pub(crate) parent_category_id: Option<String>,
        pub(crate) name: String,
    }
}
