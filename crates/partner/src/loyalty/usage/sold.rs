//! What does a line of a paid bill say to whoever counts points and stamps?

use super::line::nameless;
use money::Decimal;
use std::collections::{BTreeMap, BTreeSet};
use wire::loyalty::PaidItem;

/// What marks a line as the sale of value for later use, in its own id or its product's (loyalty.md §11).
const PREPAYMENT: &str = "prepayment:";

/// One line of the bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SoldLine {
    /// `originalCheckItemId`; `#` and the position where there is none.
    pub(crate) check_item_id: String,
    pub(crate) product_id: String,
    /// Ids of its categories and of their parents.
    pub(crate) categories: BTreeSet<String>,
    /// As it came: may be a fraction, or below 0.
    pub(crate) quantity: Decimal,
    /// A fraction or a percentage, as it came.
    pub(crate) vat_rate: Option<Decimal>,
    /// The line without its discounts, in currency.
    pub(crate) paid: Decimal,
    /// What balances took off its price, by balance, in currency.
    pub(crate) by_balance: BTreeMap<String, Decimal>,
}

impl SoldLine {
    /// Whether the guest paid for later use here.
    pub(crate) fn is_prepayment(&self) -> bool {
        self.prepays().is_some()
    }

    /// The balance it pays for later use on.
    pub(crate) fn prepays(&self) -> Option<&str> {
        self.check_item_id.strip_prefix(PREPAYMENT).or_else(|| self.product_id.strip_prefix(PREPAYMENT))
    }

    /// Its VAT rate as a fraction; registers write 0.21 and 21.
    pub(crate) fn rate(&self) -> Option<Decimal> {
        let rate = self.vat_rate?;
        let rate = if rate < Decimal::ONE { rate } else { rate.checked_div(Decimal::ONE_HUNDRED)? };
        Some(rate.normalize())
    }
}

/// The lines of a report whose numbers were checked.
pub(crate) fn lines(items: &[PaidItem]) -> Vec<SoldLine> {
    items.iter().enumerate().map(|(index, item)| line(index, item)).collect()
}

fn line(index: usize, item: &PaidItem) -> SoldLine {
    let mut paid = item.total_price_with_vat.0;
    let mut by_balance: BTreeMap<String, Decimal> = BTreeMap::new();
    for benefit in item.applied_benefits.iter().filter(|benefit| benefit.is_discount()) {
        paid -= benefit.absolute_total_value.0;
        if let Some(balance_id) = &benefit.applied_from_balance_id {
            *by_balance.entry(balance_id.clone()).or_default() += benefit.absolute_total_value.0;
        }
    }
    let ids = item.product.categories.iter();
    let ids = ids.flat_map(|one| [Some(one.category_id.clone()), one.parent_category_id.clone()]);
    SoldLine {
        check_item_id: item.original_check_item_id.clone().unwrap_or_else(|| nameless(index)),
        product_id: item.product.product_id.clone(),
        categories: ids.flatten().collect(),
        quantity: item.amount.0,
        vat_rate: item.vat_rate.map(|rate| rate.0),
        paid,
        by_balance,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_keeps_what_was_really_paid_and_who_took_off() {
        let item: PaidItem = wire::read::from_value(json!({
            "originalCheckItemId": "37", "amount": 2, "vatRate": 0.21, "totalPriceWithVat": 100,
            "product": {"productId": "p", "categories": [{"categoryId": "c", "parentCategoryId": "d", "name": "Pivo"}]},
            "appliedBenefits": [
                {"sourceType": "generalDiscount", "appliedFromGeneralDiscountId": "x", "absoluteTotalValue": 10},
                {"sourceType": "balance", "appliedFromBalanceId": "s", "absoluteTotalValue": 45},
                {"sourceType": "balance", "appliedFromBalanceId": "m", "absoluteTotalValue": 20, "applicationType": "payment"}
            ]
        }))
        .unwrap();
        let lines = lines(&[item]);
        assert_eq!((lines[0].paid, lines[0].quantity), (Decimal::from(45), Decimal::from(2)));
        assert_eq!(lines[0].by_balance, BTreeMap::from([("s".to_owned(), Decimal::from(45))]));
        assert_eq!(lines[0].categories, BTreeSet::from(["c".to_owned(), "d".to_owned()]));
        assert!(!lines[0].is_prepayment());
        let sold = SoldLine { product_id: "prepayment:credit".to_owned(), ..lines[0].clone() };
        assert!(sold.is_prepayment());
        assert_eq!((sold.prepays(), lines[0].prepays()), (Some("credit"), None));
        for (written, rate) in
            [(Some("0.21"), Some("0.21")), (Some("21.0"), Some("0.21")), (Some("0"), Some("0")), (None, None)]
        {
            let line = SoldLine { vat_rate: written.and_then(|rate| rate.parse().ok()), ..sold.clone() };
            assert_eq!(line.rate(), rate.and_then(|rate| rate.parse().ok()), "{written:?}");
        }
    }
}
