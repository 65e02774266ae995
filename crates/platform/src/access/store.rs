//! Where are applications and their access tokens kept?

use super::ClientGrant;
use db::{Db, Json, Never, Tx, TxError, params};
use door::ApiError;
use jiff::Timestamp;
use std::sync::Arc;
use wire::access::Api;

db::row! {
    /// What must match for an access token: a secret of the client, and until when it may be used.
    pub(crate) struct ClientSecret {
        pub(crate) token_prefix: String,
        pub(crate) token_hash: Vec<u8>,
        pub(crate) expires_at: Option<Timestamp>,
    }
}

db::row! {
    /// An access token, with what its application may call.
    struct AccessTokenRow {
        token_hash: Vec<u8>,
        expires_at: Timestamp,
        client_id: String,
        loyalty_provider_id: Option<String>,
        apis: Option<Vec<Api>> as Option<Json>,
    }
}

db::row! {
    /// A merchant that is assigned to an application, and the only places it may act at.
    pub(crate) struct ClientMerchant {
        pub(crate) merchant: String,
        pub(crate) places: Option<Vec<String>> as Option<Json>,
    }
}

db::statement! {
    CLIENT_SECRETS -> ClientSecret = "SELECT token_prefix, token_hash, expires_at FROM platform_client_secret
        WHERE client_id = $1 AND revoked_at IS NULL ORDER BY token_prefix";
    /// Tokens that have ended are of no more use.
    pub(crate) DROP_ENDED_TOKENS = "DELETE FROM platform_access_token WHERE client_id = $1 AND expires_at <= $2";
    /// A new access token.
    pub(crate) KEEP_ACCESS_TOKEN = "INSERT INTO platform_access_token (token_prefix, token_hash, client_id, issued_at, expires_at)
        VALUES ($1, $2, $3, $4, $5)";
    ACCESS_TOKEN -> AccessTokenRow = "SELECT t.token_hash, t.expires_at, t.client_id, c.loyalty_provider_id, c.apis
        FROM platform_access_token t JOIN platform_client c ON c.client_id = t.client_id
        WHERE t.token_prefix = $1";
    /// The merchants assigned to a client.
    pub(crate) CLIENT_MERCHANTS -> ClientMerchant = "SELECT merchant, places FROM platform_client_merchant WHERE client_id = $1 ORDER BY merchant";
    MERCHANT_EXISTS -> String = "SELECT merchant FROM platform_merchant WHERE merchant = $1";
}

/// What the secret of a client must match; `None` for a client nobody knows, or one whose secrets were all revoked.
pub(crate) async fn client_secrets(
    db: &Db,
    client_id: &str,
) -> Result<Option<Arc<[ClientSecret]>>, ApiError> {
    let client_id = client_id.to_owned();
    let secrets = db.read("client_secrets", move |tx| {
        let secrets: Arc<[ClientSecret]> = tx.query(&CLIENT_SECRETS, params![&client_id])?.into();
        Ok::<_, TxError<Never>>(Some(secrets).filter(|secrets| !secrets.is_empty()))
    });
    Ok(secrets.await?)
}

/// What the token with this public prefix stands for.
pub(crate) async fn client_grant(db: &Db, prefix: &str) -> Result<Option<ClientGrant>, ApiError> {
    let prefix = prefix.to_owned();
    let grant = db
        .read("client_grant", move |tx| {
            let Some(row) = tx.optional(&ACCESS_TOKEN, params![&prefix])? else { return Ok(None) };
            let merchants = tx.query(&CLIENT_MERCHANTS, params![&row.client_id])?;
            Ok::<_, TxError<Never>>(Some(ClientGrant {
                token_hash: row.token_hash,
                expires_at: row.expires_at,
                client_id: row.client_id,
                apis: row.apis,
                merchants: merchants.into_iter().map(|row| (row.merchant, row.places)).collect(),
                loyalty_provider_id: row.loyalty_provider_id,
            }))
        })
        .await?;
    Ok(grant)
}

/// Whether the platform knows the merchant at all.
pub(crate) async fn merchant_exists(db: &Db, merchant: &str) -> Result<bool, ApiError> {
    let merchant = merchant.to_owned();
    let found = db
        .read("merchant_exists", move |tx| Ok::<_, TxError<Never>>(merchant_is_known(tx, &merchant)?))
        .await?;
    Ok(found)
}

/// As [`merchant_exists`], within a transaction.
pub(crate) fn merchant_is_known(tx: &mut Tx<'_>, merchant: &str) -> Result<bool, db::Error> {
    Ok(tx.optional(&MERCHANT_EXISTS, params![merchant])?.is_some())
}
