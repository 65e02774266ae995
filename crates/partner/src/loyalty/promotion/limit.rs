//! How often, and for how much money, may a promotion be used?
//!
//! A limit counts per code, per member or over the whole campaign, for ever or per period of the place's
//! calendar. What is used of it stands in `partner_limit`, what open checks keep of it in `partner_limit_hold`;
//! here is what the rule says and which counter it means.

use super::{Promotion, Trigger};
use jiff::Zoned;
use money::{Amount, Precision};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use wire::Number;

/// The uses that a limit counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Per {
    /// Each code of the promotion for itself; an automatic promotion has none and is not limited by it.
    Code,
    /// Each member; the promotion does not apply to nobody's check.
    Member,
    /// Everybody's.
    Campaign,
}

impl Per {
    /// The word for it in a counter's id.
    fn text(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Member => "member",
            Self::Campaign => "campaign",
        }
    }
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
    /// The uses that count together.
    pub(crate) per: Per,
    /// How often it may be used; at least 1.
    #[serde(default)]
    pub(crate) uses: Option<i64>,
    /// The amount that the promotion may take off in all, in currency; above 0.
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
    /// The promotion that is limited.
    pub(crate) promotion_id: String,
}

impl LimitKey {
    /// The counter's id up to the member's id; `None` for a counter that is not a member's.
    fn before_member(&self) -> Option<&str> {
        // the subject is the last part of a counter's id, and may have any sign in it
        let mut parts = rest_of(&self.promotion_id, &self.limit_id)?.splitn(4, '/');
        let (per, subject) = (parts.nth(1)?, parts.nth(1)?);
        self.limit_id.strip_suffix(subject).filter(|_| per == Per::Member.text())
    }

    /// Whether each member has a counter of its own.
    pub(crate) fn counts_by_member(&self) -> bool {
        self.before_member().is_some()
    }

    /// The counters of the same limit and period that belong to these members, without this one; none for a counter that
    /// is not a member's.
    pub(crate) fn of_members<'m>(
        &self,
        member_ids: impl Iterator<Item = &'m str>,
    ) -> impl Iterator<Item = String> {
        let of = |member_id| Some(format!("{}{member_id}", self.before_member()?));
        member_ids.filter_map(of).filter(|counter| *counter != self.limit_id)
    }
}

/// A quote's use of one counter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitUse {
    /// Key of `partner_limit`.
    pub(crate) limit_id: String,
    /// The promotion that is limited.
    pub(crate) promotion_id: String,
    /// Uses, or minor units of the ledger; above 0.
    pub(crate) amount: i64,
}

impl LimitUse {
    /// Whether its counter counts money; otherwise uses.
    pub(crate) fn counts_money(&self) -> bool {
        counts_money(&self.promotion_id, &self.limit_id)
    }
}

/// Whether a counter of a promotion counts money; otherwise uses.
pub(crate) fn counts_money(promotion_id: &str, limit_id: &str) -> bool {
    rest_of(promotion_id, limit_id).is_some_and(|rest| rest.starts_with("amount/"))
}

/// A promotion's part of a counter's id: without a `/`, which ends it there. What follows it has none either, up to
/// the subject at the end, so no two counters share an id.
fn escaped(promotion_id: &str) -> String {
    promotion_id.replace('%', "%25").replace('/', "%2F")
}

/// The part of a counter's id behind the promotion; `None` for a counter of another promotion.
fn rest_of<'a>(promotion_id: &str, limit_id: &'a str) -> Option<&'a str> {
    limit_id.strip_prefix(&escaped(promotion_id))?.strip_prefix('/')
}

/// How much of each counter is gone already: used by bills, and held by other checks. A counter that is missing here
/// is untouched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// By limit id: used by bills.
    pub(crate) used: BTreeMap<String, i64>,
    /// By limit id: kept by other checks.
    pub(crate) held: BTreeMap<String, i64>,
    /// Ids of those of which only other checks of the same register keep something.
    pub(crate) only_this_register: BTreeSet<String>,
}

impl Taken {
    /// The rest of `most` that is left for this check, at least 0.
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

    /// How much is allowed, as its counter counts: uses, or minor units of the ledger (half-up). Nothing where
    /// the money does not fit.
    pub(crate) fn most(&self, precision: Precision) -> i64 {
        match (self.uses, &self.amount) {
            (Some(uses), _) => uses,
            (None, Some(amount)) => {
                Amount::from_decimal(amount.0, precision).map_or(0, |rounded| rounded.amount.0)
            }
            (None, None) => 0,
        }
    }

    /// Whether it limits money; otherwise uses.
    pub(crate) fn counts_money(&self) -> bool {
        self.uses.is_none()
    }

    fn unit(&self) -> &'static str {
        if self.counts_money() { "amount" } else { "uses" }
    }

    /// Whether a counter, whatever its subject and period, is one of this limit.
    pub(crate) fn counts_in(&self, promotion_id: &str, limit_id: &str) -> bool {
        let Some(rest) = rest_of(promotion_id, limit_id) else { return false };
        let mut parts = rest.splitn(4, '/');
        let mut next = || parts.next().unwrap_or_default();
        next() == self.unit() && next() == self.per.text() && {
            let period = next();
            match self.period {
                None => period == "ever",
                Some(Period::Week) => period.contains('W'),
                Some(Period::Day) => period.len() == 10 && !period.contains('W'),
                Some(Period::Month) => period.len() == 7,
                Some(Period::Year) => period.len() == 4 && period != "ever",
            }
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
        let subject = match self.per {
            Per::Code => code?,
            Per::Member => member_id?,
            Per::Campaign => "",
        };
        let (unit, per) = (self.unit(), self.per.text());
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
            limit_id: format!("{}/{unit}/{per}/{period}/{subject}", escaped(promotion_id)),
            promotion_id: promotion_id.to_owned(),
        })
    }
}

/// Whether the limits of one promotion make sense each and together.
///
/// # Errors
/// A sentence saying what was expected and what came.
pub(crate) fn check_all(limits: &[Limit]) -> Result<(), String> {
    for (index, limit) in limits.iter().enumerate() {
        limit.check().map_err(|why| format!("limits[{index}].{why}"))?;
        let same = |other: &&Limit| {
            (other.per, other.period, other.counts_money()) == (limit.per, limit.period, limit.counts_money())
        };
        if limits[..index].iter().any(|other| same(&other)) {
            return Err(format!(
                "limits[{index}]: expected one limit for the same per, period and unit, found a second one"
            ));
        }
    }
    Ok(())
}

/// Whether any of a program's promotions is limited. Where none is, nothing has to be looked up.
pub(crate) fn any_limited(promotions: &[Promotion]) -> bool {
    promotions.iter().any(|promotion| !promotion.definition.limits.is_empty())
}

/// The counters an offer may touch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    /// The counters that the offer counts on, sorted.
    pub(crate) keys: Vec<LimitKey>,
    /// The counters of members that were merged into the guest's, each with the counter of `keys` it is added to.
    pub(crate) aliases: Vec<(String, String)>,
}

impl Watched {
    /// The counters of these promotions for a member and its aliases.
    pub(crate) fn new(
        promotions: &[Promotion],
        scanned: &[(usize, &str)],
        member: Option<(&str, &[String])>,
        local: &Zoned,
    ) -> Self {
        let keys = watched(promotions, scanned, member.map(|(member_id, _)| member_id), local);
        let ids = || member.iter().flat_map(|(_, aliases)| aliases.iter().map(String::as_str));
        let of_aliases = |key: &LimitKey| -> Vec<_> {
            key.of_members(ids()).map(|counter| (counter, key.limit_id.clone())).collect()
        };
        let aliases = keys.iter().flat_map(of_aliases).collect();
        Self { keys, aliases }
    }
}

/// Every counter an offer may touch: those of the promotions that are on now and that nothing or a scanned
/// code (position of its promotion, text) sets off. Sorted, each once.
fn watched(
    promotions: &[Promotion],
    scanned: &[(usize, &str)],
    member_id: Option<&str>,
    local: &Zoned,
) -> Vec<LimitKey> {
    let now = local.timestamp();
    let mut keys = Vec::new();
    for (position, promotion) in promotions.iter().enumerate() {
        let definition = &promotion.definition;
        let over = definition.valid_until.is_some_and(|until| now >= until);
        let early = definition.valid_from.is_some_and(|from| now < from);
        if definition.limits.is_empty() || !promotion.active || over || early {
            continue;
        }
        let codes: Vec<&str> =
            scanned.iter().filter(|(of, _)| *of == position).map(|(_, code)| *code).collect();
        if definition.trigger == Trigger::Code && codes.is_empty() {
            continue;
        }
        for limit in &definition.limits {
            let of = |code| limit.key(&promotion.promotion_id, code, member_id, local);
            if limit.per == Per::Code {
                keys.extend(codes.iter().filter_map(|code| of(Some(*code))));
            } else {
                keys.extend(of(None));
            }
        }
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loyalty::promotion::Definition;

    fn promotion(id: &str, active: bool, more: &str) -> Promotion {
        let text = format!(r#"{{"kind":{{"percent":{{"percent":10}}}},"scope":{{"on":"order"}},{more}}}"#);
        Promotion::new(id.to_owned(), active, Definition::parse(&text).unwrap())
    }

    #[test]
    fn only_counters_that_an_offer_may_touch_are_watched() {
        let all = r#""limits":[{"per":"code","uses":1},{"per":"member","uses":2,"period":"day"},{"per":"campaign","amount":5}]"#;
        let automatic = format!(r#""trigger":"automatic",{all}"#);
        let coded = format!(r#""trigger":"code",{all}"#);
        let over = format!(r#"{automatic},"validUntil":"2026-01-01T00:00:00Z""#);
        let early = format!(r#"{automatic},"validFrom":"2026-04-01T00:00:00Z""#);
        let promotions = vec![
            promotion("a", true, &automatic),
            promotion("b", true, &coded),
            promotion("c", true, &coded),
            promotion("d", false, &automatic),
            promotion("e", true, &over),
            promotion("f", true, &early),
            promotion("g", true, r#""trigger":"automatic""#),
        ];
        let local: Zoned = "2026-03-01T10:00:00[UTC]".parse().unwrap();
        let ids = |scanned: &[(usize, &str)], member| {
            let keys = watched(&promotions, scanned, member, &local);
            keys.into_iter().map(|key| key.limit_id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&[], None), ["a/amount/campaign/ever/"]);
        let b = 1;
        assert_eq!(
            ids(&[(b, "X"), (b, "X"), (b, "Y")], Some("m")),
            [
                "a/amount/campaign/ever/",
                "a/uses/member/2026-03-01/m",
                "b/amount/campaign/ever/",
                "b/uses/code/ever/X",
                "b/uses/code/ever/Y",
                "b/uses/member/2026-03-01/m",
            ]
        );
    }

    #[test]
    fn an_aliass_counters_count_with_the_members() {
        let limits = r#""limits":[{"per":"member","uses":1},{"per":"member","amount":5,"period":"day"},{"per":"campaign","uses":9}]"#;
        let automatic = format!(r#""trigger":"automatic",{limits}"#);
        let promotions = [promotion("a", true, &automatic)];
        let local: Zoned = "2026-03-01T10:00:00[UTC]".parse().unwrap();
        let aliases = ["old".to_owned(), "older".to_owned()];
        let found = Watched::new(&promotions, &[], Some(("m", &aliases)), &local);
        assert_eq!(found.keys, watched(&promotions, &[], Some("m"), &local));
        let pair = |alias: &str, of: &str| (format!("{of}{alias}"), format!("{of}m"));
        let (day, ever) = ("a/amount/member/2026-03-01/", "a/uses/member/ever/");
        assert_eq!(
            found.aliases,
            [pair("old", day), pair("older", day), pair("old", ever), pair("older", ever)]
        );
        assert_eq!(Watched::new(&promotions, &[], None, &local).aliases, []);
        let of = |limit_id: &str| LimitKey { limit_id: limit_id.to_owned(), promotion_id: "a/b".to_owned() };
        let others = |key: &LimitKey, ids: &[&str]| key.of_members(ids.iter().copied()).collect::<Vec<_>>();
        let slashes = of("a%2Fb/uses/member/ever/x/y");
        assert_eq!(others(&slashes, &["z/y", "x/y"]), ["a%2Fb/uses/member/ever/z/y"]);
        let by_code = of("a%2Fb/uses/code/ever/x");
        assert_eq!((others(&by_code, &["z"]).len(), by_code.counts_by_member()), (0, false));
    }

    /// Every counter is one of its own limit and of no other limit of the promotion.
    #[test]
    fn a_counter_tells_its_limit() {
        let local: Zoned = "2026-01-01T00:30:00[Europe/Prague]".parse().unwrap();
        let mut limits = Vec::new();
        for per in [Per::Code, Per::Member, Per::Campaign] {
            for period in
                [None, Some(Period::Day), Some(Period::Week), Some(Period::Month), Some(Period::Year)]
            {
                limits.push(Limit { per, uses: Some(1), amount: None, period });
                limits.push(Limit { per, uses: None, amount: Some(Number::from(1)), period });
            }
        }
        assert_eq!(check_all(&limits), Ok(()));
        for (index, limit) in limits.iter().enumerate() {
            let key = limit.key("p/1", Some("a/b"), Some("m/W"), &local).unwrap();
            let found: Vec<usize> =
                (0..limits.len()).filter(|other| limits[*other].counts_in("p/1", &key.limit_id)).collect();
            assert_eq!(found, [index], "{}", key.limit_id);
            let counted = LimitUse { limit_id: key.limit_id, promotion_id: key.promotion_id, amount: 1 };
            assert_eq!(counted.counts_money(), limit.counts_money());
            assert!(!limit.counts_in("p", &counted.limit_id), "another promotion");
        }
        limits.push(limits[0].clone());
        assert!(check_all(&limits).unwrap_err().contains("limits[30]"));
    }

    /// A promotion's id, a code or a member's id may hold whatever a counter's id is put together with.
    #[test]
    fn no_two_counters_share_an_id() {
        let local: Zoned = "2026-01-01T00:30:00[Europe/Prague]".parse().unwrap();
        let texts = [
            "p",
            "p/",
            "/p",
            "p%2F",
            "p%252F",
            "p/uses/code/ever",
            "p%2Fuses/code/ever",
            "uses/campaign/ever/",
            "code/ever/p",
            "p/uses/campaign/ever/",
            "ever/",
            "",
        ];
        let mut seen = BTreeMap::new();
        for promotion_id in texts {
            for (per, period) in [(Per::Code, None), (Per::Member, Some(Period::Year)), (Per::Campaign, None)]
            {
                for subject in texts.iter().copied().take(if per == Per::Campaign { 1 } else { texts.len() })
                {
                    let limit = Limit { per, uses: Some(1), amount: None, period };
                    let id = limit.key(promotion_id, Some(subject), Some(subject), &local).unwrap().limit_id;
                    for other in texts {
                        assert_eq!(limit.counts_in(other, &id), other == promotion_id, "{other:?}: {id}");
                    }
                    let counter = (promotion_id, per.text(), subject);
                    assert_eq!(seen.insert(id.clone(), counter), None, "{id} is {counter:?} as well");
                }
            }
        }
    }

    #[test]
    fn what_is_allowed_has_the_ledgers_digits() {
        let two = Precision::new(2).unwrap();
        let most = |text: &str| serde_json::from_str::<Limit>(text).unwrap().most(two);
        assert_eq!(most(r#"{"per":"code","uses":3}"#), 3);
        assert_eq!(most(r#"{"per":"code","amount":"10.005"}"#), 1_001);
    }

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
            ..Taken::default()
        };
        assert_eq!((taken.left("a", 10), taken.left("b", 5), taken.left("c", 3)), (1, 0, 3));
    }
}
