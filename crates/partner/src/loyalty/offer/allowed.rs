//! What do its limits leave a promotion on this check?

use super::balance_state::Scale;
use super::code::Meaning;
use super::discounts::Discount;
use super::inputs::Identified;
use super::quote::Question;
use super::reason::Reason;
use crate::loyalty::promotion::{LimitUse, any_limited};
use jiff::Timestamp;
use money::Amount;

/// What is left for one promotion.
#[derive(Debug, Clone)]
pub(crate) struct Allowed {
    /// How often it may count; `None`: as often as it is scanned.
    pub(crate) times: Option<u32>,
    /// What it may take off; `None`: anything.
    pub(crate) cap: Option<Amount>,
    /// Why nothing is left.
    pub(crate) refusal: Option<Reason>,
    /// Its counters; the amount of each is 0 for uses, 1 for money.
    counters: Vec<LimitUse>,
}

/// By promotion of the program.
pub(crate) fn allowed(question: &Question<'_>, identified: &Identified<'_>, now: Timestamp) -> Vec<Allowed> {
    let program = question.program;
    let free = Allowed { times: None, cap: None, refusal: None, counters: Vec::new() };
    let mut all = vec![free; program.promotions.len()];
    if !any_limited(program) {
        return all;
    }
    let local = program.local(&question.basket.request.place_id, now);
    let scale = Scale::new(question.books.precision, question.basket.precision);
    let member = identified.member.map(|member| member.member_id.as_str());
    for (promotion, allowed) in program.promotions.iter().zip(&mut all) {
        let inputs = question.basket.request.benefit_inputs.iter();
        let code = inputs.map(|input| input.input_code.as_str()).find(|code| {
            question.codes.iter().any(|known| {
                let Meaning::Promotion { promotion_id } = &known.meaning else { return false };
                known.code == *code && *promotion_id == promotion.promotion_id
            })
        });
        for limit in &promotion.definition.limits {
            let Some(key) = limit.key(&promotion.promotion_id, code, member, &local) else { continue };
            let most = limit.most(question.books.precision);
            let left = question.limits.left(&key.limit_id, most);
            if left == 0 {
                let used = question.limits.used.get(&key.limit_id).copied().unwrap_or(0);
                let locked = used < most && allowed.refusal != Some(Reason::LimitReached);
                allowed.refusal =
                    Some(if locked { Reason::LockedByOtherDevice } else { Reason::LimitReached });
            }
            if limit.counts_money() {
                let left = scale.to_request(left);
                allowed.cap = Some(allowed.cap.map_or(left, |cap| cap.min(left)));
            } else {
                let left = u32::try_from(left).unwrap_or(u32::MAX);
                allowed.times = Some(allowed.times.map_or(left, |times| times.min(left)));
            }
            allowed.counters.push(LimitUse {
                limit_id: key.limit_id,
                promotion_id: key.promotion_id,
                amount: i64::from(limit.counts_money()),
            });
        }
    }
    all
}

/// What the applied promotions use of their limits.
pub(crate) fn uses(
    question: &Question<'_>,
    identified: &Identified<'_>,
    allowed: &[Allowed],
    applied: &[Discount],
) -> Vec<LimitUse> {
    let scale = Scale::new(question.books.precision, question.basket.precision);
    let mut uses = Vec::new();
    for discount in applied {
        let of = &allowed[discount.promotion];
        let times = identified.scanned[discount.promotion].max(1).min(of.times.unwrap_or(u32::MAX));
        for counter in &of.counters {
            let amount = if counter.amount == 0 { i64::from(times) } else { scale.to_ledger(discount.value) };
            uses.push(LimitUse { amount, ..counter.clone() });
        }
    }
    uses
}
