//! Which balances does a check top up, and with how much?
//!
//! loyalty.md §11: what was scanned decides whether a balance is spent or topped up, never both (T1). A code of
//! kind `topUp` tops up its balance, or every balance of the member that takes a top-up; the code of a
//! voucher that waits for its activation buys it (T4). The value is credited by the usage report (T3).

use super::balance_state::{BalanceState, Scale};
use super::basket::{Basket, floor_to};
use super::identified::{Found, Identified};
use super::reason::Reason;
use super::trace::Trace;
use super::wishes::Wishes;
use crate::loyalty::ledger::{BalanceRow, BalanceStatus, Prepayment};
use crate::loyalty::program::SoldAs;
use jiff::civil::Date;
use money::{Amount, Decimal};
use wire::Number;
use wire::loyalty::BalanceType;

/// What is sold as a top-up of one balance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TopUp {
    /// The balance's position.
    pub(crate) balance: usize,
    /// What is credited when it is paid; above 0, in the request's units.
    pub(crate) value: Amount,
    /// What the cashier chose and cannot have.
    pub(crate) refused: Option<Decimal>,
}

/// Whether scanning the voucher itself buys it.
pub(crate) fn activates(state: &BalanceState) -> bool {
    state.row.status == BalanceStatus::Inactive && takes(state).is_some()
}

/// What may be topped up on a balance; `None` for points (T2) and where the merchant sells nothing.
pub(crate) fn takes(state: &BalanceState) -> Option<&Prepayment> {
    state.row.settings.prepayment.as_ref().filter(|_| state.row.balance_type.takes_prepayment())
}

/// What a top-up of this day is sold as: only the sale of a single-purpose voucher is a supply, at a rate (loyalty.md
/// §3 V2, V3).
pub(crate) fn sold_as(row: &BalanceRow, day: Date) -> SoldAs {
    let single = row.balance_type == BalanceType::SinglePurposePrepaidVoucher;
    SoldAs {
        r#type: row.balance_type,
        vat_rate: row.settings.vat_rate_on(day).filter(|_| single).map(Number),
        product_ids: row.settings.product_ids.clone(),
    }
}

/// Why a balance cannot be topped up; marks it when it can.
pub(crate) fn judge(state: &BalanceState, tops_up: &mut bool) -> Option<Reason> {
    let Some(prepayment) = takes(state) else { return Some(Reason::TopUpNotAllowed) };
    match state.row.status {
        BalanceStatus::Frozen => return Some(Reason::Frozen),
        BalanceStatus::Active if !prepayment.is_reloadable(state.row.balance_type) => {
            return Some(Reason::AlreadyActive);
        }
        BalanceStatus::Active | BalanceStatus::Inactive => {}
    }
    if *tops_up {
        return Some(Reason::AlreadyApplied);
    }
    *tops_up = true;
    None
}

/// Once all codes are read: finds the member's balances for a top-up code that names none, and keeps every
/// balance that is topped up from being spent.
pub(crate) fn settle(seen: &mut Identified<'_>, balances: &[BalanceState], trace: &mut Trace) {
    for index in 0..seen.entries.len() {
        if seen.entries[index].found != Found::TopUp(None) || seen.entries[index].refusal.is_some() {
            continue;
        }
        let mut refusal = Some(Reason::TopUpNotAllowed);
        for (at, state) in balances.iter().enumerate() {
            let of_member = seen.member.is_some_and(|member| {
                state.row.member_id.as_deref() == Some(member.member_id.as_str()) && takes(state).is_some()
            });
            if of_member && refusal.is_some() {
                refusal = judge(state, &mut seen.tops_up[at]);
            } else if of_member {
                judge(state, &mut seen.tops_up[at]);
            }
        }
        seen.entries[index].refusal = refusal;
    }
    for (at, tops_up) in seen.tops_up.iter().enumerate() {
        if *tops_up && seen.allowed[at] {
            seen.allowed[at] = false;
            trace.add("code", || (balances[at].row.balance_id.clone(), "topped up, so not spent".to_owned()));
        }
    }
    for entry in &mut seen.entries {
        // the voucher itself was scanned to be spent: a top-up code goes before it
        if let Found::Voucher(Some(at)) = entry.found
            && entry.refusal.is_none()
            && seen.tops_up[at]
            && !activates(&balances[at])
        {
            entry.refusal = Some(Reason::NotCombinable);
        }
    }
}

/// What is sold, in the order of the balances. One that the till rejected is left out.
pub(crate) fn apply(
    tops_up: &[bool],
    basket: &Basket,
    balances: &[BalanceState],
    wishes: &Wishes,
    scale: Scale,
    trace: &mut Trace,
) -> Vec<TopUp> {
    let mut sold = Vec::new();
    for (balance, state) in balances.iter().enumerate() {
        let Some(prepayment) = takes(state).filter(|_| tops_up[balance]) else { continue };
        let wish = wishes.of_balance(&state.row.balance_id);
        if wish.rejected {
            trace.add("top-up", || (state.row.balance_id.clone(), "rejected by the till".to_owned()));
            continue;
        }
        let amount =
            |number: Decimal| floor_to(number, basket.precision).map(|amount| scale.spendable(amount));
        let chosen = wish.prepaid.filter(|_| prepayment.editable).map(|wanted| {
            let exact = amount(wanted).filter(|amount| amount.to_decimal(basket.precision) == wanted);
            exact.filter(|amount| *amount > Amount::ZERO && within(prepayment, wanted)).ok_or(wanted)
        });
        let (value, refused) = match chosen {
            Some(Ok(value)) => (Some(value), None),
            Some(Err(wanted)) => (amount(prepayment.value.0), Some(wanted)),
            None => (amount(prepayment.value.0), None),
        };
        let Some(value) = value.filter(|value| *value > Amount::ZERO) else { continue };
        trace.add("top-up", || {
            (state.row.balance_id.clone(), format!("{} to be paid for later use", value.0))
        });
        sold.push(TopUp { balance, value, refused });
    }
    sold
}

fn within(prepayment: &Prepayment, wanted: Decimal) -> bool {
    let wanted = Number(wanted);
    prepayment.min.is_none_or(|least| wanted >= least) && prepayment.max.is_none_or(|most| wanted <= most)
}
