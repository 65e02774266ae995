//! How is kept aside what cannot be booked or read, so that a person can look at it?

use db::{Error, Tx, params};
use jiff::Timestamp;

db::statement! {
    /// Keeps a body aside; once per body.
    KEEP_ASIDE = "INSERT INTO partner_quarantine (merchant, quarantine_id, source, record_key, reason, body, body_hash, received_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (merchant, source, record_key, body_hash) DO NOTHING";
}

db::text_enum! {
    /// The way by which a body came.
    pub(crate) enum Source {
        /// A usage report.
        BenefitUsage = "benefitUsage",
        /// A record of DataSync.
        DataSync = "dataSync",
    }
}

/// A body to be kept aside.
pub(crate) struct Aside<'a> {
    /// Drawn for it.
    pub(crate) quarantine_id: &'a str,
    /// What it would have been.
    pub(crate) record_key: &'a str,
    /// For people: why it is here.
    pub(crate) reason: &'a str,
    pub(crate) body: &'a str,
    pub(crate) body_hash: &'a [u8],
}

/// Keeps a body aside; false when the same body is there already.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    merchant: &str,
    source: Source,
    aside: &Aside<'_>,
    now: Timestamp,
) -> Result<bool, Error> {
    let kept = tx.execute(
        &KEEP_ASIDE,
        params![
            merchant,
            aside.quarantine_id,
            source,
            aside.record_key,
            aside.reason,
            aside.body,
            aside.body_hash,
            now
        ],
    )?;
    Ok(kept > 0)
}
