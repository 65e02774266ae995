//! Which register calls?

use super::SourceId;
use crate::Platform;
use db::{Db, Never, TxError, params};
use door::{ApiError, credentials, token};
use http::HeaderMap;
use jiff::Timestamp;

db::statement! {
    POS_TOKEN -> PosToken = "SELECT token_hash, merchant, place, device_number, expires_at FROM platform_pos_token
        WHERE token_prefix = $1 AND revoked_at IS NULL";
    // Asked by itself: the token is in a directory, the place with its merchant.
    PLACE_STATE -> String = "SELECT state FROM platform_place WHERE merchant = $1 AND place = $2";
}

db::row! {
    struct PosToken {
        token_hash: Vec<u8>,
        merchant: String,
        place: String,
        device_number: i64,
        expires_at: Option<Timestamp>,
    }
}

/// What a register's token stands for.
#[derive(Debug, Clone)]
pub(crate) struct PosGrant {
    token_hash: Vec<u8>,
    pub(crate) merchant: String,
    pub(crate) place: String,
    pub(crate) device_number: i64,
    expires_at: Option<Timestamp>,
    place_state: String,
}

/// What the bearer token among the headers stands for.
///
/// # Errors
/// 401 without a register's token that works.
pub(super) async fn grant(headers: &HeaderMap, platform: &Platform) -> Result<PosGrant, ApiError> {
    let text = credentials::bearer(headers);
    let refused = || token::refusal(text, "pos", "expected Authorization: Bearer with the register's token");
    let text = text.ok_or_else(refused)?;
    let prefix = token::prefix_of(text).ok_or_else(refused)?;
    let loaded = platform.registers().get_or_load(prefix, || load(platform.db(), prefix)).await?;
    let grant = loaded.ok_or_else(refused)?;
    let ended = grant.expires_at.is_some_and(|end| platform.now() >= end);
    if !token::matches(&grant.token_hash, text) || ended {
        return Err(refused());
    }
    platform.registers().note_used(prefix);
    Ok(grant)
}

impl PosGrant {
    /// That the register may act at `source`.
    ///
    /// # Errors
    /// 403 at another place than its own, or when its own is disabled.
    pub(super) fn at(&self, source: &SourceId) -> Result<(), ApiError> {
        if source.merchant != self.merchant || source.place != self.place {
            return Err(ApiError::forbidden(format!(
                "this token belongs to register {} of {}-{}; it cannot act for {source}",
                self.device_number, self.merchant, self.place
            )));
        }
        if self.place_state == "disabled" {
            let message = format!("place {} is disabled; its registers cannot sell", self.place);
            return Err(ApiError::forbidden(message));
        }
        Ok(())
    }
}

async fn load(db: &Db, prefix: &str) -> Result<Option<PosGrant>, ApiError> {
    let prefix = prefix.to_owned();
    let grant = db
        .read("pos_grant", move |tx| {
            let Some(PosToken { token_hash, merchant, place, device_number, expires_at }) =
                tx.optional(&POS_TOKEN, params![&prefix])?
            else {
                return Ok(None);
            };
            let Some(place_state) = tx.optional(&PLACE_STATE, params![&merchant, &place])? else {
                return Ok(None);
            };
            Ok::<_, TxError<Never>>(Some(PosGrant {
                token_hash,
                merchant,
                place,
                device_number,
                expires_at,
                place_state,
            }))
        })
        .await?;
    Ok(grant)
}

#[cfg(test)]
impl PosGrant {
    /// A grant for tests of pure rules.
    pub(crate) fn sample(merchant: &str, place: &str, device_number: i64) -> Self {
        Self {
            token_hash: Vec::new(),
            merchant: merchant.to_owned(),
            place: place.to_owned(),
            device_number,
            expires_at: None,
            place_state: "active".to_owned(),
        }
    }
}
