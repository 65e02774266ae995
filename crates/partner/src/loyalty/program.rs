//! What are a merchant's loyalty settings, and how is a parsed copy of them kept?
//!
//! The settings are JSON in `partner_merchant.program`; the promotions stand in their own table.
//! `program_version` moves with both, so the parsed copy is good for as long as the version is.

pub(crate) mod pricing;

use self::pricing::Pricing;
use super::promotion::Promotion;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use money::{Amount, Decimal, Precision};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use wire::Number;

/// How points are earned: `points` for every whole `perAmount` of the bill (loyalty.md §9 P1–P3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EarnRule {
    /// Points given per `perAmount`; at least 0.
    pub(crate) points: i64,
    /// The money that earns them, in currency; above 0.
    pub(crate) per_amount: Number,
}

impl EarnRule {
    /// Whole points for what the guest really gave, floored once on the bill: 423.14 at 1 per 10.00 is 42
    /// (loyalty.md P3). Nothing for a base of 0 or less.
    pub(crate) fn points_for_bill(&self, base: Amount, precision: Precision) -> i64 {
        if base <= Amount::ZERO || self.per_amount.0 <= Decimal::ZERO {
            return 0;
        }
        base.to_decimal(precision)
            .checked_mul(Decimal::from(self.points))
            .and_then(|earned| earned.checked_div(self.per_amount.0))
            .and_then(|points| i64::try_from(points.trunc()).ok())
            .unwrap_or(0)
    }
}

/// How much of a controllable balance an offer uses before the cashier has chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum DefaultUse {
    /// As much as the bill takes.
    #[default]
    Max,
    /// Nothing until the cashier asks for some.
    None,
}

/// Whether `totalPriceWithVat` of a line already lacks `totalAppliedNonLoyaltyDiscounts` (loyalty.md §0).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TillDiscounts {
    /// The till's own discounts are off already: the line total is what loyalty may work on.
    #[default]
    AlreadyOff,
    /// The line total is the price before them: they come off first.
    StillOn,
}

/// The JSON of `partner_merchant.program`. Everything may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct ProgramSettings {
    /// How points are earned; without it none are.
    pub(crate) earn: Option<EarnRule>,
    /// What an offer uses of a controllable balance when the cashier has not chosen.
    pub(crate) default_use: DefaultUse,
    /// How the merchant's registers send line totals.
    pub(crate) till_discounts: TillDiscounts,
    /// IANA zones of places that are not in the merchant's, by place id.
    pub(crate) place_time_zones: BTreeMap<String, String>,
    /// What promotions may not touch, and how exclusive ones compete.
    pub(crate) pricing: Pricing,
}

impl ProgramSettings {
    /// Reads settings from their JSON text and checks them.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn parse(json: &str) -> Result<Self, String> {
        let settings: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        settings.check()?;
        Ok(settings)
    }

    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.pricing.check()?;
        if let Some(earn) = &self.earn {
            if earn.points < 0 || earn.points > 1_000_000 {
                return Err(format!("earn.points: expected 0 to 1000000, found {}", earn.points));
            }
            if earn.per_amount.0 <= Decimal::ZERO {
                return Err(format!("earn.perAmount: expected above 0, found {}", earn.per_amount.0));
            }
        }
        Ok(())
    }
}

/// A merchant's loyalty settings and promotions, parsed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Program {
    /// The settings.
    pub(crate) settings: ProgramSettings,
    /// Every promotion, active or not, in the order of [`Promotion::order`].
    pub(crate) promotions: Vec<Promotion>,
    /// The zone of the places that have none of their own.
    pub(crate) time_zone: TimeZone,
}

impl Program {
    /// Puts the promotions in the order in which they are judged.
    pub(crate) fn new(
        settings: ProgramSettings,
        mut promotions: Vec<Promotion>,
        time_zone: TimeZone,
    ) -> Self {
        promotions.sort_by(|one, other| one.order().cmp(&other.order()));
        Self { settings, promotions, time_zone }
    }

    /// The clock on the wall of a place.
    pub(crate) fn local(&self, place: &str, now: Timestamp) -> Zoned {
        let own = self.settings.place_time_zones.get(place).and_then(|name| TimeZone::get(name).ok());
        now.to_zoned(own.unwrap_or_else(|| self.time_zone.clone()))
    }

    /// Where a promotion stands in [`Program::promotions`].
    pub(crate) fn position(&self, promotion_id: &str) -> Option<usize> {
        self.promotions.iter().position(|promotion| promotion.promotion_id == promotion_id)
    }
}

/// Parsed programs by merchant. One entry per merchant; an entry of another version is replaced.
#[derive(Debug, Default)]
pub(crate) struct ProgramCache(RwLock<HashMap<String, (i64, Arc<Program>)>>);

/// A limit on the entries; reached, the cache starts anew.
const MERCHANTS_MAX: usize = 10_000;

impl ProgramCache {
    /// The program of a merchant if it is kept in this version.
    pub(crate) fn get(&self, merchant: &str, program_version: i64) -> Option<Arc<Program>> {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        kept.get(merchant)
            .filter(|(version, _)| *version == program_version)
            .map(|(_, program)| program.clone())
    }

    /// Keeps a program. Only what was read in one transaction together with its version belongs here.
    pub(crate) fn keep(&self, merchant: &str, program_version: i64, program: Arc<Program>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MERCHANTS_MAX && !kept.contains_key(merchant) {
            kept.clear();
        }
        kept.insert(merchant.to_owned(), (program_version, program));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_floored_on_the_bill() {
        let two = Precision::new(2).unwrap();
        let rule = |points, per: &str| EarnRule { points, per_amount: Number(per.parse().unwrap()) };
        for (base, points, per, earned) in [
            (42_314, 1, "10", 42),
            (30_917, 1, "10", 30),
            (999, 1, "10", 0),
            (42_314, 2, "10", 84),
            (0, 1, "10", 0),
            (-5_000, 1, "10", 0),
            (100, 1, "0.3", 3),
        ] {
            assert_eq!(rule(points, per).points_for_bill(Amount(base), two), earned, "{base} {points} {per}");
        }
    }

    #[test]
    fn settings_may_be_empty_and_are_checked() {
        assert_eq!(ProgramSettings::parse("{}").unwrap(), ProgramSettings::default());
        let refusal = ProgramSettings::parse(r#"{"earn":{"points":1,"perAmount":0}}"#).unwrap_err();
        assert!(refusal.contains("earn.perAmount"), "{refusal}");
        let refusal = ProgramSettings::parse(r#"{"defaultuse":"max"}"#).unwrap_err();
        assert!(refusal.contains("defaultuse"), "{refusal}");
    }

    #[test]
    fn the_cache_answers_for_its_version_only() {
        let cache = ProgramCache::default();
        let program = Program::new(ProgramSettings::default(), Vec::new(), TimeZone::UTC);
        cache.keep("m", 1, Arc::new(program));
        assert!(cache.get("m", 1).is_some());
        assert!(cache.get("m", 2).is_none());
        assert!(cache.get("other", 1).is_none());
    }
}
