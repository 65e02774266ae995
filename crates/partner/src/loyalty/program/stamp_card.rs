//! How does a merchant say "ten coffees, the eleventh is free"?
//!
//! A card's stamps are a points balance of the member whose settings name the card (`stampCardId`). Each bill
//! adds one per whole unit bought; an offer gives one unit free for every full card.

use super::expiry::Expiry;
use crate::loyalty::among;
use crate::loyalty::titles::Titles;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use wire::loyalty::MenuProductDefinition;

/// A card of stamps, one of `stampCards` in the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StampCard {
    /// Its id, named by the balances that hold its stamps.
    pub(crate) stamp_card_id: String,
    /// How many stamps make it full; 1 to 1000.
    pub(crate) needed: i64,
    /// What earns a stamp and what is free, by product id; with `categories` also empty: everything.
    #[serde(default)]
    pub(crate) products: Vec<String>,
    /// The same by the id of a category or of its parent.
    #[serde(default)]
    pub(crate) categories: Vec<String>,
    /// Which unit is free.
    #[serde(default)]
    pub(crate) pick: Pick,
    /// What cashier and guest call it.
    #[serde(default)]
    pub(crate) titles: Titles,
    /// When a stamp ends; left out: never.
    #[serde(default)]
    pub(crate) expiry: Option<Expiry>,
}

/// Which of the units that a full card could give is the free one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Pick {
    /// The one that costs least.
    #[default]
    Cheapest,
    /// The one that costs most.
    Dearest,
}

impl StampCard {
    /// Whether a line of a report, by its product and the ids of its categories and their parents, earns a stamp.
    pub(crate) fn reaches_line(&self, product_id: &str, categories: &BTreeSet<String>) -> bool {
        among::reaches((&self.products, &self.categories), product_id, categories)
    }

    /// Whether a product of a basket earns a stamp and may be the free one.
    pub(crate) fn reaches(&self, product: &MenuProductDefinition) -> bool {
        among::reaches_product((&self.products, &self.categories), product)
    }
}

/// Longest id, in bytes: it is part of the ids of balances.
const ID_BYTES_MAX: usize = 60;

/// Whether the cards make sense.
///
/// # Errors
/// A sentence saying what was expected and what came.
pub(crate) fn check(cards: &[StampCard]) -> Result<(), String> {
    let mut known = BTreeSet::new();
    for (index, card) in cards.iter().enumerate() {
        let at = format!("stampCards[{index}]");
        let id = card.stamp_card_id.as_str();
        if id.is_empty() || id.len() > ID_BYTES_MAX || id.chars().any(char::is_control) {
            return Err(format!(
                "{at}.stampCardId: expected 1 to {ID_BYTES_MAX} bytes without control characters, found {id:?}"
            ));
        }
        if !known.insert(id) {
            return Err(format!("{at}.stampCardId: expected an id of its own, found {id:?} a second time"));
        }
        if !(1..=1_000).contains(&card.needed) {
            return Err(format!("{at}.needed: expected 1 to 1000, found {}", card.needed));
        }
        card.expiry.as_ref().map_or(Ok(()), |expiry| expiry.check(&format!("{at}.expiry")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cards_are_checked() {
        let check =
            |cards: serde_json::Value| check(&serde_json::from_value::<Vec<StampCard>>(cards).unwrap());
        assert_eq!(
            check(json!([{"stampCardId": "a", "needed": 10}, {"stampCardId": "b", "needed": 5}])),
            Ok(())
        );
        for (cards, named) in [
            (json!([{"stampCardId": "", "needed": 10}]), "stampCards[0].stampCardId"),
            (json!([{"stampCardId": "a", "needed": 0}]), "stampCards[0].needed"),
            (
                json!([{"stampCardId": "a", "needed": 1}, {"stampCardId": "a", "needed": 1}]),
                "stampCards[1].stampCardId",
            ),
            (json!([{"stampCardId": "a", "needed": 1, "expiry": {"days": -1}}]), "stampCards[0].expiry.days"),
        ] {
            let refusal = check(cards.clone()).unwrap_err();
            assert!(refusal.starts_with(named), "{cards}: {refusal}");
        }
        assert!(
            serde_json::from_value::<StampCard>(json!({"stampCardId": "a", "needed": 1, "free": 1})).is_err()
        );
    }
}
