//! How does the register say what is in the basket?

use super::lines::{LINES_MAX, pieces, priced};
use super::{CheckPath, change};
use crate::access::AtRegister;
use crate::menu::amounts::{Holder, Ordered, settle};
use crate::menu::product;
use axum::Json;
use axum::extract::Path;
use db::TxError;
use door::{ApiError, Strict};
use std::collections::{BTreeMap, HashMap};
use wire::pos::{Check, SetLines};

/// Replaces the basket. Prices and rates of VAT come from the menu as it is now at this place; a line that is set again
/// under its id, with its product and level of prices, keeps what it showed.
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
        (status = 409, description = "`CHECK_PAID`: the check has a bill; `PRODUCT_STOPPED`: the place does not sell `productId` for now; `SOLD_OUT`: only `remaining` pieces of it are left")
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
    let (merchant, place, now) = (grant.merchant.clone(), grant.place.clone(), platform.now());
    change(&platform, "set_lines", grant, path.check_id, move |tx, selling, check| {
        let mut products = HashMap::new();
        for line in &body.lines {
            if !products.contains_key(&line.product_id)
                && let Some(found) = product(tx, &merchant, &place, &line.product_id, &selling.settings, now)?
            {
                products.insert(line.product_id.clone(), found);
            }
        }
        let lines = priced(&body.lines, &products, &check.lines, selling.settings.precision);
        let mut lines = lines.map_err(TxError::Refused)?;
        let (before, after) = (pieces(&check.lines), pieces(&lines));
        let mut ordered: BTreeMap<&str, Ordered<'_>> = BTreeMap::new();
        for id in before.keys().chain(after.keys()) {
            let count = |of: &BTreeMap<String, i64>| of.get(id).copied().unwrap_or(0);
            let product = products.get(id);
            ordered.insert(id, Ordered { product, before: count(&before), after: count(&after) });
        }
        let holder = Holder::Check(&check.check_id);
        let beyond = settle(tx, &merchant, &place, holder, &ordered, now)?;
        for line in lines.iter_mut().filter(|line| beyond.contains(&line.product.product_id)) {
            line.beyond_remaining = true;
        }
        check.lines = lines;
        Ok(())
    })
    .await
}
