//! What may be topped up on a balance, and what does the merchant give on top?
//!
//! loyalty.md §11 and §3 V9; part of a balance's settings. Money is in currency units of the merchant.

use crate::loyalty::settings::day;
use jiff::civil::Date;
use money::{Amount, Decimal, Precision};
use serde::{Deserialize, Serialize};
use wire::Number;
use wire::loyalty::BalanceType;

/// What the register may sell as a top-up of a balance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Prepayment {
    /// What is sold unless the cashier picks another value; above 0.
    pub(crate) value: Number,
    /// The least the cashier may pick; without it, anything above 0.
    #[serde(default)]
    pub(crate) min: Option<Number>,
    /// The most the cashier may pick.
    #[serde(default)]
    pub(crate) max: Option<Number>,
    /// Values the register offers at hand.
    #[serde(default)]
    pub(crate) presets: Vec<Number>,
    /// Whether the cashier may pick another value at all.
    #[serde(default)]
    pub(crate) editable: bool,
    /// What is given on top; of several the one with the highest `from` that was reached.
    #[serde(default)]
    pub(crate) bonus: Vec<BonusStep>,
    /// Whether it can be topped up again and again; left out, credit can and vouchers cannot (T4).
    #[serde(default)]
    pub(crate) reloadable: Option<bool>,
}

/// What is given on top of a top-up: an amount, or a percentage of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BonusStep {
    /// For top-ups of at least this much.
    pub(crate) from: Number,
    /// So much in currency.
    #[serde(default)]
    pub(crate) bonus: Option<Number>,
    /// So many percent of the top-up, rounded half-up.
    #[serde(default)]
    pub(crate) percent: Option<Number>,
}

/// A VAT rate that holds from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RateFrom {
    /// The first day, on the calendar of the place.
    #[serde(with = "day")]
    pub(crate) from: Date,
    /// A fraction.
    pub(crate) rate: Number,
}

impl Prepayment {
    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn check(&self) -> Result<(), String> {
        above_zero("value", self.value)?;
        let least = self.min.unwrap_or_default();
        for (name, number) in [("min", self.min), ("max", self.max)] {
            number.map_or(Ok(()), |number| above_zero(name, number))?;
        }
        let within = |number: Number| number >= least && self.max.is_none_or(|most| number <= most);
        if !within(self.value) {
            return Err(format!("value: expected from min to max, found {}", self.value));
        }
        if let Some((index, preset)) = self.presets.iter().enumerate().find(|(_, preset)| !within(**preset)) {
            return Err(format!("presets[{index}]: expected from min to max, found {preset}"));
        }
        for (index, step) in self.bonus.iter().enumerate() {
            let at = format!("bonus[{index}]");
            if step.from < Number::ZERO {
                return Err(format!("{at}.from: expected at least 0, found {}", step.from));
            }
            match (step.bonus, step.percent) {
                (Some(amount), None) => above_zero(&format!("{at}.bonus"), amount)?,
                (None, Some(percent)) => {
                    above_zero(&format!("{at}.percent"), percent)?;
                    if percent.0 > Decimal::ONE_HUNDRED {
                        return Err(format!("{at}.percent: expected at most 100, found {percent}"));
                    }
                }
                _ => return Err(format!("{at}: expected either bonus or percent, found both or neither")),
            }
        }
        Ok(())
    }

    /// Whether a balance of this type can be topped up once it is active.
    pub(crate) fn is_reloadable(&self, balance_type: BalanceType) -> bool {
        self.reloadable.unwrap_or(balance_type == BalanceType::PrepaidCredit)
    }

    /// What is given on top of a top-up, in minor units; at least 0.
    pub(crate) fn bonus_for(&self, prepaid: Amount, precision: Precision) -> Amount {
        let value = Number::from_amount(prepaid, precision);
        let reached = self.bonus.iter().filter(|step| step.from <= value).max_by_key(|step| step.from.0);
        let bonus = match reached {
            Some(BonusStep { bonus: Some(amount), .. }) => {
                Amount::from_decimal(amount.0, precision).map_or(Amount::ZERO, |rounded| rounded.amount)
            }
            Some(BonusStep { percent: Some(percent), .. }) => money::percentage(prepaid, percent.0),
            _ => Amount::ZERO,
        };
        bonus.max(Amount::ZERO)
    }
}

fn above_zero(name: &str, number: Number) -> Result<(), String> {
    // what does not fit minor units at any precision is no top-up
    if number <= Number::ZERO || number.0 > Decimal::from(Amount::MAX_ABS / 1_000) {
        return Err(format!("{name}: expected an amount above 0, found {number}"));
    }
    Ok(())
}

/// The rate of a day: the newest of `rates` that has begun, else `otherwise` (loyalty.md §3 V5).
pub(crate) fn rate_on(rates: &[RateFrom], otherwise: Option<Decimal>, day: Date) -> Option<Decimal> {
    let begun = rates.iter().filter(|version| version.from <= day);
    begun.max_by_key(|version| version.from).map(|version| version.rate.0).or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn prepayment(members: serde_json::Value) -> Prepayment {
        serde_json::from_value(members).unwrap()
    }

    /// loyalty.md V9: pay 1000, get 1100.
    #[test]
    fn the_highest_step_that_was_reached_counts() {
        let steps = prepayment(json!({"value": 1000, "bonus": [
            {"from": 1000, "bonus": 100}, {"from": 500, "percent": "5"}, {"from": 2000, "percent": 12.5}]}));
        let two = Precision::new(2).unwrap();
        for (prepaid, bonus) in [
            (49_999, 0),
            (50_000, 2_500),
            (99_999, 5_000),
            (100_000, 10_000),
            (150_000, 10_000),
            (200_001, 25_000),
        ] {
            assert_eq!(steps.bonus_for(Amount(prepaid), two), Amount(bonus), "{prepaid}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        assert_eq!(
            prepayment(json!({"value": 500, "min": 100, "max": 500, "presets": [100, 200]})).check(),
            Ok(())
        );
        for (members, named) in [
            (json!({"value": 0}), "value:"),
            (json!({"value": 50, "min": 100}), "value:"),
            (json!({"value": 500, "max": 100}), "value:"),
            (json!({"value": 500, "min": -1}), "min:"),
            (json!({"value": 500, "max": 500, "presets": [500, 501]}), "presets[1]:"),
            (json!({"value": 1, "bonus": [{"from": 1}]}), "bonus[0]:"),
            (json!({"value": 1, "bonus": [{"from": 1, "bonus": 1, "percent": 1}]}), "bonus[0]:"),
            (json!({"value": 1, "bonus": [{"from": 1, "percent": 101}]}), "bonus[0].percent:"),
            (json!({"value": 1, "bonus": [{"from": -1, "percent": 1}]}), "bonus[0].from:"),
        ] {
            let refusal = prepayment(members.clone()).check().unwrap_err();
            assert!(refusal.starts_with(named), "{members}: {refusal}");
        }
        assert!(serde_json::from_value::<Prepayment>(json!({"value": 1, "minValue": 1})).is_err());
    }

    #[test]
    fn vouchers_are_topped_up_once_unless_the_merchant_says_otherwise() {
        let of = |members, balance_type| prepayment(members).is_reloadable(balance_type);
        assert!(of(json!({"value": 1}), BalanceType::PrepaidCredit));
        assert!(!of(json!({"value": 1}), BalanceType::MultiPurposePrepaidVoucher));
        assert!(!of(json!({"value": 1}), BalanceType::SinglePurposePrepaidVoucher));
        assert!(of(json!({"value": 1, "reloadable": true}), BalanceType::MultiPurposePrepaidVoucher));
    }

    /// loyalty.md V5: Germany's restaurant food, 19 % until the end of 2025, 7 % from 2026-01-01.
    #[test]
    fn the_rate_is_the_one_of_the_day() {
        let rates: Vec<RateFrom> = serde_json::from_value(
            json!([{"from": "2026-01-01", "rate": 0.07}, {"from": "2024-01-01", "rate": 0.19}]),
        )
        .unwrap();
        let rate = |text: &str| text.parse::<Decimal>().ok();
        for (day, expected) in
            [("2023-12-31", "0.16"), ("2024-01-01", "0.19"), ("2025-12-31", "0.19"), ("2026-01-01", "0.07")]
        {
            assert_eq!(rate_on(&rates, rate("0.16"), day.parse().unwrap()), rate(expected), "{day}");
        }
        assert_eq!(rate_on(&[], None, "2026-01-01".parse().unwrap()), None);
    }
}
