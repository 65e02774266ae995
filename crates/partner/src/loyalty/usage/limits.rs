//! What does a paid bill use of the limits of its promotions?
//!
//! The report says which promotions took something off. What the offer kept for them is entered, a fact even
//! where the hold has ended or nothing is left (loyalty.md §5): then it is flagged. A use counts once per offer,
//! however many bills the offer was split into; money adds up (§7 I5).

use super::flag::{Findings, Flag};
use super::report::units;
use crate::loyalty::ledger::CheckKey;
use crate::loyalty::limit::{self, Counter, LimitHold};
use crate::loyalty::merge;
use crate::loyalty::program::Program;
use crate::loyalty::promotion::{Definition, Limit, LimitKey, LimitUse, Promotion};
use crate::merchant::MerchantRow;
use crate::row;
use db::{Error, Tx, params};
use jiff::Timestamp;
use money::Decimal;
use std::borrow::Cow;
use std::collections::BTreeMap;

db::statement! {
    /// A promotion's rule, where the program is not in memory.
    RULE_OF_PROMOTION -> String = "SELECT definition FROM partner_promotion WHERE merchant = $1 AND promotion_id = $2";
}

/// The part of a report that limits are counted from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reported<'a> {
    pub(super) offer_id: &'a str,
    pub(super) bill_id: &'a str,
    /// The amount that each promotion took off, in currency, above 0.
    pub(super) promotions: &'a BTreeMap<String, Decimal>,
    /// The check and the uses of limits the offer held for it, where the offer is known.
    pub(super) offer: Option<(&'a CheckKey, &'a [LimitUse])>,
    pub(super) member_id: Option<&'a str>,
    pub(super) place: &'a str,
    pub(super) paid_at: Timestamp,
    pub(super) now: Timestamp,
    /// Whether limits of money count too: not where the bill is in another currency than the books.
    pub(super) counts_money: bool,
}

/// A bill's use of one counter.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Claim {
    key: LimitKey,
    /// Minor units, or the uses of the whole offer.
    amount: i64,
    money: bool,
    /// The amount that the offer held; `None` where it held nothing of this counter.
    given: Option<i64>,
    /// How much is allowed; `None` where the rule is not known (any more).
    most: Option<i64>,
}

/// The claims of a bill with their counters, locked.
pub(super) struct Claims {
    claims: Vec<Claim>,
    counters: BTreeMap<String, Counter>,
}

impl Claims {
    /// Finds and locks what the report uses; `None`, and no statement, where nothing is limited. The balances
    /// are locked before, the offer's row after.
    pub(super) fn lock(
        tx: &mut Tx<'_>,
        program: &Program,
        merchant: &MerchantRow,
        reported: &Reported<'_>,
    ) -> Result<Option<Self>, Error> {
        if reported.promotions.is_empty() {
            return Ok(None);
        }
        let program = rules(tx, program, merchant, reported.promotions)?;
        let claims = claims(&program, merchant, reported);
        if claims.is_empty() {
            return Ok(None);
        }
        let keys = claims.iter().map(|claim| (claim.key.limit_id.clone(), claim.key.clone())).collect();
        let counters = Counter::lock(tx, &merchant.merchant, &keys, reported.now)?;
        Ok(Some(Self { claims, counters }))
    }

    /// Enters what the bill used and captures what its check kept.
    pub(super) fn enter(
        mut self,
        tx: &mut Tx<'_>,
        merchant: &str,
        reported: &Reported<'_>,
        findings: &mut Findings,
    ) -> Result<(), Error> {
        let mut by_offer: BTreeMap<String, i64> = BTreeMap::new();
        for entry in limit::entries_of_offer(tx, merchant, reported.offer_id)? {
            *by_offer.entry(entry.limit_id).or_default() += entry.amount;
        }
        let ids: Vec<&str> = self.counters.keys().map(String::as_str).collect();
        let holds = limit::active_holds(tx, merchant, &ids)?;
        let by_ids = self.used_by_other_ids(tx, merchant, reported.member_id)?;
        for claim in &self.claims {
            let Some(counter) = self.counters.get_mut(&claim.key.limit_id) else { continue };
            let already = by_offer.get(&claim.key.limit_id).copied().unwrap_or(0).max(0);
            let amount = if claim.money { claim.amount } else { (claim.amount - already).max(0) };
            if amount == 0 {
                continue;
            }
            let own = holds.iter().find(|hold| {
                hold.limit_id == claim.key.limit_id
                    && reported.offer.is_some_and(|(check, _)| hold.check == *check)
            });
            claim.judge(amount, already, own.is_some_and(|hold| hold.counts(reported.now)), findings);
            counter.enter(tx, merchant, amount, reported.offer_id, reported.bill_id, reported.now)?;
            let id = &claim.key.limit_id;
            let used = counter.used.saturating_add(by_ids.get(id).copied().unwrap_or(0));
            if let Some(most) = claim.most.filter(|most| used > *most) {
                findings.flag(Flag::OverLimit);
                findings.remark(format!("limit {id}: {most} is allowed, {used} is used"));
            }
            if let Some(hold) = own {
                capture(tx, merchant, hold, amount)?;
            }
        }
        Ok(())
    }

    /// By counter: what the other ids of the same person used of it, those that were merged (loyalty.md §12 G4).
    /// Read without a lock: it decides over a flag alone.
    fn used_by_other_ids(
        &self,
        tx: &mut Tx<'_>,
        merchant: &str,
        member_id: Option<&str>,
    ) -> Result<BTreeMap<String, i64>, Error> {
        let mut used: BTreeMap<String, i64> = BTreeMap::new();
        let by_member = self.claims.iter().any(|claim| claim.key.counts_by_member());
        let Some(member_id) = member_id.filter(|_| by_member) else { return Ok(used) };
        let aliases = merge::aliases(tx, merchant, member_id)?;
        for Claim { key, .. } in &self.claims {
            // an offer from before the merge counts on the counter of the id that went
            for other in key.of_members(aliases.iter().map(String::as_str).chain([member_id])) {
                if let Some(counter) = limit::look(tx, merchant, &other)? {
                    let sum = used.entry(key.limit_id.clone()).or_default();
                    *sum = sum.saturating_add(counter.used);
                }
            }
        }
        Ok(used)
    }
}

/// Takes `used` from a hold; the rest stays held for the check (loyalty.md §4).
fn capture(tx: &mut Tx<'_>, merchant: &str, hold: &LimitHold, used: i64) -> Result<(), Error> {
    limit::capture_hold(tx, merchant, hold, hold.amount - used.min(hold.amount))
}

impl Claim {
    /// Compares what was used with what the offer kept (loyalty.md §4, §5, §7 I5).
    fn judge(&self, amount: i64, already: i64, held: bool, findings: &mut Findings) {
        let Some(given) = self.given else { return };
        if amount.saturating_add(already) > given {
            findings.flag(if already > 0 { Flag::Conflict } else { Flag::Differs });
            let id = &self.key.limit_id;
            findings.remark(format!(
                "limit {id}: the offer kept {given}, its other bills used {already}, this one {amount}"
            ));
        }
        if !held && given > already {
            findings.flag(Flag::Late);
        }
    }
}

/// The rules of these promotions: from memory, else from their rows.
fn rules<'p>(
    tx: &mut Tx<'_>,
    program: &'p Program,
    merchant: &MerchantRow,
    promotions: &BTreeMap<String, Decimal>,
) -> Result<Cow<'p, Program>, Error> {
    if promotions.keys().all(|promotion_id| program.position(promotion_id).is_some()) {
        return Ok(Cow::Borrowed(program));
    }
    let mut known = Vec::new();
    for promotion_id in promotions.keys() {
        if let Some(found) = tx.optional(&RULE_OF_PROMOTION, params![&merchant.merchant, promotion_id])? {
            let definition = Definition::parse(&found).map_err(|_| {
                row::unreadable("partner_promotion", "definition", "a promotion's rule as JSON")
            })?;
            known.push(Promotion::new(promotion_id.clone(), true, definition));
        }
    }
    Ok(Cow::Owned(Program::new(program.settings.clone(), known, program.time_zone.clone())))
}

/// The report's use of each counter. Where the offer held something of a counter, that counter is used. A limit of which the
/// offer held nothing (the offer is not known, or the limit is newer) counts by the member and the place's day of the
/// payment; a limit per code then does not count, because nobody knows which code it was.
fn claims(program: &Program, merchant: &MerchantRow, reported: &Reported<'_>) -> Vec<Claim> {
    let kept = reported.offer.map_or(&[][..], |(_, limits)| limits);
    let local = program.local(reported.place, reported.paid_at);
    let mut claims = Vec::new();
    for (promotion_id, value) in reported.promotions {
        let money = units(*value, false, merchant.precision).map_or(0, |(units, _)| units);
        let limits: &[Limit] = program
            .position(promotion_id)
            .map_or(&[], |position| program.promotions[position].definition.limits.as_slice());
        let kept: Vec<&LimitUse> = kept.iter().filter(|one| one.promotion_id == *promotion_id).collect();
        for one in &kept {
            let limit = limits.iter().find(|limit| limit.counts_in(promotion_id, &one.limit_id));
            claims.push(Claim {
                key: LimitKey { limit_id: one.limit_id.clone(), promotion_id: promotion_id.clone() },
                amount: if one.counts_money() { money } else { one.amount },
                money: one.counts_money(),
                given: Some(one.amount),
                most: limit.map(|limit| limit.most(merchant.precision)),
            });
        }
        for limit in limits {
            if kept.iter().any(|one| limit.counts_in(promotion_id, &one.limit_id)) {
                continue;
            }
            if let Some(key) = limit.key(promotion_id, None, reported.member_id, &local) {
                claims.push(Claim {
                    key,
                    amount: if limit.counts_money() { money } else { 1 },
                    money: limit.counts_money(),
                    given: None,
                    most: Some(limit.most(merchant.precision)),
                });
            }
        }
    }
    claims.retain(|claim| claim.amount > 0 && (reported.counts_money || !claim.money));
    claims
}
