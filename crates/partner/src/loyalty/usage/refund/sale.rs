//! What does a refund need to know of the paid bill?
//!
//! Read from the stored report of the sale: its lines with the shares they got. Shares are never spread again
//! (loyalty.md §6 C6). The report also says below which remaining amount a discount is lost (C9); where it says none,
//! the till keeps the discount, and so do the books.

use super::super::line::{PaidLine, Source, nameless};
use super::super::report::{Report, ReportedKept};
use money::{Amount, Conditional, Decimal, LinePart, Precision, Standing, line_part, reprice, staying};
use std::collections::BTreeMap;

/// One line of the sale: a [`PaidLine`] in minor units.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SaleLine {
    pub(crate) check_item_id: String,
    /// The balance that it sold value of.
    pub(crate) tops_up: Option<String>,
    /// Above 0; a line without a quantity is one piece.
    pub(crate) quantity: Decimal,
    /// Before its shares.
    pub(crate) total: Amount,
    /// In the order of the report.
    pub(crate) shares: Vec<(Source, Amount)>,
}

impl SaleLine {
    /// The line's price after its shares.
    pub(crate) fn net(&self) -> Amount {
        self.total - self.shares.iter().map(|(_, share)| *share).sum()
    }

    /// The price and shares that go back with the next `now` of the line's quantity, after `before` of it went back.
    pub(crate) fn part(&self, before: Decimal, now: Decimal) -> LinePart {
        let shares: Vec<Amount> = self.shares.iter().map(|(_, share)| *share).collect();
        line_part(self.total, &shares, self.quantity, before, now)
    }
}

/// A discount that is kept while what stays of some lines comes to an amount.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeptDiscount {
    pub(crate) minimum: Amount,
    /// The amount that each line counted towards `minimum`, by the line's id.
    pub(crate) counted: Vec<(String, Amount)>,
    /// The discount's shares: position of the line, and of the share within the line.
    pub(crate) shares: Vec<(usize, usize)>,
}

/// A bill as it was sold.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sale {
    pub(crate) lines: Vec<SaleLine>,
    /// The discounts that a refund may lose.
    pub(crate) kept: Vec<KeptDiscount>,
}

/// How much of each line of a sale went back, by the line's position.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Returned {
    quantities: Vec<Decimal>,
    /// The value refunded so far, and the discounts lost so far.
    standing: Standing,
}

impl Returned {
    /// The value refunded in total: the net price of the returned parts, less the discounts that the parts that stay lost.
    pub(crate) fn value(&self) -> Amount {
        self.standing.value
    }
}

/// Which lines go back, and how much of each.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Lines {
    /// Everything that has not gone back yet.
    Rest,
    /// `checkItemId` and quantity, above 0.
    Parts(Vec<(String, Decimal)>),
}

/// A refund found no line for this much of what it names.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Excess {
    pub(crate) check_item_id: String,
    /// The quantity that was not there to go back.
    pub(crate) quantity: Decimal,
}

impl Sale {
    /// The sale of a paid report, in the merchant's minor units. Values no amount can hold count as nothing.
    pub(crate) fn of(report: &Report, precision: Precision) -> Self {
        let lines: Vec<SaleLine> = report.lines.iter().map(|line| sold(line, precision)).collect();
        let kept = report.kept.iter().filter_map(|one| kept(one, &lines, precision)).collect();
        Self { lines, kept }
    }

    /// The net price of all lines.
    pub(crate) fn value(&self) -> Amount {
        self.lines.iter().map(SaleLine::net).sum()
    }

    /// A record of returns in which nothing went back yet.
    pub(crate) fn untouched(&self) -> Returned {
        Returned { quantities: vec![Decimal::ZERO; self.lines.len()], standing: Standing::default() }
    }

    /// Adds the lines of one refund to `returned`, in the order of the bill, and returns the quantities that were not there
    /// to go back.
    pub(crate) fn take(&self, returned: &mut Returned, lines: &Lines) -> Vec<Excess> {
        let excess = self.take_lines(returned, lines);
        self.reprice(returned);
        excess
    }

    fn take_lines(&self, returned: &mut Returned, lines: &Lines) -> Vec<Excess> {
        let parts = match lines {
            Lines::Rest => {
                returned.quantities = self.lines.iter().map(|line| line.quantity).collect();
                return Vec::new();
            }
            Lines::Parts(parts) => parts,
        };
        let mut excess = Vec::new();
        for (check_item_id, quantity) in parts {
            let mut wanted = *quantity;
            for (line, so_far) in self.lines.iter().zip(&mut returned.quantities) {
                if line.check_item_id == *check_item_id {
                    let taken = wanted.min(line.quantity - *so_far);
                    *so_far += taken;
                    wanted -= taken;
                }
            }
            if wanted > Decimal::ZERO {
                excess.push(Excess { check_item_id: check_item_id.clone(), quantity: wanted });
            }
        }
        excess
    }

    /// Works out the refunded value in `returned` anew, once the lines have gone back (loyalty.md §6 C9).
    fn reprice(&self, returned: &mut Returned) {
        let parts = self.parts(returned);
        let left: Vec<Vec<Amount>> = self
            .lines
            .iter()
            .zip(&parts)
            .map(|(line, part)| {
                line.shares.iter().zip(&part.shares).map(|((_, all), back)| *all - *back).collect()
            })
            .collect();
        let stays = |(id, value): &(String, Amount)| {
            let (back, all) = self.quantity_of(returned, id);
            staying(*value, all, back)
        };
        let discounts: Vec<Conditional<'_>> = self
            .kept
            .iter()
            .map(|one| Conditional {
                holds: one.counted.iter().map(stays).sum::<Amount>() >= one.minimum,
                shares: &one.shares,
            })
            .collect();
        let kept = parts.iter().map(|part| part.net).sum();
        returned.standing = reprice(&returned.standing, &discounts, kept, &left);
    }

    /// The amount of a source's shares that was taken back on lines that stay, because their discount was lost.
    pub(crate) fn taken_of(&self, returned: &Returned, source: &Source) -> Amount {
        let taken = self.lines.iter().zip(&returned.standing.taken);
        taken
            .flat_map(|(line, taken)| line.shares.iter().zip(taken))
            .filter(|((of, _), _)| of == source)
            .map(|(_, taken)| *taken)
            .sum()
    }

    /// The lines of `paid` that a refund names, with the quantity it names of each. A refund's line without an id means the
    /// line of the same product whose price for a unit is nearest, as far as some of that line is left after `before`. A
    /// line's position says nothing, since a refund has other lines than its bill.
    pub(crate) fn named(&self, paid: &Report, refund: &Report, before: &Returned) -> Vec<(String, Decimal)> {
        let mut before = before.clone();
        let mut parts = Vec::new();
        for (index, line) in refund.lines.iter().enumerate() {
            let is_nameless = |at: usize, line: &PaidLine| line.check_item_id == nameless(at);
            let known = self.lines.iter().any(|sold| sold.check_item_id == line.check_item_id);
            let mut found = Vec::new();
            if is_nameless(index, line) || !known {
                let alike = paid.lines.iter().enumerate();
                let alike = alike.filter(|(at, sold)| {
                    sold.product_id == line.product_id && (is_nameless(index, line) || is_nameless(*at, sold))
                });
                let mut alike: Vec<(Decimal, usize)> =
                    alike.map(|(at, sold)| ((unit_price(sold) - unit_price(line)).abs(), at)).collect();
                alike.sort();
                let mut wanted = line.quantity.abs();
                for (_, at) in alike {
                    let (Some(sold), Some(so_far)) = (self.lines.get(at), before.quantities.get(at)) else {
                        continue;
                    };
                    let taken = wanted.min(sold.quantity - *so_far);
                    if taken > Decimal::ZERO {
                        wanted -= taken;
                        found.push((sold.check_item_id.clone(), taken));
                    }
                }
                if wanted > Decimal::ZERO {
                    // no line of the bill is called so: it shows as excess
                    let id = line.check_item_id.clone();
                    let name = match is_nameless(index, line) {
                        true => format!("{id} (product {})", line.product_id),
                        false => id,
                    };
                    found.push((name, wanted));
                }
            } else {
                found.push((line.check_item_id.clone(), line.quantity.abs()));
            }
            self.take(&mut before, &Lines::Parts(found.clone()));
            parts.append(&mut found);
        }
        parts
    }

    /// The price and shares of each line that went back so far.
    pub(crate) fn parts(&self, returned: &Returned) -> Vec<LinePart> {
        let zipped = self.lines.iter().zip(&returned.quantities);
        zipped.map(|(line, quantity)| line.part(Decimal::ZERO, *quantity)).collect()
    }

    /// Whether nothing of any line is left.
    pub(crate) fn is_all(&self, returned: &Returned) -> bool {
        self.lines.iter().zip(&returned.quantities).all(|(line, quantity)| *quantity >= line.quantity)
    }

    /// The quantity that went back and the quantity sold, of all lines with this id together.
    pub(crate) fn quantity_of(&self, returned: &Returned, check_item_id: &str) -> (Decimal, Decimal) {
        self.quantities(returned, |line| line.check_item_id == check_item_id)
    }

    /// The same of all lines that top up a balance.
    pub(crate) fn quantity_topped_up(&self, returned: &Returned, balance_id: &str) -> (Decimal, Decimal) {
        self.quantities(returned, |line| line.tops_up.as_deref() == Some(balance_id))
    }

    fn quantities(&self, returned: &Returned, is_such: impl Fn(&SaleLine) -> bool) -> (Decimal, Decimal) {
        let lines = self.lines.iter().zip(&returned.quantities).filter(|(line, _)| is_such(line));
        lines.fold((Decimal::ZERO, Decimal::ZERO), |(back, all), (line, quantity)| {
            (back + *quantity, all + line.quantity)
        })
    }

    /// The value that went back and the value sold, of all lines with this id together. The first is below 0 where the parts
    /// that stay cost more than all of them did, because they lost a discount.
    pub(crate) fn value_of(&self, returned: &Returned, check_item_id: &str) -> (Amount, Amount) {
        let mut sums = (Amount::ZERO, Amount::ZERO);
        for (at, (line, quantity)) in self.lines.iter().zip(&returned.quantities).enumerate() {
            if line.check_item_id == check_item_id {
                sums.0 += line.part(Decimal::ZERO, *quantity).net - returned.standing.taken_of(at);
                sums.1 += line.net();
            }
        }
        sums
    }

    /// Σ of the shares of each source, of `parts` made by [`Sale::parts`]; without parts, of the whole bill.
    pub(crate) fn shares(&self, parts: Option<&[LinePart]>) -> BTreeMap<Source, Amount> {
        let mut sums: BTreeMap<Source, Amount> = BTreeMap::new();
        for (index, line) in self.lines.iter().enumerate() {
            for (at, (source, stored)) in line.shares.iter().enumerate() {
                let share = parts.map_or(Some(*stored), |parts| parts.get(index)?.shares.get(at).copied());
                *sums.entry(source.clone()).or_default() += share.unwrap_or_default();
            }
        }
        sums
    }
}

/// The price of one unit of a line before its discounts; a line without a quantity is one unit.
fn unit_price(line: &PaidLine) -> Decimal {
    line.total.checked_div(line.quantity).unwrap_or(line.total).abs()
}

fn sold(line: &PaidLine, precision: Precision) -> SaleLine {
    let amount = |value: Decimal| {
        Amount::from_decimal(value, precision).map_or(Amount::ZERO, |rounded| rounded.amount)
    };
    let quantity = line.quantity.abs();
    SaleLine {
        check_item_id: line.check_item_id.clone(),
        tops_up: line.tops_up().map(str::to_owned),
        quantity: if quantity.is_zero() { Decimal::ONE } else { quantity },
        total: amount(line.total),
        shares: line.shares.iter().map(|share| (share.source.clone(), amount(share.value))).collect(),
    }
}

/// The discount's condition on this bill; `None` where it names lines that the bill does not have, or what no amount
/// can hold: it cannot be told, so the discount is kept.
fn kept(told: &ReportedKept, lines: &[SaleLine], precision: Precision) -> Option<KeptDiscount> {
    let amount = |value: Decimal| Amount::from_decimal(value, precision).ok().map(|rounded| rounded.amount);
    let source = Source::Discount(told.discount_id.clone());
    let counted = told.lines.iter().map(|(id, value)| {
        lines.iter().any(|line| line.check_item_id == *id).then_some(())?;
        Some((id.clone(), amount(*value)?))
    });
    let shares = lines.iter().enumerate().flat_map(|(at, line)| {
        let of_discount = line.shares.iter().enumerate().filter(|(_, (of, _))| *of == source);
        of_discount.map(move |(share, _)| (at, share)).collect::<Vec<_>>()
    });
    Some(KeptDiscount {
        minimum: amount(told.minimum)?,
        counted: counted.collect::<Option<_>>()?,
        shares: shares.collect(),
    })
}
