//! The directory of tokens: SQL.

use super::Credential;
use db::{Db, Error, Never, Tx, TxError, params};
use door::ApiError;
use door::token::IssuedToken;
use jiff::Timestamp;

db::statement! {
    /// A token that was not revoked, by its public prefix.
    LIVE_CREDENTIAL -> Credential = "SELECT kind, token_hash AS hash, merchant, loyalty_provider_id, time_zone, expires_at
        FROM partner_credential WHERE token_prefix = $1 AND revoked_at IS NULL";
    /// Keeps a new token.
    INSERT_CREDENTIAL = "INSERT INTO partner_credential (token_prefix, token_hash, kind, merchant, loyalty_provider_id, time_zone, name, created_at, expires_at, revoked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL)";
    /// Ends a merchant's token; its row stays.
    REVOKE_CREDENTIAL = "UPDATE partner_credential SET revoked_at = $3
        WHERE token_prefix = $2 AND merchant = $1 AND revoked_at IS NULL";
}

db::text_enum! {
    /// The part of the partner's API that a token opens; the word stands inside the token too.
    pub(crate) enum Kind {
        /// The three loyalty webhooks.
        Loyalty = "loyalty",
        /// The DataSync receiver.
        DataSync = "datasync",
        /// The customers feed.
        Customers = "customers",
    }
}

/// The values kept with a new token.
#[derive(Debug, Clone)]
pub(crate) struct NewCredential {
    pub(crate) kind: Kind,
    pub(crate) loyalty_provider_id: Option<String>,
    pub(crate) time_zone: Option<String>,
    /// For people: what the token was made for.
    pub(crate) name: String,
    pub(crate) expires_at: Option<Timestamp>,
}

/// The live credential behind a prefix.
pub(super) async fn load(db: &Db, prefix: &str) -> Result<Option<Credential>, ApiError> {
    let prefix = prefix.to_owned();
    let found = db.read("partner_credential", move |tx| {
        Ok::<_, TxError<Never>>(tx.optional(&LIVE_CREDENTIAL, params![&prefix])?)
    });
    Ok(found.await?)
}

/// Keeps an issued token for a merchant.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    merchant: &str,
    token: &IssuedToken,
    new: &NewCredential,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        &INSERT_CREDENTIAL,
        params![
            &token.prefix,
            &token.hash[..],
            new.kind,
            merchant,
            new.loyalty_provider_id.as_deref(),
            new.time_zone.as_deref(),
            &new.name,
            now,
            new.expires_at,
        ],
    )?;
    Ok(())
}

/// Ends a merchant's token, and returns whether there was one.
pub(crate) fn revoke(tx: &mut Tx<'_>, merchant: &str, prefix: &str, now: Timestamp) -> Result<bool, Error> {
    Ok(tx.execute(&REVOKE_CREDENTIAL, params![merchant, prefix, now])? > 0)
}
