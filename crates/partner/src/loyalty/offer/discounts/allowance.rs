//! How often, and for how much, do a promotion's limits let it count on this check?

use super::ground::Ground;
use crate::loyalty::offer::reason::Reason;
use crate::loyalty::promotion::{LimitKey, LimitUse, Per, Promotion};
use money::Amount;

/// One counter a promotion touches on this check.
#[derive(Debug, Clone)]
struct Counter {
    key: LimitKey,
    /// Which of the promotion's limits it belongs to.
    limit: usize,
    /// What is left: uses, or minor units of the ledger.
    left: i64,
    /// What would be left if other checks kept nothing.
    without_holds: i64,
    /// Whether all that others keep is kept by other checks of the same register.
    only_this_register: bool,
    /// Uses this check takes.
    uses: i64,
    /// A counted scan stands behind it.
    counted: bool,
}

/// What the limits leave.
#[derive(Debug, Clone)]
pub(super) struct Allowance {
    /// How often it counts; at least 1.
    pub(super) times: u32,
    /// What it may take off at most, at the request's precision.
    pub(super) cap: Option<Amount>,
    /// For each of its scans whether it counts, and why not; empty when all do.
    pub(super) refused: Vec<Option<Reason>>,
    counters: Vec<Counter>,
}

impl Allowance {
    /// Judges the scans of a promotion in order; an automatic one that was not scanned counts once, without
    /// a code.
    ///
    /// # Errors
    /// Why it does not count at all: used up, kept by other checks, or counted per member where there is none.
    pub(super) fn of(position: usize, promotion: &Promotion, ground: &Ground<'_>) -> Result<Self, Reason> {
        let scans = || ground.asked.scans.iter().filter(|(at, _)| *at == position).map(|(_, code)| *code);
        let limits = &promotion.definition.limits;
        let scanned = u32::try_from(scans().count()).unwrap_or(u32::MAX);
        let mut allowed =
            Self { times: scanned.max(1), cap: None, refused: Vec::new(), counters: Vec::new() };
        if limits.is_empty() {
            return Ok(allowed);
        }
        // without a card anybody could come again and again
        if ground.asked.member.is_none() && limits.iter().any(|limit| limit.per == Per::Member) {
            return Err(Reason::NotEligible);
        }
        let mut counted = 0;
        let mut unlimited = vec![false; limits.len()];
        let codes = scans().map(Some).chain((scanned == 0).then_some(None));
        for code in codes {
            let touched = allowed.touch(code, promotion, ground);
            let refusal = allowed.refusal(&touched, promotion, ground);
            if refusal.is_none() {
                counted += 1;
                for (limit, counter) in touched.iter().enumerate() {
                    match counter {
                        Some(at) => {
                            allowed.counters[*at].uses += 1;
                            allowed.counters[*at].counted = true;
                        }
                        None => unlimited[limit] = true,
                    }
                }
            }
            allowed.refused.push(refusal);
        }
        if counted == 0 {
            // used up goes before kept at another register, and that before kept at this one
            let order = |reason: &Reason| match reason {
                Reason::LimitReached => 0,
                Reason::LockedByOtherCheck => 2,
                _ => 1,
            };
            let reason = allowed.refused.into_iter().flatten().min_by_key(order);
            return Err(reason.unwrap_or(Reason::LimitReached));
        }
        allowed.times = counted;
        allowed.cap = (0..limits.len())
            .filter(|limit| limits[*limit].amount.is_some() && !unlimited[*limit])
            .map(|limit| {
                let counters = allowed.counters.iter().filter(|one| one.limit == limit && one.counted);
                counters.map(|one| ground.scale.to_request(one.left)).sum()
            })
            .min();
        if allowed.refused.iter().all(Option::is_none) {
            allowed.refused.clear();
        }
        Ok(allowed)
    }

    /// The counter of each limit for one code, by position; `None` where the limit has no subject.
    fn touch(
        &mut self,
        code: Option<&str>,
        promotion: &Promotion,
        ground: &Ground<'_>,
    ) -> Vec<Option<usize>> {
        let member = ground.asked.member.map(|member| member.member_id.as_str());
        let limits = promotion.definition.limits.iter().enumerate();
        limits
            .map(|(limit, rule)| {
                let key = rule.key(&promotion.promotion_id, code, member, &ground.local)?;
                let known = self.counters.iter().position(|one| one.limit == limit && one.key == key);
                Some(known.unwrap_or_else(|| {
                    let taken = ground.asked.limits;
                    let precision = ground.asked.books.precision;
                    let most = rule.uses.unwrap_or_else(|| {
                        rule.amount.and_then(|amount| amount.amount(precision).ok()).map_or(0, |m| m.amount.0)
                    });
                    let left = taken.left(&key.limit_id, most);
                    let used = taken.used.get(&key.limit_id).copied().unwrap_or(0);
                    let only_this_register = taken.only_this_register.contains(&key.limit_id);
                    self.counters.push(Counter {
                        key,
                        limit,
                        left,
                        without_holds: most.saturating_sub(used),
                        only_this_register,
                        uses: 0,
                        counted: false,
                    });
                    self.counters.len() - 1
                }))
            })
            .collect()
    }

    /// Why one more scan on these counters does not count.
    fn refusal(
        &self,
        touched: &[Option<usize>],
        promotion: &Promotion,
        ground: &Ground<'_>,
    ) -> Option<Reason> {
        let mut refusal = None;
        for counter in touched.iter().flatten().filter_map(|at| self.counters.get(*at)) {
            let of_money = promotion.definition.limits[counter.limit].amount.is_some();
            let nothing = |left: i64| {
                if of_money { ground.scale.to_request(left) <= Amount::ZERO } else { left <= counter.uses }
            };
            if nothing(counter.without_holds) {
                refusal = Some(Reason::LimitReached);
            } else if nothing(counter.left) {
                refusal = refusal.or(Some(Reason::locked(counter.only_this_register)));
            }
        }
        refusal
    }

    /// What the counters lose when the promotion takes `value` off. Where several counters share a limit of
    /// money (one per code), the first scanned give first.
    pub(super) fn uses(&self, value: Amount, promotion: &Promotion, ground: &Ground<'_>) -> Vec<LimitUse> {
        let limits = &promotion.definition.limits;
        // a ledger coarser than the request counts up: it never gives more than it has
        let up = Amount(ground.scale.step().0 - 1);
        let in_ledger = ground.scale.to_ledger(ground.scale.spendable(value + up));
        let mut open = vec![in_ledger; limits.len()];
        self.counters
            .iter()
            .filter(|counter| counter.counted)
            .filter_map(|counter| {
                let amount = if limits[counter.limit].amount.is_some() {
                    let part = open[counter.limit].min(counter.left);
                    open[counter.limit] -= part;
                    part
                } else {
                    counter.uses
                };
                (amount > 0).then(|| LimitUse {
                    limit_id: counter.key.limit_id.clone(),
                    promotion_id: counter.key.promotion_id.clone(),
                    amount,
                })
            })
            .collect()
    }
}
