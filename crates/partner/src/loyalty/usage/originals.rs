//! Where are the reports and the ledger entries of a bill that goes back? SQL.

use super::flag::{Findings, Flag};
use super::kind::Kind;
use super::report::Report;
use super::store::Key;
use crate::loyalty::ledger::{Account, LotKind, Transfer, TransferKind};
use db::{Error, Json, Tx, params};
use std::borrow::Cow;
use wire::loyalty::LoyaltyBenefitUsagesPayload;

db::statement! {
    /// Every report of one bill of one offer.
    REPORTS_OF_BILL -> ReportRow = "SELECT kind, body, flags, remarks FROM partner_usage
        WHERE merchant = $1 AND loyalty_provider_id = $2 AND offer_id = $3 AND bill_id = $4";
    /// What a bill booked under one offer, and how much of each entry is mirrored. What was written off of its own
    /// shortfall is part of it, what a claw-back had written off is not; a shortfall that a lot filled later is the
    /// bill's spend on that lot. CROSS JOIN keeps SQLite at finding the few entries first.
    ORIGINALS_OF_BILL -> OriginalRow = "SELECT original.balance_id, original.entry, original.kind, original.debit_account, original.credit_account,
          original.amount, original.lot_id, original.lines, lot.kind AS lot_kind, lot.paid_value,
          (SELECT CAST(COALESCE(SUM(mirror.amount), 0) AS BIGINT) FROM partner_transfer AS mirror
            WHERE mirror.merchant = $1 AND mirror.balance_id = original.balance_id
              AND mirror.bill_id = original.bill_id AND mirror.reverses = original.entry) AS mirrored,
          (SELECT CAST(COALESCE(SUM(fill.amount), 0) AS BIGINT) FROM partner_transfer AS fill
            WHERE fill.merchant = $1 AND fill.balance_id = original.balance_id
              AND fill.bill_id = original.bill_id AND fill.reverses = original.entry AND fill.kind = 'fill') AS filled
        FROM partner_transfer AS original CROSS JOIN partner_lot AS lot
        WHERE lot.merchant = original.merchant AND lot.balance_id = original.balance_id AND lot.lot_id = original.lot_id
          AND original.merchant = $1 AND original.bill_id = $2 AND original.offer_id = $3 AND original.reverses IS NULL
          AND (original.kind IN ('spend', 'overdraft', 'earn', 'topUp', 'refund')
            OR (original.kind = 'writeOff' AND EXISTS (SELECT 1 FROM partner_transfer AS hole
              WHERE hole.merchant = $1 AND hole.bill_id = original.bill_id
                AND hole.balance_id = original.balance_id AND hole.lot_id = original.lot_id AND hole.kind = 'overdraft')))";
    /// The balance to which a member's returned things are credited: an own one before one that came by a merge.
    CREDIT_OF_MEMBER -> String = "SELECT balance_id FROM partner_balance
        WHERE merchant = $1 AND member_id = $2 AND type = 'prepaidCredit' AND status = 'active'
        ORDER BY CASE WHEN merged_from IS NULL THEN 0 ELSE 1 END, balance_id LIMIT 1";
}

db::row! {
    struct ReportRow {
        kind: String,
        body: String,
        flags: Vec<Flag> as Json,
        remarks: Vec<String> as Json,
    }
}

db::row! {
    struct OriginalRow {
        balance_id: String,
        entry: i64,
        kind: TransferKind,
        debit_account: Account,
        credit_account: Account,
        amount: i64,
        lot_id: String,
        lines: Option<String>,
        lot_kind: LotKind,
        paid_value: Option<i64>,
        mirrored: i64,
        filled: i64,
    }
}

/// A stored report.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) kind: Kind,
    /// `None` when the stored body is no report any more.
    pub(crate) report: Option<Report>,
    /// The flags and remarks of the report from when it came.
    pub(crate) findings: Findings,
}

/// Every report of the bill of a key, its own included. Lock the bill first.
pub(crate) fn reports_of_bill(tx: &mut Tx<'_>, key: &Key<'_>) -> Result<Vec<Kept>, Error> {
    let rows = tx
        .query(&REPORTS_OF_BILL, params![key.merchant, key.loyalty_provider_id, key.offer_id, key.bill_id])?;
    let mut kept = Vec::with_capacity(rows.len());
    for found in rows {
        let message: Option<LoyaltyBenefitUsagesPayload> = wire::read::from_slice(found.body.as_bytes()).ok();
        kept.push(Kept {
            kind: Kind::from_text(&found.kind),
            report: message.and_then(|message| Report::read(&message).ok()),
            findings: Findings::of(found.flags, found.remarks),
        });
    }
    Ok(kept)
}

/// An entry of a bill that is no mirror itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Original {
    pub(crate) transfer: Transfer,
    /// How much of it went back already.
    pub(crate) mirrored: i64,
    /// How it lies over the bill's lines (JSON), where the entry says it.
    pub(crate) lines: Option<String>,
    /// Whether its lot is a bonus; of a shortfall, whether bonus value is missing.
    pub(crate) bonus: bool,
}

impl Original {
    /// The amount that has not gone back yet.
    pub(crate) fn left(&self) -> i64 {
        self.transfer.amount - self.mirrored
    }

    /// The entry with `amount` instead of its own, to be mirrored.
    pub(crate) fn part(&self, amount: i64) -> Transfer {
        Transfer { amount, ..self.transfer.clone() }
    }
}

/// What a bill booked under one offer, by balance in the order of the entries.
pub(crate) fn originals_of_bill(tx: &mut Tx<'_>, key: &Key<'_>) -> Result<Vec<Original>, Error> {
    let mut originals = Vec::new();
    for found in tx.query(&ORIGINALS_OF_BILL, params![key.merchant, key.bill_id, key.offer_id])? {
        let credits_guest = found.credit_account == Account::Guest;
        let other = if credits_guest { found.debit_account } else { found.credit_account };
        if found.amount == found.filled {
            continue;
        }
        originals.push(Original {
            transfer: Transfer {
                balance_id: found.balance_id,
                entry: found.entry,
                kind: found.kind,
                credits_guest,
                other,
                amount: found.amount - found.filled,
                lot_id: found.lot_id,
            },
            lines: found.lines,
            bonus: match found.lot_kind {
                LotKind::Bonus => true,
                LotKind::Overdraft => found.paid_value == Some(0),
                LotKind::Paid | LotKind::Earned => false,
            },
            mirrored: found.mirrored - found.filled,
        });
    }
    originals.sort_by(|one, other| {
        let key = |original: &Original| (original.transfer.balance_id.clone(), original.transfer.entry);
        key(one).cmp(&key(other))
    });
    Ok(originals)
}

/// What was found before the balances were locked, as it is now. Whoever locks a balance may fill its shortfalls, so
/// a bill that has one is read again.
pub(crate) fn now_locked<'o>(
    tx: &mut Tx<'_>,
    key: &Key<'_>,
    found: &'o [Original],
) -> Result<Cow<'o, [Original]>, Error> {
    let short = |one: &Original| one.transfer.kind == TransferKind::Overdraft && one.left() > 0;
    Ok(if found.iter().any(short) { Cow::Owned(originals_of_bill(tx, key)?) } else { Cow::Borrowed(found) })
}

/// The member's balance of the type prepaidCredit that may be credited.
pub(crate) fn credit_of_member(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
) -> Result<Option<String>, Error> {
    tx.optional(&CREDIT_OF_MEMBER, params![merchant, member_id])
}
