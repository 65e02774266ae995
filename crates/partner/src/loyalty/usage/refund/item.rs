//! What is credited for things that a guest brings back? (protocol.md §10.10)

use super::super::flag::Findings;
use super::super::originals::credit_of_member;
use super::super::report::{Report, units};
use crate::loyalty::ledger::{Account, Book, Credit, Link, LotKind, NewLot, TransferKind};
use crate::loyalty::program::ItemRefunds;
use db::{Error, Tx};
use money::{Amount, Decimal, Precision};

/// Value that a bill owes the member, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Deposit {
    pub(crate) balance_id: String,
    /// Minor units, above 0.
    pub(crate) amount: Amount,
}

/// What a bill gives back for returned things: what its return lines come to, but no more than the bill is below
/// zero: the rest was taken off what the guest bought.
pub(crate) fn owed(settings: &ItemRefunds, report: &Report, precision: Precision) -> Amount {
    let amount =
        |value: Decimal| units(value, false, precision).map_or(Amount::ZERO, |(units, _)| Amount(units));
    let returned: Amount = report
        .lines
        .iter()
        .filter(|line| line.total < Decimal::ZERO && settings.covers(&line.product_id))
        .map(|line| -amount(line.total))
        .sum();
    returned.min(-amount(report.total)).or_zero()
}

/// The deposit a paid bill gives back, if it does and the guest is known.
pub(crate) fn deposit(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: Option<&str>,
    amount: Amount,
    findings: &mut Findings,
) -> Result<Option<Deposit>, Error> {
    if !amount.is_positive() {
        return Ok(None);
    }
    let balance_id = match member_id {
        Some(member_id) => credit_of_member(tx, merchant, member_id)?,
        None => None,
    };
    if balance_id.is_none() {
        findings.remark(
            "things were brought back, but there is no member with a credit balance: nothing is credited",
        );
    }
    Ok(balance_id.map(|balance_id| Deposit { balance_id, amount }))
}

/// Credits it as money the guest paid.
pub(crate) fn credit(
    tx: &mut Tx<'_>,
    books: &mut Book<'_>,
    deposit: &Deposit,
    link: &Link,
    findings: &mut Findings,
) -> Result<(), Error> {
    if !books.has_room(&deposit.balance_id, deposit.amount.0) {
        findings.remark(format!("balance {}: too large to be counted", deposit.balance_id));
        return Ok(());
    }
    let lot = NewLot {
        kind: LotKind::Paid,
        source: format!("returned things, bill {}", link.bill_id.as_deref().unwrap_or_default()),
        vat_rate: None,
        paid_value: None,
        available_at: None,
        expires_at: None,
    };
    let (kind, other) = (TransferKind::Refund, Account::Sales);
    books.credit(
        tx,
        &deposit.balance_id,
        Credit { kind, other, amount: deposit.amount.0, lot, lines: None },
        link,
    )
}
