//! How does an open check become a paid bill?
//!
//! The provider is asked once more, outside any transaction. An answer other than the one shown stops the
//! payment. The same answer: one transaction closes the check, takes the next bill number, writes the bill, the
//! usage and its delivery, and last the change the feed reads. What is committed is reported even if the
//! program dies right after. Of two calls at once one asks and pays, and the other waits for its bill.

use super::offer::{Asking, begin, changed, keep, put};
use super::sale::{Sale, offer_changed, tendered};
use super::{CheckPath, Selling, load, store, turn, view};
use crate::access::SourceId;
use crate::access::{AtRegister, PosGrant};
use crate::loyalty::broker::{Asked, problem_error};
use crate::loyalty::freeze_report;
use crate::loyalty::usage::{Paid, usage};
use crate::persons::signed_in;
use crate::sale::StoredCheck;
use crate::sale::reckon;
use crate::{Platform, bills};
use axum::Json;
use axum::extract::Path;
use db::TxError;
use door::{ApiError, Strict};
use wire::bills::Bill;
use wire::loyalty::LoyaltyOfferResponse;
use wire::pos::{CheckState, PayCheck};

/// Pays a check. Paying it again gives the same bill.
#[utoipa::path(
    post,
    path = "/pos/{sourceId}/checks/{checkId}/pay",
    tag = "Till",
    params(
        ("sourceId" = String, Path, description = "`<merchantId>-<placeId>`"),
        ("checkId" = String, Path, description = "The check's id")
    ),
    request_body = PayCheck,
    responses(
        (status = 200, description = "The bill", body = Bill),
        (status = 400, description = "`PAYMENT_MISMATCH`: `expected` and `found` say what the payments should come to"),
        (status = 401, description = "No register's token"),
        (status = 403, description = "The check is open on another register"),
        (status = 404, description = "No such check here"),
        (status = 409, description = "`OFFER_CHANGED` with the new offer in `check`, `CHECK_CHANGED`, `EMPTY_BASKET`, or `CHECK_BUSY`: another call about it is under way; nothing was paid"),
        (status = 502, description = "The provider's answer cannot be used; nothing was paid. Take the codes off to go on without loyalty"),
        (status = 504, description = "The provider did not answer in time; nothing was paid. Take the codes off to go on without loyalty")
    )
)]
pub(super) async fn pay_check(
    AtRegister { platform, grant }: AtRegister,
    Path(path): Path<CheckPath>,
    Strict(body): Strict<PayCheck>,
) -> Result<Json<Bill>, ApiError> {
    let source = SourceId { merchant: grant.merchant.clone(), place: grant.place.clone() };
    let payer = platform.clone();
    let bill_id = match turn::to_its_end(async move { pay(&payer, &grant, &path.check_id, body).await }).await
    {
        Ok(bill_id) => bill_id,
        Err(error) => paid_meanwhile(error)?,
    };
    bills::read(&platform, &source, &bill_id).await.map(Json)
}

/// The bill of a check that another call has paid since this one began.
fn paid_meanwhile(error: ApiError) -> Result<String, ApiError> {
    let bill_id = error.extra.get("billId").and_then(|id| id.as_str()).map(str::to_owned);
    bill_id.filter(|_| error.name == "CHECK_PAID").ok_or(error)
}

/// Pays a check; gives the bill's id.
async fn pay(
    platform: &Platform,
    grant: &PosGrant,
    check_id: &str,
    body: PayCheck,
) -> Result<String, ApiError> {
    let (check, selling) = load(platform, grant, check_id).await?;
    if let (CheckState::Paid, Some(bill_id)) = (check.state, &check.bill_id) {
        return Ok(bill_id.clone());
    }
    let is_empty = check.lines.is_empty();
    if is_empty && check.already_paid.is_empty() {
        let message = "the basket is empty: there is nothing to pay; add a line first";
        return Err(ApiError::conflict(message).with_name("EMPTY_BASKET"));
    }
    // Nothing was bought, so no benefit can be used: only what was paid before goes back
    if is_empty || !check.has_loyalty() || selling.connection.is_none() {
        return book(platform, grant, Agreed { check, selling, offer: None }, body).await;
    }
    let asking = begin(platform, grant, check_id).await?;
    let turn = asking.turn;
    let booked = match confirm(platform, grant, asking).await {
        Ok(agreed) => book(platform, grant, agreed, body).await,
        Err(error) => Err(error),
    };
    if booked.is_err() {
        turn::end(platform, grant, check_id, turn).await;
    }
    booked
}

/// What is paid: the check at a version, and the offer it is paid by.
struct Agreed {
    check: StoredCheck,
    selling: Selling,
    offer: Option<LoyaltyOfferResponse>,
}

/// Asks once more. The offer that comes must say what the one shown says.
async fn confirm(platform: &Platform, grant: &PosGrant, asking: Asking) -> Result<Agreed, ApiError> {
    let Some(connection) = &asking.selling.connection else {
        return Ok(Agreed { check: asking.check, selling: asking.selling, offer: None });
    };
    let asked = put(platform, grant, &asking, connection).await?;
    let shown = view::current_offer(grant, &asking.selling.settings, &asking.check)?;
    match asked {
        Asked::Offer(offer) if shown.is_some_and(|shown| shown.substance() == offer.substance()) => {
            Ok(Agreed { check: asking.check, selling: asking.selling, offer: Some(*offer) })
        }
        asked => {
            let check = keep(platform, grant, &asking, asked).await?;
            match &check.offer_problem {
                Some(problem) => Err(problem_error(problem)),
                None => Err(offer_changed(&view::shown(grant, &asking.selling.settings, &check)?)),
            }
        }
    }
}

/// The transaction of the payment; gives the bill's id.
async fn book(
    platform: &Platform,
    grant: &PosGrant,
    agreed: Agreed,
    body: PayCheck,
) -> Result<String, ApiError> {
    let Agreed { check: seen, selling, offer } = agreed;
    let precision = selling.settings.precision;
    let reckoning = reckon(&seen.lines, offer.as_ref(), precision, selling.settings.is_vat_payer)
        .map_err(|violation| {
            tracing::error!(check = %seen.check_id, code = %violation.code, "a confirmed offer does not work out");
            ApiError::internal()
        })?;
    let tendered = tendered(&body, reckoning.to_pay - seen.paid_before(), precision)?;
    let now = platform.now();
    let benefit_usage_id = platform.outside().object_id();
    let year = i64::from(now.to_zoned(selling.settings.zone.clone()).year());
    let grant = grant.clone();
    let named = body.paid_by;
    let source = SourceId { merchant: grant.merchant.clone(), place: grant.place.clone() };
    let merchant = grant.merchant.clone();
    platform
        .change("pay_check", &merchant, now, move |tx, changes| {
            let check = match store::bump_or_bill(tx, &grant, &seen.check_id, now)? {
                store::Bumped::Open(check) => check,
                // Paid meanwhile, perhaps by an earlier attempt of the same call: that bill stands.
                store::Bumped::Paid(bill_id) => return Ok(bill_id),
            };
            if check.version != seen.version + 1 {
                return Err(TxError::Refused(changed(&seen.check_id)));
            }
            let letters = &selling.settings.bill_letters;
            let bill_id = bills::store::next_bill_id(tx, &grant.merchant, &grant.place, letters, year)?;
            let paid_by = match &named {
                Some(person) => Some(person.clone()),
                None => signed_in(tx, &grant)?,
            };
            let loyal = offer.as_ref().zip(selling.connection.as_ref());
            let sale = Sale {
                grant: &grant,
                settings: &selling.settings,
                check: &check,
                reckoning: &reckoning,
                offer: offer.as_ref(),
                tendered: &tendered,
                paid_by: paid_by.as_ref(),
                benefit_usage_id: loyal.map(|_| benefit_usage_id.as_str()),
                now,
            };
            bills::store::insert(tx, changes, &grant.merchant, &grant.place, &sale.bill(bill_id.clone()))?;
            store::close(tx, &grant, &check, &bill_id, offer.as_ref(), now)?;
            if let Some((offer, connection)) = loyal {
                let paid = Paid {
                    grant: &grant,
                    settings: &selling.settings,
                    check: &check,
                    offer,
                    reckoning: &reckoning,
                    loyalty_provider_id: &connection.loyalty_provider_id,
                    bill_id: &bill_id,
                    paid_at: now,
                };
                freeze_report(tx, &source, &usage(&paid), &bill_id, &benefit_usage_id, now)?;
            }
            Ok(bill_id)
        })
        .await
        .map_err(ApiError::from)
}
