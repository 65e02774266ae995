//! Which domains are documented, and what is the id of a record in each?

/// The 17 documented domains (protocol.md §11.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Domain {
    Stocks,
    StockItemCategories,
    StockItems,
    StockMovements,
    Bills,
    BillCosts,
    TerminalTransactions,
    PaymentTypes,
    Loyalty,
    DeskSections,
    Desks,
    ItemCategories,
    Items,
    PlaceItems,
    Merchants,
    Places,
    Persons,
}

/// Wire name and the member that holds the record's id.
const DOMAINS: [(Domain, &str, &str); 17] = [
    (Domain::Stocks, "stocks", "stockId"),
    (Domain::StockItemCategories, "stockItemCategories", "stockItemCategoryId"),
    (Domain::StockItems, "stockItems", "itemId"),
    (Domain::StockMovements, "stockMovements", "stockMovementId"),
    (Domain::Bills, "bills", "billId"),
    (Domain::BillCosts, "billCosts", "billId"),
    (Domain::TerminalTransactions, "terminalTransactions", "terminalTransactionId"),
    (Domain::PaymentTypes, "paymentTypes", "paymentTypeId"),
    (Domain::Loyalty, "loyalty", "benefitUsageId"),
    (Domain::DeskSections, "deskSections", "sectionId"),
    (Domain::Desks, "desks", "deskId"),
    (Domain::ItemCategories, "itemCategories", "categoryId"),
    (Domain::Items, "items", "productId"),
    (Domain::PlaceItems, "placeItems", "placeItemId"),
    (Domain::Merchants, "merchants", "merchantId"),
    (Domain::Places, "places", "placeId"),
    (Domain::Persons, "persons", "personId"),
];

impl Domain {
    /// A documented domain by its wire name, compared without regard to case.
    pub(super) fn named(name: &str) -> Option<Self> {
        DOMAINS.iter().find(|one| one.1.eq_ignore_ascii_case(name)).map(|one| one.0)
    }

    /// The wire name.
    pub(super) fn name(self) -> &'static str {
        DOMAINS.iter().find(|one| one.0 == self).map_or("", |one| one.1)
    }

    /// The member that holds the id of a record.
    pub(super) fn id_member(self) -> &'static str {
        DOMAINS.iter().find(|one| one.0 == self).map_or("", |one| one.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_have_an_id() {
        for (domain, name, id_member) in DOMAINS {
            assert_eq!(Domain::named(&name.to_uppercase()), Some(domain));
            assert_eq!((domain.name(), domain.id_member()), (name, id_member));
        }
        assert_eq!(Domain::named("deliveries"), None);
    }
}
