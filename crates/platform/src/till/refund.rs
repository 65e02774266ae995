//! How does a register give a paid bill back, wholly or in part?

use super::BillPath;
use crate::Platform;
use crate::access::{AtRegister, PosGrant, SourceId};
use crate::bills::refund::{Command, refund};
use crate::persons::signed_in;
use axum::Json;
use axum::extract::Path;
use db::{Never, TxError, json};
use door::{ApiError, Strict};
use wire::bills::Bill;
use wire::pos::{CancelBill, PosPerson, RefundBill};

/// Longest id a register may give a call.
const REQUEST_ID_CHARACTERS_MAX: usize = 100;

/// Gives items of a bill back, or all that is left of it. With a `requestId` it can be repeated.
#[utoipa::path(
    post,
    path = "/pos/{sourceId}/bills/{billId}/refunds",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("billId" = String, Path, description = "The bill that is given back")
    ),
    request_body = RefundBill,
    responses(
        (status = 200, description = "The corrective bill: negative amounts, `refundedBillIdentifier` is the bill given back", body = Bill),
        (status = 400, description = "`PAYMENT_MISMATCH`, or a member that cannot be; `field` names it"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place"),
        (status = 404, description = "No such bill here"),
        (status = 409, description = "`OVER_REFUND` with what is `left` of an item, `NOTHING_LEFT`, `NOT_REFUNDABLE` (a corrective bill), `BALANCES_PAID_LESS` for `creditOnly`, or `REQUEST_ID_USED` with another body; nothing was given back")
    )
)]
pub(super) async fn refund_bill(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<BillPath>,
    Strict(body): Strict<RefundBill>,
) -> Result<Json<Bill>, ApiError> {
    let request_hash = hash(&body)?;
    if let Some(length) = body.request_id.as_ref().map(|id| id.chars().count())
        && !(1..=REQUEST_ID_CHARACTERS_MAX).contains(&length)
    {
        let expected = format!("1 to {REQUEST_ID_CHARACTERS_MAX} characters");
        return Err(ApiError::field("requestId", &expected, &format!("{length} of them")));
    }
    let paid_by = who(&platform, &grant, body.paid_by).await?;
    let command = Command {
        bill_id: path.bill_id,
        cancels: false,
        reopens: false,
        deletes: false,
        items: body.items,
        tender: body.tender,
        payments: body.payments,
        reason: body.reason,
        fiscal_data: None,
        paid_by,
        device_number: Some(grant.device_number),
        request_hash: body.request_id.is_some().then_some(request_hash),
        request_key: body.request_id.map(|id| format!("pos:{id}")),
    };
    let source = SourceId { merchant: grant.merchant, place: grant.place };
    refund(&platform, &source, command).await.map(Json)
}

/// Takes a whole bill back, as if it had never been paid: all that has not come back yet. Repeating it gives the
/// same corrective bill.
#[utoipa::path(
    post,
    path = "/pos/{sourceId}/bills/{billId}/cancel",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("billId" = String, Path, description = "The bill that is taken back")
    ),
    request_body = CancelBill,
    responses(
        (status = 200, description = "The corrective bill", body = Bill),
        (status = 400, description = "`PAYMENT_MISMATCH`, or a member that cannot be; `field` names it"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place"),
        (status = 404, description = "No such bill here"),
        (status = 409, description = "`NOTHING_LEFT`: refunds gave all of it back; `NOT_REFUNDABLE`: it is itself a corrective bill")
    )
)]
pub(super) async fn cancel_bill(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<BillPath>,
    Strict(body): Strict<CancelBill>,
) -> Result<Json<Bill>, ApiError> {
    let paid_by = who(&platform, &grant, body.paid_by).await?;
    let command = Command {
        bill_id: path.bill_id,
        cancels: true,
        payments: body.payments,
        reason: body.reason,
        paid_by,
        device_number: Some(grant.device_number),
        // A bill is cancelled once, whatever a second call says (loyalty.md §6 C11).
        request_key: Some("cancel".to_owned()),
        ..Command::default()
    };
    let source = SourceId { merchant: grant.merchant, place: grant.place };
    refund(&platform, &source, command).await.map(Json)
}

/// Who gives back: whoever the call names, else whoever is signed in at the register.
async fn who(
    platform: &Platform,
    grant: &PosGrant,
    named: Option<PosPerson>,
) -> Result<Option<PosPerson>, ApiError> {
    if named.is_some() {
        return Ok(named);
    }
    let grant = grant.clone();
    let found =
        platform.db().read("who_gives_back", move |tx| Ok::<_, TxError<Never>>(signed_in(tx, &grant)?));
    Ok(found.await?)
}

/// The hash of what was asked for.
fn hash(body: &RefundBill) -> Result<Vec<u8>, ApiError> {
    let text = json("request", body).map_err(|_| ApiError::internal())?;
    let hash = wire::canonical::hash(text.as_bytes()).map_err(|_| ApiError::internal())?;
    Ok(hash.to_vec())
}
