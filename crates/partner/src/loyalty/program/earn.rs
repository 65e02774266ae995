//! How does a merchant say what earns points, and how many?

use crate::loyalty::among::{self, Among};
use crate::loyalty::day::Day;
use crate::loyalty::settings::instant;
use jiff::{Timestamp, Zoned};
use money::{Amount, Decimal, Precision};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use wire::Number;

/// How points are earned: `points` for every whole `perAmount` of the bill (loyalty.md §9).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EarnRule {
    /// Points given per `perAmount`; at least 0.
    pub(crate) points: i64,
    /// The money that earns them, in currency; above 0.
    pub(crate) per_amount: Number,
    /// With or without VAT (P2).
    #[serde(default)]
    pub(crate) base: EarnBase,
    /// At which of its two uses money that was paid ahead earns (P1).
    #[serde(default)]
    pub(crate) earn_on: EarnOn,
    /// What earns nothing: tips, deposits, vouchers sold.
    #[serde(default)]
    pub(crate) excluded: Among,
    /// A bill whose earning money is below this earns nothing; in currency, with VAT.
    #[serde(default)]
    pub(crate) minimum_bill: Option<Number>,
    /// What makes points more.
    #[serde(default)]
    pub(crate) multipliers: Vec<Multiplier>,
    /// How several of them work together (P5).
    #[serde(default)]
    pub(crate) combine: Combine,
    /// Points can be spent so many days after they were earned; 0: at once (P8).
    #[serde(default)]
    pub(crate) pending_days: i64,
}

/// See [`EarnRule::base`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum EarnBase {
    /// With VAT.
    #[default]
    Gross,
    /// Without VAT, taken off per rate of the bill.
    Net,
}

/// See [`EarnRule::earn_on`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum EarnOn {
    /// When it pays a bill; the top-up earns nothing.
    #[default]
    Use,
    /// When it is paid in; what vouchers and credit pay later earns nothing.
    TopUp,
}

/// See [`EarnRule::combine`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Combine {
    /// ×2 and ×3 make ×4: what each of them adds is added up.
    #[default]
    Add,
    /// ×2 and ×3 make ×6.
    Multiply,
}

/// More points for some members, some days, some products. Every condition that is given must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Multiplier {
    /// How many times the points; above 0, at most 100, with at most three decimals.
    pub(crate) times: Number,
    /// For members of one of these tiers.
    #[serde(default)]
    pub(crate) tiers: Vec<String>,
    /// For members with one of these tags.
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    /// On these days of the place's calendar.
    #[serde(default)]
    pub(crate) days: Vec<Day>,
    /// Only lines with one of these products, or of one of `categories`.
    #[serde(default)]
    pub(crate) products: Vec<String>,
    /// See `products`.
    #[serde(default)]
    pub(crate) categories: Vec<String>,
    /// For bills paid from this instant on.
    #[serde(default, with = "instant")]
    pub(crate) from: Option<Timestamp>,
    /// For bills paid before this instant.
    #[serde(default, with = "instant")]
    pub(crate) until: Option<Timestamp>,
}

impl Multiplier {
    /// Whether it works for this member at this time, whatever the lines.
    pub(crate) fn works(&self, tier: Option<&str>, tags: &[String], local: &Zoned) -> bool {
        let at = local.timestamp();
        (self.tiers.is_empty() || tier.is_some_and(|tier| self.tiers.iter().any(|one| one == tier)))
            && (self.tags.is_empty() || self.tags.iter().any(|tag| tags.contains(tag)))
            && (self.days.is_empty() || self.days.contains(&Day::of(local.date())))
            && self.from.is_none_or(|from| at >= from)
            && self.until.is_none_or(|until| at < until)
    }

    /// Whether it works on a line.
    pub(crate) fn reaches(&self, product_id: &str, categories: &BTreeSet<String>) -> bool {
        among::reaches((&self.products, &self.categories), product_id, categories)
    }
}

impl Combine {
    /// What several multipliers come to together; 1 for none, never below 0.
    pub(crate) fn of(self, times: impl Iterator<Item = Decimal>) -> Decimal {
        let together = match self {
            Self::Add => times.fold(Decimal::ONE, |sum, one| sum + one - Decimal::ONE),
            Self::Multiply => {
                times.fold(Decimal::ONE, |product, one| product.checked_mul(one).unwrap_or(Decimal::MAX))
            }
        };
        together.clamp(Decimal::ZERO, Decimal::from(TOGETHER_MAX))
    }
}

/// Most points of one step of a rule.
const POINTS_MAX: i64 = 1_000_000;
/// Most multipliers of a rule.
const MULTIPLIERS_MAX: usize = 100;
/// Most that one multiplier multiplies by.
const TIMES_MAX: i64 = 100;
/// Most that all of them come to.
const TOGETHER_MAX: i64 = 10_000;
/// Decimals of a multiplier.
const TIMES_DIGITS_MAX: u32 = 3;
/// Longest that points wait.
const PENDING_DAYS_MAX: i64 = 366;

impl EarnRule {
    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.points < 0 || self.points > POINTS_MAX {
            return Err(format!("earn.points: expected 0 to {POINTS_MAX}, found {}", self.points));
        }
        if self.per_amount.0 <= Decimal::ZERO {
            return Err(format!("earn.perAmount: expected above 0, found {}", self.per_amount.0));
        }
        if let Some(minimum) = self.minimum_bill.filter(|minimum| minimum.0 < Decimal::ZERO) {
            return Err(format!("earn.minimumBill: expected at least 0, found {minimum}"));
        }
        if self.pending_days < 0 || self.pending_days > PENDING_DAYS_MAX {
            let found = self.pending_days;
            return Err(format!("earn.pendingDays: expected 0 to {PENDING_DAYS_MAX}, found {found}"));
        }
        if self.multipliers.len() > MULTIPLIERS_MAX {
            let found = self.multipliers.len();
            return Err(format!("earn.multipliers: expected at most {MULTIPLIERS_MAX}, found {found}"));
        }
        for (index, one) in self.multipliers.iter().enumerate() {
            let times = one.times.0.normalize();
            if times <= Decimal::ZERO || times > Decimal::from(TIMES_MAX) || times.scale() > TIMES_DIGITS_MAX
            {
                return Err(format!(
                    "earn.multipliers[{index}].times: expected above 0, at most {TIMES_MAX}, with at most {TIMES_DIGITS_MAX} decimals, found {times}"
                ));
            }
            if let (Some(from), Some(until)) = (one.from, one.until)
                && from >= until
            {
                return Err(format!(
                    "earn.multipliers[{index}].until: expected after from ({from}), found {until}"
                ));
            }
        }
        Ok(())
    }
}

/// Whole points for what the guest really gave, floored once on the bill: `floor(base · points / per_amount)`, 423.14 at
/// 1 per 10.00 is 42 (loyalty.md P3). 0 for a base of 0 or less, and where the numbers fit nowhere.
pub(crate) fn points(base: Amount, points: Decimal, per_amount: Decimal, precision: Precision) -> i64 {
    if base <= Amount::ZERO || per_amount <= Decimal::ZERO {
        return 0;
    }
    base.to_decimal(precision)
        .checked_mul(points)
        .and_then(|earned| earned.checked_div(per_amount))
        .and_then(|points| i64::try_from(points.trunc()).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(json: &str) -> String {
        match serde_json::from_str::<EarnRule>(json) {
            Ok(rule) => rule.check().unwrap_err(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_rule_of_two_members_is_enough() {
        let rule: EarnRule = serde_json::from_str(r#"{"points":1,"perAmount":10}"#).unwrap();
        assert_eq!(rule.check(), Ok(()));
        assert_eq!((rule.base, rule.earn_on, rule.combine), (EarnBase::Gross, EarnOn::Use, Combine::Add));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (json, says) in [
            (r#"{"points":1,"perAmount":0}"#, "earn.perAmount"),
            (r#"{"points":-1,"perAmount":1}"#, "earn.points"),
            (r#"{"points":1,"perAmount":1,"minimumBill":-1}"#, "earn.minimumBill"),
            (r#"{"points":1,"perAmount":1,"pendingDays":367}"#, "earn.pendingDays"),
            (r#"{"points":1,"perAmount":1,"multipliers":[{"times":0}]}"#, "earn.multipliers[0].times"),
            (r#"{"points":1,"perAmount":1,"multipliers":[{"times":1.2345}]}"#, "earn.multipliers[0].times"),
            (
                r#"{"points":1,"perAmount":1,"multipliers":[{"times":2,"from":"2026-03-02T00:00:00Z","until":"2026-03-01T00:00:00Z"}]}"#,
                "earn.multipliers[0].until",
            ),
            (r#"{"points":1,"perAmount":1,"multipliers":[{"times":2,"days":["moonday"]}]}"#, "moonday"),
            (r#"{"points":1,"perAmount":1,"earnOn":"both"}"#, "both"),
            (r#"{"points":1,"perAmount":1,"colour":1}"#, "colour"),
        ] {
            let refusal = refusal(json);
            assert!(refusal.contains(says), "{json}: {refusal}");
        }
    }

    /// ×2 for the tier and ×3 for the campaign: ×4, or ×6 where the merchant says so (loyalty.md §9 P5).
    #[test]
    fn multipliers_come_together() {
        let times = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<Decimal>>();
        for (combine, each, together) in [
            (Combine::Add, &["2", "3"][..], "4"),
            (Combine::Multiply, &["2", "3"], "6"),
            (Combine::Add, &[], "1"),
            (Combine::Multiply, &[], "1"),
            (Combine::Add, &["1.5", "1.25"], "1.75"),
            (Combine::Add, &["0.5", "0.25"], "0"),
            (Combine::Multiply, &["100", "100", "100"], "10000"),
        ] {
            let found = combine.of(times(each).into_iter());
            assert_eq!(found.normalize(), together.parse().unwrap(), "{combine:?} {each:?}");
        }
    }

    #[test]
    fn a_multiplier_works_when_all_it_asks_for_is_there() {
        let read = |json: &str| serde_json::from_str::<Multiplier>(json).unwrap();
        // 2026-03-01 is a Sunday; 23:30 UTC is Monday on the wall in Prague
        let local: Zoned = "2026-03-02T00:30:00[Europe/Prague]".parse().unwrap();
        let tags = ["student".to_owned()];
        for (json, works) in [
            (r#"{"times":2}"#, true),
            (r#"{"times":2,"tiers":["Gold","Silver"]}"#, true),
            (r#"{"times":2,"tiers":["Silver"]}"#, false),
            (r#"{"times":2,"tags":["student"]}"#, true),
            (r#"{"times":2,"tags":["staff"]}"#, false),
            (r#"{"times":2,"days":["monday"]}"#, true),
            (r#"{"times":2,"days":["sunday"]}"#, false),
            (r#"{"times":2,"from":"2026-03-01T23:30:00Z"}"#, true),
            (r#"{"times":2,"until":"2026-03-01T23:30:00Z"}"#, false),
            (r#"{"times":2,"tiers":["Gold"],"days":["sunday"]}"#, false),
        ] {
            assert_eq!(read(json).works(Some("Gold"), &tags, &local), works, "{json}");
        }
        assert!(!read(r#"{"times":2,"tiers":["Gold"]}"#).works(None, &tags, &local));
    }
}
