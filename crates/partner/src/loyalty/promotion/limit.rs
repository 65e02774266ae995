//! How often, and for how much money, may a promotion be used?
//!
//! A limit counts per code, per member or over the whole campaign, for ever or per period of the place's
//! calendar. What is used of it stands in `partner_limit`, what open checks keep of it in `partner_limit_hold`;
//! here is what the rule says and which counter it means.

use jiff::Zoned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wire::Number;

/// Whose uses a limit counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Per {
    /// Each code of the promotion for itself; an automatic promotion has none and is not limited by it.
    Code,
    /// Each member; nobody's check is not limited by it.
    Member,
    /// Everybody's.
    Campaign,
}

/// Over which time a limit counts, in the place's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday.
    Week,
    /// From the first of the month.
    Month,
    /// From 1 January.
    Year,
}

/// One limit of a promotion: exactly one of `uses` and `amount`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Limit {
    /// Whose uses count together.
    pub(crate) per: Per,
    /// How often it may be used; at least 1.
    #[serde(default)]
    pub(crate) uses: Option<i64>,
    /// What it may take off in all, in currency; above 0.
    #[serde(default)]
    pub(crate) amount: Option<Number>,
    /// Counts anew with each of these; `None`: never.
    #[serde(default)]
    pub(crate) period: Option<Period>,
}

/// One counter: a limit for one subject in one period.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LimitKey {
    /// Key of `partner_limit`.
    pub(crate) limit_id: String,
    /// Whose limit it is.
    pub(crate) promotion_id: String,
}

/// What a quote uses of one counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitUse {
    /// Key of `partner_limit`.
    pub(crate) limit_id: String,
    /// Whose limit it is.
    pub(crate) promotion_id: String,
    /// Uses, or minor units of the ledger; above 0.
    pub(crate) amount: i64,
}

/// What is taken of each counter already: used by bills, and kept by other checks. A counter that is
/// missing is untouched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// By limit id: used by bills.
    pub(crate) used: BTreeMap<String, i64>,
    /// By limit id: kept by other checks.
    pub(crate) held: BTreeMap<String, i64>,
}

impl Taken {
    /// What is left of `most` for this check, at least 0.
    pub(crate) fn left(&self, limit_id: &str, most: i64) -> i64 {
        let of = |counters: &BTreeMap<String, i64>| counters.get(limit_id).copied().unwrap_or(0);
        most.saturating_sub(of(&self.used)).saturating_sub(of(&self.held)).max(0)
    }
}

impl Limit {
    /// Whether the numbers make sense together.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn check(&self) -> Result<(), String> {
        match (self.uses, &self.amount) {
            (Some(uses), None) if uses >= 1 => Ok(()),
            (Some(uses), None) => Err(format!("uses: expected at least 1, found {uses}")),
            (None, Some(amount)) if amount.0 > money::Decimal::ZERO => Ok(()),
            (None, Some(amount)) => Err(format!("amount: expected above 0, found {}", amount.0)),
            _ => Err("expected exactly one of uses and amount".to_owned()),
        }
    }

    /// The counter this limit means: for a code (scanned text), a member's id or the campaign, at the place's
    /// time. `None` where it has no subject, so nothing is limited.
    pub(crate) fn key(
        &self,
        promotion_id: &str,
        code: Option<&str>,
        member_id: Option<&str>,
        local: &Zoned,
    ) -> Option<LimitKey> {
        let (per, subject) = match self.per {
            Per::Code => ("code", code?),
            Per::Member => ("member", member_id?),
            Per::Campaign => ("campaign", ""),
        };
        let unit = if self.uses.is_some() { "uses" } else { "amount" };
        let date = local.date();
        let period = match self.period {
            None => "ever".to_owned(),
            Some(Period::Day) => date.to_string(),
            Some(Period::Week) => {
                let week = date.iso_week_date();
                format!("{}-W{:02}", week.year(), week.week())
            }
            Some(Period::Month) => format!("{:04}-{:02}", date.year(), date.month()),
            Some(Period::Year) => format!("{:04}", date.year()),
        };
        Some(LimitKey {
            limit_id: format!("{promotion_id}/{unit}/{per}/{period}/{subject}"),
            promotion_id: promotion_id.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_named_by_its_subject_and_its_period() {
        let local: Zoned = "2026-01-01T00:30:00[Europe/Prague]".parse().unwrap();
        let limit = |per, period| Limit { per, uses: Some(1), amount: None, period };
        let id = |limit: Limit| limit.key("p", Some("CODE"), Some("m"), &local).map(|key| key.limit_id);
        for (per, period, expected) in [
            (Per::Campaign, None, "p/uses/campaign/ever/"),
            (Per::Code, Some(Period::Day), "p/uses/code/2026-01-01/CODE"),
            (Per::Member, Some(Period::Week), "p/uses/member/2026-W01/m"),
            (Per::Member, Some(Period::Month), "p/uses/member/2026-01/m"),
            (Per::Campaign, Some(Period::Year), "p/uses/campaign/2026/"),
        ] {
            assert_eq!(id(limit(per, period)).as_deref(), Some(expected));
        }
        assert_eq!(limit(Per::Member, None).key("p", None, None, &local), None);
        assert_eq!(limit(Per::Code, None).key("p", None, None, &local), None);
    }

    #[test]
    fn a_limit_is_of_uses_or_of_money() {
        let read = |text: &str| serde_json::from_str::<Limit>(text).unwrap().check();
        assert_eq!(read(r#"{"per":"code","uses":1}"#), Ok(()));
        assert_eq!(read(r#"{"per":"campaign","amount":"1000.00","period":"month"}"#), Ok(()));
        for text in [
            r#"{"per":"code"}"#,
            r#"{"per":"code","uses":0}"#,
            r#"{"per":"code","amount":0}"#,
            r#"{"per":"code","uses":1,"amount":5}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_left_is_never_below_nothing() {
        let taken = Taken {
            used: BTreeMap::from([("a".to_owned(), 7)]),
            held: BTreeMap::from([("a".to_owned(), 2), ("b".to_owned(), 9)]),
        };
        assert_eq!((taken.left("a", 10), taken.left("b", 5), taken.left("c", 3)), (1, 0, 3));
    }
}
