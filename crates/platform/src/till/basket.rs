//! How does the register say what is in the basket?

use super::lines::{LINES_MAX, priced};
use super::{CheckPath, change};
use crate::access::AtRegister;
use crate::menu::store::product;
use axum::Json;
use axum::extract::Path;
use db::TxError;
use door::{ApiError, Strict};
use std::collections::HashMap;
use wire::pos::{Check, SetLines};

/// Replaces the basket. Prices come from the menu as it is now.
#[utoipa::path(
    put,
    path = "/pos/{sourceId}/checks/{checkId}/lines",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("checkId" = String, Path, description = "The check's id")
    ),
    request_body = SetLines,
    responses(
        (status = 200, description = "The check; an offer it showed is no longer current", body = Check),
        (status = 400, description = "A line cannot be priced; `field` names the member"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The check is open on another register"),
        (status = 404, description = "No such check here"),
        (status = 409, description = "`CHECK_PAID`: the check has a bill")
    )
)]
pub(super) async fn set_lines(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<CheckPath>,
    Strict(body): Strict<SetLines>,
) -> Result<Json<Check>, ApiError> {
    if body.lines.len() > LINES_MAX {
        let expected = format!("at most {LINES_MAX} lines");
        return Err(ApiError::field("lines", &expected, &body.lines.len().to_string()));
    }
    let merchant = grant.merchant.clone();
    change(&platform, "set_lines", grant, path.check_id, move |tx, selling, check| {
        let mut known = HashMap::new();
        let mut products = Vec::with_capacity(body.lines.len());
        for (index, line) in body.lines.iter().enumerate() {
            if !known.contains_key(&line.product_id) {
                let found = product(tx, &merchant, &line.product_id)?.ok_or_else(|| {
                    let path = format!("lines[{index}].productId");
                    TxError::Refused(ApiError::field(
                        &path,
                        "a product of the menu",
                        &format!("{:?}", line.product_id),
                    ))
                })?;
                known.insert(line.product_id.clone(), found);
            }
            products.extend(known.get(&line.product_id).cloned());
        }
        check.lines = priced(&body.lines, &products, selling.settings.precision).map_err(TxError::Refused)?;
        Ok(())
    })
    .await
}
