//! What does the change feed send of persons? (protocol.md §11.2)

use super::store;
use crate::feed::{Owner, Synchronized};
use db::Tx;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wire::datasync::Domain;

/// The domain `persons`.
pub(crate) enum PersonRecords {}

impl Synchronized for PersonRecords {
    const DOMAIN: Domain = Domain::Persons;
    type Record = Value;

    fn load(tx: &mut Tx<'_>, owner: Owner<'_>, ids: &[&str]) -> Result<BTreeMap<String, Value>, db::Error> {
        let mut persons = BTreeMap::new();
        for row in store::persons(tx, owner.merchant)? {
            let id = row.person_id.to_string();
            if ids.contains(&id.as_str()) {
                let record = json!({
                    "personId": row.person_id,
                    "fullName": row.full_name,
                    "userName": row.user_name,
                    "isActive": row.is_active,
                });
                persons.insert(id, record);
            }
        }
        Ok(persons)
    }
}
