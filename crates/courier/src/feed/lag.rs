//! How far behind is each lane of the feed, and what was set aside?

use super::store::{self, DomainLag, SetAside};
use db::{Db, Never, Tx, TxError, params};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// One lane and how far behind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The subscription.
    pub subscription_id: String,
    /// Its place.
    pub place: String,
    /// The data domain.
    pub domain: String,
    /// Changes up to this number were received.
    pub position: i64,
    /// Records that wait.
    pub records: i64,
    /// Age of the oldest change that waits, whole seconds; 0 when none does.
    pub seconds: i64,
    /// Failed attempts in a row.
    pub failures: i64,
    /// The newest failure, if the newest attempt failed.
    pub last_error: Option<String>,
    /// When the receiver last took something.
    pub last_success_at: Option<Timestamp>,
    /// Why the lane stands still, if it does.
    pub paused_reason: Option<String>,
    /// Records that were set aside.
    pub set_aside: i64,
}

/// Every lane of a merchant at `now`.
pub fn lag(tx: &mut Tx<'_>, merchant: &str, now: Timestamp) -> Result<Vec<Lag>, db::Error> {
    let rows = tx.query(&store::LAG, params![merchant])?;
    let lags = rows.into_iter().map(|row| Lag {
        subscription_id: row.subscription_id,
        place: row.place,
        domain: row.domain,
        position: row.position,
        records: row.records,
        seconds: row.oldest_at.map_or(0, |oldest| now.duration_since(oldest).as_secs().max(0)),
        failures: row.failures,
        last_error: row.last_error,
        last_success_at: row.last_success_at,
        paused_reason: row.paused_reason,
        set_aside: row.set_aside,
    });
    Ok(lags.collect())
}

/// The records of a merchant that are set aside, newest first, at most 500.
pub fn set_aside(tx: &mut Tx<'_>, merchant: &str) -> Result<Vec<SetAside>, db::Error> {
    tx.query(&store::SET_ASIDE_LIST, params![merchant])
}

/// Sets the gauges `courier_feed_lag_changes` and `courier_feed_lag_seconds` per domain (the worst lane of any
/// merchant decides the seconds). `shown` remembers which domains have a gauge, so that it goes back to 0.
pub(crate) async fn record_gauges(
    db: &Db,
    now: Timestamp,
    shown: &Mutex<BTreeSet<String>>,
) -> Result<(), db::Error> {
    let read = db
        .read("courier_feed_lag", |tx| Ok::<_, TxError<Never>>(tx.query(&store::LAG_BY_DOMAIN, params![])?));
    let lags = read.await?;
    let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
    for domain in shown.iter() {
        set_gauges(domain, 0, 0);
    }
    for DomainLag { domain, changes, oldest_at } in lags {
        set_gauges(&domain, changes, now.duration_since(oldest_at).as_secs().max(0));
        shown.insert(domain);
    }
    Ok(())
}

fn set_gauges(domain: &str, changes: i64, seconds: i64) {
    metrics::gauge!("courier_feed_lag_changes", "domain" => domain.to_owned()).set(changes as f64);
    metrics::gauge!("courier_feed_lag_seconds", "domain" => domain.to_owned()).set(seconds as f64);
}
