//! Which discounts does what stays of a bill lose with a refund, and what does that take off the refund?
//!
//! Pure. The provider said with its offer while which amount stays a discount is kept (`keptWhile`, loyalty.md §6 C9);
//! the frozen report of the payment holds it. Where it said nothing, a discount stays as it is.

use crate::sale::bill::StoredBill;
use crate::sale::corrective::{GivenBack, PartOfItem, parts};
use money::{Amount, Conditional, Decimal, Standing, reprice, staying};
use wire::loyalty::{LoyaltyBenefitUsagesPayload, SourceType};

/// A discount of a bill that asked for an amount.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KeptDiscount {
    minimum: Amount,
    /// Position on the bill, and what was counted of that item.
    counted: Vec<(usize, Amount)>,
    /// Position on the bill, and which benefit of that item it gave.
    shares: Vec<(usize, usize)>,
}

/// The discounts of a bill that are kept under a condition. One that names lines the bill does not have is kept
/// whatever comes: its condition cannot be told.
pub(crate) fn kept_discounts(bill: &StoredBill, paid: &LoyaltyBenefitUsagesPayload) -> Vec<KeptDiscount> {
    let position =
        |id: &str| bill.items.iter().position(|item| item.check_item_id == id).filter(|_| !id.is_empty());
    let mut kept = Vec::new();
    for used in &paid.used_general_discounts {
        let Some(condition) = &used.kept_while else { continue };
        let amount = |number: wire::Number| number.amount(bill.precision).ok().map(|found| found.amount);
        let counted: Option<Vec<(usize, Amount)>> = condition
            .lines
            .iter()
            .map(|line| Some((position(&line.check_item_id)?, amount(line.value)?)))
            .collect();
        let (Some(minimum), Some(counted)) = (amount(condition.minimum_amount), counted) else { continue };
        let mut shares = Vec::new();
        for (at, item) in bill.items.iter().enumerate() {
            let of_discount = item.benefits.iter().enumerate().filter(|(_, benefit)| {
                benefit.source_type == SourceType::GeneralDiscount.as_str()
                    && benefit.source_id == used.general_discount_id
            });
            shares.extend(of_discount.map(|(share, _)| (at, share)));
        }
        kept.push(KeptDiscount { minimum, counted, shares });
    }
    kept
}

/// How the bill stands after these refunds.
pub(crate) fn after_all<'r>(
    bill: &StoredBill,
    kept: &[KeptDiscount],
    refunds: impl Iterator<Item = &'r GivenBack>,
) -> Standing {
    let (mut so_far, mut standing) = (GivenBack::nothing(bill), Standing::default());
    for refund in refunds {
        so_far = so_far.and(refund);
        standing = after(bill, kept, &standing, &so_far.amounts);
        // What was really given counts, whatever would come out today
        standing.value = so_far.given.iter().sum();
    }
    standing
}

/// How the bill stands once so much of each item has gone back.
pub(crate) fn after(
    bill: &StoredBill,
    kept: &[KeptDiscount],
    before: &Standing,
    amounts: &[Decimal],
) -> Standing {
    let gone = parts(bill, &GivenBack::nothing(bill), amounts);
    let mut left: Vec<Vec<Amount>> = bill
        .items
        .iter()
        .map(|item| item.benefits.iter().map(|benefit| Amount(benefit.value)).collect())
        .collect();
    for part in &gone {
        if let Some(shares) = left.get_mut(part.index) {
            shares.iter_mut().zip(&part.benefits).for_each(|(share, back)| *share -= *back);
        }
    }
    let stays = |(at, value): &(usize, Amount)| -> Amount {
        let quantity = bill.items.get(*at).map_or(Decimal::ONE, |item| item.amount.0.abs());
        staying(*value, quantity, amounts.get(*at).copied().unwrap_or_default())
    };
    let discounts: Vec<Conditional<'_>> = kept
        .iter()
        .map(|one| Conditional {
            holds: one.counted.iter().map(stays).sum::<Amount>() >= one.minimum,
            shares: &one.shares,
        })
        .collect();
    reprice(before, &discounts, gone.iter().map(|part| part.after).sum(), &left)
}

/// Adds to the parts of a refund what it takes of lost discounts: of an item that stays a part of no amount, whose
/// benefit goes back alone. Of an item that lost some before, its own part gives back less.
pub(crate) fn take_lost(bill: &StoredBill, parts: &mut Vec<PartOfItem>, before: &Standing, after: &Standing) {
    for (index, item) in bill.items.iter().enumerate() {
        let taken = |standing: &Standing, share: usize| {
            standing.taken.get(index).and_then(|shares| shares.get(share)).copied().unwrap_or_default()
        };
        let more: Vec<Amount> =
            (0..item.benefits.len()).map(|share| taken(after, share) - taken(before, share)).collect();
        if more.iter().all(|more| *more == Amount::ZERO) {
            continue;
        }
        let at = parts.iter().position(|part| part.index >= index).unwrap_or(parts.len());
        if parts.get(at).is_none_or(|part| part.index != index) {
            let nothing = PartOfItem {
                index,
                amount: Decimal::ZERO,
                till_discount: Amount::ZERO,
                total: Amount::ZERO,
                benefits: vec![Amount::ZERO; item.benefits.len()],
                after: Amount::ZERO,
            };
            parts.insert(at, nothing);
        }
        if let Some(part) = parts.get_mut(at) {
            for (benefit, more) in part.benefits.iter_mut().zip(more) {
                *benefit += more;
                part.after -= more;
            }
        }
    }
}

#[cfg(test)]
mod tests;
