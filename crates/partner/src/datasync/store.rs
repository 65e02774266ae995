//! How is a record kept in its newest state? SQL.

use db::{Error, Tx, params};
use jiff::Timestamp;

db::statement! {
    /// Keeps a record unless the same content, or a newer state, is known. A newer state is a higher
    /// `_version`; where either has none, no earlier a `_lastModifiedAt` (it has whole seconds, so two edits may share
    /// one); where neither tells, the one that came last.
    UPSERT_RECORD = "INSERT INTO partner_record AS kept (merchant, domain, place, record_id, version, last_modified_at, removed, body_hash, body, received_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (merchant, domain, place, record_id) DO UPDATE SET
          version = EXCLUDED.version, last_modified_at = EXCLUDED.last_modified_at,
          removed = EXCLUDED.removed, body_hash = EXCLUDED.body_hash, body = EXCLUDED.body, received_at = EXCLUDED.received_at
        WHERE kept.body_hash <> EXCLUDED.body_hash AND CASE
          WHEN kept.version IS NOT NULL AND EXCLUDED.version IS NOT NULL THEN EXCLUDED.version > kept.version
          WHEN kept.last_modified_at IS NOT NULL AND EXCLUDED.last_modified_at IS NOT NULL THEN EXCLUDED.last_modified_at >= kept.last_modified_at
          ELSE 1 = 1 END";
}

/// A record to be kept.
pub(super) struct NewRecord<'a> {
    pub(super) domain: &'a str,
    /// Empty for a domain that all places share.
    pub(super) place: &'a str,
    pub(super) record_id: &'a str,
    pub(super) version: Option<i64>,
    pub(super) last_modified_at: Option<Timestamp>,
    pub(super) removed: bool,
    pub(super) body_hash: &'a [u8],
    pub(super) body: &'a str,
}

/// Keeps a record; false when the same or a newer state is known.
pub(super) fn upsert(
    tx: &mut Tx<'_>,
    merchant: &str,
    new: &NewRecord<'_>,
    now: Timestamp,
) -> Result<bool, Error> {
    let touched = tx.execute(
        &UPSERT_RECORD,
        params![
            merchant,
            new.domain,
            new.place,
            new.record_id,
            new.version,
            new.last_modified_at,
            new.removed,
            new.body_hash,
            new.body,
            now,
        ],
    )?;
    Ok(touched > 0)
}
