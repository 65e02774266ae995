//! When does a voucher become what its product is on a day, and stay it?
//!
//! The versions of the product decide over what is sold, never over what was (loyalty.md §3 V5): a voucher takes the class
//! of its sale with its first lot, and keeps it for as long as it has one.

use super::balance::{BalanceRow, BalanceStatus};
use crate::loyalty::program::{SoldAs, VoucherProduct};
use jiff::civil::Date;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loyalty::ledger::BalanceSettings;
    use serde_json::{Value, json};
    use wire::loyalty::BalanceType;

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
}
