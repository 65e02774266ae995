//! Where are the reports and the ledger entries of a bill that goes back? SQL.

use super::flag::Findings;
use super::kind::Kind;
use super::report::Report;
use super::store::Key;
use crate::loyalty::ledger::{Account, LotKind, Transfer, TransferKind};
use crate::row;
use db::{Error, Tx, params};
use std::borrow::Cow;
use wire::loyalty::LoyaltyBenefitUsagesPayload;

db::statement! {
    /// Every report of one bill of one offer.
    REPORTS_OF_BILL = "SELECT kind, body, flags, remarks FROM partner_usage
        WHERE merchant = $1 AND loyalty_provider_id = $2 AND offer_id = $3 AND bill_id = $4";
    /// What a bill booked under one offer, and how much of each entry is mirrored. What was written off of its own
    /// shortfall is part of it, what a claw-back had written off is not; a shortfall that a lot filled later is the
    /// bill's spend on that lot. CROSS JOIN keeps SQLite at finding the few entries first.
    ORIGINALS_OF_BILL = "SELECT original.balance_id, original.entry, original.kind, original.debit_account, original.credit_account,
          original.amount, original.lot_id, original.lines, lot.kind, lot.paid_value,
          (SELECT CAST(COALESCE(SUM(mirror.amount), 0) AS BIGINT) FROM partner_transfer AS mirror
            WHERE mirror.merchant = $1 AND mirror.balance_id = original.balance_id
              AND mirror.bill_id = original.bill_id AND mirror.reverses = original.entry),
          (SELECT CAST(COALESCE(SUM(fill.amount), 0) AS BIGINT) FROM partner_transfer AS fill
            WHERE fill.merchant = $1 AND fill.balance_id = original.balance_id
              AND fill.bill_id = original.bill_id AND fill.reverses = original.entry AND fill.kind = 'fill')
        FROM partner_transfer AS original CROSS JOIN partner_lot AS lot
        WHERE lot.merchant = original.merchant AND lot.balance_id = original.balance_id AND lot.lot_id = original.lot_id
          AND original.merchant = $1 AND original.bill_id = $2 AND original.offer_id = $3 AND original.reverses IS NULL
          AND (original.kind IN ('spend', 'overdraft', 'earn', 'topUp', 'refund')
            OR (original.kind = 'writeOff' AND EXISTS (SELECT 1 FROM partner_transfer AS hole
              WHERE hole.merchant = $1 AND hole.bill_id = original.bill_id
                AND hole.balance_id = original.balance_id AND hole.lot_id = original.lot_id AND hole.kind = 'overdraft')))";
    /// The balance to which a member's returned things are credited: an own one before one that came by a merge.
    CREDIT_OF_MEMBER = "SELECT balance_id FROM partner_balance
        WHERE merchant = $1 AND member_id = $2 AND type = 'prepaidCredit' AND status = 'active'
        ORDER BY CASE WHEN merged_from IS NULL THEN 0 ELSE 1 END, balance_id LIMIT 1";
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
    for found in &rows {
        let (kind, body): (String, String) = (found.get(0)?, found.get(1)?);
        let (flags, remarks): (String, String) = (found.get(2)?, found.get(3)?);
        let message: Option<LoyaltyBenefitUsagesPayload> = wire::read::from_slice(body.as_bytes()).ok();
        kept.push(Kept {
            kind: Kind::from_text(&kind),
            report: message.and_then(|message| Report::read(&message).ok()),
            findings: Findings::of(
                row::json("partner_usage", "flags", &flags)?,
                row::json("partner_usage", "remarks", &remarks)?,
            ),
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
        let (debit, credit): (Account, Account) = (found.get(3)?, found.get(4)?);
        let lot: String = found.get(8)?;
        let credits_guest = credit == Account::Guest;
        let other = if credits_guest { debit } else { credit };
        let filled: i64 = found.get(11)?;
        if found.get::<i64>(5)? == filled {
            continue;
        }
        originals.push(Original {
            transfer: Transfer {
                balance_id: found.get(0)?,
                entry: found.get(1)?,
                kind: found.get(2)?,
                credits_guest,
                other,
                amount: found.get::<i64>(5)? - filled,
                lot_id: found.get(6)?,
            },
            lines: found.get(7)?,
            bonus: match LotKind::from_text(&lot) {
                Some(LotKind::Bonus) => true,
                Some(LotKind::Overdraft) => found.get::<Option<i64>>(9)? == Some(0),
                _ => false,
            },
            mirrored: found.get::<i64>(10)? - filled,
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
    let found = tx.optional(&CREDIT_OF_MEMBER, params![merchant, member_id])?;
    found.map(|found| found.get(0)).transpose()
}
