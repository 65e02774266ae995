//! How does the register say what is in the basket?

use super::lines::{LINES_MAX, Named, pieces, priced};
use super::{CheckPath, change};
use crate::access::{AtRegister, PosGrant};
use crate::menu::amounts::{Holder, Ordered, settle};
use crate::menu::{additions, product};
use crate::persons::signed_in;
use crate::place::PlaceSettings;
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
use door::{ApiError, Strict};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use wire::pos::{Check, SetLine, SetLines};

/// Replaces the basket. Prices and rates of VAT come from the menu as it is now at this place; a line that is set again
/// under its id, with its product and level of prices, keeps what it showed. What goes with a line (`additions`) is a line
/// behind it.
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
    let count = body.lines.iter().map(|line| 1 + line.additions.len()).sum::<usize>();
    if count > LINES_MAX {
        let expected = format!("at most {LINES_MAX} lines and additions");
        return Err(ApiError::field("lines", &expected, &count.to_string()));
    }
    let (merchant, place, now) = (grant.merchant.clone(), grant.place.clone(), platform.now());
    let register = grant.clone();
    change(&platform, "set_lines", grant, path.check_id, move |tx, selling, check| {
        let menu = named(tx, &register, &selling.settings, &body.lines, now)?;
        let entered_by = signed_in(tx, &register)?;
        let precision = selling.settings.precision;
        let lines = priced(&body.lines, &menu, &check.lines, entered_by.as_ref(), precision);
        let mut lines = lines.map_err(TxError::Refused)?;
        let (before, after) = (pieces(&check.lines), pieces(&lines));
        let mut ordered: BTreeMap<&str, Ordered<'_>> = BTreeMap::new();
        for id in before.keys().chain(after.keys()) {
            let count = |of: &BTreeMap<String, i64>| of.get(id).copied().unwrap_or(0);
            let product = menu.products.get(id);
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

/// What the menu knows of what the basket names, as the register's place sells it now.
fn named(
    tx: &mut Tx<'_>,
    register: &PosGrant,
    settings: &PlaceSettings,
    lines: &[SetLine],
    now: Timestamp,
) -> Result<Named, db::Error> {
    let (merchant, place) = (&register.merchant, &register.place);
    let chosen = lines.iter().flat_map(|line| &line.additions);
    let chosen: BTreeSet<&str> = chosen.map(|addition| addition.addition_id.as_str()).collect();
    let additions = additions(tx, merchant, &chosen, settings.precision)?;
    let mut ids: BTreeSet<&str> = lines.iter().map(|line| line.product_id.as_str()).collect();
    ids.extend(additions.values().filter_map(|addition| addition.product_id.as_deref()));
    let mut products = HashMap::new();
    for id in ids {
        if let Some(found) = product(tx, merchant, place, id, settings, now)? {
            products.insert(id.to_owned(), found);
        }
    }
    Ok(Named { products, additions })
}
