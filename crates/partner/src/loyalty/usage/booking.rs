//! What does one paid bill do to the balances it used?
//!
//! The balances are locked and their holds read; here each reported value becomes a spend or a top-up, and is
//! compared with what the offer gave (loyalty.md §4, §5, §7, §11).

use super::flag::{Findings, Flag};
use super::report::{Use, units};
use super::store::KnownOffer;
use crate::loyalty::ledger::{
    Account, BalanceStatus, Book, CheckKey, Credit, HoldRow, Link, LotKind, LotPart, NewLot, Spend,
    TransferKind,
};
use crate::merchant::MerchantRow;
use jiff::Timestamp;
use std::collections::BTreeMap;
use wire::loyalty::BalanceType;

/// One bill on its way into the books.
pub(super) struct Booking<'a> {
    pub(super) merchant: &'a MerchantRow,
    pub(super) offer: Option<&'a KnownOffer>,
    pub(super) holds: Vec<HoldRow>,
    /// What other bills of the offer used, by balance.
    pub(super) by_others: BTreeMap<String, i64>,
    pub(super) link: Link,
    pub(super) now: Timestamp,
    /// What bonus lots paid of this bill, in minor units: it earns nothing.
    pub(super) paid_by_bonus: i64,
    /// What was paid for later use, in minor units: it earns nothing.
    pub(super) prepaid: i64,
    /// Of that, what vouchers for any goods and credit got.
    pub(super) topped_up: i64,
    /// What vouchers for any goods and credit paid, in minor units, bonus lots included.
    pub(super) paid_by_tender: i64,
    pub(super) captured: Vec<HoldRow>,
    pub(super) activated: Vec<String>,
}

impl Booking<'_> {
    /// Books what the report says of one balance.
    pub(super) fn balance(
        &mut self,
        books: &mut Book<'_>,
        balance_id: &str,
        reported: &Use,
        findings: &mut Findings,
    ) {
        let Some(known) = books.row(balance_id) else {
            findings.remark(format!("balance {balance_id} is not known here: nothing was booked on it"));
            return;
        };
        let (points, balance_type) = (known.counts_points(), known.balance_type);
        let in_units = (
            units(reported.used, points, self.merchant.precision),
            units(reported.prepaid, false, self.merchant.precision),
        );
        let (Some((used, used_exact)), Some((prepaid, prepaid_exact))) = in_units else {
            findings.remark(format!("balance {balance_id}: its value is too large to be counted"));
            return;
        };
        if !used_exact || !prepaid_exact {
            findings.remark(format!("balance {balance_id}: its value has too many decimals and was rounded"));
        }
        if !books.has_room(balance_id, used) || !books.has_room(balance_id, prepaid) {
            findings.remark(format!("balance {balance_id}: its value is too large to be counted"));
            return;
        }
        if used > 0 {
            self.spend(books, balance_id, balance_type, used, findings);
        }
        if prepaid > 0 && points {
            findings
                .remark(format!("balance {balance_id}: points cannot be topped up; nothing was credited"));
        } else if prepaid > 0 {
            self.top_up(books, balance_id, prepaid);
        }
    }

    fn spend(
        &mut self,
        books: &mut Book<'_>,
        balance_id: &str,
        balance_type: BalanceType,
        used: i64,
        findings: &mut Findings,
    ) {
        let check = self.offer.map(KnownOffer::check);
        let of_check = |hold: &&HoldRow| check.as_ref() == Some(&hold.check);
        let own = self.holds.iter().find(|hold| hold.balance_id == balance_id && of_check(hold));
        let counting = own.filter(|hold| hold.counts(self.now));
        self.judge(balance_id, used, counting.is_some(), findings);
        let reserved: Vec<LotPart> = self
            .holds
            .iter()
            .filter(|hold| hold.balance_id == balance_id && hold.counts(self.now) && !of_check(hold))
            .flat_map(|hold| hold.lots.iter().cloned())
            .collect();
        let spend = Spend {
            amount: used,
            own: counting.map(|hold| hold.lots.as_slice()).unwrap_or_default(),
            reserved: &reserved,
            // a lot past its end is there for a hold that counts, and for nobody else (loyalty.md §10 E3)
            live_at: self.now,
        };
        let spent = books.spend(balance_id, &spend, &self.link);
        if spent.short > 0 {
            findings.flag(Flag::Overdraft);
            findings.remark(format!("balance {balance_id}: {} was not there any more", spent.short));
        }
        if matches!(balance_type, BalanceType::MultiPurposePrepaidVoucher | BalanceType::PrepaidCredit) {
            self.paid_by_bonus += spent.bonus;
            self.paid_by_tender = self.paid_by_tender.saturating_add(used);
        }
        if let Some(hold) = own {
            self.captured.push(what_stays(hold, used));
        }
    }

    /// Compares what was used with what the offer gave (loyalty.md §4, §5, §7 I5).
    fn judge(&self, balance_id: &str, used: i64, held: bool, findings: &mut Findings) {
        let Some(offer) = self.offer else { return };
        let given =
            offer.balances.iter().filter(|one| one.balance_id == balance_id).map(|one| one.amount).sum();
        let by_others = self.by_others.get(balance_id).copied().unwrap_or(0);
        let over = used.saturating_add(by_others) > given;
        if over && by_others > 0 {
            findings.flag(Flag::Conflict);
            findings.remark(format!(
                "balance {balance_id}: the offer gave {given}, its other bills used {by_others}, this one {used}"
            ));
        } else if over {
            findings.flag(Flag::Differs);
            findings.remark(format!("balance {balance_id}: the offer gave {given}, the bill used {used}"));
        }
        if !held && given > by_others {
            findings.flag(Flag::Late);
        }
    }

    fn top_up(&mut self, books: &mut Book<'_>, balance_id: &str, prepaid: i64) {
        let Some(row) = books.row(balance_id) else { return };
        let lot = NewLot {
            kind: LotKind::Paid,
            source: self.source(),
            vat_rate: row.settings.vat_rate,
            paid_value: None,
            available_at: None,
            expires_at: books.lot_end(balance_id),
        };
        let tender =
            matches!(row.balance_type, BalanceType::MultiPurposePrepaidVoucher | BalanceType::PrepaidCredit);
        if row.status == BalanceStatus::Inactive {
            books.set_status(balance_id, BalanceStatus::Active);
            self.activated.push(balance_id.to_owned());
        }
        let top_up =
            Credit { kind: TransferKind::TopUp, other: Account::Sales, amount: prepaid, lot, lines: None };
        books.credit(balance_id, top_up, &self.link);
        self.prepaid = self.prepaid.saturating_add(prepaid);
        if tender {
            self.topped_up = self.topped_up.saturating_add(prepaid);
        }
    }

    pub(super) fn source(&self) -> String {
        format!("bill {}", self.link.bill_id.as_deref().unwrap_or_default())
    }
}

impl KnownOffer {
    pub(super) fn check(&self) -> CheckKey {
        CheckKey {
            place: self.place.clone(),
            device_number: self.device_number,
            check_id: self.check_id.clone(),
        }
    }
}

/// A hold after a report used some of it: the rest stays held for that check (loyalty.md §4).
fn what_stays(hold: &HoldRow, used: i64) -> HoldRow {
    let mut left = used.min(hold.amount);
    let mut rest = hold.clone();
    rest.amount -= left;
    for part in &mut rest.lots {
        let taken = left.min(part.amount);
        part.amount -= taken;
        left -= taken;
    }
    rest.lots.retain(|part| part.amount > 0);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hold 120 over two lots, used 90: 30 of the second stays held (loyalty.md §4).
    #[test]
    fn what_a_report_leaves_of_a_hold() {
        let part = |lot_id: &str, amount| LotPart { lot_id: lot_id.to_owned(), amount };
        let hold = HoldRow {
            balance_id: "b".to_owned(),
            hold_number: 1,
            check: CheckKey { place: "p".to_owned(), device_number: 1, check_id: "c".to_owned() },
            offer_id: "o".to_owned(),
            amount: 120,
            lots: vec![part("1", 80), part("2", 40)],
            expires_at: Timestamp::MAX,
        };
        // used, amount that stays, lots that stay
        for (used, amount, lots) in [
            (90, 30, vec![part("2", 30)]),
            (80, 40, vec![part("2", 40)]),
            (10, 110, vec![part("1", 70), part("2", 40)]),
            (120, 0, vec![]),
            (150, 0, vec![]),
        ] {
            let rest = what_stays(&hold, used);
            assert_eq!((rest.amount, rest.lots), (amount, lots), "{used}");
        }
    }
}
