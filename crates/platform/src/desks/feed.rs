//! What does the change feed send of desks and sections? (protocol.md §11.2)

use super::store;
use crate::feed::{Owner, Synchronized};
use db::Tx;
use std::collections::BTreeMap;
use wire::datasync::Domain;
use wire::deskview::{Desk, Section};

/// The domain `desks`.
pub(crate) enum DeskRecords {}

impl Synchronized for DeskRecords {
    const DOMAIN: Domain = Domain::Desks;
    type Record = Desk;

    fn load(tx: &mut Tx<'_>, owner: Owner<'_>, ids: &[&str]) -> Result<BTreeMap<String, Desk>, db::Error> {
        store::desks_of(tx, owner, ids)
    }
}

/// The domain `deskSections`.
pub(crate) enum SectionRecords {}

impl Synchronized for SectionRecords {
    const DOMAIN: Domain = Domain::DeskSections;
    type Record = Section;

    fn load(tx: &mut Tx<'_>, owner: Owner<'_>, ids: &[&str]) -> Result<BTreeMap<String, Section>, db::Error> {
        store::sections_of(tx, owner, ids)
    }
}
