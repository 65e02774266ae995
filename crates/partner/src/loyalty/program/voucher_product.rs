//! How does a merchant say what a voucher is, when the law changes it from a day on?
//!
//! Whether a voucher has one purpose (its VAT is due when it is sold) or any (its VAT is due when it is used) follows
//! from the goods it is for, and what is taxed how changes by law (loyalty.md §3 V1, V5): Germany moved restaurant food
//! from 19 % to 7 % on 2026-01-01 while drinks stayed, so a value voucher sold in 2025 has one purpose and the same
//! product sold in 2026 has any. A product has dated versions. A voucher becomes what its product is on the day of its
//! sale, and stays it: versions decide over what is sold, never over what was.

use crate::loyalty::ledger::{BalanceRow, BalanceStatus, day};
use jiff::civil::Date;
use money::Decimal;
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

/// The version by which a voucher is sold on a day; `None` for a balance without a product, or whose product is not sold.
pub(crate) fn sold_as(products: &[VoucherProduct], row: &BalanceRow, day: Date) -> Option<SoldAs> {
    let id = row.settings.voucher_product_id.as_deref()?;
    products.iter().find(|product| product.voucher_product_id == id)?.on(day)
}

/// Whether a voucher's class is still open: it waits for its sale, and no lot of it has anything left (`open`), not even
/// one that a hole outweighs.
pub(crate) fn is_unsold(row: &BalanceRow, open: bool) -> bool {
    row.status == BalanceStatus::Inactive && !open
}

/// Makes a voucher what it was sold as.
pub(crate) fn become_sold(row: &mut BalanceRow, sold: &SoldAs) {
    row.balance_type = sold.r#type;
    row.settings.vat_rate = sold.vat_rate.map(|rate| rate.0);
    row.settings.vat_rates.clear();
    row.settings.product_ids.clone_from(&sold.product_ids);
}

/// Shows a voucher of a product as an offer of this day has to know it. One that waits for its sale is what the product
/// is today. One that was sold stays what it is; it is topped up again only while the product is the same class for the
/// same products, at the rate of the day. `open` says whether any of its lots has something left.
pub(crate) fn settle(products: &[VoucherProduct], row: &mut BalanceRow, open: bool, day: Date) {
    if row.settings.voucher_product_id.is_none() {
        return;
    }
    match sold_as(products, row, day) {
        Some(sold) if is_unsold(row, open) => become_sold(row, &sold),
        Some(sold) if sold.r#type == row.balance_type && sold.product_ids == row.settings.product_ids => {
            become_sold(row, &sold);
        }
        _ => row.settings.prepayment = None,
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
            Some(rate) if rate.0 < Decimal::ZERO || rate.0 > Decimal::ONE => {
                Err(format!("{at}.vatRate: expected a fraction from 0 to 1, such as 0.12, found {rate}"))
            }
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
    use crate::loyalty::ledger::BalanceSettings;
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

    fn voucher(status: BalanceStatus, posted: i64) -> BalanceRow {
        let prepayment = serde_json::from_value(json!({"value": 50, "reloadable": true})).unwrap();
        let settings = BalanceSettings {
            voucher_product_id: Some("meal".to_owned()),
            prepayment: Some(prepayment),
            vat_rate: "0.19".parse().ok(),
            ..BalanceSettings::default()
        };
        BalanceRow {
            balance_id: "V".to_owned(),
            balance_type: BalanceType::SinglePurposePrepaidVoucher,
            member_id: None,
            status,
            settings,
            posted,
            version: 1,
            last_entry: 1,
            blocked_from: None,
        }
    }

    #[test]
    fn a_voucher_becomes_what_its_product_is_on_the_day_of_its_sale() {
        use BalanceStatus::{Active, Inactive};
        let (spv, mpv) = ("singlePurposePrepaidVoucher", "multiPurposePrepaidVoucher");
        // status, posted, day, type and rate as an offer shows it, whether it is sold
        for (status, posted, day, class, rate, on_sale) in [
            (Inactive, 0, "2023-12-31", spv, Some("0.19"), false),
            (Inactive, 0, "2025-12-31", spv, Some("0.19"), true),
            (Inactive, 0, "2026-01-01", mpv, None, true),
            // sold before: it stays what it was, and is not topped up as something else
            (Active, 5_000, "2025-12-31", spv, Some("0.19"), true),
            (Active, 5_000, "2026-01-01", spv, Some("0.19"), false),
            (Active, 0, "2026-01-01", spv, Some("0.19"), false),
            (BalanceStatus::Frozen, 5_000, "2026-01-01", spv, Some("0.19"), false),
            // blocked by hand after its sale: there is value on it
            (Inactive, 5_000, "2026-01-01", spv, Some("0.19"), false),
        ] {
            let mut row = voucher(status, posted);
            settle(&german(), &mut row, posted != 0, day.parse().unwrap());
            let found = (row.balance_type.as_str(), row.settings.vat_rate, row.settings.prepayment.is_some());
            assert_eq!(
                found,
                (class, rate.and_then(|rate| rate.parse().ok()), on_sale),
                "{status:?} {posted} {day}"
            );
        }
        let mut outweighed = voucher(Inactive, 0);
        settle(&german(), &mut outweighed, true, "2026-01-01".parse().unwrap());
        assert_eq!(outweighed.balance_type.as_str(), spv, "what is left of its lots is of its class");
        let mut gone = voucher(Inactive, 0);
        settle(&[], &mut gone, false, "2026-01-01".parse().unwrap());
        assert!(gone.settings.prepayment.is_none(), "nobody sells a product that is not there");
        let mut other = voucher(Active, 5_000);
        (other.settings.voucher_product_id, other.settings.vat_rates) = (None, Vec::new());
        let before = other.clone();
        settle(&german(), &mut other, true, "2026-01-01".parse().unwrap());
        assert_eq!(other, before, "a voucher of no product is left alone");
    }

    /// Another rate is no other class: each lot keeps its own. Other goods are another voucher.
    #[test]
    fn a_voucher_that_can_be_topped_up_again_follows_the_rate_and_not_the_goods() {
        let versions = |goods: &str| {
            products(&json!([
                {"from": "2024-01-01", "type": "singlePurposePrepaidVoucher", "vatRate": 0.19},
                {"from": "2026-01-01", "type": "singlePurposePrepaidVoucher", "vatRate": 0.07,
                    "productIds": serde_json::from_str::<Value>(goods).unwrap()},
            ]))
        };
        for (goods, rate, on_sale) in [("[]", "0.07", true), (r#"["p:lunch"]"#, "0.19", false)] {
            let mut row = voucher(BalanceStatus::Active, 5_000);
            settle(&versions(goods), &mut row, true, "2026-01-01".parse().unwrap());
            assert_eq!(row.settings.vat_rate, rate.parse().ok(), "{goods}");
            assert_eq!(row.settings.prepayment.is_some(), on_sale, "{goods}");
            assert!(row.settings.product_ids.is_empty());
        }
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
