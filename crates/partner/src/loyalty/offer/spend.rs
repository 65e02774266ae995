//! What does each balance give to a bill: steps 3 (SPV), 4 (points), 5 (MPV) and 6 (credit) of loyalty.md §2?
//!
//! Step 4 begins with the full stamp cards, so that a unit is free before points lower its price; then points and
//! what was given on top of prepaid money (V9) share one order; what of a face value was not paid (V4) goes last.

use super::balance_state::BalanceState;
use super::below_face;
use super::bill::{Bill, Source};
use super::given::{Given, Table, Unit, choose, money_part, reserved};
use super::inputs::nothing_to_spend;
use super::reason::Reason;
use super::stamps;
use super::trace::{StepNote, Trace};
use super::wishes::Wish;
use crate::loyalty::ledger::{LotPart, LotState, Part, consume, splits, wire_id};
use money::vat::VatRate;
use money::{Amount, Decimal};
use wire::Number;
use wire::loyalty::BalanceType;

/// What balances of one kind do to a bill, in the order of loyalty.md §2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Spv,
    Stamps,
    /// Points, and the bonus parts of MPV and credit.
    Points,
    /// The bonus parts of MPV and credit that were sold below their face.
    BelowFace,
    Mpv,
    Credit,
}

impl Step {
    const ALL: [Self; 6] = [Self::Spv, Self::Stamps, Self::Points, Self::BelowFace, Self::Mpv, Self::Credit];

    /// The name in the trace.
    fn name(self) -> &'static str {
        match self {
            Self::Spv => "spv",
            Self::Stamps => "stamps",
            Self::Points => "points",
            Self::BelowFace => "below face",
            Self::Mpv => "mpv",
            Self::Credit => "credit",
        }
    }

    /// Which part of a balance has its turn in this step.
    fn part_of(self, state: &BalanceState) -> Option<Part> {
        let stamps = state.row.settings.stamp_card_id.is_some();
        match (self, state.row.balance_type) {
            (Self::Spv, BalanceType::SinglePurposePrepaidVoucher) => Some(Part::Whole),
            (Self::Stamps, BalanceType::CollectablePoints) if stamps => Some(Part::Whole),
            (Self::Points, BalanceType::CollectablePoints) if !stamps => Some(Part::Whole),
            (Self::BelowFace, _) if below_face::is_below_face(state) => Some(Part::Bonus),
            (Self::Points, _) if below_face::is_below_face(state) => None,
            (Self::Points, balance_type) if splits(balance_type) && state.free.bonus > 0 => Some(Part::Bonus),
            (Self::Mpv, BalanceType::MultiPurposePrepaidVoucher)
            | (Self::Credit, BalanceType::PrepaidCredit) => Some(Part::Paid),
            _ => None,
        }
    }
}

/// Applies every allowed balance, step by step and in the order of loyalty.md §2.
pub(crate) fn apply(table: &Table<'_>, bill: &mut Bill, trace: &mut Trace) -> Vec<Given> {
    let mut given = Vec::new();
    for step in Step::ALL {
        apply_step(step, table, bill, trace, &mut given);
    }
    given
}

fn apply_step(step: Step, table: &Table<'_>, bill: &mut Bill, trace: &mut Trace, given: &mut Vec<Given>) {
    let first = given.len();
    let mut order: Vec<(usize, Part)> = (0..table.balances.len())
        .filter(|at| table.allowed[*at])
        .filter_map(|at| step.part_of(&table.balances[at]).map(|part| (at, part)))
        .collect();
    order.sort_by(|one, other| {
        let (left, right) = (&table.balances[one.0], &table.balances[other.0]);
        if step == Step::BelowFace {
            return below_face::order_of_payment(left).cmp(&below_face::order_of_payment(right));
        }
        left.order(one.1).cmp(&right.order(other.1))
    });
    for (at, part) in order {
        let state = &table.balances[at];
        let wish = table.wishes.of_balance(&wire_id(&state.row.balance_id, part));
        let one = match (step, part) {
            (Step::Spv, _) => spv(at, table, wish, bill),
            (Step::Stamps, _) => stamps::apply(at, table, wish, bill, trace),
            (Step::BelowFace, _) => below_face::apply(at, table, wish, given, bill),
            (Step::Points, Part::Bonus) => bonus(at, table, wish, bill),
            (Step::Points, _) => points(at, table, wish, bill),
            (Step::Mpv | Step::Credit, _) => {
                let other_part = given.iter().filter(|one| one.balance == at).map(Given::in_ledger).sum();
                tender(at, table, wish, other_part, bill)
            }
        };
        trace.note(|| {
            StepNote {
                step: step.name(),
                about: wire_id(&state.row.balance_id, part),
                verdict: one
                    .reason
                    .map(Reason::code)
                    .or((one.value > Amount::ZERO).then_some(StepNote::APPLIED)),
                text: {
                    let money = |units| Number::from_amount(Amount(units), table.basket.precision);
                    let unit = |used| {
                        if state.row.counts_points() && part != Part::Bonus {
                            Number(Decimal::from(used))
                        } else {
                            money(used)
                        }
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
    if step == Step::Stamps {
        stamps::pool(&mut given[first..], table, bill, trace);
    }
}

/// The member's blocked balances, of which nothing is used: the cashier reads why (loyalty.md §8 N4).
pub(crate) fn frozen(table: &Table<'_>, frozen: &[bool]) -> Vec<Given> {
    let blocked = frozen.iter().enumerate().filter(|(_, frozen)| **frozen);
    blocked
        .map(|(at, _)| {
            let state = &table.balances[at];
            let current = state.current(Part::Whole);
            Given {
                balance: at,
                part: Part::of_plain_id(state.row.balance_type),
                controllable: state.controllable(),
                used: 0,
                most: 0,
                step: if state.row.counts_points() { state.point_step() } else { table.scale.step().0 },
                current: if state.row.counts_points() { current } else { table.scale.to_request(current).0 },
                value: Amount::ZERO,
                parts: Vec::new(),
                reason: Some(Reason::Frozen),
            }
        })
        .collect()
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
        .or_else(|| reserved(&state.free, most.0, without_holds.0))
        .or_else(|| (eligible <= Amount::ZERO).then_some(Reason::NoMatchingItems));
    Given {
        balance: at,
        part: Part::Whole,
        controllable: state.controllable(),
        used: covered.value.0,
        most: most.0,
        step: table.scale.step().0,
        current: table.scale.to_request(state.current(Part::Whole)).0,
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
    // fewer than the least that may be used is none
    let enough = |points: i64| if points < state.point_minimum() { 0 } else { points };
    let most = enough(whole(state.free.available));
    let chosen = enough(choose(state, wish, table, most, step, Unit::Points));
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
        let all = state.free.available.saturating_add(state.free.reserved_elsewhere);
        reserved(&state.free, most, enough(whole(all)))
    });
    Given {
        balance: at,
        part: Part::Whole,
        controllable: state.controllable(),
        used,
        most,
        step,
        current: state.current(Part::Whole),
        value,
        parts: consume(&state.free.lots, used).parts,
        reason,
    }
}

/// Step 4 as well: money that was given on top of a top-up lowers prices, one to one (loyalty.md V9).
fn bonus(at: usize, table: &Table<'_>, wish: Wish, bill: &mut Bill) -> Given {
    let weights = bill.weights(|_| true);
    let eligible = weights.iter().copied().sum::<Amount>();
    money_part(at, Part::Bonus, table, wish, 0, eligible.min(bill.rest()), |value| {
        bill.take(Source::Balance(at), value, &weights)
    })
}

/// Steps 5 and 6: multi-purpose vouchers and credit pay; they change no price and no VAT. `other_part` is what
/// the bonus of the same balance gave.
fn tender(at: usize, table: &Table<'_>, wish: Wish, other_part: i64, bill: &mut Bill) -> Given {
    money_part(at, Part::Paid, table, wish, other_part, bill.rest(), |value| bill.pay(value))
}
