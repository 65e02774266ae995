//! Which prices are promotions not allowed to touch, and how do exclusive ones compete?
//!
//! These limits hold for promotions (steps 1 and 2 of loyalty.md §2) only: a voucher or points are the
//! guest's own value and may pay for anything.

use crate::loyalty::settings::not_below_zero;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::Number;

/// When an exclusive promotion goes before all the others together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ExclusiveWins {
    /// When it is worth more to the guest.
    #[default]
    Best,
    /// Whenever it takes anything off.
    Always,
}

/// Lines no promotion reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct NeverDiscounted {
    /// Product ids.
    pub(crate) products: Vec<String>,
    /// Category ids; a line belongs as in a promotion's scope.
    pub(crate) categories: Vec<String>,
}

/// Member `pricing` of a program's settings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Pricing {
    /// How an exclusive promotion competes with the others.
    pub(crate) exclusive: ExclusiveWins,
    /// What promotions leave alone.
    pub(crate) never_discounted: NeverDiscounted,
    /// By product id: what a unit costs at least after promotions, in currency. A line of n units does not go
    /// below n times as much.
    pub(crate) floors: BTreeMap<String, Number>,
}

impl Pricing {
    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(super) fn check(&self) -> Result<(), String> {
        self.floors
            .iter()
            .try_for_each(|(product, floor)| not_below_zero(&format!("pricing.floors.{product}"), floor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_checked() {
        let read = |json: &str| {
            serde_json::from_str::<Pricing>(json).map_err(|error| error.to_string()).and_then(|pricing| {
                pricing.check()?;
                Ok(pricing)
            })
        };
        assert_eq!(read("{}"), Ok(Pricing::default()));
        let read_back = read(
            r#"{"exclusive":"always","neverDiscounted":{"categories":["tobacco"]},"floors":{"beer":"39.50"}}"#,
        )
        .unwrap();
        assert_eq!(read(&serde_json::to_string(&read_back).unwrap()), Ok(read_back));
        let refusal = read(r#"{"floors":{"beer":-1}}"#).unwrap_err();
        assert!(refusal.contains("pricing.floors.beer: expected 0 to"), "{refusal}");
        assert!(read(r#"{"exclusive":"sometimes"}"#).is_err());
    }
}
