//! How does a merchant say which tiers there are and how long one is kept?

use money::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use wire::Number;

/// One step of the ladder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Tier {
    /// Its id and name; column `partner_member.tier`.
    #[serde(alias = "name")]
    pub(crate) tier_id: String,
    /// By language code, for guests.
    #[serde(default)]
    pub(crate) titles: BTreeMap<String, String>,
    /// The sum to reach within the window: points, or currency. At least 0.
    pub(crate) threshold: Number,
    /// Whether money or points are counted.
    pub(crate) of: TierOf,
    /// How many months back, from the moment of judging.
    pub(crate) window_months: i64,
}

/// See [`Tier::of`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TierOf {
    /// Points that bills earned and kept.
    Points,
    /// The prices of the bills.
    Spend,
}

/// How long a tier that was reached is kept, whatever is spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Keep {
    /// To the end of this period.
    pub(crate) until_end_of: KeepUntil,
    /// And so many days more.
    #[serde(default)]
    pub(crate) grace_days: i64,
}

/// A period of the place's calendar, seen from the day on which the tier was reached last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum KeepUntil {
    /// The end of the month of the day on which the tier was reached.
    Month,
    /// The end of the year of that day.
    Year,
    /// The year after.
    NextYear,
}

/// More steps than any ladder has.
const TIERS_MAX: usize = 20;
/// Longest window.
const WINDOW_MONTHS_MAX: i64 = 120;
/// Longest grace.
const GRACE_DAYS_MAX: i64 = 366;
/// Longest id, in bytes.
const ID_BYTES_MAX: usize = 100;

/// Whether the ladder makes sense.
///
/// # Errors
/// A sentence saying what was expected and what came.
pub(crate) fn check(tiers: &[Tier], keep: Option<&Keep>) -> Result<(), String> {
    if tiers.len() > TIERS_MAX {
        return Err(format!("tiers: expected at most {TIERS_MAX}, found {}", tiers.len()));
    }
    let mut ids = BTreeSet::new();
    for (index, tier) in tiers.iter().enumerate() {
        if tier.tier_id.is_empty() || tier.tier_id.len() > ID_BYTES_MAX {
            let found = tier.tier_id.len();
            return Err(format!("tiers[{index}].tierId: expected 1 to {ID_BYTES_MAX} bytes, found {found}"));
        }
        if !ids.insert(tier.tier_id.as_str()) {
            return Err(format!("tiers[{index}].tierId: expected another one, found {} again", tier.tier_id));
        }
        if tier.threshold.0 < Decimal::ZERO {
            return Err(format!("tiers[{index}].threshold: expected at least 0, found {}", tier.threshold.0));
        }
        if !(1..=WINDOW_MONTHS_MAX).contains(&tier.window_months) {
            let found = tier.window_months;
            return Err(format!(
                "tiers[{index}].windowMonths: expected 1 to {WINDOW_MONTHS_MAX}, found {found}"
            ));
        }
        let below = index.checked_sub(1).and_then(|below| tiers.get(below));
        if let Some(below) =
            below.filter(|below| below.of == tier.of && below.threshold.0 >= tier.threshold.0)
        {
            return Err(format!(
                "tiers[{index}].threshold: expected above that of the tier before ({}), found {}",
                below.threshold.0, tier.threshold.0
            ));
        }
    }
    match keep.filter(|keep| !(0..=GRACE_DAYS_MAX).contains(&keep.grace_days)) {
        Some(keep) => {
            Err(format!("keep.graceDays: expected 0 to {GRACE_DAYS_MAX}, found {}", keep.grace_days))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ladder_goes_up() {
        let check = |json: &str| check(&serde_json::from_str::<Vec<Tier>>(json).unwrap(), None);
        let one = |id: &str, threshold: i64, months: i64| {
            format!(r#"{{"tierId":"{id}","threshold":{threshold},"of":"spend","windowMonths":{months}}}"#)
        };
        assert_eq!(check(&format!("[{},{}]", one("a", 1, 12), one("b", 2, 12))), Ok(()));
        for (tiers, says) in [
            (format!("[{},{}]", one("a", 2, 12), one("b", 2, 12)), "tiers[1].threshold"),
            (format!("[{},{}]", one("a", 1, 12), one("a", 2, 12)), "tiers[1].tierId"),
            (format!("[{}]", one("", 1, 12)), "tiers[0].tierId"),
            (format!("[{}]", one("a", -1, 12)), "tiers[0].threshold"),
            (format!("[{}]", one("a", 1, 0)), "tiers[0].windowMonths"),
        ] {
            let refusal = check(&tiers).unwrap_err();
            assert!(refusal.contains(says), "{refusal}");
        }
    }

    #[test]
    fn keeping_has_a_period_and_perhaps_some_days() {
        let keep: Keep = serde_json::from_str(r#"{"untilEndOf":"nextYear","graceDays":31}"#).unwrap();
        assert_eq!(keep, Keep { until_end_of: KeepUntil::NextYear, grace_days: 31 });
        let far = Keep { grace_days: 400, ..keep };
        assert!(check(&[], Some(&far)).unwrap_err().contains("keep.graceDays"));
    }
}
