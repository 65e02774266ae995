//! What does a part of a paid bill come to when it goes back, and to whom does the money go?
//!
//! Pure. Shares are the stored ones, never spread again (loyalty.md §6, C6 to C8); everything is worked out from
//! what went back before, so that the last part closes exactly.

use crate::sale::bill::{StoredBill, StoredItem, StoredPayment, StoredTax};
use money::vat::{VatRate, split_gross};
use money::{Amount, Decimal, spread};
use std::collections::BTreeMap;
use wire::Number;
use wire::pos::RefundTender;

/// What went back of a bill.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct GivenBack {
    /// How much of each item, at least 0 whatever the item's sign.
    pub(crate) amounts: Vec<Decimal>,
    /// How much by each of [`tenders`], with the sign of the bill.
    pub(crate) given: Vec<Amount>,
}

impl GivenBack {
    /// Nothing of this bill.
    pub(crate) fn nothing(bill: &StoredBill) -> Self {
        Self {
            amounts: vec![Decimal::ZERO; bill.items.len()],
            given: vec![Amount::ZERO; tenders(bill).len()],
        }
    }

    /// This and another part together.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        for (sum, more) in self.amounts.iter_mut().zip(&other.amounts) {
            *sum += *more;
        }
        for (sum, more) in self.given.iter_mut().zip(&other.given) {
            *sum += *more;
        }
        self
    }

    /// How much of each item is left.
    pub(crate) fn left(&self, bill: &StoredBill) -> Vec<Decimal> {
        bill.items.iter().zip(&self.amounts).map(|(item, gone)| item.amount.0.abs() - *gone).collect()
    }
}

/// A part of an item as it was on the bill: signs are those of the sale.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PartOfItem {
    /// Position on the bill, from 0.
    pub(crate) index: usize,
    /// 0 for an item that stays and loses a discount.
    pub(crate) amount: Decimal,
    pub(crate) till_discount: Amount,
    /// After the register's own discount, before loyalty.
    pub(crate) total: Amount,
    /// The part of each of the item's benefits, in their order.
    pub(crate) benefits: Vec<Amount>,
    /// After loyalty.
    pub(crate) after: Amount,
}

/// What the next `now` of each item comes to.
pub(crate) fn parts(bill: &StoredBill, before: &GivenBack, now: &[Decimal]) -> Vec<PartOfItem> {
    bill.items
        .iter()
        .zip(&before.amounts)
        .zip(now)
        .enumerate()
        .filter(|(_, (_, now))| **now > Decimal::ZERO)
        .map(|(index, ((item, before), now))| part(index, item, *before, *now))
        .collect()
}

fn part(index: usize, item: &StoredItem, before: Decimal, now: Decimal) -> PartOfItem {
    // Worked out as if sold, then given the line's sign: a return mirrors a sale.
    let mirrored = |amount: Amount| if item.total < 0 { -amount } else { amount };
    let quantity = item.amount.0.abs();
    let shares: Vec<Amount> = item.benefits.iter().map(|benefit| Amount(benefit.value)).collect();
    let part = money::line_part(Amount(item.total.saturating_abs()), &shares, quantity, before, now);
    let till_discount = if item.till_discount == 0 {
        Amount::ZERO
    } else {
        let full = Amount((item.total.saturating_add(item.till_discount)).saturating_abs());
        let full = money::units_part(full, full, quantity, before, now);
        if item.till_discount < 0 { part.gross - full } else { full - part.gross }
    };
    PartOfItem {
        index,
        amount: if item.amount.0 < Decimal::ZERO { -now } else { now },
        till_discount,
        total: mirrored(part.gross),
        benefits: part.shares,
        after: mirrored(part.net),
    }
}

/// The VAT of the parts by rate, with the signs of the sale: the VAT of all that is back so far, less the VAT already
/// given back, so that the corrections of a bill that is wholly back sum to its VAT. `before` is what the corrective
/// bills so far gave back by rate, with the signs of the sale.
pub(crate) fn taxes(bill: &StoredBill, before: &[StoredTax], parts: &[PartOfItem]) -> Vec<StoredTax> {
    if !bill.issued_as_vat_payer {
        return Vec::new();
    }
    let mut now: BTreeMap<VatRate, Amount> = BTreeMap::new();
    for part in parts {
        let Some(item) = bill.items.get(part.index) else { continue };
        *now.entry(rate_of(bill, item)).or_default() += part.after;
    }
    let gone = |rate: VatRate, of: fn(&StoredTax) -> i64| -> Amount {
        before.iter().filter(|tax| taxed_at(tax) == rate).map(|tax| Amount(of(tax))).sum()
    };
    now.into_iter()
        .map(|(rate, gross)| {
            let so_far = split_gross(gone(rate, |tax| tax.gross) + gross, rate);
            let net = so_far.net - gone(rate, |tax| tax.net);
            StoredTax { rate: Number(rate.fraction()), gross: gross.0, net: net.0 }
        })
        .collect()
}

/// The rate at which the bill taxed an item, so that its corrections close: a bill from before the menu refused `1` took
/// that for 100 %, and says so in its taxes.
fn rate_of(bill: &StoredBill, item: &StoredItem) -> VatRate {
    let same = bill.taxes.iter().find(|tax| tax.rate == item.product.vat_rate);
    same.map_or_else(|| item.product.rate(), taxed_at)
}

/// The rate of a kept sum, which is a fraction; no VAT for what is no rate.
fn taxed_at(tax: &StoredTax) -> VatRate {
    VatRate::from_fraction(tax.rate.0).unwrap_or(VatRate::ZERO)
}

/// How a bill was paid, each method that money can go back by. A bill that no money paid has `cash` of nothing: a
/// part of it may be worth more than the whole, where the whole had returns.
pub(crate) fn tenders(bill: &StoredBill) -> Vec<StoredPayment> {
    let mut tenders = bill.payments.clone();
    if tenders.iter().all(|tender| tender.balance_id.is_some()) {
        tenders.push(StoredPayment { payment_method: "cash".to_owned(), value: 0, balance_id: None });
    }
    tenders
}

/// Balances paid too little for what only they should get back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BalancesPaidLess {
    /// What they paid and have not got back.
    pub(crate) left: Amount,
}

/// How much of `value` goes back by each of [`tenders`] (C8), with the sign of `value`. The shares sum to it.
pub(crate) fn divide(
    bill: &StoredBill,
    before: &GivenBack,
    value: Amount,
    tender: RefundTender,
) -> Result<Vec<Amount>, BalancesPaidLess> {
    let tenders = tenders(bill);
    let signed = |amount: Amount| if value.is_negative() { -amount } else { amount };
    let size = signed(value);
    // What each can still take; the other sign is what it has given beyond its own.
    let left = |of_balances: bool| -> Vec<Amount> {
        tenders
            .iter()
            .zip(&before.given)
            .map(|(tender, given)| {
                let counts = tender.balance_id.is_some() == of_balances;
                if counts { signed(Amount(tender.value) - *given).or_zero() } else { Amount::ZERO }
            })
            .collect()
    };
    let (balances, money) = (left(true), left(false));
    let (balances_left, money_left): (Amount, Amount) = (balances.iter().sum(), money.iter().sum());
    let taken = size.min(balances_left + money_left);
    let to_balances = match tender {
        RefundTender::CreditOnly if size > balances_left => {
            return Err(BalancesPaidLess { left: balances_left });
        }
        RefundTender::CreditOnly => taken,
        RefundTender::MoneyFirst => taken - money_left.min(taken),
        RefundTender::ProRata => {
            let paid: Amount = tenders
                .iter()
                .filter(|tender| tender.balance_id.is_some())
                .map(|tender| Amount(tender.value))
                .sum();
            let gone: Amount = before.given.iter().sum();
            money::cumulative(signed(paid), signed(bill.final_price), signed(gone), taken)
                .max(taken - money_left)
                .min(balances_left)
                .min(taken)
                .or_zero()
        }
    };
    let mut shares: Vec<Amount> = spread(to_balances, &balances)
        .into_iter()
        .zip(spread(taken - to_balances, &money))
        .map(|(balance, money)| signed(balance + money))
        .collect();
    let beyond = tenders.iter().position(|tender| tender.balance_id.is_none());
    if let Some(share) = beyond.and_then(|first| shares.get_mut(first)) {
        *share += signed(size - taken);
    }
    Ok(shares)
}

#[cfg(test)]
mod tests;
