//! Is every usage report in the ledger exactly once?
//!
//! The stored body is read again and compared with the entries of its bill: used and topped-up values of every
//! balance that existed, once; after a cancellation, nothing that is not mirrored.

use super::fault::Fault;
use super::slice::{SLICE_ROWS, Slice};
use crate::loyalty::ledger::{BalanceSettings, balance_of};
use crate::loyalty::usage::{Kind, REMARKS_MAX, Report, units, unknown_balance};
use crate::row::Class;
use db::{Error, Json, Tx, params};
use money::Precision;
use std::collections::{BTreeMap, HashMap};
use wire::loyalty::{BalanceType, LoyaltyBenefitUsagesPayload, bonus_part_of};

db::row! {
    /// A report with its merchant's money, how many reports took its bill back whole and in part, and how many providers
    /// have reported the same offer and bill.
    struct UsageRow {
        merchant: String,
        loyalty_provider_id: String,
        offer_id: String,
        bill_id: String,
        body: String,
        remarks: Vec<String> as Json,
        price_precision: Precision,
        currency_code: String,
        taken_back: i64,
        parts: i64,
        reported: i64,
    }
}

db::row! {
    /// What the entries of a bill moved on a balance: spent, topped up, and in all.
    struct MovedRow {
        balance_id: String,
        spent: i64,
        topped_up: i64,
        net: i64,
    }
}

db::row! {
    /// What a balance is counted in.
    struct UnitRow {
        class: BalanceType as Class,
        settings: BalanceSettings as Json,
    }
}

db::statement! {
    /// A slice of paid reports.
    VERIFY_USAGES -> UsageRow = "SELECT u.merchant, u.loyalty_provider_id, u.offer_id, u.bill_id, u.body, u.remarks, m.price_precision, m.currency_code,
          (SELECT COUNT(*) FROM partner_usage k WHERE k.merchant = u.merchant AND k.loyalty_provider_id = u.loyalty_provider_id
            AND k.offer_id = u.offer_id AND k.bill_id = u.bill_id AND k.kind IN ('refunded', 'cancelled')) AS taken_back,
          (SELECT COUNT(*) FROM partner_usage k WHERE k.merchant = u.merchant AND k.loyalty_provider_id = u.loyalty_provider_id
            AND k.offer_id = u.offer_id AND k.bill_id = u.bill_id AND k.kind > 'refund-' AND k.kind < 'refund.') AS parts,
          (SELECT COUNT(*) FROM partner_usage k WHERE k.merchant = u.merchant AND k.offer_id = u.offer_id
            AND k.bill_id = u.bill_id AND k.kind = 'paid') AS reported
        FROM partner_usage u JOIN partner_merchant m ON m.merchant = u.merchant
        WHERE (u.merchant, u.loyalty_provider_id, u.offer_id, u.bill_id) > ($1, $2, $3, $4) AND u.kind = 'paid'
        ORDER BY u.merchant, u.loyalty_provider_id, u.offer_id, u.bill_id LIMIT $5";
    /// What a bill moved on each balance; a shortfall that a lot filled is spent from that lot, and once.
    VERIFY_MOVED -> MovedRow = "SELECT balance_id,
          CAST(SUM(CASE WHEN kind IN ('spend', 'overdraft') THEN amount
            WHEN kind = 'fill' AND reverses IS NOT NULL THEN 0 - amount ELSE 0 END) AS BIGINT) AS spent,
          CAST(SUM(CASE WHEN kind = 'topUp' AND debit_account = 'sales' THEN amount ELSE 0 END) AS BIGINT) AS topped_up,
          CAST(SUM(CASE WHEN kind IN ('spend', 'overdraft') THEN 0 - amount WHEN kind IN ('topUp', 'earn', 'refund') THEN amount
            WHEN kind NOT IN ('reversal', 'clawBack', 'fill') THEN 0
            WHEN credit_account = 'guest' THEN amount ELSE 0 - amount END) AS BIGINT) AS net
        FROM partner_transfer WHERE merchant = $1 AND bill_id = $2 AND offer_id = $3 GROUP BY balance_id";
    /// What a balance counts in.
    VERIFY_UNIT -> UnitRow = "SELECT type AS class, settings FROM partner_balance WHERE merchant = $1 AND balance_id = $2";
}

/// Merchant, provider, offer, bill.
type Key = (String, String, String, String);

/// Checks a slice of paid reports.
pub(super) fn slice(tx: &mut Tx<'_>, after: &Key) -> Result<Slice<Key>, Error> {
    let rows = tx.query(&VERIFY_USAGES, params![&after.0, &after.1, &after.2, &after.3, SLICE_ROWS])?;
    let (mut faults, mut last) = (Vec::new(), None);
    let full = rows.len();
    for row in rows {
        let key: Key = (row.merchant, row.loyalty_provider_id, row.offer_id, row.bill_id);
        last = Some(key.clone());
        let usage = Booked {
            key,
            body: row.body,
            remarks: row.remarks,
            precision: row.price_precision,
            currency_code: row.currency_code,
            taken_back: row.taken_back > 0,
            in_parts: row.parts > 0,
        };
        // two providers that report the same offer and bill cannot be told apart in the entries
        if row.reported == 1 {
            faults.extend(usage.check(tx)?);
        }
    }
    Ok(Slice::after(full, last, faults))
}

/// What the entries of a bill should say of a balance, in its units.
#[derive(Debug, Clone, Copy, Default)]
struct Expected {
    used: i64,
    prepaid: i64,
    /// Whether the balance takes one top-up only.
    once: bool,
}

struct Booked {
    key: Key,
    body: String,
    /// What was found when it was booked.
    remarks: Vec<String>,
    precision: Precision,
    currency_code: String,
    taken_back: bool,
    /// Refunds came before: registers may have given money for what balances paid.
    in_parts: bool,
}

impl Booked {
    fn fault(&self, rule: &'static str, found: String) -> Fault {
        let (merchant, provider, offer, bill) = &self.key;
        Fault { rule, row: format!("partner_usage {merchant}/{provider}/{offer}/{bill}/paid"), found }
    }

    fn check(&self, tx: &mut Tx<'_>) -> Result<Vec<Fault>, Error> {
        let (merchant, _, offer, bill) = &self.key;
        let mut moved: BTreeMap<String, [i64; 3]> = BTreeMap::new();
        for found in tx.query(&VERIFY_MOVED, params![merchant, bill, offer])? {
            moved.insert(found.balance_id, [found.spent, found.topped_up, found.net]);
        }
        let mut faults = Vec::new();
        if self.taken_back && !self.in_parts {
            for (balance_id, [_, _, net]) in moved.iter().filter(|(_, sums)| sums[2] != 0) {
                let found = format!("{net} on balance {balance_id}");
                faults.push(self.fault("a bill that was taken back moves nothing", found));
            }
            return Ok(faults);
        }
        if self.taken_back && moved.is_empty() {
            // taken back before its own report came
            return Ok(faults);
        }
        let expected = match self.expected(tx, &moved)? {
            Ok(expected) => expected,
            Err(why) => return Ok(vec![self.fault("a booked body can be read again", why)]),
        };
        for (balance_id, Expected { used, prepaid, once }) in &expected {
            let [spent, topped_up, _] = moved.get(balance_id).copied().unwrap_or_default();
            // a voucher that is topped up once ignores the second time (loyalty.md §11 T4)
            let ignored = *once && topped_up == 0;
            if spent != *used || (topped_up != *prepaid && !ignored) {
                let found = format!(
                    "balance {balance_id}: reported {used} used, {prepaid} topped up; entries {spent} and {topped_up}"
                );
                faults.push(self.fault("what a report used and topped up is booked once", found));
            }
        }
        for (balance_id, [spent, topped_up, _]) in &moved {
            if !expected.contains_key(balance_id) && (*spent, *topped_up) != (0, 0) {
                let found = format!("balance {balance_id}: {spent} spent, {topped_up} topped up");
                faults.push(self.fault("nothing is booked that was not reported", found));
            }
        }
        Ok(faults)
    }

    /// Used and topped up in units, by balance, as booking had to see them.
    fn expected(
        &self,
        tx: &mut Tx<'_>,
        moved: &BTreeMap<String, [i64; 3]>,
    ) -> Result<Result<HashMap<String, Expected>, String>, Error> {
        let message: LoyaltyBenefitUsagesPayload = match wire::read::from_slice(self.body.as_bytes()) {
            Ok(message) => message,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let report = match Report::read(&message) {
            Ok(report) => report,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let mut expected: HashMap<String, Expected> = HashMap::new();
        if report.kind != Kind::Paid || report.currency_code != self.currency_code {
            return Ok(Ok(expected));
        }
        for (wire_id, reported) in &report.uses {
            let balance_id = balance_of(wire_id);
            let found = tx.optional(&VERIFY_UNIT, params![&self.key.0, balance_id])?;
            let Some(found) = found else { continue };
            // one that was opened later: no clock says it, for servers' clocks differ, but what was found at the time
            let told = self.remarks.contains(&unknown_balance(balance_id));
            if told || (self.remarks.len() >= REMARKS_MAX && !moved.contains_key(balance_id)) {
                continue;
            }
            let points = found.class == BalanceType::CollectablePoints;
            let used = units(reported.used, points, self.precision).map_or(0, |(units, _)| units);
            let prepaid = units(reported.prepaid, false, self.precision).map_or(0, |(units, _)| units);
            let of_balance = expected.entry(balance_id.to_owned()).or_default();
            of_balance.used += used;
            of_balance.prepaid += if points || bonus_part_of(wire_id).is_some() { 0 } else { prepaid };
            let prepayment = found.settings.prepayment;
            of_balance.once = prepayment.is_some_and(|prepayment| !prepayment.is_reloadable(found.class));
        }
        Ok(Ok(expected))
    }
}
