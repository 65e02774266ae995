//! What is unusual about a usage report that was booked all the same?

use serde::{Deserialize, Serialize};

/// Why somebody may want to look at a booked report (loyalty.md §4, §5, §7, §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Flag {
    /// The hold had ended before the report came.
    Late,
    /// The offer is not known here.
    NoOffer,
    /// The report is not what the offer said.
    Differs,
    /// More was used than there was.
    Overdraft,
    /// Several bills of one offer used more than the offer gave.
    Conflict,
    /// A promotion was used more often, or for more money, than its limit allows.
    OverLimit,
    /// It says it was paid more than a day ahead or more than a year ago; it counts as paid when it came.
    WrongClock,
}

/// What a report leaves for people: flags without repetition, remarks in the order they came up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    flags: Vec<Flag>,
    remarks: Vec<String>,
}

/// One report cannot fill a row with remarks.
pub(crate) const REMARKS_MAX: usize = 50;

impl Findings {
    /// What was found before.
    pub(crate) fn of(flags: Vec<Flag>, remarks: Vec<String>) -> Self {
        Self { flags, remarks }
    }

    /// Raises a flag.
    pub(crate) fn flag(&mut self, flag: Flag) {
        if !self.flags.contains(&flag) {
            self.flags.push(flag);
            self.flags.sort();
        }
    }

    /// Adds a remark.
    pub(crate) fn remark(&mut self, remark: impl Into<String>) {
        if self.remarks.len() < REMARKS_MAX {
            self.remarks.push(remark.into());
        }
    }

    /// The flags, sorted.
    pub(crate) fn flags(&self) -> &[Flag] {
        &self.flags
    }

    /// The remarks.
    pub(crate) fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Whether there is nothing to say.
    pub(crate) fn is_empty(&self) -> bool {
        self.flags.is_empty() && self.remarks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_said_once_and_remarks_are_bounded() {
        let mut findings = Findings::default();
        assert!(findings.is_empty());
        for flag in [Flag::Overdraft, Flag::Late, Flag::Overdraft] {
            findings.flag(flag);
        }
        for number in 0..100 {
            findings.remark(number.to_string());
        }
        assert_eq!(serde_json::to_string(findings.flags()).unwrap(), r#"["late","overdraft"]"#);
        assert_eq!(serde_json::to_string(&Flag::NoOffer).unwrap(), r#""no_offer""#);
        assert_eq!(findings.remarks().len(), REMARKS_MAX);
    }
}
