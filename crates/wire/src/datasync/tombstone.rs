//! What is sent of a record that has been removed?

use super::Domain;
use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A removed record as it goes to a receiver: `{<id member>: id, "_removed": true, "_version", "_lastModifiedAt"}`
/// (sync.md §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone<'a> {
    /// The domain of the record; it names the member with the id.
    pub domain: Domain,
    /// The id of the record.
    pub id: &'a str,
    /// The number of the change that removed it: higher than that of every earlier state of the record.
    pub version: i64,
    /// When it was removed.
    pub last_modified_at: Timestamp,
}

impl Serialize for Tombstone<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(Some(4))?;
        let member = self.domain.id_member();
        match self.id.parse::<i64>() {
            // as its record has it: a person's id is a number
            Ok(number) if self.domain == Domain::Persons => members.serialize_entry(member, &number)?,
            _ => members.serialize_entry(member, self.id)?,
        }
        members.serialize_entry("_removed", &true)?;
        members.serialize_entry("_version", &self.version)?;
        members.serialize_entry("_lastModifiedAt", &crate::time::utc_millis(self.last_modified_at))?;
        members.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tombstone_has_the_id_of_its_domain_and_no_more_than_the_four_members() {
        let stone = Tombstone {
            domain: Domain::DeskSections,
            id: "s1",
            version: 42,
            last_modified_at: "2026-03-01T10:00:00Z".parse().unwrap(),
        };
        assert_eq!(
            serde_json::to_string(&stone).unwrap(),
            r#"{"sectionId":"s1","_removed":true,"_version":42,"_lastModifiedAt":"2026-03-01T10:00:00.000Z"}"#
        );
        for (domain, id) in [(Domain::Persons, "11"), (Domain::Desks, r#""11""#)] {
            let text = serde_json::to_string(&Tombstone { domain, id: "11", ..stone.clone() }).unwrap();
            assert!(text.starts_with(&format!(r#"{{"{}":{id},"#, domain.id_member())), "{text}");
        }
    }
}
