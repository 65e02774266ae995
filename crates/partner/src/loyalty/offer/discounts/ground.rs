//! What do promotions need to know of the lines, the guest and the hour?

use crate::loyalty::offer::balance_state::{Books, Scale};
use crate::loyalty::offer::basket::Basket;
use crate::loyalty::offer::bill::Bill;
use crate::loyalty::offer::code::Member;
use crate::loyalty::program::Program;
use crate::loyalty::promotion::{Catalogue, Guest, Reach, Taken};
use jiff::{Timestamp, Zoned};
use money::{Amount, Decimal, UNITS_MAX};
use std::cell::OnceCell;
use wire::Number;

/// What a quote hands to the promotions.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    /// The settings and promotions.
    pub(crate) program: &'a Program,
    /// What the ledger counts in; promotions name money in its currency.
    pub(crate) books: &'a Books,
    /// What is on the check.
    pub(crate) basket: &'a Basket,
    /// Whose check it is.
    pub(crate) member: Option<&'a Member>,
    /// The codes that count, in order: position of their promotion and scanned text.
    pub(crate) scans: &'a [(usize, &'a str)],
    /// What of each limit is taken.
    pub(crate) limits: &'a Taken,
    /// The time of the question.
    pub(crate) now: Timestamp,
}

/// The same, with everything that is the same for every promotion worked out once.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub(super) asked: &'a Asked<'a>,
    /// Between ledger and request.
    pub(super) scale: Scale,
    /// The basket counts in the merchant's currency.
    pub(super) own_currency: bool,
    /// The place's clock.
    pub(super) local: Zoned,
    /// Whole units of each line; 0 where the quantity is not whole.
    pub(super) units: Vec<u32>,
    /// What the lines that sell top-ups come to: promotions neither lower nor count them.
    top_ups: Amount,
    /// The lines that are sold and that promotions may work on.
    workable: Vec<bool>,
    catalogue: Catalogue<'a>,
    /// Which lines each promotion reaches, worked out when its turn comes.
    reached: Vec<OnceCell<Vec<bool>>>,
}

impl<'a> Ground<'a> {
    /// Looks at the lines and limits what promotions may take off the bill: nothing off never-discounted
    /// lines, and no unit below its floor.
    pub(super) fn new(asked: &'a Asked<'a>, bill: &mut Bill) -> Self {
        let Asked { program, books, basket, now, .. } = *asked;
        let pricing = &program.settings.pricing;
        let own_currency = basket.request.currency_code == books.currency_code;
        let catalogue = Catalogue::new(basket.request.items_to_pay.iter().map(|item| &item.product));
        let units = (0..basket.lines.len()).map(|line| whole_units(basket, line)).collect();
        let is_sold = |line| bill.initial(line) > Amount::ZERO && !basket.is_top_up(line);
        let mut workable: Vec<bool> = (0..basket.lines.len()).map(is_sold).collect();
        let top_ups = (0..basket.lines.len()).filter(|line| basket.is_top_up(*line));
        let top_ups = top_ups.map(|line| bill.initial(line)).sum();
        let never = &pricing.never_discounted;
        if !never.products.is_empty() || !never.categories.is_empty() {
            let reached = Reach::to(&never.products, &never.categories).of_lines(&catalogue);
            for (line, _) in reached.iter().enumerate().filter(|(_, reached)| **reached) {
                workable[line] = false;
                bill.limit_promotions(line, Amount::ZERO);
            }
        }
        if !pricing.floors.is_empty() {
            for line in 0..basket.lines.len() {
                let floor = basket.product(line).and_then(|product| pricing.floors.get(&product.product_id));
                if let Some(floor) = floor {
                    bill.limit_promotions(line, above_floor(*floor, basket, bill, line, own_currency));
                }
            }
        }
        Self {
            asked,
            scale: Scale::new(books.precision, basket.precision),
            own_currency,
            local: program.local(&basket.request.place_id, now),
            units,
            top_ups,
            workable,
            catalogue,
            reached: vec![OnceCell::new(); program.promotions.len()],
        }
    }

    /// The lines a promotion reaches, whatever they cost.
    pub(super) fn reached(&self, position: usize) -> &[bool] {
        match (self.reached.get(position), self.asked.program.promotions.get(position)) {
            (Some(cell), Some(promotion)) => cell.get_or_init(|| promotion.reach.of_lines(&self.catalogue)),
            _ => &[],
        }
    }

    /// The lines a reach names.
    pub(super) fn lines_of(&self, reach: &Reach) -> Vec<bool> {
        reach.of_lines(&self.catalogue)
    }

    /// Whether a line is sold, and promotions may work on it.
    pub(super) fn workable(&self, line: usize) -> bool {
        self.workable.get(line).copied().unwrap_or(false)
    }

    /// Whether a benefit could say that it is for this line: its `checkItemId` is its own.
    pub(super) fn may_lose(&self, line: usize) -> bool {
        self.asked.basket.lines.get(line).is_some_and(|line| !line.ambiguous)
    }

    /// What of a sum over the whole bill is for goods: the lines that sell top-ups are no part of it.
    pub(super) fn goods(&self, of_bill: Amount) -> Amount {
        of_bill - self.top_ups
    }

    /// Whether a line is part of what was bought: things given back are, value for later use is not.
    pub(super) fn is_goods(&self, line: usize) -> bool {
        !self.asked.basket.is_top_up(line)
    }

    /// A rule's money at the request's precision, half-up, once (loyalty.md R0). What no bill can hold is as
    /// much as there is.
    pub(super) fn amount(&self, number: &Number) -> Amount {
        Amount::from_decimal(number.0, self.asked.basket.precision)
            .map_or(Amount(Amount::MAX_ABS), |rounded| rounded.amount)
    }

    /// An amount per unit for all of a line.
    pub(super) fn for_quantity(&self, amount: Amount, line: usize) -> Amount {
        let quantity = quantity(self.asked.basket, line);
        let hundred = quantity.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(Decimal::MAX);
        money::percentage(amount, hundred)
    }

    /// What the conditions know of the guest.
    pub(super) fn guest(&self) -> Option<Guest<'a>> {
        self.asked.member.map(|member| Guest {
            tier: member.tier.as_deref(),
            tags: &member.tags,
            birth_date: member.birth_date,
            orders: member.orders,
        })
    }
}

/// How much is on a line; a quantity that is none counts as one piece.
fn quantity(basket: &Basket, line: usize) -> Decimal {
    basket
        .request
        .items_to_pay
        .get(line)
        .map(|item| item.amount.0)
        .filter(|quantity| *quantity > Decimal::ZERO)
        .unwrap_or(Decimal::ONE)
}

fn whole_units(basket: &Basket, line: usize) -> u32 {
    let quantity = quantity(basket, line);
    let whole = u32::try_from(quantity.trunc()).ok().filter(|_| quantity.fract().is_zero());
    whole.filter(|units| *units <= UNITS_MAX).unwrap_or(0)
}

/// What promotions may take off a line whose units have a floor. Where the floor cannot be compared
/// (another currency) they take nothing.
fn above_floor(floor: Number, basket: &Basket, bill: &Bill, line: usize, own_currency: bool) -> Amount {
    let lowest = floor
        .0
        .checked_mul(quantity(basket, line))
        .filter(|_| own_currency)
        .and_then(|lowest| Some((lowest, Amount::from_decimal(lowest, basket.precision).ok()?)));
    lowest.map_or(Amount::ZERO, |(lowest, rounded)| {
        let up = !rounded.exact && rounded.amount.to_decimal(basket.precision) < lowest;
        bill.initial(line) - rounded.amount - Amount(i64::from(up))
    })
}
