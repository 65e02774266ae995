//! Which units are free, given for what was bought, or together a bundle?
//!
//! Units of one line are alike but for a minor unit where the line's price does not divide
//! ([`money::unit_prices`]), so they are counted in piles instead of one by one.

use crate::loyalty::promotion::Pick;
use money::Amount;

/// Units of one line with one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pile {
    pub(super) line: usize,
    /// What a unit costs now; above 0.
    pub(super) price: Amount,
    pub(super) count: u32,
}

/// More bundles than any check holds.
const BUNDLES_MAX: u64 = 1_000;

/// Puts piles in the order in which they are picked.
fn sort(piles: &mut [Pile], pick: Pick) {
    match pick {
        Pick::Cheapest => piles.sort_by_key(|pile| (pile.price, pile.line)),
        Pick::Dearest => piles.sort_by_key(|pile| (std::cmp::Reverse(pile.price), pile.line)),
    }
}

fn count(piles: &[Pile]) -> u64 {
    piles.iter().map(|pile| u64::from(pile.count)).sum()
}

/// How many units, as one line's prices are multiplied.
fn times(price: Amount, units: u64) -> Amount {
    Amount(price.0.saturating_mul(i64::try_from(units).unwrap_or(i64::MAX)))
}

/// What `units` of the piles cost, by line.
pub(super) fn picked(mut piles: Vec<Pile>, units: u64, pick: Pick, lines: usize) -> Vec<Amount> {
    sort(&mut piles, pick);
    let mut cost = vec![Amount::ZERO; lines];
    let mut left = units;
    for pile in piles {
        let taken = u64::from(pile.count).min(left);
        cost[pile.line] += times(pile.price, taken);
        left -= taken;
    }
    cost
}

/// A rule "for every `buy` up to `get` more", `sets` times at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deal {
    pub(super) buy: u64,
    pub(super) get: u64,
    pub(super) sets: u64,
    pub(super) pick: Pick,
}

/// What the units cost that are given for what is bought, by line. A unit is bought or given, never both:
/// of lines that could be either, enough stay bought. The last set may be given in part.
pub(super) fn given(deal: Deal, bought: &[Pile], mut gifts: Vec<Pile>, lines: usize) -> Vec<Amount> {
    let both = |gift: &Pile| bought.iter().any(|pile| pile.line == gift.line && pile.price == gift.price);
    let buyable = count(bought);
    let giveable = count(&gifts);
    let shared: u64 = gifts.iter().filter(|gift| both(gift)).map(|gift| u64::from(gift.count)).sum();
    let all = buyable + giveable - shared;
    let full = (buyable / deal.buy).min(giveable / deal.get).min(all / (deal.buy + deal.get)).min(deal.sets);
    let started = full + 1;
    let part = if full < deal.sets && started * deal.buy <= buyable {
        let open = (giveable - full * deal.get).min(all.saturating_sub(started * deal.buy + full * deal.get));
        open.min(deal.get - 1)
    } else {
        0
    };
    let needed = deal.buy * (full + u64::from(part > 0));
    // so many of the units that count as bought may be given away
    let mut spare = buyable.saturating_sub(needed);
    let mut left = full * deal.get + part;
    sort(&mut gifts, deal.pick);
    let mut cost = vec![Amount::ZERO; lines];
    for gift in &gifts {
        let mut taken = u64::from(gift.count).min(left);
        if both(gift) {
            taken = taken.min(spare);
            spare -= taken;
        }
        cost[gift.line] += times(gift.price, taken);
        left -= taken;
    }
    cost
}

/// What a bundle's units lose.
#[derive(Debug, Clone, Copy)]
pub(super) enum Off {
    /// Everything above this price.
    Above(Amount),
    /// This much.
    Fixed(Amount),
    /// What its percentage comes to is worked out per line.
    Percent,
}

/// Bundles found on a bill.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bundles {
    /// What their units cost, by line.
    pub(super) cost: Vec<Amount>,
    /// What comes off all of them; for [`Off::Percent`] nothing.
    pub(super) off: Amount,
}

/// Puts bundles together until a part is missing, the price is no longer an advantage or `most` are found.
/// `parts` are the lines each part may be of, with the number of units it needs. The part with fewest units
/// to choose from chooses first, the dearest units first.
pub(super) fn bundles(
    mut piles: Vec<Pile>,
    parts: &[(Vec<bool>, u32)],
    off: Off,
    most: u64,
    lines: usize,
) -> Bundles {
    sort(&mut piles, Pick::Dearest);
    let fits = |part: &(Vec<bool>, u32), pile: &Pile| part.0.get(pile.line).copied().unwrap_or(false);
    let mut order: Vec<(u64, usize)> = parts
        .iter()
        .enumerate()
        .map(|(at, part)| {
            let fitting = piles.iter().filter(|pile| fits(part, pile));
            (fitting.map(|pile| u64::from(pile.count)).sum(), at)
        })
        .collect();
    order.sort_unstable();
    let mut found = Bundles { cost: vec![Amount::ZERO; lines], off: Amount::ZERO };
    // piles before a part's mark are used up or do not fit it
    let mut marks = vec![0; parts.len()];
    let mut picks: Vec<(usize, u32)> = Vec::new();
    for _ in 0..most.min(BUNDLES_MAX) {
        picks.clear();
        for (_, at) in &order {
            let mut needed = parts[*at].1;
            while needed > 0 {
                let Some(pile) = piles.get(marks[*at]) else { return found };
                if pile.count == 0 || !fits(&parts[*at], pile) {
                    marks[*at] += 1;
                    continue;
                }
                let taken = pile.count.min(needed);
                needed -= taken;
                picks.push((marks[*at], taken));
                piles[marks[*at]].count -= taken;
            }
        }
        let sum: Amount = picks.iter().map(|(at, units)| times(piles[*at].price, u64::from(*units))).sum();
        let less = match off {
            Off::Above(price) => sum - price,
            Off::Fixed(amount) => amount.min(sum),
            Off::Percent => Amount::ZERO,
        };
        if matches!(off, Off::Above(_)) && less <= Amount::ZERO {
            return found;
        }
        found.off += less;
        for (at, units) in &picks {
            found.cost[piles[*at].line] += times(piles[*at].price, u64::from(*units));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piles(of: &[(usize, i64, u32)]) -> Vec<Pile> {
        of.iter()
            .map(|(line, price, count)| Pile { line: *line, price: Amount(*price), count: *count })
            .collect()
    }

    fn costs(cost: &[Amount]) -> Vec<i64> {
        cost.iter().map(|amount| amount.0).collect()
    }

    #[test]
    fn the_cheapest_or_the_dearest_units_are_picked() {
        let stock = [(0, 300, 2), (1, 100, 1), (2, 100, 3)];
        for (units, pick, expected) in [
            (1, Pick::Cheapest, [0, 100, 0]),
            (3, Pick::Cheapest, [0, 100, 200]),
            (5, Pick::Cheapest, [300, 100, 300]),
            (1, Pick::Dearest, [300, 0, 0]),
            (3, Pick::Dearest, [600, 100, 0]),
            (99, Pick::Dearest, [600, 100, 300]),
        ] {
            assert_eq!(costs(&picked(piles(&stock), units, pick, 3)), expected, "{units} {pick:?}");
        }
    }

    #[test]
    fn a_unit_is_bought_or_given() {
        let beers = &[(0, 500, 5)][..];
        let meals = &[(0, 1000, 2)][..];
        let deserts = &[(1, 300, 2), (2, 200, 1)][..];
        // what is bought, what may be given, buy, get, sets, cost of what is given by line
        for (bought, gifts, buy, get, sets, expected) in [
            (beers, beers, 2, 1, 99, [500, 0, 0]),
            (beers, beers, 1, 1, 99, [1000, 0, 0]),
            (beers, beers, 1, 1, 1, [500, 0, 0]),
            (beers, beers, 3, 2, 99, [1000, 0, 0]),
            (beers, beers, 4, 2, 99, [500, 0, 0]),
            (beers, beers, 5, 1, 99, [0, 0, 0]),
            (meals, deserts, 1, 1, 99, [0, 300, 200]),
            (meals, deserts, 2, 2, 99, [0, 300, 200]),
            (meals, deserts, 2, 5, 99, [0, 600, 200]),
            (meals, deserts, 3, 1, 99, [0, 0, 0]),
            // line 0 counts as bought and may be given: of two units one stays bought
            (meals, &[(0, 1000, 2), (1, 1500, 1)], 1, 1, 99, [1000, 0, 0]),
            // the only bought unit stays bought although it is the cheapest that could be given
            (&[(0, 100, 1)], &[(0, 100, 1), (1, 900, 1)], 1, 1, 99, [0, 900, 0]),
        ] {
            let deal = Deal { buy, get, sets, pick: Pick::Cheapest };
            let cost = given(deal, &piles(bought), piles(gifts), 3);
            assert_eq!(costs(&cost), expected, "{bought:?} {gifts:?} {deal:?}");
        }
    }

    #[test]
    fn bundles_are_put_together_until_a_part_is_missing() {
        let stock = [(0, 900, 3), (1, 400, 1), (2, 300, 1)];
        let meal_and_drink = [(vec![true, false, false], 1), (vec![false, true, true], 1)];
        for (off, most, cost, taken) in [
            (Off::Above(Amount(1000)), 99, [1800, 400, 300], 500),
            (Off::Above(Amount(1000)), 1, [900, 400, 0], 300),
            (Off::Above(Amount(1250)), 99, [900, 400, 0], 50),
            (Off::Above(Amount(1300)), 99, [0, 0, 0], 0),
            (Off::Fixed(Amount(100)), 99, [1800, 400, 300], 200),
            (Off::Percent, 99, [1800, 400, 300], 0),
        ] {
            let found = bundles(piles(&stock), &meal_and_drink, off, most, 3);
            assert_eq!((costs(&found.cost), found.off), (cost.to_vec(), Amount(taken)), "{off:?} {most}");
        }
    }

    #[test]
    fn the_part_with_fewest_units_chooses_first() {
        // anything and line 0: line 0 is dearest, but "anything" must leave it to the other part
        let found = bundles(
            piles(&[(0, 900, 1), (1, 400, 1)]),
            &[(vec![true, true], 1), (vec![true, false], 1)],
            Off::Fixed(Amount(100)),
            99,
            2,
        );
        assert_eq!((costs(&found.cost), found.off), (vec![900, 400], Amount(100)));
    }
}
