//! How does a merchant say when value ends?

use serde::{Deserialize, Serialize};
use wire::loyalty::BalanceType;

/// A setting per type of balance; what is left out has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default = "ByType::none", deny_unknown_fields)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(crate) struct ByType<T> {
    /// SPV.
    pub(crate) single_purpose_prepaid_voucher: Option<T>,
    /// MPV.
    pub(crate) multi_purpose_prepaid_voucher: Option<T>,
    /// Points.
    pub(crate) collectable_points: Option<T>,
    /// Credit.
    pub(crate) prepaid_credit: Option<T>,
}

impl<T> ByType<T> {
    /// Nothing said about any type.
    pub(crate) fn none() -> Self {
        Self {
            single_purpose_prepaid_voucher: None,
            multi_purpose_prepaid_voucher: None,
            collectable_points: None,
            prepaid_credit: None,
        }
    }

    /// What is said about a type.
    pub(crate) fn of(&self, balance_type: BalanceType) -> Option<&T> {
        match balance_type {
            BalanceType::SinglePurposePrepaidVoucher => self.single_purpose_prepaid_voucher.as_ref(),
            BalanceType::MultiPurposePrepaidVoucher => self.multi_purpose_prepaid_voucher.as_ref(),
            BalanceType::CollectablePoints => self.collectable_points.as_ref(),
            BalanceType::PrepaidCredit => self.prepaid_credit.as_ref(),
        }
    }
}

impl<T> Default for ByType<T> {
    fn default() -> Self {
        Self::none()
    }
}

/// When what a bill credits ends (loyalty.md §10). With neither `months` nor `days` it does not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Expiry {
    /// Calendar months, clamped to the month's last day (E4).
    pub(crate) months: Option<i64>,
    /// Days.
    pub(crate) days: Option<i64>,
    /// To which day the end is moved on.
    pub(crate) at: EndAt,
    /// Earning and spending move the ends of the whole wallet (E6).
    pub(crate) sliding: bool,
    /// Value that returns to a lot whose end is over lives so many days; 0: it ends at once (§6 C2).
    pub(crate) returned_grace_days: i64,
}

/// See [`Expiry::at`]. The value is good through that day of the place's calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum EndAt {
    /// The day itself.
    #[default]
    Day,
    /// The last day of its month.
    MonthEnd,
    /// 31 December of its year.
    YearEnd,
}

/// What the books say of value that ended unused, by country and class (loyalty.md §3 V7); at most
/// [`REASON_BYTES_MAX`] bytes each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Breakage {
    /// Of an SPV: its VAT was due when it was sold.
    pub(crate) spv: Option<String>,
    /// Of an MPV or credit: no supply took place.
    pub(crate) mpv: Option<String>,
}

/// Longest reason of an entry, in bytes.
pub(crate) const REASON_BYTES_MAX: usize = 200;
/// A century.
const MONTHS_MAX: i64 = 1_200;
/// A century.
const DAYS_MAX: i64 = 36_600;
/// A year.
const GRACE_DAYS_MAX: i64 = 366;

impl Expiry {
    /// Whether the numbers make sense; `path` is where they stand.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn check(&self, path: &str) -> Result<(), String> {
        if self.months.is_some() && self.days.is_some() {
            return Err(format!("{path}: expected months or days, found both"));
        }
        for (name, number, least, most) in [
            ("months", self.months, 1, MONTHS_MAX),
            ("days", self.days, 0, DAYS_MAX),
            ("returnedGraceDays", Some(self.returned_grace_days), 0, GRACE_DAYS_MAX),
        ] {
            if let Some(number) = number.filter(|number| !(least..=most).contains(number)) {
                return Err(format!("{path}.{name}: expected {least} to {most}, found {number}"));
            }
        }
        if self.months.is_none() && self.days.is_none() && (self.sliding || self.at != EndAt::Day) {
            return Err(format!("{path}: expected months or days beside sliding and at, found neither"));
        }
        Ok(())
    }
}

impl ByType<Expiry> {
    /// Whether the numbers of every type make sense.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn check(&self) -> Result<(), String> {
        BalanceType::ALL.into_iter().try_for_each(|balance_type| {
            self.of(balance_type)
                .map_or(Ok(()), |expiry| expiry.check(&format!("expiry.{}", balance_type.as_str())))
        })
    }
}

impl Breakage {
    /// Whether the texts fit.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (name, text) in [("spv", &self.spv), ("mpv", &self.mpv)] {
            if let Some(text) = text.as_ref().filter(|text| text.len() > REASON_BYTES_MAX) {
                let found = text.len();
                return Err(format!(
                    "breakage.{name}: expected at most {REASON_BYTES_MAX} bytes, found {found}"
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_by_type_and_checked() {
        let read = |json: &str| serde_json::from_str::<ByType<Expiry>>(json).unwrap();
        let expiry = read(r#"{"collectablePoints":{"months":12,"at":"monthEnd","sliding":true}}"#);
        assert_eq!(expiry.check(), Ok(()));
        assert_eq!(expiry.of(BalanceType::CollectablePoints).unwrap().at, EndAt::MonthEnd);
        assert_eq!(expiry.of(BalanceType::PrepaidCredit), None);
        for (json, says) in [
            (r#"{"prepaidCredit":{"months":1,"days":1}}"#, "expiry.prepaidCredit"),
            (r#"{"prepaidCredit":{"months":0}}"#, "expiry.prepaidCredit.months"),
            (r#"{"collectablePoints":{"days":-1}}"#, "expiry.collectablePoints.days"),
            (r#"{"collectablePoints":{"sliding":true}}"#, "expiry.collectablePoints"),
            (r#"{"collectablePoints":{"returnedGraceDays":400}}"#, "returnedGraceDays"),
        ] {
            let refusal = read(json).check().unwrap_err();
            assert!(refusal.contains(says), "{refusal}");
        }
        assert!(serde_json::from_str::<ByType<Expiry>>(r#"{"points":{}}"#).is_err());
    }
}
