//! How does a transaction say which synchronised records it changed?

use super::Synchronized;
use crate::Platform;
use courier::change::{Change, append};
use db::{Tx, TxError};
use jiff::Timestamp;
use wire::datasync::{Domain, Reach};

/// What a transaction changed so far. Only [`Platform::change`] makes one: who writes a synchronised record takes it
/// as a parameter, so that nobody can write without saying so.
#[derive(Debug)]
pub(crate) struct Changes {
    now: Timestamp,
    records: Vec<Changed>,
}

/// One changed record.
#[derive(Debug)]
struct Changed {
    domain: Domain,
    place: Option<String>,
    record: String,
    removed: bool,
}

impl Changes {
    /// The instant of the change: what its rows and the feed have in common.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// A record that the merchant's places share was added or changed.
    pub(crate) fn put<S: Synchronized>(&mut self, record: &str) {
        const { assert!(matches!(S::DOMAIN.reach(), Reach::Merchant), "records of a place: use put_at") };
        self.add(S::DOMAIN, None, record, false);
    }

    /// A record of one place was added or changed.
    pub(crate) fn put_at<S: Synchronized>(&mut self, place: &str, record: &str) {
        const { assert!(matches!(S::DOMAIN.reach(), Reach::Place), "records of the merchant: use put") };
        self.add(S::DOMAIN, Some(place), record, false);
    }

    /// A record that the merchant's places share was removed.
    pub(crate) fn removed<S: Synchronized>(&mut self, record: &str) {
        const { assert!(matches!(S::DOMAIN.reach(), Reach::Merchant), "records of a place: use removed_at") };
        self.add(S::DOMAIN, None, record, true);
    }

    /// A record of one place was removed.
    pub(crate) fn removed_at<S: Synchronized>(&mut self, place: &str, record: &str) {
        const { assert!(matches!(S::DOMAIN.reach(), Reach::Place), "records of the merchant") };
        self.add(S::DOMAIN, Some(place), record, true);
    }

    fn add(&mut self, domain: Domain, place: Option<&str>, record: &str, removed: bool) {
        let (place, record) = (place.map(str::to_owned), record.to_owned());
        self.records.push(Changed { domain, place, record, removed });
    }
}

impl Platform {
    /// Runs one transaction of `merchant` that may write synchronised records, appends their changes as its last
    /// statements, and tells the courier. Gives what the closure gives.
    ///
    /// # Errors
    /// Those of the closure and of the database; nothing is written then.
    pub(crate) async fn change<T, R, F>(
        &self,
        name: &'static str,
        merchant: &str,
        now: Timestamp,
        mut closure: F,
    ) -> Result<T, TxError<R>>
    where
        F: FnMut(&mut Tx<'_>, &mut Changes) -> Result<T, TxError<R>> + Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
    {
        let merchant = merchant.to_owned();
        let done = self.db().write(name, move |tx| {
            let mut changes = Changes { now, records: Vec::new() };
            let done = closure(tx, &mut changes)?;
            let records: Vec<Change<'_>> = changes
                .records
                .iter()
                .map(|changed| Change {
                    domain: changed.domain.name(),
                    place: changed.place.as_deref(),
                    record: &changed.record,
                    removed: changed.removed,
                })
                .collect();
            append(tx, &merchant, &records, now)?;
            Ok(done)
        });
        let done = done.await?;
        self.wake_courier();
        Ok(done)
    }
}
