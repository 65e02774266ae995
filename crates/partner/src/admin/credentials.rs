//! Who may call this side, and how does one get and lose that right?
//!
//! Several tokens of one kind may live at once, so one is rotated by making the next, moving the caller over
//! and ending the old one.

use super::limits;
use super::refusals::{ChangeRefusals, LookRefusals};
use crate::Partner;
use crate::credentials::{self, Kind, NewCredential};
use crate::merchant;
use axum::Json;
use axum::extract::{Path, State};
use db::TxError;
use door::admin::AdminCaller;
use door::{ApiError, Strict, token};
use http::StatusCode;
use wire::admin::partner::{IssuedCredential, NewConnection, NewCustomersClient, NewDataSyncSecret};

/// Lets a register cloud call the three loyalty webhooks.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/connections", tag = "Partner set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    request_body = NewConnection,
    responses((status = 201, body = IssuedCredential, description = "The token, shown once"), ChangeRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_connection(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    Strict(body): Strict<NewConnection>,
) -> Result<(StatusCode, Json<IssuedCredential>), ApiError> {
    if let Some(id) = &body.loyalty_provider_id {
        limits::id("loyaltyProviderId", id)?;
    }
    let provider = body.loyalty_provider_id.unwrap_or_else(|| partner.outside().object_id());
    let new = NewCredential {
        kind: Kind::Loyalty,
        loyalty_provider_id: Some(provider),
        time_zone: None,
        name: body.name,
        expires_at: None,
    };
    issue(&partner, merchant, new).await
}

/// Lets a sender deliver DataSync records.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/datasync-secrets", tag = "Partner set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    request_body = NewDataSyncSecret,
    responses((status = 201, body = IssuedCredential, description = "The secret, shown once"), ChangeRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_datasync_secret(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    Strict(body): Strict<NewDataSyncSecret>,
) -> Result<(StatusCode, Json<IssuedCredential>), ApiError> {
    let new = NewCredential {
        kind: Kind::DataSync,
        loyalty_provider_id: None,
        time_zone: None,
        name: body.name,
        expires_at: None,
    };
    issue(&partner, merchant, new).await
}

/// Lets a marketing system read the customers feed.
#[utoipa::path(
    post, path = "/admin/v1/partner/merchants/{merchantId}/customers-clients", tag = "Partner set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    request_body = NewCustomersClient,
    responses((status = 201, body = IssuedCredential, description = "The token, shown once"), ChangeRefusals),
    security(("bearer" = [])),
)]
pub(crate) async fn post_customers_client(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path(merchant): Path<String>,
    Strict(body): Strict<NewCustomersClient>,
) -> Result<(StatusCode, Json<IssuedCredential>), ApiError> {
    if let Some(name) = &body.time_zone {
        limits::zone("timeZone", name)?;
    }
    let new = NewCredential {
        kind: Kind::Customers,
        loyalty_provider_id: None,
        time_zone: body.time_zone,
        name: body.name,
        expires_at: None,
    };
    issue(&partner, merchant, new).await
}

/// Ends a token of any of the three kinds.
#[utoipa::path(
    delete, path = "/admin/v1/partner/merchants/{merchantId}/credentials/{tokenPrefix}", tag = "Partner set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("tokenPrefix" = String, Path, description = "The public part of the token"),
    ),
    responses(
        (status = 204, description = "It is refused from now on (by other processes within five seconds)"),
        LookRefusals,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_credential(
    State(partner): State<Partner>,
    _: AdminCaller,
    Path((merchant, prefix)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    let (key, now) = (prefix.clone(), partner.outside().now());
    let ended = partner.db().write("revoke_partner_credential", move |tx| {
        credentials::revoke(tx, &merchant, &key, now).map_err(TxError::<db::Never>::from)
    });
    let ended = ended.await?;
    partner.credentials().forget(&prefix);
    if ended {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found("token", token::prefix_of(&prefix).unwrap_or(&prefix)))
    }
}

async fn issue(
    partner: &Partner,
    merchant: String,
    new: NewCredential,
) -> Result<(StatusCode, Json<IssuedCredential>), ApiError> {
    limits::id("name", &new.name)?;
    let issued = token::issue(partner.outside(), new.kind.as_str());
    let answer = IssuedCredential {
        token: issued.text.clone(),
        token_prefix: issued.prefix.clone(),
        loyalty_provider_id: new.loyalty_provider_id.clone(),
    };
    let now = partner.outside().now();
    let kept = partner.db().write("issue_partner_credential", move |tx| {
        if merchant::get(tx, &merchant)?.is_none() {
            return Err(TxError::Refused(ApiError::not_found("merchant", &merchant)));
        }
        Ok(credentials::insert(tx, &merchant, &issued, &new, now)?)
    });
    kept.await?;
    Ok((StatusCode::CREATED, Json(answer)))
}
