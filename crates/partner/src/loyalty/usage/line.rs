//! What does a line of a paid bill say to whoever reads it: refunds, points, stamps, top-ups?

use money::Decimal;
use money::vat::VatRate;
use std::collections::BTreeSet;
use wire::loyalty::topped_up;

/// The discount or balance that took a share off a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// A general discount, by its id.
    Discount(String),
    /// A balance, by its id on the wire.
    Balance(String),
}

/// The amount that one source took off a line, in currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) source: Source,
    pub(crate) value: Decimal,
}

/// One line of a reported bill, in currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaidLine {
    /// `originalCheckItemId`; [`nameless`] where there is none.
    pub(crate) check_item_id: String,
    pub(crate) product_id: String,
    /// Ids of its categories and of their parents.
    pub(crate) categories: BTreeSet<String>,
    /// As it came: may be a fraction, or below 0.
    pub(crate) quantity: Decimal,
    /// `None` where the line says none, or a number that is none.
    pub(crate) vat_rate: Option<VatRate>,
    /// The line before its discounts.
    pub(crate) total: Decimal,
    /// The line without its discounts.
    pub(crate) paid: Decimal,
    /// Its discounts, in the order of the report.
    pub(crate) shares: Vec<Share>,
}

impl PaidLine {
    /// The balance that the line sells value of; `None` for a line of goods.
    pub(crate) fn tops_up(&self) -> Option<&str> {
        topped_up(Some(&self.check_item_id), Some(&self.product_id))
    }

    /// Whether the line sells value for later use.
    pub(crate) fn is_top_up(&self) -> bool {
        self.tops_up().is_some()
    }

    /// The amount that the balances with such ids on the wire took off the line; `None` where none of them did.
    pub(crate) fn taken_by(&self, is_such: impl Fn(&str) -> bool) -> Option<Decimal> {
        let of_balances = self.shares.iter().filter(|share| match &share.source {
            Source::Balance(id) => is_such(id),
            Source::Discount(_) => false,
        });
        of_balances.map(|share| share.value).reduce(|sum, value| sum + value)
    }
}

/// The name of a line without an id: its position in its own report.
pub(crate) fn nameless(index: usize) -> String {
    format!("#{index}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_who_took_what_off_and_what_it_tops_up() {
        let share = |source, value: i64| Share { source, value: Decimal::from(value) };
        let balance = |id: &str| Source::Balance(id.to_owned());
        let line = PaidLine {
            check_item_id: "37".to_owned(),
            product_id: "p".to_owned(),
            categories: BTreeSet::new(),
            quantity: Decimal::from(2),
            vat_rate: None,
            total: Decimal::from(100),
            paid: Decimal::from(40),
            shares: vec![
                share(Source::Discount("s".to_owned()), 10),
                share(balance("s"), 30),
                share(balance("s"), 15),
                share(balance("t"), 5),
            ],
        };
        assert_eq!(line.taken_by(|id| id == "s"), Some(Decimal::from(45)));
        assert_eq!(line.taken_by(|id| ["s", "t"].contains(&id)), Some(Decimal::from(50)));
        assert_eq!(line.taken_by(|id| id == "x"), None);
        assert_eq!((line.tops_up(), line.is_top_up()), (None, false));
        let by_product = PaidLine { product_id: "prepayment:credit".to_owned(), ..line.clone() };
        let by_line = PaidLine { check_item_id: "prepayment:credit".to_owned(), ..line };
        for sold in [by_product, by_line] {
            assert_eq!((sold.tops_up(), sold.is_top_up()), (Some("credit"), true));
        }
    }
}
