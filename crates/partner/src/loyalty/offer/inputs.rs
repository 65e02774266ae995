//! Which entries of `benefitInputs` count, and which were there before?
//!
//! One answer per entry, in order. A card or a voucher counts once; a promotion's code multiplies only
//! where the promotion is repeatable (loyalty.md I7).

use super::balance_state::BalanceState;
use super::basket::Basket;
use super::code::{self, KnownCode, Meaning};
use super::hold::Free;
use super::identified::{Entry, Found, Identified};
use super::reason::Reason;
use super::top_up;
use super::trace::Trace;
use crate::loyalty::ledger::BalanceStatus;
use crate::loyalty::program::Program;
use jiff::Timestamp;

/// Judges every entry in order.
pub(crate) fn identify<'a>(
    program: &Program,
    basket: &Basket,
    codes: &'a [KnownCode],
    balances: &[BalanceState],
    now: Timestamp,
    trace: &mut Trace,
) -> Identified<'a> {
    let mut seen = Identified {
        entries: Vec::with_capacity(basket.request.benefit_inputs.len()),
        member: None,
        scanned: vec![0; program.promotions.len()],
        allowed: vec![false; balances.len()],
        frozen: vec![false; balances.len()],
        tops_up: vec![false; balances.len()],
    };
    for input in &basket.request.benefit_inputs {
        let entry = match code::find(codes, &input.input_code) {
            None => Entry { found: Found::Nothing, refusal: Some(Reason::NotFound) },
            Some(known) => judge(known, program, balances, now, &mut seen),
        };
        if let Some(reason) = entry.refusal {
            trace.add("code", || (input.input_code.clone(), format!("not applicable: {}", reason.code())));
        }
        seen.entries.push(entry);
    }
    if let Some(member) = seen.member {
        for ((allowed, frozen), state) in seen.allowed.iter_mut().zip(&mut seen.frozen).zip(balances) {
            if state.row.member_id.as_deref() == Some(member.member_id.as_str()) {
                *allowed = state.row.status == BalanceStatus::Active;
                *frozen = state.row.status == BalanceStatus::Frozen;
                if !*allowed {
                    trace.add("code", || {
                        (state.row.balance_id.clone(), format!("not used: {}", state.row.status.as_str()))
                    });
                }
            }
        }
    }
    top_up::settle(&mut seen, balances, trace);
    seen
}

fn judge<'a>(
    known: &'a KnownCode,
    program: &Program,
    balances: &[BalanceState],
    now: Timestamp,
    seen: &mut Identified<'a>,
) -> Entry {
    let standing = known.standing(now);
    match &known.meaning {
        Meaning::Card(member) => {
            let refusal = standing.err().or(match seen.member {
                None => None,
                Some(first) if first.member_id == member.member_id => Some(Reason::AlreadyApplied),
                Some(_) => Some(Reason::NotCombinable),
            });
            if refusal.is_none() {
                seen.member = Some(member);
            }
            // an erased member's card is no card of anybody
            let found = if refusal == Some(Reason::NotFound) { Found::Nothing } else { Found::Card };
            Entry { found, refusal }
        }
        Meaning::Voucher { balance_id } => {
            let position = balances.iter().position(|state| state.row.balance_id == *balance_id);
            let found = Found::Voucher(position);
            let state = position.map(|at| &balances[at]);
            // a voucher that waits for its activation is bought by scanning it (loyalty.md §11 T4)
            if let (Some(at), Some(state)) = (position, state)
                && top_up::activates(state)
                && matches!(standing, Ok(()) | Err(Reason::Inactive))
            {
                return Entry { found, refusal: top_up::judge(state, &mut seen.tops_up[at]) };
            }
            let refusal = standing.err().or_else(|| match position {
                None => Some(Reason::NotFound),
                Some(at) => voucher(&balances[at], &mut seen.allowed[at]),
            });
            Entry { found, refusal }
        }
        Meaning::TopUp { balance_id: None } => Entry { found: Found::TopUp(None), refusal: standing.err() },
        Meaning::TopUp { balance_id: Some(balance_id) } => {
            let position = balances.iter().position(|state| state.row.balance_id == *balance_id);
            let refusal = standing.err().or_else(|| match position {
                None => Some(Reason::NotFound),
                Some(at) => top_up::judge(&balances[at], &mut seen.tops_up[at]),
            });
            Entry { found: Found::TopUp(position), refusal }
        }
        Meaning::Ambiguous => Entry { found: Found::Card, refusal: Some(Reason::Ambiguous) },
        Meaning::Promotion { promotion_id } => {
            let position = program.position(promotion_id);
            let refusal = standing.err().or_else(|| match position {
                None => Some(Reason::NotFound),
                Some(at) => {
                    let promotion = &program.promotions[at];
                    let definition = &promotion.definition;
                    if !promotion.active {
                        Some(Reason::Inactive)
                    } else if definition.valid_until.is_some_and(|until| now >= until) {
                        Some(Reason::Expired)
                    } else if definition.valid_from.is_some_and(|from| now < from) {
                        Some(Reason::NotYetValid)
                    } else if seen.scanned[at] > 0 && !definition.repeatable {
                        Some(Reason::AlreadyApplied)
                    } else {
                        seen.scanned[at] += 1;
                        None
                    }
                }
            });
            Entry { found: Found::Promotion(position), refusal }
        }
    }
}

/// Whether a voucher's balance may be spent; marks it when so.
fn voucher(state: &BalanceState, allowed: &mut bool) -> Option<Reason> {
    match state.row.status {
        BalanceStatus::Inactive => return Some(Reason::Inactive),
        BalanceStatus::Frozen => return Some(Reason::Frozen),
        BalanceStatus::Active => {}
    }
    if *allowed {
        return Some(Reason::AlreadyApplied);
    }
    if let Some(reason) = nothing_to_spend(state) {
        return Some(reason);
    }
    *allowed = true;
    None
}

/// Why a balance has nothing for this check; `None` when it has something.
pub(crate) fn nothing_to_spend(state: &BalanceState) -> Option<Reason> {
    nothing_in(&state.free)
}

/// The same for what one part of a balance may spend.
pub(crate) fn nothing_in(free: &Free) -> Option<Reason> {
    if free.available > 0 {
        None
    } else if free.reserved_elsewhere > 0 {
        Some(free.locked())
    } else if free.pending > 0 {
        Some(Reason::NotYetValid)
    } else if free.ended {
        Some(Reason::Expired)
    } else {
        Some(Reason::AlreadyUsed)
    }
}
