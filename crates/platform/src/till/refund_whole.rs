//! `POST /bills/{sourceId}/{billId}/refund`: how does an application give a whole bill back, and open its check again?
//! (protocol.md §4.3)

use super::BillPath;
use super::reopen;
use crate::access::{At, SourceId};
use crate::bills::OfBills;
use crate::bills::refund::{Command, refund, refund_and};
use axum::Json;
use axum::extract::Path;
use door::{ApiError, Message};
use wire::bills::{Bill, RefundWholeBill};

/// Gives back all that is left of a bill. Repeating it gives the same corrective bill.
///
/// With `isReopen` the bill is taken back as if it had never been paid, and what is taken back is an open check again:
/// `reopenedCheckId` of the answer. No register has it yet; the first that changes it does.
#[utoipa::path(
    post,
    path = "/bills/{sourceId}/{billId}/refund",
    tag = "Bills",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("billId" = String, Path, description = "The bill that is given back")
    ),
    request_body = RefundWholeBill,
    responses(
        (status = 200, description = "The corrective bill: negative amounts, `refundedBillIdentifier` is the bill given back", body = Bill),
        (status = 400, description = "The body cannot be read; `field` names the member"),
        (status = 401, description = "No access token, or one that has ended"),
        (status = 403, description = "The merchant is not assigned to the application"),
        (status = 404, description = "No such place or bill"),
        (status = 409, description = "`NOTHING_LEFT`: registers gave all of it back; `NOT_REFUNDABLE`: it is itself a corrective bill"),
        (status = 422, description = "`PLACE_DISABLED`: no check can be opened there")
    )
)]
pub(super) async fn refund_whole_bill(
    at: At<OfBills>,
    Path(path): Path<BillPath>,
    Message(body): Message<RefundWholeBill>,
) -> Result<Json<Bill>, ApiError> {
    let At { platform, source, place, .. } = at;
    let command = Command {
        bill_id: path.bill_id,
        reason: body.reason_id,
        fiscal_data: body.fiscal_data,
        ..Command::default()
    };
    if !body.is_reopen {
        let command = Command { request_key: Some("api".to_owned()), ..command };
        return refund(&platform, &source, command).await.map(Json);
    }
    place.sells(&source.place)?;
    let command = Command { cancels: true, reopens: true, request_key: Some("reopen".to_owned()), ..command };
    let (bill_id, check_id) = (command.bill_id.clone(), platform.outside().object_id());
    let at = source.clone();
    let mut bill = refund_and(&platform, &source, command, move |tx, back| {
        let SourceId { merchant, place } = &at;
        reopen::open_again(tx, merchant, place, &check_id, back)
    })
    .await?;
    let check_id = reopen::check_of(&platform, &source, &bill_id).await?;
    bill.extra.insert("reopenedCheckId".to_owned(), check_id.into());
    Ok(Json(bill))
}
