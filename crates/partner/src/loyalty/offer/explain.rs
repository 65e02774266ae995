//! How is an offer explained without making one?
//!
//! It is made as [`super::get_benefit_offer()`] makes it, shortfalls filled and holds placed, by the same code in a
//! writing transaction, and then all of it is undone. So an explanation cannot disagree with the offer it explains.

use super::answer::answer;
use super::quote::explain;
use super::request::OfferRequest;
use crate::loyalty::program::ProgramCache;
use db::{Never, Tx, TxError};
use door::ApiError;
use jiff::Timestamp;
use std::sync::Arc;
use wire::admin::partner::Explained;
use wire::loyalty::ThirdPartyLoyaltyOfferRequest;

/// A question to be explained.
pub(crate) struct Explain(Arc<OfferRequest>);

/// How the transaction of an explanation ends: always undone.
pub(crate) enum Undone {
    /// With the explanation.
    Explained(Box<Explained>),
    /// With a refusal.
    Refused(ApiError),
}

impl Explain {
    /// Reads what needs no database. `bytes` are the body that `message` was read from.
    ///
    /// # Errors
    /// 400 as for an offer.
    pub(crate) fn read(
        merchant: String,
        message: ThirdPartyLoyaltyOfferRequest,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        OfferRequest::read(merchant, message, bytes, now).map(|asked| Self(Arc::new(asked)))
    }

    /// Makes the offer and says why it is as it is. It always refuses, so that the transaction is undone.
    ///
    /// # Errors
    /// [`Undone::Explained`], or 404 when the merchant is not set up.
    pub(crate) fn run(&self, tx: &mut Tx<'_>, programs: &ProgramCache) -> Result<Never, TxError<Undone>> {
        let quoted = self.0.quote(tx, programs, explain).map_err(|error| match error {
            TxError::Refused(refusal) => TxError::Refused(Undone::Refused(refusal)),
            TxError::Failed(error) => TxError::Failed(error),
        })?;
        let offer = answer(&quoted.question(), &quoted.quote);
        let notes = &quoted.quote.notes.steps;
        let steps = notes.iter().map(|note| serde_json::to_value(note).unwrap_or_default()).collect();
        Err(TxError::Refused(Undone::Explained(Box::new(Explained { offer, steps }))))
    }
}

impl Undone {
    /// The explanation of a transaction that was undone with it.
    ///
    /// # Errors
    /// The refusal, or why the database failed.
    pub(crate) fn explanation(outcome: Result<Never, TxError<Self>>) -> Result<Explained, ApiError> {
        match outcome {
            Ok(never) => match never {},
            Err(TxError::Refused(Self::Explained(explained))) => Ok(*explained),
            Err(TxError::Refused(Self::Refused(refusal))) => Err(refusal),
            Err(TxError::Failed(error)) => Err(error.into()),
        }
    }
}
