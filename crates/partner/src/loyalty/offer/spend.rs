//! What does each balance give to a bill: steps 3 (SPV), 4 (points), 5 (MPV) and 6 (credit) of loyalty.md §2?

use super::balance_state::{BalanceState, Scale};
use super::basket::{Basket, floor_to};
use super::bill::{Bill, Source};
use super::inputs::nothing_to_spend;
use super::reason::Reason;
use super::trace::{StepNote, Trace};
use super::wishes::{Wish, Wishes};
use crate::loyalty::ledger::{LotPart, LotState, consume};
use crate::loyalty::program::DefaultUse;
use money::vat::VatRate;
use money::{Amount, Decimal};
use wire::Number;
use wire::loyalty::BalanceType;

/// What one balance gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// The balance's position.
    pub(crate) balance: usize,
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
    /// Between ledger and request.
    pub(crate) scale: Scale,
}

/// The name of a step in the trace.
fn step_name(balance_type: BalanceType) -> &'static str {
    match balance_type {
        BalanceType::SinglePurposePrepaidVoucher => "spv",
        BalanceType::CollectablePoints => "points",
        BalanceType::MultiPurposePrepaidVoucher => "mpv",
        BalanceType::PrepaidCredit => "credit",
    }
}

/// Applies every allowed balance of one type, in the order of loyalty.md §2.
pub(crate) fn apply(
    balance_type: BalanceType,
    table: &Table<'_>,
    bill: &mut Bill,
    trace: &mut Trace,
) -> Vec<Given> {
    let mut order: Vec<usize> = (0..table.balances.len())
        .filter(|at| table.allowed[*at] && table.balances[*at].row.balance_type == balance_type)
        .collect();
    order.sort_by(|one, other| table.balances[*one].order().cmp(&table.balances[*other].order()));
    let mut given = Vec::with_capacity(order.len());
    for at in order {
        let state = &table.balances[at];
        let wish = table.wishes.of_balance(&state.row.balance_id);
        let one = match balance_type {
            BalanceType::SinglePurposePrepaidVoucher => spv(at, table, wish, bill),
            BalanceType::CollectablePoints => points(at, table, wish, bill),
            BalanceType::MultiPurposePrepaidVoucher | BalanceType::PrepaidCredit => {
                tender(at, table, wish, bill)
            }
        };
        trace.note(|| {
            StepNote {
                step: step_name(balance_type),
                about: state.row.balance_id.clone(),
                verdict: one
                    .reason
                    .map(Reason::code)
                    .or((one.value > Amount::ZERO).then_some(StepNote::APPLIED)),
                text: {
                    let money = |units| Number::from_amount(Amount(units), table.basket.precision);
                    let unit = |used| {
                        if state.row.counts_points() { Number(Decimal::from(used)) } else { money(used) }
                    };
                    format!(
                        "{} of at most {} used, worth {}",
                        unit(one.used),
                        unit(one.most),
                        money(one.value.0)
                    )
                },
                ..StepNote::default()
            }
            .with_lines(Source::Balance(at), table.basket, bill)
        });
        given.push(one);
    }
    given
}

/// How much of `most` is used: nothing when the till rejected the balance, the cashier's choice where
/// there is one, else what the program says.
fn choose(state: &BalanceState, wish: Wish, table: &Table<'_>, most: i64, step: i64, unit: Unit) -> i64 {
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
enum Unit {
    Points,
    Money,
}

impl Unit {
    /// A wish in whole units, rounded down; what no balance can hold is as much as there is.
    fn floor(self, wanted: Decimal, table: &Table<'_>) -> i64 {
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
fn reserved(state: &BalanceState, most: i64, without_holds: i64) -> Option<Reason> {
    (state.free.reserved_elsewhere > 0 && most < without_holds).then_some(
        if most == 0 && state.free.available == 0 {
            Reason::LockedByOtherDevice
        } else {
            Reason::PartlyReserved
        },
    )
}

/// Step 3: a single-purpose voucher was taxed when it was sold, so it comes off lines of its own rate
/// (and, where it names products, of its own products) and of no others (loyalty.md V6).
fn spv(at: usize, table: &Table<'_>, wish: Wish, bill: &mut Bill) -> Given {
    let state = &table.balances[at];
    let parts = consume(&state.free.lots, state.free.available).parts;
    let fits: Vec<Vec<bool>> = parts.iter().map(|part| lines_for(part, state, table)).collect();
    let any_line = |line: usize, bill: &Bill| {
        bill.open(line) > Amount::ZERO && state.free.lots.iter().any(|lot| fits_lot(lot, line, state, table))
    };
    let eligible: Amount = bill.weights(|line| any_line(line, bill)).into_iter().sum();
    let wanted = table.scale.spendable(eligible.min(bill.rest()));

    let most = cover(at, &parts, &fits, table, &mut bill.clone(), Amount(i64::MAX)).value;
    let used = choose(state, wish, table, most.0, table.scale.step().0, Unit::Money);
    let covered = cover(at, &parts, &fits, table, bill, Amount(used));

    let without_holds = table
        .scale
        .to_request(state.free.available.saturating_add(state.free.reserved_elsewhere))
        .min(wanted);
    let reason = nothing_to_spend(state)
        .or_else(|| reserved(state, most.0, without_holds.0))
        .or_else(|| (eligible <= Amount::ZERO).then_some(Reason::NoMatchingItems));
    Given {
        balance: at,
        controllable: state.controllable(),
        used: covered.value.0,
        most: most.0,
        step: table.scale.step().0,
        current: current(state, table),
        value: covered.value,
        parts: covered.parts,
        reason,
    }
}

struct Covered {
    value: Amount,
    parts: Vec<LotPart>,
}

/// Lets lots, in their order of consumption, cover the lines each of them fits, up to `limit` in all.
fn cover(
    at: usize,
    parts: &[LotPart],
    fits: &[Vec<bool>],
    table: &Table<'_>,
    bill: &mut Bill,
    limit: Amount,
) -> Covered {
    let mut covered = Covered { value: Amount::ZERO, parts: Vec::new() };
    for (part, fits) in parts.iter().zip(fits) {
        let weights = bill.weights(|line| fits.get(line).copied().unwrap_or(false));
        let eligible: Amount = weights.iter().copied().sum();
        let amount =
            table.scale.to_request(part.amount).min(eligible).min(bill.rest()).min(limit - covered.value);
        let taken = bill.take(Source::Balance(at), table.scale.spendable(amount), &weights);
        if taken > Amount::ZERO {
            covered.value += taken;
            covered.parts.push(LotPart { lot_id: part.lot_id.clone(), amount: table.scale.to_ledger(taken) });
        }
    }
    covered
}

fn lines_for(part: &LotPart, state: &BalanceState, table: &Table<'_>) -> Vec<bool> {
    let lot = state.free.lots.iter().find(|lot| lot.lot_id == part.lot_id);
    (0..table.basket.lines.len())
        .map(|line| lot.is_some_and(|lot| fits_lot(lot, line, state, table)))
        .collect()
}

/// A lot without a rate fits by its products alone; with neither it fits nothing, since how it was taxed
/// is not known.
fn fits_lot(lot: &LotState, line: usize, state: &BalanceState, table: &Table<'_>) -> bool {
    let products = &state.row.settings.product_ids;
    let own_product = products.is_empty()
        || table.basket.product(line).is_some_and(|product| products.contains(&product.product_id));
    let own_rate = match lot.vat_rate {
        Some(rate) => {
            let rate = VatRate::from_fraction(rate);
            rate.is_some() && table.basket.lines.get(line).is_some_and(|line| line.vat_rate == rate)
        }
        None => !products.is_empty(),
    };
    own_product && own_rate
}

/// Step 4: points are whole, and nobody pays a point for less than its worth: floor(min(balance·q, A)/q).
fn points(at: usize, table: &Table<'_>, wish: Wish, bill: &mut Bill) -> Given {
    let state = &table.balances[at];
    let step = state.point_step();
    let weights = bill.weights(|_| true);
    let payable = weights.iter().copied().sum::<Amount>().min(bill.rest());
    let worth = state.point_value().unwrap_or(Decimal::ZERO);
    let precision = table.basket.precision;
    let whole = |balance: i64| {
        if worth <= Decimal::ZERO || payable <= Amount::ZERO || balance <= 0 {
            return 0;
        }
        money::points_for(balance, payable, worth, precision, step)
    };
    let most = whole(state.free.available);
    let chosen = choose(state, wish, table, most, step, Unit::Points);
    let (mut used, mut value) = (chosen, money::times_rate(chosen, worth, precision).min(payable));
    // rounding may have made the value smaller: then fewer points already pay for it
    if let Some(needed) =
        value.to_decimal(precision).checked_div(worth).and_then(|points| i64::try_from(points.ceil()).ok())
    {
        let in_steps = needed.saturating_add(step - 1) / step * step;
        used = used.min(in_steps);
    }
    value = bill.take(Source::Balance(at), value, &weights);
    if value <= Amount::ZERO {
        used = 0;
    }
    let reason = nothing_to_spend(state).or_else(|| {
        reserved(state, most, whole(state.free.available.saturating_add(state.free.reserved_elsewhere)))
    });
    Given {
        balance: at,
        controllable: state.controllable(),
        used,
        most,
        step,
        current: state.row.posted.max(0),
        value,
        parts: consume(&state.free.lots, used).parts,
        reason,
    }
}

/// Steps 5 and 6: multi-purpose vouchers and credit pay; they change no price and no VAT.
fn tender(at: usize, table: &Table<'_>, wish: Wish, bill: &mut Bill) -> Given {
    let state = &table.balances[at];
    let step = table.scale.step().0;
    let wanted = table.scale.spendable(bill.rest());
    let most = table.scale.to_request(state.free.available).min(wanted);
    let chosen = choose(state, wish, table, most.0, step, Unit::Money);
    let value = bill.pay(Amount(chosen));
    let without_holds = table
        .scale
        .to_request(state.free.available.saturating_add(state.free.reserved_elsewhere))
        .min(wanted);
    let reason = nothing_to_spend(state).or_else(|| reserved(state, most.0, without_holds.0));
    Given {
        balance: at,
        controllable: state.controllable(),
        used: value.0,
        most: most.0,
        step,
        current: current(state, table),
        value,
        parts: consume(&state.free.lots, table.scale.to_ledger(value)).parts,
        reason,
    }
}

fn current(state: &BalanceState, table: &Table<'_>) -> i64 {
    table.scale.to_request(state.row.posted.max(0)).0
}
