//! How are records of the register cloud taken in, each exactly in its newest state?
//!
//! `POST|PUT /partner/datasync` (protocol.md §11, sync.md §4). A record that cannot be read is kept aside with the
//! reason and does not cost the others; an unknown domain is kept as it is. A request is taken in slices of some
//! records, each one transaction, so that others get their turn; it is answered when the last is durable, and what
//! comes again after a break is passed over.

mod projection;
mod record;
mod store;

use crate::{DataSyncConnection, Partner};
use axum::extract::State;
use db::{Error, Never, Tx, TxError};
use door::{ApiError, Raw, body_limit};
use http::StatusCode;
use jiff::Timestamp;
use record::{Incoming, Outcome};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::datasync::{Envelope, Received};
use wire::errors::ErrorBody;

/// Records that are kept in one transaction: a few milliseconds of the one write lane of SQLite.
const SLICE_RECORDS: usize = 200;

/// The receiver.
pub(crate) fn routes(datasync_body_bytes_max: usize) -> OpenApiRouter<Partner> {
    OpenApiRouter::new()
        .routes(routes!(receive_by_post))
        .routes(routes!(receive_by_put))
        .layer(body_limit(datasync_body_bytes_max))
}

/// Takes new or changed records of one domain.
#[utoipa::path(
    post, path = "/partner/datasync", tag = "DataSync receiver", operation_id = "receiveRecords",
    request_body = Envelope,
    responses(
        (status = 204, description = "Everything is kept; records that could not be read, aside"),
        (status = 400, body = ErrorBody, description = "No object with `dataDomain` and `data`"),
        (status = 401, body = ErrorBody, description = "Not a DataSync secret"),
        (status = 413, body = ErrorBody, description = "Too long, or too many records (`recordsMax`); send fewer at a time"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn receive_by_post(
    State(partner): State<Partner>,
    connection: DataSyncConnection,
    Raw(bytes): Raw,
) -> Result<StatusCode, ApiError> {
    receive(&partner, connection, &bytes).await
}

/// The same for senders that were set up with PUT.
#[utoipa::path(
    put, path = "/partner/datasync", tag = "DataSync receiver", operation_id = "receiveRecordsByPut",
    request_body = Envelope,
    responses(
        (status = 204, description = "Everything is kept; records that could not be read, aside"),
        (status = 400, body = ErrorBody, description = "No object with `dataDomain` and `data`"),
        (status = 401, body = ErrorBody, description = "Not a DataSync secret"),
        (status = 413, body = ErrorBody, description = "Too long, or too many records (`recordsMax`); send fewer at a time"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn receive_by_put(
    State(partner): State<Partner>,
    connection: DataSyncConnection,
    Raw(bytes): Raw,
) -> Result<StatusCode, ApiError> {
    receive(&partner, connection, &bytes).await
}

async fn receive(
    partner: &Partner,
    connection: DataSyncConnection,
    bytes: &[u8],
) -> Result<StatusCode, ApiError> {
    let records_max = partner.config().datasync_records_max;
    let received = Received::read(bytes, records_max)?;
    if received.more {
        return Err(too_many(records_max));
    }
    let batch = Arc::new(Batch {
        partner: partner.clone(),
        merchant: connection.merchant,
        records: record::read_all(&received, || partner.outside().object_id()),
        now: partner.outside().now(),
    });
    let mut counts = Counts::default();
    for start in (0..batch.records.len()).step_by(SLICE_RECORDS) {
        let slice = batch.clone();
        let kept = partner
            .db()
            .write("receive_datasync", move |tx| slice.keep(tx, start).map_err(TxError::<Never>::from));
        counts.add(kept.await?);
    }
    metrics::counter!("partner_datasync_records_total", "outcome" => "kept").increment(counts.kept);
    metrics::counter!("partner_datasync_records_total", "outcome" => "passed").increment(counts.passed);
    metrics::counter!("partner_datasync_records_total", "outcome" => "quarantined")
        .increment(counts.quarantined);
    if counts.quarantined > 0 {
        tracing::warn!(
            records = counts.quarantined,
            "DataSync records could not be read and are in quarantine"
        );
    }
    Ok(StatusCode::NO_CONTENT)
}

/// 413 that says how many records a request may have.
fn too_many(records_max: usize) -> ApiError {
    let message = format!(
        "data: expected at most {records_max} records in one request, found more; send fewer at a time"
    );
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message)
        .with("field", "data")
        .with("recordsMax", records_max)
}

/// The records of one request, read.
struct Batch {
    partner: Partner,
    merchant: String,
    records: Vec<Incoming>,
    now: Timestamp,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    kept: u64,
    /// Known already, or older than what is known.
    passed: u64,
    quarantined: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.kept += other.kept;
        self.passed += other.passed;
        self.quarantined += other.quarantined;
    }
}

impl Batch {
    /// Keeps the slice of the records that begins at `start`. Records go in the order of their ids, so two batches at
    /// once wait for each other and never block each other for good; then what follows from those that were kept.
    fn keep(&self, tx: &mut Tx<'_>, start: usize) -> Result<Counts, Error> {
        let mut counts = Counts::default();
        let mut projected = Vec::new();
        for record in self.records.iter().skip(start).take(SLICE_RECORDS) {
            match record.keep(tx, &self.merchant, self.now)? {
                Outcome::Kept => {
                    counts.kept += 1;
                    projected.extend(record.projected());
                }
                Outcome::Passed => counts.passed += 1,
                Outcome::Quarantined => counts.quarantined += 1,
            }
        }
        let of = projection::Of { partner: &self.partner, merchant: &self.merchant, now: self.now };
        projection::apply(tx, &of, &projected)?;
        Ok(counts)
    }
}
