//! How do a partner's copies of our records follow ours?
//!
//! A subscription has one lane per data domain. A lane reads what changed behind its position, sends each record
//! once in its newest state, and moves the position when the receiver has taken it (sync.md §3).

mod batch;
mod bisect;
mod claim;
mod lag;
mod outcome;
mod store;

pub(crate) use batch::{Batch, build};
pub(crate) use bisect::{Plan, Progress, Step, Verdict};
pub(crate) use claim::{ClaimedLane, claim, due, end_probing, forget_failures, is_due, postpone, prepare};
pub(crate) use lag::record_gauges;
pub(crate) use outcome::{FeedOutcome, write_outcome};
pub(crate) use store::LaneKey;

pub use lag::{Lag, lag, set_aside};
pub use store::{ChangedRecord, FeedTarget, SetAside, Subscription};

use crate::authorization::Authorization;
use crate::destination::SecretError;
use crate::seal::{self, Keyring};
use db::{Tx, params};
use http::HeaderValue;
use jiff::Timestamp;
use outside::Outside;
use zeroize::Zeroizing;

/// A data domain of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    /// As DataSync writes it, such as `bills`.
    pub name: &'static str,
    /// Whether all places of a merchant share its records.
    pub shared: bool,
}

/// Where the records of some domains come from.
pub trait FeedSource: Send + Sync {
    /// The domains it has. Their names differ from those of every other source.
    fn domains(&self) -> &'static [Domain];
    /// One JSON object per change, in the same order: the record's newest state, or, for a removed one,
    /// `{<id member>: …, "_removed": true, "_lastModifiedAt": …}`.
    fn records(
        &self,
        tx: &mut Tx<'_>,
        merchant: &str,
        place: &str,
        domain: &str,
        changes: &[ChangedRecord],
    ) -> Result<Vec<String>, db::Error>;
}

/// A subscription to set up. Its secrets come sealed, by [`seal_secret`] and [`seal_signing_secret`].
#[derive(Debug, Clone, Copy)]
pub struct NewSubscription<'a> {
    /// Whose it is.
    pub merchant: &'a str,
    /// Its id, unique for the merchant.
    pub subscription_id: &'a str,
    /// The place whose records (with those all places share) are sent.
    pub place: &'a str,
    /// The absolute URL of the receiver; checked by [`crate::TargetGuard::check_hook`].
    pub url: &'a str,
    /// `POST` or `PUT`.
    pub method: &'a str,
    /// How the secret is sent.
    pub authorization: Authorization,
    /// The secret for `Authorization`.
    pub sealed_secret: &'a str,
    /// The secret of `webhook-signature`, if the receiver checks one.
    pub sealed_signing_secret: Option<&'a str>,
    /// Changes from this instant on are sent. A later change of it moves a lane that has begun only together with the URL.
    pub from_date: Timestamp,
}

/// Checks the secret of a subscription and seals it for its row.
pub fn seal_secret(
    keyring: &Keyring,
    outside: &Outside,
    merchant: &str,
    subscription_id: &str,
    authorization: Authorization,
    secret: &str,
) -> Result<String, SecretError> {
    authorization.check(secret)?;
    Ok(keyring.seal(outside, &context("secret", merchant, subscription_id), secret.as_bytes())?)
}

/// Seals the signing secret of a subscription for its row; two at a time are apart by a space.
pub fn seal_signing_secret(
    keyring: &Keyring,
    outside: &Outside,
    merchant: &str,
    subscription_id: &str,
    secret: &str,
) -> Result<String, SecretError> {
    Authorization::Verbatim.check(secret)?;
    Ok(keyring.seal(outside, &context("signing", merchant, subscription_id), secret.as_bytes())?)
}

/// Stores a subscription; the newest set-up wins and the positions stay, unless its URL changes: that is a new receiver,
/// which is sent everything from its date on. Call [`crate::Courier::wake`] after the commit.
pub fn subscribe(tx: &mut Tx<'_>, new: &NewSubscription<'_>, now: Timestamp) -> Result<(), db::Error> {
    let url = claim::url_of(tx, new.merchant, new.subscription_id)?;
    tx.execute(
        &store::PUT_SUBSCRIPTION,
        params![
            new.merchant,
            new.subscription_id,
            new.place,
            new.url,
            new.method,
            new.authorization,
            new.sealed_secret,
            new.sealed_signing_secret,
            seal::key_id_of(new.sealed_secret).unwrap_or_default(),
            new.from_date,
            now
        ],
    )?;
    if url.is_some_and(|url| url != new.url) {
        claim::start_again(tx, new.merchant, new.subscription_id, new.from_date, now)?;
    }
    Ok(())
}

/// Where the changes of a subscription go; `None` when there is no such subscription.
pub fn target(
    tx: &mut Tx<'_>,
    merchant: &str,
    subscription_id: &str,
) -> Result<Option<FeedTarget>, db::Error> {
    tx.optional(&store::TARGET, params![merchant, subscription_id])
}

/// Ends a subscription and forgets its positions; true if there was one.
pub fn unsubscribe(tx: &mut Tx<'_>, merchant: &str, subscription_id: &str) -> Result<bool, db::Error> {
    let ended = tx.execute(&store::END_SUBSCRIPTION, params![merchant, subscription_id])?;
    tx.execute(&store::END_POSITIONS, params![merchant, subscription_id])?;
    Ok(ended > 0)
}

/// Lets the paused lanes of a subscription go on from where they stood; gives how many there were.
pub fn resume(
    tx: &mut Tx<'_>,
    merchant: &str,
    subscription_id: &str,
    now: Timestamp,
) -> Result<u64, db::Error> {
    tx.execute(&store::RESUME, params![merchant, subscription_id, now])
}

impl Subscription {
    fn secret(&self, keyring: &Keyring) -> Result<Zeroizing<String>, SecretError> {
        let context = context("secret", &self.merchant, &self.subscription_id);
        Ok(keyring.open_text(&context, &self.sealed_secret)?)
    }

    /// The value of `Authorization`.
    pub(crate) fn authorization_header(&self, keyring: &Keyring) -> Result<HeaderValue, SecretError> {
        Ok(self.authorization.header(&self.secret(keyring)?)?)
    }

    /// The signing secrets, apart by spaces.
    pub(crate) fn signing_secret(&self, keyring: &Keyring) -> Result<Option<Zeroizing<String>>, SecretError> {
        let context = context("signing", &self.merchant, &self.subscription_id);
        let opened = self.sealed_signing_secret.as_deref().map(|sealed| keyring.open_text(&context, sealed));
        Ok(opened.transpose()?)
    }

    /// Whether both reach the same receiver with the same secret, so that what all places share is sent once.
    pub(crate) fn same_receiver(&self, other: &Self, keyring: &Keyring) -> Result<bool, SecretError> {
        Ok(self.url == other.url
            && self.authorization == other.authorization
            && *self.secret(keyring)? == *other.secret(keyring)?)
    }
}

/// Which column of which row a secret belongs to.
fn context(column: &str, merchant: &str, subscription_id: &str) -> String {
    format!("subscription/{column}/{merchant}/{subscription_id}")
}
