//! What does one balance give to a bill, and how much of it may the cashier choose?

use super::balance_state::{BalanceState, Scale};
use super::basket::{Basket, floor_to};
use super::hold::Free;
use super::inputs::nothing_in;
use super::reason::Reason;
use super::wishes::{Wish, Wishes};
use crate::loyalty::ledger::{LotPart, Part, consume};
use crate::loyalty::program::DefaultUse;
use crate::loyalty::program::stamp_card::StampCard;
use money::{Amount, Decimal};

/// What one balance gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// The balance's position.
    pub(crate) balance: usize,
    /// Which part of it.
    pub(crate) part: Part,
    /// The cashier picks how much.
    pub(crate) controllable: bool,
    /// What is used: whole points, or minor units of the request's precision.
    pub(crate) used: i64,
    /// The most that could be used on this bill, in the unit of `used`.
    pub(crate) most: i64,
    /// `used` moves in multiples of this.
    pub(crate) step: i64,
    /// What is on it, in the unit of `used`; at least 0.
    pub(crate) current: i64,
    /// What `used` is worth on the bill.
    pub(crate) value: Amount,
    /// The lots it comes from, in the ledger's units.
    pub(crate) parts: Vec<LotPart>,
    /// Why it gives less than it could, or nothing.
    pub(crate) reason: Option<Reason>,
}

impl Given {
    /// What is used, in the ledger's units.
    pub(crate) fn in_ledger(&self) -> i64 {
        self.parts.iter().map(|part| part.amount).sum()
    }
}

/// What the steps share.
pub(crate) struct Table<'a> {
    /// The basket.
    pub(crate) basket: &'a Basket,
    /// The balances by position.
    pub(crate) balances: &'a [BalanceState],
    /// Which of them may be spent.
    pub(crate) allowed: &'a [bool],
    /// The cashier's choices.
    pub(crate) wishes: &'a Wishes,
    /// What is used of a controllable balance without a choice.
    pub(crate) default_use: DefaultUse,
    /// The program's cards of stamps.
    pub(crate) stamp_cards: &'a [StampCard],
    /// Between ledger and request.
    pub(crate) scale: Scale,
}

/// How much of `most` is used: nothing when the till rejected the balance, the cashier's choice where
/// there is one, else what the program says.
pub(super) fn choose(
    state: &BalanceState,
    wish: Wish,
    table: &Table<'_>,
    most: i64,
    step: i64,
    unit: Unit,
) -> i64 {
    if wish.rejected {
        return 0;
    }
    if !state.controllable() {
        return most;
    }
    match (wish.controllable, table.default_use) {
        (Some(wanted), _) => unit.floor(wanted, table).clamp(0, most) / step * step,
        (None, DefaultUse::Max) => most,
        (None, DefaultUse::None) => 0,
    }
}

#[derive(Clone, Copy)]
pub(super) enum Unit {
    Points,
    Money,
}

impl Unit {
    /// A wish in whole units, rounded down; what no balance can hold is as much as there is.
    pub(super) fn floor(self, wanted: Decimal, table: &Table<'_>) -> i64 {
        match self {
            Self::Points => {
                i64::try_from(wanted.trunc()).unwrap_or(if wanted.is_sign_negative() { 0 } else { i64::MAX })
            }
            Self::Money => floor_to(wanted, table.basket.precision)
                .map_or(if wanted.is_sign_negative() { 0 } else { i64::MAX }, |amount| amount.0),
        }
    }
}

/// Why less is offered than the bill would take: others hold a part.
pub(super) fn reserved(free: &Free, most: i64, without_holds: i64) -> Option<Reason> {
    (free.reserved_elsewhere > 0 && most < without_holds).then_some(if most == 0 && free.available == 0 {
        free.locked()
    } else {
        Reason::PartlyReserved
    })
}

/// What a part of a balance that counts money gives to at most `wanted` of the bill.
pub(super) fn money_part(
    at: usize,
    part: Part,
    table: &Table<'_>,
    wish: Wish,
    other_part: i64,
    wanted: Amount,
    take: impl FnOnce(Amount) -> Amount,
) -> Given {
    let state = &table.balances[at];
    let free = state.free_of(part, other_part);
    let step = table.scale.step().0;
    let wanted = table.scale.spendable(wanted);
    let most = table.scale.to_request(free.available).min(wanted);
    let value = take(Amount(choose(state, wish, table, most.0, step, Unit::Money)));
    let without_holds =
        table.scale.to_request(free.available.saturating_add(free.reserved_elsewhere)).min(wanted);
    let current = table.scale.to_request(state.current(part)).0;
    let reason = nothing_in(&free)
        .filter(|_| current > 0 || state.free.bonus == 0)
        .or_else(|| reserved(&free, most.0, without_holds.0));
    Given {
        balance: at,
        part,
        controllable: state.controllable(),
        used: value.0,
        most: most.0,
        step,
        current,
        value,
        parts: consume(&free.lots, table.scale.to_ledger(value)).parts,
        reason,
    }
}
