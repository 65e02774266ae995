//! How does a merchant describe a stamp card: so many bought, one free?

use super::expiry::Expiry;
use crate::loyalty::ledger::Titles;
use serde::{Deserialize, Serialize};

/// Which of the units that could be free is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Pick {
    /// The cheapest one.
    #[default]
    Cheapest,
    /// The dearest one.
    Dearest,
}

/// "n + 1 free".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StampCard {
    /// Part of the ids of its balances.
    pub(crate) stamp_card_id: String,
    /// Stamps that make one unit free; at least 1.
    pub(crate) needed: i64,
    /// Products that earn a stamp and may be free; with `categories` also empty: everything.
    #[serde(default)]
    pub(crate) products: Vec<String>,
    /// Categories that do: a product's own or their parents'.
    #[serde(default)]
    pub(crate) categories: Vec<String>,
    /// Which unit is free.
    #[serde(default)]
    pub(crate) pick: Pick,
    /// How it is called.
    #[serde(default)]
    pub(crate) titles: Titles,
    /// When a stamp ends; `None`: never.
    #[serde(default)]
    pub(crate) expiry: Option<Expiry>,
}

/// Most stamps of one card.
const NEEDED_MAX: i64 = 1_000;
/// Longest id, in bytes.
const ID_BYTES_MAX: usize = 60;

/// Whether the cards make sense.
///
/// # Errors
/// A sentence saying what was expected and what came.
pub(crate) fn check(cards: &[StampCard]) -> Result<(), String> {
    for (index, card) in cards.iter().enumerate() {
        if card.stamp_card_id.is_empty() || card.stamp_card_id.len() > ID_BYTES_MAX {
            let found = card.stamp_card_id.len();
            return Err(format!(
                "stampCards[{index}].stampCardId: expected 1 to {ID_BYTES_MAX} bytes, found {found}"
            ));
        }
        if cards.iter().take(index).any(|other| other.stamp_card_id == card.stamp_card_id) {
            let found = &card.stamp_card_id;
            return Err(format!(
                "stampCards[{index}].stampCardId: expected another one, found {found} again"
            ));
        }
        if !(1..=NEEDED_MAX).contains(&card.needed) {
            let found = card.needed;
            return Err(format!("stampCards[{index}].needed: expected 1 to {NEEDED_MAX}, found {found}"));
        }
        card.expiry.as_ref().map_or(Ok(()), |expiry| expiry.check(&format!("stampCards[{index}].expiry")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_read_and_checked() {
        let read = |json: &str| serde_json::from_str::<Vec<StampCard>>(json).unwrap();
        let cards = read(r#"[{"stampCardId":"coffee","needed":10,"products":["p:kava"]}]"#);
        assert_eq!((check(&cards), cards[0].pick), (Ok(()), Pick::Cheapest));
        for (json, says) in [
            (r#"[{"stampCardId":"coffee","needed":0}]"#, "stampCards[0].needed"),
            (r#"[{"stampCardId":"","needed":1}]"#, "stampCards[0].stampCardId"),
            (
                r#"[{"stampCardId":"a","needed":1},{"stampCardId":"a","needed":1}]"#,
                "stampCards[1].stampCardId",
            ),
            (r#"[{"stampCardId":"a","needed":1,"expiry":{"months":0}}]"#, "stampCards[0].expiry.months"),
        ] {
            let refusal = check(&read(json)).unwrap_err();
            assert!(refusal.contains(says), "{refusal}");
        }
    }
}
