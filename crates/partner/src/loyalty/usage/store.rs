//! Usage reports and what surrounds one: SQL.

use super::kind::Kind;
use crate::loyalty::ledger::LotKind;
use crate::loyalty::offer::OfferedBalance;
use crate::loyalty::promotion::LimitUse;
use crate::merchant::MerchantRow;
use crate::quarantine::{self, Aside, Source};
use crate::row;
use db::{Error, Joined, Json, Tx, params};
use jiff::Timestamp;
use std::collections::BTreeMap;

db::row! {
    /// The ground of a report; all of the offer is NULL where it is not known.
    struct GroundRow {
        merchant: MerchantRow as Joined,
        place: Option<String>,
        device_number: Option<i64>,
        check_id: Option<String>,
        member_id: Option<String>,
        balances: Option<Vec<OfferedBalance>> as Option<Json>,
        asked_at: Option<Timestamp>,
        points_balance: Option<String>,
        limits: Option<Vec<LimitUse>> as Option<Json>,
        merged_into: Option<String>,
    }
}

db::row! {
    struct KnownMember {
        member_id: String,
        points_balance: Option<String>,
    }
}

db::row! {
    /// What another bill used of a balance, by the kind of the lot.
    struct UsedRow {
        balance_id: String,
        used: i64,
        kind: LotKind,
    }
}

db::row! {
    struct PaidBill {
        bill_id: String,
        body: String,
    }
}

db::statement! {
    /// The merchant, the offer a report names (if known here), who has what was its member's, and the points balance of
    /// that one: its own before those that came by a merge (stamp cards count in points too, but they are none). One that
    /// the books block below zero collects too: what it earns fills the hole (loyalty.md §8 N3).
    MERCHANT_AND_OFFER -> GroundRow = "SELECT m.merchant, m.name, m.currency_code, m.price_precision AS precision, m.time_zone, m.hold_ttl_seconds, m.program, m.program_version,
          o.place, o.device_number, o.check_id, o.member_id, o.balances, o.asked_at,
          (SELECT b.balance_id FROM partner_balance b
            WHERE b.merchant = $1 AND b.member_id = COALESCE(c.merged_into, o.member_id) AND b.type = 'collectablePoints'
              AND b.status IN ('active', 'frozen') AND (b.status = 'active' OR b.blocked_from IS NOT NULL) AND b.stamp_card_id IS NULL
            ORDER BY CASE WHEN b.merged_from IS NULL THEN 0 ELSE 1 END, b.balance_id LIMIT 1) AS points_balance, o.limits, c.merged_into
        FROM partner_merchant m LEFT JOIN partner_offer o ON o.merchant = m.merchant AND o.offer_id = $2
        LEFT JOIN partner_customer c ON c.merchant = $1 AND c.member_id = o.member_id
        WHERE m.merchant = $1";
    /// A member a report names without a known offer, or who has what was that one's, and its points balance.
    KNOWN_MEMBER -> KnownMember = "SELECT p.member_id,
          (SELECT b.balance_id FROM partner_balance b
            WHERE b.merchant = $1 AND b.member_id = p.member_id AND b.type = 'collectablePoints'
              AND b.status IN ('active', 'frozen') AND (b.status = 'active' OR b.blocked_from IS NOT NULL) AND b.stamp_card_id IS NULL
            ORDER BY CASE WHEN b.merged_from IS NULL THEN 0 ELSE 1 END, b.balance_id LIMIT 1) AS points_balance
        FROM partner_customer c JOIN partner_member p ON p.merchant = c.merchant AND p.member_id = COALESCE(c.merged_into, c.member_id)
        WHERE c.merchant = $1 AND c.member_id = $2 AND p.status <> 'erased'";
    /// Whether a member is not there any more.
    ERASED_MEMBER -> String = "SELECT member_id FROM partner_member WHERE merchant = $1 AND member_id = $2 AND status = 'erased'";
    /// A report under its natural key: whoever inserts it books it.
    INSERT_USAGE = "INSERT INTO partner_usage (merchant, loyalty_provider_id, offer_id, bill_id, kind, body_hash, body, member_id, place, device_number, total_with_vat, paid_at, booked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (merchant, loyalty_provider_id, offer_id, bill_id, kind) DO NOTHING";
    /// The body a natural key was booked with.
    USAGE_HASH -> Vec<u8> = "SELECT body_hash FROM partner_usage
        WHERE merchant = $1 AND loyalty_provider_id = $2 AND offer_id = $3 AND bill_id = $4 AND kind = $5";
    /// Which kinds of report one bill of one offer has.
    KINDS_OF_BILL -> String = "SELECT kind FROM partner_usage
        WHERE merchant = $1 AND loyalty_provider_id = $2 AND offer_id = $3 AND bill_id = $4";
    /// What people should know of a booked report.
    ANNOTATE_USAGE = "UPDATE partner_usage SET flags = $6, remarks = $7
        WHERE merchant = $1 AND loyalty_provider_id = $2 AND offer_id = $3 AND bill_id = $4 AND kind = $5";
    /// What the other bills of an offer used; what was missing of a gift counts as one. Summed by the caller: grouping here would walk the ledger by balance.
    /// CROSS JOIN keeps SQLite at finding the few reports first.
    USED_BY_OTHER_BILLS -> UsedRow = "SELECT t.balance_id, t.amount - (SELECT CAST(COALESCE(SUM(mirror.amount), 0) AS BIGINT) FROM partner_transfer mirror
            WHERE mirror.merchant = $1 AND mirror.bill_id = t.bill_id
              AND mirror.balance_id = t.balance_id AND mirror.reverses = t.entry) AS used,
          CASE WHEN l.kind = 'overdraft' AND l.paid_value = 0 THEN 'bonus' ELSE l.kind END AS kind
        FROM partner_usage u CROSS JOIN partner_transfer t CROSS JOIN partner_lot l
        WHERE l.merchant = t.merchant AND l.balance_id = t.balance_id AND l.lot_id = t.lot_id AND t.merchant = u.merchant AND t.bill_id = u.bill_id AND t.offer_id = u.offer_id AND u.merchant = $1 AND u.loyalty_provider_id = $2 AND u.offer_id = $3 AND u.kind = 'paid' AND u.bill_id <> $4
          AND t.kind IN ('spend', 'overdraft') AND t.reverses IS NULL";
    /// The bodies of an offer's other bills that are paid and not taken back.
    OTHER_PAID_BILLS -> PaidBill = "SELECT u.bill_id, u.body FROM partner_usage u
        WHERE u.merchant = $1 AND u.loyalty_provider_id = $2 AND u.offer_id = $3 AND u.kind = 'paid' AND u.bill_id <> $4
          AND NOT EXISTS (SELECT 1 FROM partner_usage r
            WHERE r.merchant = u.merchant AND r.loyalty_provider_id = u.loyalty_provider_id AND r.offer_id = u.offer_id
              AND r.bill_id = u.bill_id AND r.kind IN ('cancelled', 'refunded'))";
}

/// The offer a report names, as far as booking needs it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KnownOffer {
    pub(super) place: String,
    pub(super) device_number: i64,
    pub(super) check_id: String,
    pub(super) member_id: Option<String>,
    /// Who has what was that member's, where it was merged.
    pub(super) merged_into: Option<String>,
    pub(super) balances: Vec<OfferedBalance>,
    /// What it kept of the limits of its promotions.
    pub(super) limits: Vec<LimitUse>,
    pub(super) asked_at: Timestamp,
}

/// Who a report is about and with which books.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ground {
    pub(super) merchant: MerchantRow,
    pub(super) offer: Option<KnownOffer>,
    /// Where the offer's member collects points.
    pub(super) points_balance: Option<String>,
}

/// The natural key of a report (loyalty.md §7 I1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    pub(super) merchant: &'a str,
    /// The connection's own id: a body cannot choose it.
    pub(super) loyalty_provider_id: &'a str,
    pub(super) offer_id: &'a str,
    pub(super) bill_id: &'a str,
    pub(super) kind: &'a Kind,
}

impl<'a> Key<'a> {
    /// The bill as the limits of promotions know it.
    pub(super) fn of_bill(&self) -> OfBill<'a> {
        let Self { merchant, loyalty_provider_id, offer_id, bill_id, .. } = *self;
        OfBill { merchant, loyalty_provider_id, offer_id, bill_id }
    }

    /// What tells a refund of the bill from its others.
    pub(super) fn refund_id(&self) -> String {
        format!("{}/{}/{}", self.loyalty_provider_id, self.offer_id, self.kind.text())
    }

    /// For people: offer, bill and kind.
    pub(super) fn text(&self) -> String {
        format!("{}/{}/{}", self.offer_id, self.bill_id, self.kind.text())
    }
}

/// A bill and the offer it was paid under.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfBill<'a> {
    /// From the connection's token.
    pub(crate) merchant: &'a str,
    /// From the connection's token.
    pub(crate) loyalty_provider_id: &'a str,
    /// As the bill's report named it.
    pub(crate) offer_id: &'a str,
    /// The bill; its row is locked.
    pub(crate) bill_id: &'a str,
}

/// The merchant and the offer; `None` when the merchant is not set up.
pub(super) fn ground(tx: &mut Tx<'_>, merchant: &str, offer_id: &str) -> Result<Option<Ground>, Error> {
    let Some(row) = tx.optional(&MERCHANT_AND_OFFER, params![merchant, offer_id])? else { return Ok(None) };
    let offer = match (row.place, row.device_number, row.check_id, row.asked_at) {
        (Some(place), Some(device_number), Some(check_id), Some(asked_at)) => Some(KnownOffer {
            place,
            device_number,
            check_id,
            member_id: row.member_id,
            merged_into: row.merged_into,
            balances: row.balances.unwrap_or_default(),
            asked_at,
            limits: row.limits.unwrap_or_default(),
        }),
        _ => None,
    };
    Ok(Some(Ground { merchant: row.merchant, offer, points_balance: row.points_balance }))
}

/// A member by the id of a report, with its points balance.
pub(super) fn known_member(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
) -> Result<Option<(String, Option<String>)>, Error> {
    let row = tx.optional(&KNOWN_MEMBER, params![merchant, member_id])?;
    Ok(row.map(|row| (row.member_id, row.points_balance)))
}

/// Whether a member was erased: nobody's bills become theirs any more (loyalty.md §12 G2).
pub(super) fn is_erased(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<bool, Error> {
    Ok(tx.optional(&ERASED_MEMBER, params![merchant, member_id])?.is_some())
}

/// What a report's row holds beside its key.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewUsage<'a> {
    pub(super) body_hash: &'a [u8],
    pub(super) body: &'a str,
    pub(super) member_id: Option<&'a str>,
    /// The member it names, where that one was merged into `member_id`.
    pub(super) merged_from: Option<&'a str>,
    pub(super) place: Option<&'a str>,
    pub(super) device_number: Option<i64>,
    pub(super) total: i64,
    pub(super) paid_at: Option<Timestamp>,
    pub(super) now: Timestamp,
}

/// Inserts a report; false when its key is taken (by a committed report: a racing one is waited for).
pub(super) fn insert(tx: &mut Tx<'_>, key: &Key<'_>, new: &NewUsage<'_>) -> Result<bool, Error> {
    let inserted = tx.execute(
        &INSERT_USAGE,
        params![
            key.merchant,
            key.loyalty_provider_id,
            key.offer_id,
            key.bill_id,
            key.kind.text(),
            new.body_hash,
            new.body,
            new.member_id,
            new.place,
            new.device_number,
            new.total,
            new.paid_at,
            new.now,
        ],
    )?;
    Ok(inserted > 0)
}

/// The hash of the body a key was booked with.
pub(super) fn booked_hash(tx: &mut Tx<'_>, key: &Key<'_>) -> Result<Option<Vec<u8>>, Error> {
    tx.optional(
        &USAGE_HASH,
        params![key.merchant, key.loyalty_provider_id, key.offer_id, key.bill_id, key.kind.text()],
    )
}

/// Whether the same bill of the same offer has a report of a kind that takes it back.
pub(super) fn is_taken_back(tx: &mut Tx<'_>, key: &Key<'_>) -> Result<bool, Error> {
    Ok(kinds(tx, key)?.iter().any(Kind::takes_back))
}

/// Whether the same bill of the same offer has reports of parts of it that went back.
pub(super) fn has_parts(tx: &mut Tx<'_>, key: &Key<'_>) -> Result<bool, Error> {
    Ok(kinds(tx, key)?.iter().any(|kind| matches!(kind, Kind::Part(..))))
}

fn kinds(tx: &mut Tx<'_>, key: &Key<'_>) -> Result<Vec<Kind>, Error> {
    let rows =
        tx.query(&KINDS_OF_BILL, params![key.merchant, key.loyalty_provider_id, key.offer_id, key.bill_id])?;
    Ok(rows.iter().map(|kind| Kind::from_text(kind)).collect())
}

/// Writes flags and remarks of a booked report.
pub(super) fn annotate(
    tx: &mut Tx<'_>,
    key: &Key<'_>,
    findings: &super::flag::Findings,
) -> Result<(), Error> {
    let flags = row::to_json("partner_usage", "flags", &findings.flags())?;
    let remarks = row::to_json("partner_usage", "remarks", &findings.remarks())?;
    tx.execute(
        &ANNOTATE_USAGE,
        params![
            key.merchant,
            key.loyalty_provider_id,
            key.offer_id,
            key.bill_id,
            key.kind.text(),
            &flags,
            &remarks,
        ],
    )?;
    Ok(())
}

/// What the other bills of the offer used of each balance, by the kind of its lots, and was not given back.
pub(super) fn used_by_other_bills(
    tx: &mut Tx<'_>,
    key: &Key<'_>,
) -> Result<BTreeMap<(String, LotKind), i64>, Error> {
    let rows = tx.query(
        &USED_BY_OTHER_BILLS,
        params![key.merchant, key.loyalty_provider_id, key.offer_id, key.bill_id],
    )?;
    let mut used = BTreeMap::new();
    for row in rows {
        *used.entry((row.balance_id, row.kind)).or_default() += row.used;
    }
    Ok(used)
}

/// Id and body of the offer's other bills that are paid and not taken back.
pub(super) fn other_paid_bills(
    tx: &mut Tx<'_>,
    merchant: &str,
    loyalty_provider_id: &str,
    offer_id: &str,
    bill_id: &str,
) -> Result<Vec<(String, String)>, Error> {
    let rows = tx.query(&OTHER_PAID_BILLS, params![merchant, loyalty_provider_id, offer_id, bill_id])?;
    Ok(rows.into_iter().map(|row| (row.bill_id, row.body)).collect())
}

/// Keeps a report aside under its key; false when the same body is there already.
pub(super) fn keep_aside(
    tx: &mut Tx<'_>,
    key: &Key<'_>,
    (quarantine_id, reason): (&str, &str),
    (body, body_hash): (&str, &[u8]),
    now: Timestamp,
) -> Result<bool, Error> {
    let record_key = key.text();
    let aside = Aside { quarantine_id, record_key: &record_key, reason, body, body_hash };
    quarantine::keep(tx, key.merchant, Source::BenefitUsage, &aside, now)
}
