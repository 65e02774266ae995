//! How does a merchant have a guest forgotten whom the provider has erased?

use super::store;
use crate::access::Admin;
use crate::api::missing;
use axum::extract::Path;
use db::params;
use door::ApiError;
use http::StatusCode;

/// Takes a customer out of every copy of offers and usage reports: the name and what was scanned. What was used and
/// paid stays. Where the provider runs in the same installation its erasure has done this already. May be repeated.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/customers/{customerId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("customerId" = String, Path, description = "The provider's id of the customer, as its offers give it")
    ),
    responses(
        (status = 204, description = "No copy names this customer any more"),
        (status = 401, description = "No admin token"),
        (status = 404, description = "No such merchant")
    )
)]
pub(super) async fn delete_customer(
    Admin { platform }: Admin,
    Path((merchant, customer_id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let of = merchant.clone();
    platform
        .db()
        .read("known_merchant", move |tx| match tx.optional(&store::KNOWN_MERCHANT, params![&of])? {
            Some(_) => Ok(()),
            None => Err(missing("merchant", &of)),
        })
        .await?;
    platform.forget_customer(&merchant, &customer_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
