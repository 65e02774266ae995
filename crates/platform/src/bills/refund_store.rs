//! Where is it kept what came back of a bill?

use super::BillRecords;
use crate::access::SourceId;
use crate::feed::Changes;
use crate::sale::bill::StoredTax;
use crate::sale::corrective::GivenBack;
use db::{Json, Tx, json, params};
use jiff::Timestamp;
use money::Amount;
use serde::{Deserialize, Serialize};
use wire::Number;

db::row! {
    struct RefundRow {
        refund_number: i64,
        corrective_bill_id: String,
        request_key: Option<String>,
        request_hash: Option<Vec<u8>>,
        parts: Parts as Json,
        taxes: Vec<StoredTax> as Json,
    }
}

db::statement! {
    // Touching the row is taking it: two registers that give the same bill back come one after the other.
    GUARD_BILL -> i64 = "UPDATE platform_bill SET modified_at = modified_at
        WHERE merchant = $1 AND place = $2 AND bill_id = $3 RETURNING version";
    GIVE_BACK = "UPDATE platform_bill SET version = version + 1, modified_at = $4, refunded = $5, deleted = $6
        WHERE merchant = $1 AND place = $2 AND bill_id = $3";
    REFUNDS -> RefundRow = "SELECT r.refund_number, r.corrective_bill_id, r.request_key, r.request_hash, r.parts, b.taxes
        FROM platform_bill_refund r
        JOIN platform_bill b ON b.merchant = $1 AND b.place = $2 AND b.bill_id = r.corrective_bill_id
        WHERE r.merchant = $1 AND r.place = $2 AND r.bill_id = $3 ORDER BY r.refund_number";
    INSERT_REFUND = "INSERT INTO platform_bill_refund (merchant, place, bill_id, refund_number, corrective_bill_id,
            request_key, request_hash, parts, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
}

/// One refund of a bill.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StoredRefund {
    pub(super) refund_number: i64,
    pub(super) corrective_bill_id: String,
    /// What makes a repeated call the same call.
    pub(super) request_key: Option<String>,
    /// The hash of what it asked for.
    pub(super) request_hash: Option<Vec<u8>>,
    pub(super) back: GivenBack,
    /// The VAT it gave back by rate, with the signs of the sale.
    pub(super) taxes: Vec<StoredTax>,
}

/// [`GivenBack`] in its column.
#[derive(Serialize, Deserialize)]
struct Parts {
    amounts: Vec<Number>,
    given: Vec<i64>,
}

/// Takes the bill for this transaction; false when the place has no such bill.
pub(super) fn guard(tx: &mut Tx<'_>, source: &SourceId, bill_id: &str) -> Result<bool, db::Error> {
    Ok(tx.optional(&GUARD_BILL, params![&source.merchant, &source.place, bill_id])?.is_some())
}

/// How a bill stands after something of it went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// A part of it is still paid.
    Partly,
    /// All of it is back: it counts no more, and neither does any of its corrective bills.
    Wholly,
    /// All of it is back, and lists leave it and its corrective bills out.
    Deleted,
}

/// Moves the version of a bill on and says how it stands now.
pub(super) fn give_back(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    source: &SourceId,
    bill_id: &str,
    standing: Standing,
) -> Result<(), db::Error> {
    let (refunded, deleted) = (standing != Standing::Partly, standing == Standing::Deleted);
    let now = changes.now();
    tx.execute(&GIVE_BACK, params![&source.merchant, &source.place, bill_id, now, refunded, deleted])?;
    changes.put_at::<BillRecords>(&source.place, bill_id);
    Ok(())
}

/// The refunds of a bill so far, in their order.
pub(super) fn refunds(
    tx: &mut Tx<'_>,
    source: &SourceId,
    bill_id: &str,
) -> Result<Vec<StoredRefund>, db::Error> {
    let rows = tx.query(&REFUNDS, params![&source.merchant, &source.place, bill_id])?;
    Ok(rows.into_iter().map(refund_of).collect())
}

fn refund_of(row: RefundRow) -> StoredRefund {
    StoredRefund {
        refund_number: row.refund_number,
        corrective_bill_id: row.corrective_bill_id,
        request_key: row.request_key,
        request_hash: row.request_hash,
        back: GivenBack {
            amounts: row.parts.amounts.into_iter().map(|amount| amount.0).collect(),
            given: row.parts.given.into_iter().map(Amount).collect(),
        },
        taxes: mirrored(&row.taxes),
    }
}

/// The taxes of a corrective bill with the signs of the sale, or the other way round.
pub(super) fn mirrored(taxes: &[StoredTax]) -> Vec<StoredTax> {
    taxes.iter().map(|tax| StoredTax { rate: tax.rate, gross: -tax.gross, net: -tax.net }).collect()
}

/// Keeps a refund; its VAT stands on the corrective bill.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    source: &SourceId,
    bill_id: &str,
    refund: &StoredRefund,
    now: Timestamp,
) -> Result<(), db::Error> {
    let parts = Parts {
        amounts: refund.back.amounts.iter().copied().map(Number).collect(),
        given: refund.back.given.iter().map(|amount| amount.0).collect(),
    };
    tx.execute(
        &INSERT_REFUND,
        params![
            &source.merchant,
            &source.place,
            bill_id,
            refund.refund_number,
            &refund.corrective_bill_id,
            refund.request_key.as_ref(),
            refund.request_hash.as_ref(),
            &json("parts", &parts)?,
            now
        ],
    )?;
    Ok(())
}
