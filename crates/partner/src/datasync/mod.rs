//! How are records of the register cloud taken in, each exactly in its newest state?
//!
//! `POST|PUT /partner/datasync` (protocol.md §11, sync.md §4). A batch is one transaction; a record that
//! cannot be read is kept aside with the reason and does not cost the others; an unknown domain is kept as it is.

mod record;
mod store;

use crate::customers::bill::{self, RecordedBill};
use crate::customers::totals;
use crate::loyalty::merge;
use crate::loyalty::tier::Ladder;
use crate::{DataSyncConnection, Partner};
use axum::extract::State;
use db::{Error, Never, Tx, TxError};
use door::{ApiError, Raw, body_limit};
use http::StatusCode;
use jiff::Timestamp;
use record::{Incoming, Outcome};
use std::collections::BTreeSet;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::datasync::{Domain, Envelope};
use wire::errors::ErrorBody;

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
        (status = 413, body = ErrorBody, description = "Too long; send fewer records at a time"),
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
        (status = 413, body = ErrorBody, description = "Too long; send fewer records at a time"),
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
    // not door's Message: a record with a character no table can hold must not cost the others
    let envelope: Envelope = wire::read::from_slice(bytes)?;
    let now = partner.outside().now();
    let batch = Batch {
        partner: partner.clone(),
        merchant: connection.merchant,
        records: record::read_all(&envelope, || partner.outside().object_id()),
        now,
    };
    let counts =
        partner.db().write("receive_datasync", move |tx| batch.keep(tx).map_err(TxError::<Never>::from));
    let counts = counts.await?;
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

impl Batch {
    /// Keeps the batch. Records go in the order of their ids, then the customers in the order of theirs, each with
    /// its tier, so two batches at once wait for each other and never block each other for good.
    fn keep(&self, tx: &mut Tx<'_>) -> Result<Counts, Error> {
        let mut counts = Counts::default();
        let mut bills = Vec::new();
        for record in &self.records {
            match record.keep(tx, &self.merchant, self.now)? {
                Outcome::Kept => {
                    counts.kept += 1;
                    if record.domain() == Some(Domain::Bills) {
                        bills.push(record);
                    }
                }
                Outcome::Passed => counts.passed += 1,
                Outcome::Quarantined => counts.quarantined += 1,
            }
        }
        self.count_bills(tx, &bills)?;
        Ok(counts)
    }

    /// Lets the customers feed know of bills that are new or changed.
    fn count_bills(&self, tx: &mut Tx<'_>, bills: &[&Incoming]) -> Result<(), Error> {
        if bills.is_empty() {
            return Ok(());
        }
        let Some(merchant) = crate::merchant::get(tx, &self.merchant)? else { return Ok(()) };
        let program = self.partner.programs().of(&merchant)?;
        let recorded: Vec<_> =
            bills.iter().filter_map(|bill| bill.bill(merchant.precision, &merchant.currency_code)).collect();
        if !program.settings.tiers.is_empty() {
            for member_id in &self.whose(tx, &recorded)? {
                Ladder::of(&program, &merchant, member_id).catch_up(tx, self.now)?;
            }
        }
        let mut told = bill::Told::default();
        for bill in &recorded {
            bill::from_record(tx, &self.merchant, bill, &mut told, self.now)?;
        }
        let local = program.local("", self.now);
        let bill_ids: Vec<&str> = recorded.iter().map(|bill| bill.bill_id.as_str()).collect();
        let changed = if told.moved {
            totals::Changed::Everything
        } else if recorded.iter().all(|bill| bill.counts) {
            totals::Changed::Bills(&bill_ids, totals::Categories::Added(&told.categories))
        } else {
            totals::Changed::Bills(&bill_ids, totals::Categories::Unknown)
        };
        totals::bills_changed(tx, &program, &merchant, &told.members, changed, &local)
    }

    /// Whose bills these are, as far as it is known or said.
    fn whose(&self, tx: &mut Tx<'_>, bills: &[RecordedBill]) -> Result<BTreeSet<String>, Error> {
        let mut members = BTreeSet::new();
        for bill in bills {
            members.extend(bill::whose(tx, &self.merchant, &bill.bill_id)?);
            if let Some(customer_id) = &bill.customer_id {
                members.extend(merge::survivor(tx, &self.merchant, customer_id)?);
            }
        }
        Ok(members)
    }
}
