//! What is a promotion: what it takes off, from which lines, and what sets it off?
//!
//! A promotion is a price reduction that changes line prices and the VAT base (loyalty.md §2, steps 1
//! and 2). Its rule is kept as JSON in `partner_promotion.definition`; this file is that JSON's shape.

mod limit;
mod reach;

pub(crate) use limit::{Limit, LimitKey, LimitUse, Taken, any_limited, counts_money, watched};
pub(crate) use reach::Reach;

use super::ledger::Titles;
use jiff::Timestamp;
use money::Decimal;
use serde::{Deserialize, Serialize};
use wire::Number;

/// Which price a percentage is taken of (loyalty.md §2).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PercentOf {
    /// What earlier steps left of the price.
    #[default]
    Remaining,
    /// The price the line came in with.
    Initial,
}

/// What a promotion takes off. Issue by issue this grows; a percentage is the first kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) enum Kind {
    /// A percentage of the price.
    Percent {
        /// Above 0, at most 100.
        percent: Number,
        /// Of which price.
        #[serde(default)]
        of: PercentOf,
    },
}

/// In which step a promotion works (loyalty.md §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Target {
    /// Step 1: every eligible line for itself, rounded per line.
    Items,
    /// Step 2: once on the sum of the eligible lines, then spread over them.
    Order,
}

/// On what a promotion works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Scope {
    /// Line by line or on the sum.
    pub(crate) on: Target,
    /// Product ids; with `categories` also empty: everything in the basket.
    #[serde(default)]
    pub(crate) products: Vec<String>,
    /// Category ids; a line belongs when any of its categories has one as its own id or as its parent's.
    #[serde(default)]
    pub(crate) categories: Vec<String>,
}

/// What sets a promotion off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Trigger {
    /// A code scanned at the register.
    Code,
    /// Nothing: it works on every basket it fits.
    Automatic,
}

/// A promotion's rule, the JSON of `partner_promotion.definition`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Definition {
    /// What it takes off.
    pub(crate) kind: Kind,
    /// From what.
    pub(crate) scope: Scope,
    /// What sets it off.
    pub(crate) trigger: Trigger,
    /// 1 goes first within its step.
    #[serde(default = "first")]
    pub(crate) priority: i64,
    /// A repeated code multiplies the reduction (loyalty.md I7); otherwise it counts once.
    #[serde(default)]
    pub(crate) repeatable: bool,
    /// How often, and for how much money, it may be used (loyalty.md §4: held at the offer).
    #[serde(default)]
    pub(crate) limits: Vec<Limit>,
    /// Works from this instant on.
    #[serde(default, with = "instant")]
    pub(crate) valid_from: Option<Timestamp>,
    /// Works before this instant.
    #[serde(default, with = "instant")]
    pub(crate) valid_until: Option<Timestamp>,
    /// How it is called.
    #[serde(default)]
    pub(crate) titles: Titles,
}

fn first() -> i64 {
    1
}

impl Definition {
    /// Reads a definition from its JSON text and checks it.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let definition: Self = super::settings::read(json)?;
        definition.check()?;
        Ok(definition)
    }

    /// Whether the numbers make sense together.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn check(&self) -> Result<(), String> {
        let Kind::Percent { percent, .. } = &self.kind;
        if percent.0 <= Decimal::ZERO || percent.0 > Decimal::ONE_HUNDRED {
            return Err(format!(
                "kind.percent.percent: expected above 0 and at most 100, found {}",
                percent.0
            ));
        }
        limit::check_all(&self.limits)?;
        if let (Some(from), Some(until)) = (self.valid_from, self.valid_until)
            && from >= until
        {
            return Err(format!("validUntil: expected after validFrom ({from}), found {until}"));
        }
        Ok(())
    }
}

/// A promotion as the program holds it, ready to be judged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Promotion {
    /// Its id; also the `generalDiscountId` on the wire.
    pub(crate) promotion_id: String,
    /// Switched off by the merchant when false.
    pub(crate) active: bool,
    /// The rule.
    pub(crate) definition: Definition,
    /// The lines it may work on.
    pub(crate) reach: Reach,
}

impl Promotion {
    /// Joins a stored rule with its id.
    pub(crate) fn new(promotion_id: String, active: bool, definition: Definition) -> Self {
        let reach = Reach::of(&definition.scope);
        Self { promotion_id, active, definition, reach }
    }

    /// The order within a step: priority, then the end that comes first (none last), then the id.
    pub(crate) fn order(&self) -> (i64, bool, Option<Timestamp>, &str) {
        let until = self.definition.valid_until;
        (self.definition.priority, until.is_none(), until, &self.promotion_id)
    }
}

/// Instants as RFC 3339 text, or null.
mod instant {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(instant) => to.collect_str(instant),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| {
            text.parse()
                .map_err(|_| D::Error::custom(format!("expected a date-time with offset, found {text:?}")))
        })
        .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_reads_what_it_writes() {
        let text = r#"{"kind":{"percent":{"percent":10,"of":"initial"}},
            "scope":{"on":"items","products":["p:1"],"categories":["c:2"]},"trigger":"code","priority":3,
            "repeatable":true,"validFrom":"2026-03-01T10:00:00Z","validUntil":null,
            "titles":{"pos":{"cs":"Sleva"},"bill":{"en":"Off"}}}"#;
        let read = Definition::parse(text).unwrap();
        let written = serde_json::to_string(&read).unwrap();
        assert_eq!(Definition::parse(&written).unwrap(), read);
        assert_eq!(read.valid_from, Some("2026-03-01T10:00:00Z".parse().unwrap()));
        assert!(read.repeatable);
    }

    #[test]
    fn what_may_be_left_out_has_a_meaning() {
        let read = Definition::parse(
            r#"{"kind":{"percent":{"percent":"12.5"}},"scope":{"on":"order"},"trigger":"automatic"}"#,
        )
        .unwrap();
        assert_eq!(
            read.kind,
            Kind::Percent { percent: Number(Decimal::new(125, 1)), of: PercentOf::Remaining }
        );
        assert_eq!((read.priority, read.repeatable), (1, false));
    }

    #[test]
    fn a_definition_that_makes_no_sense_is_refused_with_what_was_expected() {
        for (text, says) in [
            (r#"{"kind":{"percent":{"percent":0}},"scope":{"on":"order"},"trigger":"code"}"#, "above 0"),
            (
                r#"{"kind":{"percent":{"percent":100.01}},"scope":{"on":"order"},"trigger":"code"}"#,
                "at most 100",
            ),
            (
                r#"{"kind":{"percent":{"percent":5}},"scope":{"on":"order"},"trigger":"code","colour":1}"#,
                "colour",
            ),
            (
                r#"{"kind":{"percent":{"percent":5}},"scope":{"on":"order"},"trigger":"code",
                    "validFrom":"2026-03-02T00:00:00Z","validUntil":"2026-03-01T00:00:00Z"}"#,
                "validUntil",
            ),
        ] {
            let refusal = Definition::parse(text).unwrap_err();
            assert!(refusal.contains(says), "{refusal}");
        }
    }
}
