//! How many stamps does a bill earn on a card?

use super::earning::{EarnedByLine, EarnedDetail};
use super::line::PaidLine;
use crate::loyalty::program::StampCard;
use money::{Amount, Decimal, Precision};
use wire::Number;

/// The id of the balance on which a member begins to collect a card's stamps, where the merchant has set up none; from
/// the second attempt on with its number. What makes a balance a stamp card are its settings.
pub(crate) fn balance_id(stamp_card_id: &str, member_id: &str, attempt: u32) -> String {
    match attempt {
        1 => format!("stamps:{stamp_card_id}:{member_id}"),
        _ => format!("stamps:{stamp_card_id}:{member_id}:{attempt}"),
    }
}

/// One stamp for every whole unit of what the card names that something was paid for, but for the units the card
/// itself made free: those its balance took the price of, and at least as many as the stamps that were used make.
/// What a price reduction took whole (a promotion, points, a single-purpose voucher) was not paid; vouchers for any
/// goods and credit pay. Counted by line, no money behind it. `balance_ids` are those on which the member has the
/// card's stamps. `None` where there is no stamp.
pub(crate) fn stamps(
    card: &StampCard,
    lines: &[PaidLine],
    balance_ids: &[String],
    used: Decimal,
    precision: Precision,
) -> Option<EarnedDetail> {
    let mut counted: Vec<(&PaidLine, i64)> = Vec::new();
    let mut free_seen = 0_i64;
    for line in lines {
        let reached = card.reaches_line(&line.product_id, &line.categories);
        let units = whole(line.quantity);
        if line.is_top_up() || !reached || units <= 0 {
            continue;
        }
        let free = free_units(line, balance_ids, units);
        free_seen = free_seen.saturating_add(free);
        counted.push((line, (units - free).min(paid_units(line, units, precision))));
    }
    let by_stamps = used.checked_div(Decimal::from(card.needed.max(1))).map_or(0, whole);
    let mut unseen = (by_stamps - free_seen).max(0);
    let mut by_line = Vec::new();
    for (line, units) in counted {
        let free = unseen.min(units);
        unseen -= free;
        if units > free {
            let check_item_id = line.check_item_id.clone();
            by_line.push(EarnedByLine { check_item_id, points: units - free, base: 0 });
        }
    }
    let points = by_line.iter().map(|line| line.points).fold(0, i64::saturating_add);
    (points > 0).then_some(EarnedDetail {
        points,
        base: 0,
        rate_points: Number::ZERO,
        rate_per_amount: Number::ZERO,
        lines: by_line,
    })
}

/// How many units of a line something was paid for: the line's shares lie over its units as a refund gives them
/// back (loyalty.md §1 R5), so a unit is free when all of them are, or when there are more units than minor units.
fn paid_units(line: &PaidLine, units: i64, precision: Precision) -> i64 {
    let paid = Amount::from_decimal(line.paid, precision).map_or(Amount::ZERO, |rounded| rounded.amount);
    if !paid.is_positive() {
        return 0;
    }
    let prices = u32::try_from(units).ok().and_then(|units| money::unit_prices(paid, units));
    let Some(prices) = prices.filter(|_| line.quantity.fract().is_zero()) else { return units };
    prices.iter().filter(|(price, _)| price.is_positive()).map(|(_, count)| i64::from(*count)).sum()
}

/// How many units of a line the card's balances paid: their part of the line's price, to the nearest unit.
fn free_units(line: &PaidLine, balance_ids: &[String], units: i64) -> i64 {
    let off = line.taken_by(|id| balance_ids.iter().any(|own| own == id)).unwrap_or_default();
    if off <= Decimal::ZERO {
        return 0;
    }
    let half = Decimal::new(5, 1);
    let free = off
        .checked_mul(Decimal::from(units))
        .and_then(|part| part.checked_div(line.paid + off))
        .map_or(units, |part| whole(part + half));
    free.clamp(1, units)
}

/// Whole units, 0 for a number that is none.
fn whole(quantity: Decimal) -> i64 {
    i64::try_from(quantity.floor()).unwrap_or(0).min(UNITS_MAX)
}

/// More units than any bill has.
const UNITS_MAX: i64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::super::line::{Share, Source};
    use super::*;
    use std::collections::BTreeSet;

    fn line(product: &str, quantity: &str, paid: i64, free: i64) -> PaidLine {
        PaidLine {
            check_item_id: product.to_owned(),
            product_id: product.to_owned(),
            categories: BTreeSet::from(["hot".to_owned()]),
            quantity: quantity.parse().unwrap(),
            vat_rate: None,
            total: Decimal::from(paid + free),
            paid: Decimal::from(paid),
            shares: vec![Share {
                source: Source::Balance("stamps:c:m".to_owned()),
                value: Decimal::from(free),
            }],
        }
    }

    fn cents(product: &str, quantity: &str, paid: &str) -> PaidLine {
        PaidLine { paid: paid.parse().unwrap(), ..line(product, quantity, 0, 0) }
    }

    fn card(products: &[&str], categories: &[&str]) -> StampCard {
        let card = serde_json::json!({"stampCardId": "c", "needed": 10, "products": products, "categories": categories});
        serde_json::from_value(card).unwrap()
    }

    /// Bought units, but for free ones.
    #[test]
    fn a_stamp_for_each_unit_that_was_paid() {
        let coffee = card(&["coffee"], &[]);
        for (what, card, lines, used, stamps_by_line) in [
            ("three coffees", &coffee, vec![line("coffee", "3", 180, 0)], 0, vec![3]),
            ("tea is none", &coffee, vec![line("tea", "3", 180, 0)], 0, vec![]),
            ("by category", &card(&[], &["hot"]), vec![line("tea", "2", 80, 0)], 0, vec![2]),
            (
                "everything",
                &card(&[], &[]),
                vec![line("tea", "1", 40, 0), line("cake", "2", 90, 0)],
                0,
                vec![1, 2],
            ),
            ("by weight: whole units", &coffee, vec![line("coffee", "1.9", 80, 0)], 0, vec![1]),
            ("less than one", &coffee, vec![line("coffee", "0.35", 80, 0)], 0, vec![]),
            ("a return", &coffee, vec![line("coffee", "-1", -60, 0)], 0, vec![]),
            ("one of three free", &coffee, vec![line("coffee", "3", 120, 60)], 10, vec![2]),
            ("the only one free", &coffee, vec![line("coffee", "1", 0, 60)], 10, vec![]),
            ("free after 10 % off", &coffee, vec![line("coffee", "3", 108, 54)], 10, vec![2]),
            ("free, the line is not told", &coffee, vec![line("coffee", "3", 120, 0)], 10, vec![2]),
            (
                "two free over two lines",
                &coffee,
                vec![line("coffee", "1", 0, 60), line("coffee", "2", 60, 60)],
                20,
                vec![1],
            ),
            (
                "of three, two that cost nothing",
                &card(&[], &[]),
                vec![line("water", "2", 0, 0), line("tea", "1", 10, 0)],
                0,
                vec![1],
            ),
            ("all of them given", &coffee, vec![line("coffee", "3", 0, 0)], 0, vec![]),
            (
                "one left free by the card, the others given",
                &coffee,
                vec![line("coffee", "3", 0, 60)],
                10,
                vec![],
            ),
            (
                "a price in which not every unit has a part",
                &coffee,
                vec![cents("coffee", "3", "0.02")],
                0,
                vec![2],
            ),
            ("by weight, given", &coffee, vec![line("coffee", "1.9", 0, 0)], 0, vec![]),
            ("a top-up", &card(&[], &[]), vec![line("prepayment:x", "1", 500, 0)], 0, vec![]),
        ] {
            let balances = ["stamps:c:m".to_owned(), "stamps:c:alias".to_owned()];
            let two = Precision::new(2).unwrap();
            let detail = stamps(card, &lines, &balances, Decimal::from(used), two);
            let found: Vec<i64> =
                detail.iter().flat_map(|detail| &detail.lines).map(|line| line.points).collect();
            assert_eq!(found, stamps_by_line, "{what}");
            let sum: i64 = stamps_by_line.iter().sum();
            assert_eq!(detail.map_or(0, |detail| detail.points), sum, "{what}");
        }
    }
}
