//! Which data domains are documented, what is the id of a record in each, and to whom does it belong?

/// A documented data domain (protocol.md §11.2). The sender and the receiver read its facts from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Domain {
    /// The warehouses of a merchant.
    Stocks,
    /// The categories of what is on stock.
    StockItemCategories,
    /// What is on stock.
    StockItems,
    /// What came to a stock and what left it.
    StockMovements,
    /// Paid bills with their items.
    Bills,
    /// What the goods of a bill cost the merchant.
    BillCosts,
    /// Payments by card.
    TerminalTransactions,
    /// The ways to pay.
    PaymentTypes,
    /// Benefit usages and whether the provider knows of each.
    Loyalty,
    /// The rooms of a place.
    DeskSections,
    /// The tables of a place.
    Desks,
    /// The categories of the menu.
    ItemCategories,
    /// The products of the menu.
    Items,
    /// The products with their prices at one place.
    PlaceItems,
    /// The merchant.
    Merchants,
    /// The places of a merchant.
    Places,
    /// The people who work there.
    Persons,
}

/// To whom the records of a domain belong, and so what tells two of them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// All places of the merchant share the records: an id occurs once in a merchant.
    Merchant,
    /// Each place has records of its own: two places may both have a desk "12".
    Place,
}

/// What is known of one domain: its wire name, the member with a record's id, and its reach.
struct Facts(Domain, &'static str, &'static str, Reach);

/// One line per domain, in the order of [`Domain`].
const FACTS: [Facts; 17] = [
    Facts(Domain::Stocks, "stocks", "stockId", Reach::Merchant),
    Facts(Domain::StockItemCategories, "stockItemCategories", "stockItemCategoryId", Reach::Merchant),
    Facts(Domain::StockItems, "stockItems", "itemId", Reach::Merchant),
    Facts(Domain::StockMovements, "stockMovements", "stockMovementId", Reach::Merchant),
    Facts(Domain::Bills, "bills", "billId", Reach::Place),
    Facts(Domain::BillCosts, "billCosts", "billId", Reach::Place),
    Facts(Domain::TerminalTransactions, "terminalTransactions", "terminalTransactionId", Reach::Place),
    Facts(Domain::PaymentTypes, "paymentTypes", "paymentTypeId", Reach::Merchant),
    Facts(Domain::Loyalty, "loyalty", "benefitUsageId", Reach::Place),
    Facts(Domain::DeskSections, "deskSections", "sectionId", Reach::Place),
    Facts(Domain::Desks, "desks", "deskId", Reach::Place),
    Facts(Domain::ItemCategories, "itemCategories", "categoryId", Reach::Merchant),
    Facts(Domain::Items, "items", "productId", Reach::Merchant),
    Facts(Domain::PlaceItems, "placeItems", "placeItemId", Reach::Place),
    Facts(Domain::Merchants, "merchants", "merchantId", Reach::Merchant),
    Facts(Domain::Places, "places", "placeId", Reach::Merchant),
    Facts(Domain::Persons, "persons", "personId", Reach::Merchant),
];

impl Domain {
    /// All documented domains.
    pub fn all() -> impl Iterator<Item = Self> {
        FACTS.iter().map(|facts| facts.0)
    }

    /// The documented domain with this wire name, compared without regard to case; `None` for any other name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FACTS.iter().find(|facts| facts.1.eq_ignore_ascii_case(name)).map(|facts| facts.0)
    }

    /// The wire name: camelCase, plural.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().1
    }

    /// The member that holds the id of a record.
    #[must_use]
    pub const fn id_member(self) -> &'static str {
        self.facts().2
    }

    /// Whether the records belong to the merchant or to each place.
    #[must_use]
    pub const fn reach(self) -> Reach {
        self.facts().3
    }

    #[expect(clippy::indexing_slicing, reason = "one line per domain; a test compares each with its place")]
    const fn facts(self) -> &'static Facts {
        &FACTS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_domain_finds_its_own_facts() {
        for (index, domain) in Domain::all().enumerate() {
            assert_eq!(domain as usize, index);
            assert_eq!(domain.facts().0, domain);
            assert_eq!(Domain::named(&domain.name().to_uppercase()), Some(domain));
            assert!(domain.id_member().ends_with("Id"));
        }
        assert_eq!(Domain::all().count(), FACTS.len());
    }

    #[test]
    fn names_ids_and_reach_are_those_of_the_documents() {
        for (name, domain, id_member, reach) in [
            ("bills", Domain::Bills, "billId", Reach::Place),
            ("DESKS", Domain::Desks, "deskId", Reach::Place),
            ("deskSections", Domain::DeskSections, "sectionId", Reach::Place),
            ("PlaceITEMS", Domain::PlaceItems, "placeItemId", Reach::Place),
            ("items", Domain::Items, "productId", Reach::Merchant),
            ("stockItems", Domain::StockItems, "itemId", Reach::Merchant),
            ("places", Domain::Places, "placeId", Reach::Merchant),
        ] {
            let found = Domain::named(name).unwrap();
            assert_eq!((found, found.id_member(), found.reach()), (domain, id_member, reach));
        }
        assert_eq!(Domain::named("deliveries"), None);
        assert_eq!(Domain::named(""), None);
    }
}
