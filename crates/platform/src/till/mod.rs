//! How does a register sell? `/pos/{sourceId}/…`: open a check, fill it, scan codes, get an offer, pay.
//!
//! A check belongs to the register that opened it. It is one row that every change bumps; once it is paid
//! nothing changes it. Every call but reading a bill answers with the whole check.

mod at_desk;
mod balances;
mod basket;
mod codes;
pub(crate) mod copies;
mod let_go;
mod lines;
mod moved;
mod offer;
mod open;
mod open_checks;
mod ordered;
mod pay;
mod refund;
mod refund_whole;
mod reopen;
mod sale;
mod store;
mod turn;
mod view;

pub(crate) use open::{Opening, open};
pub(crate) use ordered::{GoesWith, Ordered, OrderedLine, bills_of, open_ordered};
pub(crate) use store::NO_REGISTER;

use crate::Platform;
use crate::access::{AtRegister, Guarded, PosGrant, SourceId};
use crate::bills;
use crate::loyalty::Connection;
use crate::place::{PlaceSettings, place_settings};
use crate::sale::StoredCheck;
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
use door::ApiError;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::bills::Bill;
use wire::pos::Check;

pub(crate) fn routes(body_bytes_max: usize) -> OpenApiRouter<Guarded> {
    OpenApiRouter::new()
        .routes(routes!(open_checks::list_checks, open::open_check))
        .routes(routes!(open::read_check, moved::change_check, moved::drop_check))
        .routes(routes!(basket::set_lines))
        .routes(routes!(codes::add_code))
        .routes(routes!(codes::remove_code))
        .routes(routes!(balances::choose_balance))
        .routes(routes!(offer::ask_for_offer, offer::drop_offer))
        .routes(routes!(pay::pay_check))
        .routes(routes!(read_bill))
        .routes(routes!(refund::refund_bill))
        .routes(routes!(refund::cancel_bill))
        .layer(door::body_limit(body_bytes_max))
}

/// The calls of documented APIs that need the checks: what is open at a desk, and a bill whose check opens again.
pub(crate) fn documented_routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(at_desk::desk_check)).routes(routes!(refund_whole::refund_whole_bill))
}

/// A path to a check, or to something in it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CheckPath {
    check_id: String,
}

/// What selling at a place depends on, read in the same transaction as the check.
#[derive(Debug, Clone)]
pub(crate) struct Selling {
    pub(crate) settings: PlaceSettings,
    pub(crate) connection: Option<Connection>,
}

fn selling(tx: &mut Tx<'_>, grant: &PosGrant) -> Result<Selling, TxError<ApiError>> {
    let settings = place_settings(tx, &grant.merchant, &grant.place)?
        .ok_or_else(|| TxError::Refused(ApiError::not_found("place", &grant.place)))?;
    let connection = crate::loyalty::in_use(tx, &grant.merchant)?;
    Ok(Selling { settings, connection })
}

/// One change of an open check: the row is bumped, `change` works on it, it is written back, and the register
/// sees the whole check.
async fn change<F>(
    platform: &Platform,
    name: &'static str,
    grant: PosGrant,
    check_id: String,
    mut change: F,
) -> Result<Json<Check>, ApiError>
where
    F: FnMut(&mut Tx<'_>, &Selling, &mut StoredCheck) -> Result<(), TxError<ApiError>> + Send + 'static,
{
    let now = platform.now();
    let owner = grant.clone();
    let (check, selling, gave_up) = platform
        .db()
        .write(name, move |tx| {
            let mut check = store::bump(tx, &grant, &check_id, now)?;
            let selling = selling(tx, &grant)?;
            let before = let_go::Asked::of(&check);
            change(tx, &selling, &mut check)?;
            store::write(tx, &grant, &check)?;
            let gave_up = before.gave_up(&check);
            Ok((check, selling, gave_up))
        })
        .await?;
    if gave_up {
        let_go::let_go(platform, &owner, &check.check_id).await;
    }
    view::shown(&owner, &selling.settings, &check).map(Json)
}

/// The check and what it depends on, as they are now.
async fn load(
    platform: &Platform,
    grant: &PosGrant,
    check_id: &str,
) -> Result<(StoredCheck, Selling), ApiError> {
    let (grant, check_id) = (grant.clone(), check_id.to_owned());
    let loaded = platform
        .db()
        .read("check", move |tx| Ok((store::read(tx, &grant, &check_id)?, selling(tx, &grant)?)))
        .await?;
    Ok(loaded)
}

/// A path to a bill.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BillPath {
    bill_id: String,
}

/// A bill of this register's place, with its items.
#[utoipa::path(
    get,
    path = "/pos/{sourceId}/bills/{billId}",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("billId" = String, Path, description = "The bill's id")
    ),
    responses(
        (status = 200, description = "The bill", body = Bill),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The token belongs to another place"),
        (status = 404, description = "No such bill here")
    )
)]
async fn read_bill(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<BillPath>,
) -> Result<Json<Bill>, ApiError> {
    let source = SourceId { merchant: grant.merchant, place: grant.place };
    bills::read(&platform, &source, &path.bill_id).await.map(Json)
}
