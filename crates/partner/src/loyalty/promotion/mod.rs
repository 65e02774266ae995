//! What is a promotion: what it takes off, from which lines, and what sets it off?
//!
//! A promotion is a price reduction that changes line prices and the VAT base (loyalty.md §2, steps 1
//! and 2). Its rule is kept as JSON in `partner_promotion.definition`; this file is that JSON's shape.

mod conditions;
pub(crate) mod group;
mod kind;
mod limit;
mod reach;

pub(crate) use conditions::{Conditions, Guest, MinimumAmount, Over};
pub(crate) use group::{Group, GroupPer, Mode, agree};
pub(crate) use kind::{AmountPer, Kind, PercentOf, Pick};
pub(crate) use limit::{Limit, LimitKey, LimitUse, Per, Taken, Watched, any_limited, counts_money};
pub(crate) use reach::{Catalogue, Reach};

use super::settings::instant;
use super::titles::Titles;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wire::Number;

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
    /// Product ids that are not worked on all the same.
    #[serde(default)]
    pub(crate) except_products: Vec<String>,
    /// Category ids that are not worked on all the same.
    #[serde(default)]
    pub(crate) except_categories: Vec<String>,
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

/// What a refund does to a promotion when what stays of the bill does not come to its minimum amount any more
/// (loyalty.md §6 C9).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ConditionLost {
    /// What stays keeps its discount.
    #[default]
    Keep,
    /// What stays is worth its price without the discount; the refund is smaller by as much.
    Reprice,
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
    /// When, where and for whom it works.
    #[serde(default)]
    pub(crate) conditions: Conditions,
    /// What becomes of it when a refund leaves less than `conditions.minimumAmount`.
    #[serde(default)]
    pub(crate) condition_lost: ConditionLost,
    /// The most it takes off one check, in currency; above 0.
    #[serde(default)]
    pub(crate) max_discount: Option<Number>,
    /// Its place among promotions that do not all apply together.
    #[serde(default)]
    pub(crate) group: Option<Group>,
    /// It stands alone: the guest gets it or all others together (loyalty.md §2).
    #[serde(default)]
    pub(crate) exclusive: bool,
    /// When at most this much is missing to its minimum amount the cashier is told; in currency, above 0.
    #[serde(default)]
    pub(crate) hint_within: Option<Number>,
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
        self.kind.check(self.scope.on)?;
        self.conditions.check()?;
        if let Some(most) = &self.max_discount {
            kind::above_zero("maxDiscount", most)?;
        }
        if let Some(group) = &self.group {
            group.check()?;
        }
        if let Some(within) = &self.hint_within {
            kind::above_zero("hintWithin", within)?;
            match &self.conditions.minimum_amount {
                None => {
                    return Err(
                        "hintWithin: expected only beside conditions.minimumAmount, found without".into()
                    );
                }
                // the guest adds a price with VAT; how much net that is depends on what is added
                Some(minimum) if minimum.net => {
                    return Err("hintWithin: expected only where the minimum is gross, found with net".into());
                }
                Some(_) => {}
            }
        }
        if self.condition_lost == ConditionLost::Reprice && self.conditions.minimum_amount.is_none() {
            return Err(
                "conditionLost: expected reprice only beside conditions.minimumAmount, found without".into(),
            );
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
    /// The lines its further parts may work on: those of a bundle, or the one that is given for what was bought.
    pub(crate) parts: Vec<Reach>,
}

impl Promotion {
    /// Joins a stored rule with its id.
    pub(crate) fn new(promotion_id: String, active: bool, definition: Definition) -> Self {
        let reach = Reach::of(&definition.scope);
        let parts = match &definition.kind {
            Kind::Bundle { parts, .. } => {
                parts.iter().map(|part| Reach::to(&part.products, &part.categories)).collect()
            }
            Kind::BuyGet { get_products, get_categories, .. }
                if !get_products.is_empty() || !get_categories.is_empty() =>
            {
                vec![Reach::to(get_products, get_categories)]
            }
            _ => Vec::new(),
        };
        Self { promotion_id, active, definition, reach, parts }
    }

    /// Whether its rule names money, so that it cannot be judged in another currency.
    pub(crate) fn speaks_money(&self) -> bool {
        let rule = &self.definition;
        rule.kind.speaks_money()
            || rule.max_discount.is_some()
            || rule.conditions.minimum_amount.is_some()
            || rule.limits.iter().any(|limit| limit.amount.is_some())
    }

    /// The order within a step: priority, then the end that comes first (none last), then the id.
    pub(crate) fn order(&self) -> (i64, bool, Option<Timestamp>, &str) {
        let until = self.definition.valid_until;
        (self.definition.priority, until.is_none(), until, &self.promotion_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Decimal;

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
            (
                r#"{"kind":{"amount":{"amount":0}},"scope":{"on":"items"},"trigger":"code"}"#,
                "kind.amount.amount: expected above 0",
            ),
            (
                r#"{"kind":{"amount":{"amount":5,"per":"line"}},"scope":{"on":"order"},"trigger":"code"}"#,
                "expected total where scope.on is order, found line",
            ),
            (
                r#"{"kind":{"price":{"price":-1}},"scope":{"on":"items"},"trigger":"code"}"#,
                "kind.price.price",
            ),
            (
                r#"{"kind":{"price":{"price":9}},"scope":{"on":"order"},"trigger":"code"}"#,
                "scope.on: expected items with kind price",
            ),
            (
                r#"{"kind":{"freeUnit":{"units":0}},"scope":{"on":"items"},"trigger":"code"}"#,
                "kind.freeUnit.units: expected 1 to 1000",
            ),
            (
                r#"{"kind":{"freeUnit":{"units":1}},"scope":{"on":"order"},"trigger":"code"}"#,
                "expected items with kind freeUnit",
            ),
            (
                r#"{"kind":{"buyGet":{"buy":0,"get":1}},"scope":{"on":"items"},"trigger":"code"}"#,
                "kind.buyGet.buy",
            ),
            (
                r#"{"kind":{"buyGet":{"buy":2,"get":1,"percent":101}},"scope":{"on":"items"},"trigger":"code"}"#,
                "kind.buyGet.percent",
            ),
            (
                r#"{"kind":{"buyGet":{"buy":2,"get":1,"timesMax":0}},"scope":{"on":"items"},"trigger":"code"}"#,
                "kind.buyGet.timesMax",
            ),
            (
                r#"{"kind":{"bundle":{"parts":[],"price":9}},"scope":{"on":"items"},"trigger":"code"}"#,
                "1 to 20 parts, found 0",
            ),
            (
                r#"{"kind":{"bundle":{"parts":[{"count":0}],"price":9}},"scope":{"on":"items"},"trigger":"code"}"#,
                "parts[0].count",
            ),
            (
                r#"{"kind":{"bundle":{"parts":[{}],"price":9,"percent":5}},"scope":{"on":"items"},"trigger":"code"}"#,
                "found 2 of them",
            ),
            (
                r#"{"kind":{"bundle":{"parts":[{}]}},"scope":{"on":"items"},"trigger":"code"}"#,
                "found 0 of them",
            ),
            (
                r#"{"kind":{"percent":{"percent":5}},"scope":{"on":"order"},"trigger":"code","maxDiscount":0}"#,
                "maxDiscount: expected above 0",
            ),
            (
                r#"{"kind":{"percent":{"percent":5}},"scope":{"on":"order"},"trigger":"code","hintWithin":5}"#,
                "hintWithin",
            ),
            (
                r#"{"kind":{"percent":{"percent":5}},"scope":{"on":"order"},"trigger":"code","conditionLost":"reprice"}"#,
                "conditionLost: expected reprice only beside conditions.minimumAmount",
            ),
            (
                r#"{"kind":{"percent":{"percent":5}},"scope":{"on":"order"},"trigger":"code","hintWithin":5,"conditions":{"minimumAmount":{"amount":9,"net":true}}}"#,
                "minimum is gross",
            ),
            (
                r#"{"kind":{"percent":{"percent":5}},"scope":{"on":"order"},"trigger":"code","group":{"id":"","mode":"first"}}"#,
                "group.id",
            ),
            (
                r#"{"kind":{"percent":{"percent":5}},"scope":{"on":"order"},"trigger":"code","limits":[{"per":"code"}]}"#,
                "expected exactly one of uses and amount",
            ),
            (
                r#"{"kind":{"percent":{"percent":5}},"scope":{"on":"order"},"trigger":"code","conditions":{"visit":{"every":1}}}"#,
                "visit.every",
            ),
        ] {
            let refusal = Definition::parse(text).unwrap_err();
            assert!(refusal.contains(says), "{refusal}");
        }
    }
}
