//! What does the change feed send of bills? (protocol.md §11.2)

use super::{shape, store};
use crate::access::SourceId;
use crate::feed::{Owner, Synchronized};
use crate::place::place_settings;
use db::Tx;
use std::collections::BTreeMap;
use wire::bills::Bill;
use wire::datasync::Domain;

/// The domain `bills`: a bill with its items, its merchant and its place.
pub(crate) enum BillRecords {}

impl Synchronized for BillRecords {
    const DOMAIN: Domain = Domain::Bills;
    type Record = Bill;

    fn load(tx: &mut Tx<'_>, owner: Owner<'_>, ids: &[&str]) -> Result<BTreeMap<String, Bill>, db::Error> {
        let Some(settings) = place_settings(tx, owner.merchant, owner.place)? else {
            return Ok(BTreeMap::new());
        };
        let source = SourceId { merchant: owner.merchant.to_owned(), place: owner.place.to_owned() };
        let bills = store::of_ids(tx, owner, ids, true)?;
        let shaped = |(id, bill)| (id, shape::synchronized(&bill, &source, &settings.zone));
        Ok(bills.into_iter().map(shaped).collect())
    }
}
