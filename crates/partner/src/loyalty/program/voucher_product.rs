//! How does a merchant say what a voucher is, when the law changes it from a day on?
//!
//! Whether a voucher has one purpose (its VAT is due when it is sold) or any (its VAT is due when it is used) follows
//! from the goods it is for, and what is taxed how changes by law (loyalty.md §3 V1, V5): Germany moved restaurant food
//! from 19 % to 7 % on 2026-01-01 while drinks stayed, so a value voucher sold in 2025 has one purpose and the same
//! product sold in 2026 has any. A product has dated versions. A voucher becomes what its product is on the day of its
//! sale, and stays it: versions decide over what is sold, never over what was.

use crate::loyalty::settings::day;
use jiff::civil::Date;
use money::vat::VatRate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use wire::Number;
use wire::loyalty::BalanceType;

/// A product that is sold as vouchers, one of `voucherProducts` in the program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct VoucherProduct {
    /// The product's id, which its vouchers name.
    pub(crate) voucher_product_id: String,
    /// The versions, each from a day on; before the first day the product is not sold.
    pub(crate) versions: Vec<VoucherVersion>,
}

/// A version of a voucher product: its class and rate from a day on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct VoucherVersion {
    /// The first day, on the calendar of the place.
    #[serde(with = "day")]
    pub(crate) from: Date,
    /// `singlePurposePrepaidVoucher` or `multiPurposePrepaidVoucher`.
    pub(crate) r#type: BalanceType,
    /// SPV: the rate at which it is sold, a fraction.
    #[serde(default)]
    pub(crate) vat_rate: Option<Number>,
    /// SPV: the products it is for; empty: every line at its rate.
    #[serde(default)]
    pub(crate) product_ids: Vec<String>,
}

/// What a top-up was sold as. An offer keeps it: what is credited is what was offered and stands on the bill, whenever
/// the report comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SoldAs {
    pub(crate) r#type: BalanceType,
    /// SPV: a fraction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vat_rate: Option<Number>,
    /// SPV: as of the version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) product_ids: Vec<String>,
}

impl SoldAs {
    /// For people: `multiPurposePrepaidVoucher`, `singlePurposePrepaidVoucher at 0.19`.
    pub(crate) fn text(&self) -> String {
        match self.vat_rate {
            Some(rate) => format!("{} at {}", self.r#type.as_str(), rate.0.normalize()),
            None => self.r#type.as_str().to_owned(),
        }
    }
}

impl VoucherProduct {
    /// The version by which the product is sold on a day: the newest that has begun. `None` before the first.
    pub(crate) fn on(&self, day: Date) -> Option<SoldAs> {
        let begun = self.versions.iter().filter(|version| version.from <= day);
        begun.max_by_key(|version| version.from).map(|version| SoldAs {
            r#type: version.r#type,
            vat_rate: version.vat_rate,
            product_ids: version.product_ids.clone(),
        })
    }
}

/// Most versions of a product.
const VERSIONS_MAX: usize = 100;
/// Longest id, in bytes.
const ID_BYTES_MAX: usize = 200;

/// Whether the products make sense.
///
/// # Errors
/// A sentence saying what was expected and what came.
pub(crate) fn check(products: &[VoucherProduct]) -> Result<(), String> {
    let mut known = BTreeSet::new();
    for (index, product) in products.iter().enumerate() {
        let at = format!("voucherProducts[{index}]");
        let id = product.voucher_product_id.as_str();
        if id.is_empty() || id.len() > ID_BYTES_MAX || id.chars().any(char::is_control) {
            return Err(format!(
                "{at}.voucherProductId: expected 1 to {ID_BYTES_MAX} bytes without control characters, found {id:?}"
            ));
        }
        if !known.insert(id) {
            return Err(format!(
                "{at}.voucherProductId: expected an id of its own, found {id:?} a second time"
            ));
        }
        if !(1..=VERSIONS_MAX).contains(&product.versions.len()) {
            let found = product.versions.len();
            return Err(format!("{at}.versions: expected 1 to {VERSIONS_MAX}, found {found}"));
        }
        let mut days = BTreeSet::new();
        for (index, version) in product.versions.iter().enumerate() {
            let at = format!("{at}.versions[{index}]");
            if !days.insert(version.from) {
                return Err(format!(
                    "{at}.from: expected a day of its own, found {} a second time",
                    version.from
                ));
            }
            version.check(&at)?;
        }
    }
    Ok(())
}

impl VoucherVersion {
    fn check(&self, at: &str) -> Result<(), String> {
        let single = match self.r#type {
            BalanceType::SinglePurposePrepaidVoucher => true,
            BalanceType::MultiPurposePrepaidVoucher => false,
            other => {
                return Err(format!(
                    "{at}.type: expected singlePurposePrepaidVoucher or multiPurposePrepaidVoucher, found {}",
                    other.as_str()
                ));
            }
        };
        match self.vat_rate {
            None if single => Err(format!(
                "{at}.vatRate: expected the rate at which it is sold, such as 0.12, found nothing"
            )),
            Some(rate) if !single => Err(format!(
                "{at}.vatRate: expected nothing: only single-purpose vouchers have a rate, found {rate}"
            )),
            Some(rate) if VatRate::from_setting(rate.0).is_none() => Err(format!(
                "{at}.vatRate: expected a fraction from 0 to below 1, such as 0.12, found {rate}"
            )),
            _ if !single && !self.product_ids.is_empty() => Err(format!(
                "{at}.productIds: expected nothing: a multi-purpose voucher pays for anything, found {:?}",
                self.product_ids
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn products(versions: &Value) -> Vec<VoucherProduct> {
        serde_json::from_value(json!([{"voucherProductId": "meal", "versions": versions}])).unwrap()
    }

    /// loyalty.md V5: restaurant food and drinks were both 19 % until the end of 2025.
    fn german() -> Vec<VoucherProduct> {
        products(&json!([
            {"from": "2026-01-01", "type": "multiPurposePrepaidVoucher"},
            {"from": "2024-01-01", "type": "singlePurposePrepaidVoucher", "vatRate": 0.19},
        ]))
    }

    #[test]
    fn products_are_checked() {
        assert_eq!(check(&german()), Ok(()));
        let spv = |rate: Value| json!({"from": "2026-01-01", "type": "singlePurposePrepaidVoucher", "vatRate": rate});
        let mpv = |more: Value| {
            let mut version = json!({"from": "2026-01-01", "type": "multiPurposePrepaidVoucher"});
            version.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            version
        };
        for (versions, named) in [
            (json!([]), "voucherProducts[0].versions: expected 1 to 100"),
            (json!([mpv(json!({})), mpv(json!({}))]), "voucherProducts[0].versions[1].from"),
            (json!([{"from": "2026-01-01", "type": "prepaidCredit"}]), "voucherProducts[0].versions[0].type"),
            (json!([spv(Value::Null)]), "voucherProducts[0].versions[0].vatRate: expected the rate"),
            (json!([spv(json!(19))]), "voucherProducts[0].versions[0].vatRate: expected a fraction"),
            (
                json!([mpv(json!({"vatRate": 0.19}))]),
                "voucherProducts[0].versions[0].vatRate: expected nothing",
            ),
            (json!([mpv(json!({"productIds": ["p"]}))]), "voucherProducts[0].versions[0].productIds"),
        ] {
            let refusal = check(&products(&versions)).unwrap_err();
            assert!(refusal.starts_with(named), "{versions}: {refusal}");
        }
        let twice = [german(), german()].concat();
        assert!(check(&twice).unwrap_err().starts_with("voucherProducts[1].voucherProductId"));
        assert!(
            serde_json::from_value::<VoucherVersion>(json!({"from": "1 January", "type": "prepaidCredit"}))
                .is_err()
        );
    }
}
