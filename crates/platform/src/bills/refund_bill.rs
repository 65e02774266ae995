//! `POST /bills/{sourceId}/{billId}/refund`: how does an application give a whole bill back? (protocol.md §4.3)

use super::refund::{Command, refund};
use super::{BillPath, OfBills};
use crate::access::At;
use axum::Json;
use axum::extract::Path;
use door::{ApiError, Message};
use wire::bills::{Bill, RefundWholeBill};

/// Gives back all that is left of a bill. Repeating it gives the same corrective bill.
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
        (status = 400, description = "The body cannot be read, or asks for what is not supported; `field` names the member"),
        (status = 401, description = "No access token, or one that has ended"),
        (status = 403, description = "The merchant is not assigned to the application"),
        (status = 404, description = "No such place or bill"),
        (status = 409, description = "`NOTHING_LEFT`: registers gave all of it back; `NOT_REFUNDABLE`: it is itself a corrective bill")
    )
)]
pub(super) async fn refund_whole_bill(
    at: At<OfBills>,
    Path(path): Path<BillPath>,
    Message(body): Message<RefundWholeBill>,
) -> Result<Json<Bill>, ApiError> {
    if body.is_reopen {
        let expected = "false or nothing: a bill given back does not open its check again";
        return Err(ApiError::field("isReopen", expected, "true"));
    }
    let command = Command {
        bill_id: path.bill_id,
        reason: body.reason_id,
        fiscal_data: body.fiscal_data,
        request_key: Some("api".to_owned()),
        ..Command::default()
    };
    refund(&at.platform, &at.source, command).await.map(Json)
}
