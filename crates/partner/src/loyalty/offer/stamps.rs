//! Which units are free because a stamp card is full?
//!
//! Part of step 4, before points. A full card gives one whole unit of what the card is for, at the price that
//! stays of it after the earlier steps. Stamps are used by whole cards or not at all, so the cashier has nothing
//! to pick; the till may reject the balance.

use super::bill::{Bill, Source};
use super::given::{Given, Table, reserved};
use super::inputs::nothing_to_spend;
use super::reason::Reason;
use super::trace::Trace;
use super::wishes::Wish;
use crate::loyalty::ledger::{Part, consume, wire_id};
use crate::loyalty::program::stamp_card::{Pick, StampCard};
use money::{Amount, Decimal, cumulative, spread_over_units};

/// A line of more pieces is no guest's order, and is not looked at unit by unit.
const PIECES_MAX: u32 = 1_000;

/// A unit that a full card could give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unit {
    line: usize,
    /// What is still to be paid for it.
    price: Amount,
}

/// Gives as many units as there are full cards and units that fit.
pub(super) fn apply(at: usize, table: &Table<'_>, wish: Wish, bill: &mut Bill, trace: &mut Trace) -> Given {
    let state = &table.balances[at];
    let id = state.row.settings.stamp_card_id.as_deref();
    let card = table.stamp_cards.iter().find(|card| Some(card.stamp_card_id.as_str()) == id);
    let mut given = Given {
        balance: at,
        part: Part::Whole,
        controllable: false,
        used: 0,
        most: 0,
        step: 1,
        current: state.current(Part::Whole),
        value: Amount::ZERO,
        parts: Vec::new(),
        reason: nothing_to_spend(state),
    };
    let Some(card) = card else {
        given.reason = given.reason.or(Some(Reason::Inactive));
        return given;
    };
    let full = |stamps: i64| usize::try_from(stamps / card.needed).unwrap_or(0);
    let cards = full(state.free.available);
    let with_all = full(state.free.available.saturating_add(state.free.reserved_elsewhere));
    let units = units(card, table, bill);
    let fitting = i64::try_from(units.len().min(cards)).unwrap_or(0);
    given.most = fitting * card.needed;
    given.reason = given
        .reason
        .or_else(|| {
            let without_holds = i64::try_from(units.len().min(with_all)).unwrap_or(0) * card.needed;
            reserved(&state.free, given.most, without_holds)
        })
        .or((units.is_empty() && cards > 0).then_some(Reason::NoMatchingItems));
    if wish.rejected {
        return given;
    }
    for unit in units.into_iter().take(cards) {
        // a card gives a whole unit or nothing: return lines may leave too little to pay
        if bill.rest() < unit.price {
            continue;
        }
        let mut weights = vec![Amount::ZERO; bill.len()];
        weights[unit.line] = unit.price;
        let value = bill.take(Source::Balance(at), unit.price, &weights);
        if value > Amount::ZERO {
            given.used += card.needed;
            given.value += value;
            trace.add("stamps", || {
                let line = table.basket.check_item_id(unit.line);
                (state.row.balance_id.clone(), format!("one unit of {line} is free: {}", value.0))
            });
        }
    }
    given.parts = consume(&state.free.lots, given.used).parts;
    given
}

/// Lets what several balances of one card have beside their full cards make full ones together: a member who was
/// merged with another one has the stamps of both. `given` is what the balances gave each for itself.
pub(super) fn pool(given: &mut [Given], table: &Table<'_>, bill: &mut Bill, trace: &mut Trace) {
    let card_of = |one: &Given| table.balances[one.balance].row.settings.stamp_card_id.as_deref();
    for card in table.stamp_cards {
        let mut spare: Vec<(usize, i64)> = Vec::new();
        for (index, one) in given.iter().enumerate() {
            let state = &table.balances[one.balance];
            let rejected = table.wishes.of_balance(&wire_id(&state.row.balance_id, Part::Whole)).rejected;
            let left = state.free.available - one.used;
            if card_of(one) == Some(card.stamp_card_id.as_str()) && !rejected && left > 0 {
                spare.push((index, left));
            }
        }
        if spare.len() < 2 {
            continue;
        }
        while let Some(shares) = fill(card.needed, &spare) {
            let Some(unit) = units(card, table, bill).into_iter().find(|unit| unit.price <= bill.rest())
            else {
                break;
            };
            let mut before = Amount::ZERO;
            let prices: Vec<Amount> = shares
                .iter()
                .map(|(_, stamps)| {
                    let price = cumulative(unit.price, Amount(card.needed), before, Amount(*stamps));
                    before += Amount(*stamps);
                    price
                })
                .collect();
            // a unit that costs less than it has stamps would be given by some of them for nothing
            if prices.contains(&Amount::ZERO) {
                break;
            }
            for ((place, stamps), price) in shares.iter().zip(prices) {
                let (index, left) = &mut spare[*place];
                let one = &mut given[*index];
                let state = &table.balances[one.balance];
                let mut weights = vec![Amount::ZERO; bill.len()];
                weights[unit.line] = price;
                one.value += bill.take(Source::Balance(one.balance), price, &weights);
                one.used += stamps;
                one.most += stamps;
                one.parts = consume(&state.free.lots, one.used).parts;
                one.reason = None;
                *left -= stamps;
                trace.add("stamps", || {
                    let line = table.basket.check_item_id(unit.line);
                    (
                        state.row.balance_id.clone(),
                        format!("{stamps} stamps give {} of a unit of {line}", price.0),
                    )
                });
            }
        }
    }
}

/// Which balances fill a card, by their place in `spare`: in their order, each as far as it goes; `None` when all of
/// them do not.
fn fill(needed: i64, spare: &[(usize, i64)]) -> Option<Vec<(usize, i64)>> {
    let (mut missing, mut shares) = (needed, Vec::new());
    for (place, (_, left)) in spare.iter().enumerate() {
        let stamps = missing.min(*left);
        if stamps > 0 {
            shares.push((place, stamps));
            missing -= stamps;
        }
    }
    (missing == 0 && needed > 0).then_some(shares)
}

/// The units a card could give, in the order in which it gives them; of two at one price the one whose line comes
/// first.
fn units(card: &StampCard, table: &Table<'_>, bill: &Bill) -> Vec<Unit> {
    let mut units = Vec::new();
    for line in 0..bill.len() {
        let open = bill.open(line);
        let reached = table.basket.product(line).is_some_and(|product| card.reaches(product));
        let pieces = table.basket.request.items_to_pay.get(line).map_or(0, |item| whole(item.amount.0));
        if !reached || open <= Amount::ZERO || pieces == 0 {
            continue;
        }
        // the line over its units first, then what earlier steps took over those prices (loyalty.md R5)
        let total = bill.initial(line);
        let prices = spread_over_units(total, pieces, total);
        let taken = spread_over_units(total, pieces, bill.initial(line) - bill.remaining(line));
        let mut left = open;
        for (price, taken) in prices.into_iter().zip(taken) {
            let price = (price - taken).min(left);
            if price > Amount::ZERO {
                left -= price;
                units.push(Unit { line, price });
            }
        }
    }
    match card.pick {
        Pick::Cheapest => units.sort_by_key(|unit| (unit.price, unit.line)),
        Pick::Dearest => units.sort_by_key(|unit| (-unit.price.0, unit.line)),
    }
    units
}

/// A quantity in whole pieces; 0 for what is sold by weight.
fn whole(amount: Decimal) -> u32 {
    let pieces = u32::try_from(amount.trunc()).unwrap_or(0);
    if amount.fract().is_zero() && pieces <= PIECES_MAX { pieces } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn a_card_is_filled_from_one_balance_after_the_other() {
        for (needed, spare, shares) in [
            (10, vec![(0, 5), (1, 5)], Some(vec![(0, 5), (1, 5)])),
            (10, vec![(0, 7), (2, 6)], Some(vec![(0, 7), (1, 3)])),
            (10, vec![(0, 0), (1, 4), (2, 9)], Some(vec![(1, 4), (2, 6)])),
            (10, vec![(0, 4), (1, 5)], None),
            (1, vec![(0, 1), (1, 1)], Some(vec![(0, 1)])),
            (10, vec![], None),
        ] {
            assert_eq!(fill(needed, &spare), shares, "{needed} of {spare:?}");
        }
    }
}
