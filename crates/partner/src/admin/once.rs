//! How does a set-up call that moves value count once, however often it is sent?
//!
//! The caller names the call by a header `Idempotency-Key`. The first call with a key keeps its answer in the
//! transaction that books it; the same call with the same key gets that answer and books nothing, also at the same
//! moment and after a restart. A refused call keeps nothing: it changed nothing, and may be sent again.

use crate::Partner;
use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use db::{Tx, TxError, params};
use door::ApiError;
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::{IntoParams, IntoResponses};
use wire::errors::ErrorBody;

db::statement! {
    /// Forgets a key whose time is over, so that it may be used anew before the sweeper has come by.
    FORGET_ENDED_KEY = "DELETE FROM partner_idempotency
        WHERE merchant = $1 AND operation = $2 AND idempotency_key = $3 AND kept_until <= $4";
    /// Takes a key. Of two calls at once the second waits here for the first, and then takes nothing.
    TAKE_KEY = "INSERT INTO partner_idempotency (merchant, operation, idempotency_key, request_hash, status, answer, kept_until)
        VALUES ($1, $2, $3, $4, 0, NULL, $5) ON CONFLICT (merchant, operation, idempotency_key) DO NOTHING";
    /// Keeps the answer of the call that took the key.
    KEEP_ANSWER = "UPDATE partner_idempotency SET status = $4, answer = $5
        WHERE merchant = $1 AND operation = $2 AND idempotency_key = $3";
    /// The answer of the call that took a key, while it is kept.
    KEPT_ANSWER -> KeptAnswer = "SELECT request_hash, status, answer FROM partner_idempotency
        WHERE merchant = $1 AND operation = $2 AND idempotency_key = $3 AND kept_until > $4";
    /// Removes one slice of the keys whose time is over.
    REMOVE_ENDED_KEYS = "DELETE FROM partner_idempotency WHERE (merchant, operation, idempotency_key) IN (
            SELECT merchant, operation, idempotency_key FROM partner_idempotency WHERE kept_until <= $1 LIMIT $2)";
}

db::row! {
    /// What a call with a key was, and its answer.
    struct KeptAnswer {
        request_hash: Vec<u8>,
        status: i64,
        answer: Option<String>,
    }
}

/// How long the answer to a key is kept, in hours. `docs/people.md` names it.
pub(super) const KEPT_HOURS: i64 = 72;

/// Longest key, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// The header, for the description of the API.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "a shape for the description; OnceKey reads the header")]
pub(super) struct IdempotencyHeader {
    /// Names this call, 1 to 255 visible ASCII characters that the caller draws: sent again with the same key, path
    /// and body within 72 hours it is answered as before and books nothing
    #[param(rename = "Idempotency-Key")]
    idempotency_key: Option<String>,
}

/// What a call with a key may be refused with beside its own refusals.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "a shape for the description; the answers themselves are door::ApiError")]
pub(super) enum KeyRefusals {
    /// The `Idempotency-Key` was used for another call of this kind: another path, query or body
    #[response(status = 422)]
    OtherCall(ErrorBody),
}

/// The `Idempotency-Key` of a call; `None` where the caller gives none and every call counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnceKey(Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for OnceKey {
    type Rejection = ApiError;

    /// 400 for a key that is empty, too long, not visible ASCII, or given twice.
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        let refused = |found: String| {
            let expected = format!("one header of 1 to {KEY_BYTES_MAX} visible ASCII characters");
            Err(ApiError::field("Idempotency-Key", &expected, &found))
        };
        let others = values.count();
        if others > 0 {
            return refused(format!("{} of them", others + 1));
        }
        let key = value.as_bytes();
        if key.is_empty() || key.len() > KEY_BYTES_MAX || !key.iter().all(u8::is_ascii_graphic) {
            return refused(format!("{} bytes", key.len()));
        }
        Ok(Self(String::from_utf8(key.to_vec()).ok()))
    }
}

impl OnceKey {
    /// The call that this key names. `operation` is the call's own; `request` is all that says what is asked: path,
    /// query and body.
    pub(super) fn of(self, operation: &'static str, merchant: &str, request: &impl Serialize) -> Once {
        // A value of our own shapes can be written as JSON; what could not would differ from every kept call
        let request = serde_json::to_value(request).unwrap_or_default();
        Once {
            merchant: merchant.to_owned(),
            operation,
            key: self.0,
            request_hash: wire::canonical::hash_value(&request),
        }
    }
}

/// One call, by its merchant, kind and key.
#[derive(Debug, Clone)]
pub(super) struct Once {
    merchant: String,
    operation: &'static str,
    key: Option<String>,
    request_hash: [u8; 32],
}

impl Once {
    /// The answer that was given to this call before; `None` where it is new, or has no key.
    ///
    /// # Errors
    /// 422 where the key was used for another call.
    pub(super) async fn answered(&self, partner: &Partner) -> Result<Option<Answer>, ApiError> {
        if self.key.is_none() {
            return Ok(None);
        }
        let (once, now) = (self.clone(), partner.outside().now());
        Ok(partner.db().read("kept_answer", move |tx| once.kept(tx, now)).await?)
    }

    /// Runs a call and keeps its answer, in one transaction; gives the kept answer where another call with the same key
    /// was faster.
    ///
    /// # Errors
    /// Those of the call, which then keeps nothing; 422 where the key was used for another call.
    pub(super) async fn write<F>(self, partner: &Partner, mut call: F) -> Result<Answer, ApiError>
    where
        F: FnMut(&mut Tx<'_>) -> Result<Answer, TxError<ApiError>> + Send + 'static,
    {
        let (operation, now) = (self.operation, partner.outside().now());
        Ok(partner.db().write(operation, move |tx| self.run(tx, now, &mut call)).await?)
    }

    fn run(
        &self,
        tx: &mut Tx<'_>,
        now: Timestamp,
        call: &mut impl FnMut(&mut Tx<'_>) -> Result<Answer, TxError<ApiError>>,
    ) -> Result<Answer, TxError<ApiError>> {
        let Some(key) = &self.key else { return call(tx) };
        let until = now.saturating_add(SignedDuration::from_hours(KEPT_HOURS)).unwrap_or(Timestamp::MAX);
        tx.execute(&FORGET_ENDED_KEY, params![&self.merchant, self.operation, key, now])?;
        let taken = tx.execute(
            &TAKE_KEY,
            params![&self.merchant, self.operation, key, &self.request_hash[..], until],
        )?;
        if taken == 0 {
            // Its row is there, so the call that made it is over
            return self.kept(tx, now)?.ok_or_else(|| {
                TxError::Refused(ApiError::conflict(
                    "the call with this Idempotency-Key is under way: repeat it",
                ))
            });
        }
        let answer = call(tx)?;
        let status = i64::from(answer.status.as_u16());
        tx.execute(
            &KEEP_ANSWER,
            params![&self.merchant, self.operation, key, status, answer.body.as_deref()],
        )?;
        Ok(answer)
    }

    fn kept(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Option<Answer>, TxError<ApiError>> {
        let Some(row) = tx.optional(&KEPT_ANSWER, params![&self.merchant, self.operation, &self.key, now])?
        else {
            return Ok(None);
        };
        if row.request_hash != self.request_hash {
            let other = "Idempotency-Key: expected the call it was first used for, found another path, query or body; \
                         draw a new key for a new call";
            let refusal = ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, other);
            return Err(TxError::Refused(
                refusal.with_name("IDEMPOTENCY_KEY_REUSED").with("field", "Idempotency-Key"),
            ));
        }
        let status = u16::try_from(row.status).ok().and_then(|code| StatusCode::from_u16(code).ok());
        let status = status.ok_or_else(|| {
            crate::row::unreadable("partner_idempotency", "status", "the status of an answer")
        })?;
        Ok(Some(Answer { status, body: row.answer }))
    }
}

/// An answer as it is kept and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    status: StatusCode,
    /// JSON.
    body: Option<String>,
}

impl Answer {
    /// An answer with a body.
    pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, db::Error> {
        Ok(Self { status, body: Some(crate::row::to_json("partner_idempotency", "answer", body)?) })
    }

    /// An answer without a body.
    pub(super) fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let Some(body) = self.body else { return self.status.into_response() };
        let json = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (self.status, json, body).into_response()
    }
}

/// Removes one slice of the keys whose time is over; how many that were.
pub(crate) fn remove_ended_keys(tx: &mut Tx<'_>, now: Timestamp, rows: i64) -> Result<u64, db::Error> {
    tx.execute(&REMOVE_ENDED_KEYS, params![now, rows])
}
