//! What is one record that came, and does it replace the one that is known?

use super::projection::{self, Projected};
use super::store;
use crate::id::ID_BYTES_MAX;
use crate::quarantine::{self, Aside, Source};
use db::{Error, Tx};
use jiff::Timestamp;
use serde_json::{Map, Value};
use wire::datasync::{Domain, Reach, Received};

/// One record of a batch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Incoming {
    domain: String,
    text: String,
    hash: [u8; 32],
    /// For the case that it has to be kept aside.
    quarantine_id: String,
    read: Result<Readable, Unreadable>,
}

/// A record that could be read.
#[derive(Debug, Clone, PartialEq)]
struct Readable {
    record_id: String,
    /// Whose of several records with this id it is: of a place; empty in a domain that all places share.
    of_place: String,
    /// Where it is from.
    place: Option<String>,
    version: Option<i64>,
    last_modified_at: Option<Timestamp>,
    removed: bool,
    projected: Option<Projected>,
}

/// Why a record could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unreadable {
    key: String,
    reason: String,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is the newest state.
    Kept,
    /// It was known, or something newer is.
    Passed,
    /// It could not be read; it is kept aside.
    Quarantined,
}

/// Reads the records of a request, in the order in which they are to be kept: by id and place. A record that occurs
/// twice is kept in both states one after the other.
pub(super) fn read_all(received: &Received, mut new_id: impl FnMut() -> String) -> Vec<Incoming> {
    let documented = Domain::named(&received.data_domain);
    let of =
        OfDomain { documented, name: &received.data_domain, place_of_batch: received.place_id.as_deref() };
    let domain =
        documented.map_or_else(|| kept_name(&received.data_domain), |domain| domain.name().to_owned());
    let mut records: Vec<Incoming> = received
        .records
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let value: Result<Value, _> = serde_json::from_str(text);
            let (hash, read) = match &value {
                Ok(value) => (wire::canonical::hash_value(value), of.read(index, value)),
                Err(error) => {
                    let reason = format!("data[{index}]: expected a JSON object, found {error}");
                    let hash = wire::canonical::hash_value(&Value::from(text.as_str()));
                    (hash, Err(Unreadable { key: format!("data[{index}]"), reason }))
                }
            };
            Incoming { domain: domain.clone(), text: text.clone(), hash, quarantine_id: new_id(), read }
        })
        .collect();
    records.sort_by(|one, other| one.key().cmp(&other.key()));
    records
}

/// The name of a domain as a table can hold it: one that none can is known by its hash.
fn kept_name(domain: &str) -> String {
    if name_fits(domain) {
        return domain.to_owned();
    }
    format!("sha256:{}", outside::hex(&wire::canonical::hash_value(&Value::from(domain))))
}

fn name_fits(domain: &str) -> bool {
    domain.len() <= ID_BYTES_MAX
}

impl Incoming {
    fn key(&self) -> (&str, &str) {
        match &self.read {
            Ok(readable) => (&readable.record_id, &readable.of_place),
            Err(unreadable) => (&unreadable.key, ""),
        }
    }

    /// The record as the projection of its domain looks at it; `None` where the domain has none.
    pub(super) fn projected(&self) -> Option<projection::Kept<'_, Projected>> {
        let readable = self.read.as_ref().ok()?;
        Some(projection::Kept {
            record_id: &readable.record_id,
            place: readable.place.as_deref(),
            removed: readable.removed,
            last_modified_at: readable.last_modified_at,
            record: Some(readable.projected.as_ref()?),
        })
    }

    /// Keeps the record, unless the same or a newer state is known.
    pub(super) fn keep(&self, tx: &mut Tx<'_>, merchant: &str, now: Timestamp) -> Result<Outcome, Error> {
        let readable = match &self.read {
            Ok(readable) => readable,
            Err(unreadable) => {
                let key = format!("{}/{}", self.domain, unreadable.key);
                quarantine::keep(
                    tx,
                    merchant,
                    Source::DataSync,
                    &Aside {
                        quarantine_id: &self.quarantine_id,
                        record_key: &key,
                        reason: &unreadable.reason,
                        body: &self.text,
                        body_hash: &self.hash,
                    },
                    now,
                )?;
                return Ok(Outcome::Quarantined);
            }
        };
        let new = store::NewRecord {
            domain: &self.domain,
            place: &readable.of_place,
            record_id: &readable.record_id,
            version: readable.version,
            last_modified_at: readable.last_modified_at,
            removed: readable.removed,
            body_hash: &self.hash,
            body: &self.text,
        };
        Ok(if store::upsert(tx, merchant, &new, now)? { Outcome::Kept } else { Outcome::Passed })
    }
}

/// The domain of a request.
struct OfDomain<'a> {
    documented: Option<Domain>,
    /// As it was written.
    name: &'a str,
    place_of_batch: Option<&'a str>,
}

impl OfDomain<'_> {
    fn read(&self, index: usize, value: &Value) -> Result<Readable, Unreadable> {
        let refused = |key: String, reason: String| Unreadable { key, reason };
        let nowhere = || format!("data[{index}]");
        if !name_fits(self.name) {
            let reason = format!("dataDomain: expected a name of at most {ID_BYTES_MAX} bytes");
            return Err(refused(nowhere(), reason));
        }
        let Value::Object(members) = value else {
            return Err(refused(nowhere(), format!("data[{index}]: expected a JSON object")));
        };
        // The record's own JSON text escapes it, so it can be kept aside whole.
        if wire::read::nul_in(value).is_some() {
            let reason = format!("data[{index}]: expected text without U+0000 and bytes that are no UTF-8");
            return Err(refused(nowhere(), reason));
        }
        let record_id = self.id(members).map_err(|reason| refused(nowhere(), reason))?;
        let Some(record_id) = record_id else {
            if self.documented.is_none() {
                // an unknown domain is kept raw: where nothing looks like an id, the content is the id
                let hash = outside::hex(&wire::canonical::hash_value(value));
                return self
                    .readable(format!("sha256:{hash}"), members)
                    .map_err(|reason| refused(nowhere(), reason));
            }
            let expected = self.documented.map_or("id", Domain::id_member);
            return Err(refused(nowhere(), format!("{expected}: expected an id, found none")));
        };
        let found = self.readable(record_id.clone(), members);
        let mut found = found.map_err(|reason| refused(record_id.clone(), reason))?;
        if let Some(domain) = self.documented {
            found.projected = projection::read(domain, value, found.removed)
                .map_err(|reason| refused(record_id, reason))?;
        }
        Ok(found)
    }

    fn readable(&self, record_id: String, members: &Map<String, Value>) -> Result<Readable, String> {
        let place = members.get("placeId").and_then(wire::read::text).filter(|place| !place.is_empty());
        let place = place.or_else(|| self.place_of_batch.map(str::to_owned));
        if let Some(place) = place.as_ref().filter(|place| place.len() > ID_BYTES_MAX) {
            let found = place.len();
            return Err(format!(
                "placeId: expected an id of at most {ID_BYTES_MAX} bytes, found {found} bytes"
            ));
        }
        // Of a domain nobody knows it is not known either whether places share it; kept by place nothing is lost
        let by_place = self.documented.is_none_or(|domain| domain.reach() == Reach::Place);
        Ok(Readable {
            record_id,
            of_place: place.clone().filter(|_| by_place).unwrap_or_default(),
            place,
            version: said(members, "_version", "a whole number", wire::read::integer)?,
            last_modified_at: said(members, "_lastModifiedAt", "a date-time with offset", instant)?,
            removed: said(members, "_removed", "true or false", wire::read::flag)?.unwrap_or(false),
            projected: None,
        })
    }

    /// The record's id: the documented member; for place items also product and place together; `id` for
    /// everything (a removed record has no more than that).
    fn id(&self, members: &Map<String, Value>) -> Result<Option<String>, String> {
        let text = |name: &str| members.get(name).and_then(wire::read::text);
        let named = match self.documented {
            Some(domain) => text(domain.id_member()),
            None => text(&format!("{}Id", self.name.strip_suffix('s').unwrap_or(self.name))),
        };
        let pair = match self.documented {
            Some(Domain::PlaceItems) => {
                text("productId").zip(text("placeId")).map(|(product, place)| format!("{product}@{place}"))
            }
            _ => None,
        };
        match named.or(pair).or_else(|| text("id")) {
            Some(found) if found.is_empty() || found.len() > ID_BYTES_MAX => {
                let member = self.documented.map_or("id", Domain::id_member);
                let found = found.len();
                Err(format!("{member}: expected an id of 1 to {ID_BYTES_MAX} bytes, found {found} bytes"))
            }
            found => Ok(found),
        }
    }
}

/// What a member says, `None` where it is missing or null; one that says nothing that is understood is an error, so
/// that a state is never taken for another.
fn said<T>(
    members: &Map<String, Value>,
    name: &str,
    expected: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, String> {
    let Some(found) = members.get(name).filter(|found| !found.is_null()) else { return Ok(None) };
    read(found).map(Some).ok_or_else(|| format!("{name}: expected {expected}, found {found:.40}"))
}

fn instant(value: &Value) -> Option<Timestamp> {
    wire::time::parse_date_time(value.as_str()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn incoming(domain: &str, records: &Value) -> Vec<Incoming> {
        let body = json!({"placeId": "P", "dataDomain": domain, "data": records}).to_string();
        read_all(&Received::read(body.as_bytes(), 100).unwrap(), || "q".to_owned())
    }

    fn ids(domain: &str, records: &Value) -> Vec<String> {
        incoming(domain, records).iter().map(|one| one.key().0.to_owned()).collect()
    }

    #[test]
    fn each_domain_has_its_id_and_records_go_in_its_order() {
        assert_eq!(ids("DESKS", &json!([{"deskId": "2"}, {"deskId": 1}])), ["1", "2"]);
        assert_eq!(ids("placeItems", &json!([{"productId": "p:1", "placeId": "X"}])), ["p:1@X"]);
        assert_eq!(ids("desks", &json!([{"id": "9", "_removed": true}])), ["9"]);
        assert_eq!(ids("parcels", &json!([{"parcelId": "7", "_version": 1}])), ["7"]);
        assert!(ids("weather", &json!([{"wind": 3}]))[0].starts_with("sha256:"));
    }

    #[test]
    fn an_id_that_comes_as_a_number_is_one_id() {
        let numbers: Value = serde_json::from_str(
            r#"[{"deskId": 38}, {"deskId": 38.0}, {"deskId": 3.8e1}, {"deskId": "38"}]"#,
        )
        .unwrap();
        assert_eq!(ids("desks", &numbers), ["38", "38", "38", "38"]);
    }

    #[test]
    fn records_of_places_are_by_place_and_shared_ones_are_not() {
        let of_place = |domain: &str, record: Value| {
            let found = incoming(domain, &json!([record]));
            found[0].key().1.to_owned()
        };
        assert_eq!(of_place("desks", json!({"deskId": "12"})), "P");
        assert_eq!(of_place("desks", json!({"deskId": "12", "placeId": "Q"})), "Q");
        assert_eq!(of_place("items", json!({"productId": "12", "placeId": "Q"})), "");
        assert_eq!(of_place("parcels", json!({"parcelId": "12"})), "P");
    }

    #[test]
    fn versions_and_removals_are_understood_in_every_spelling() {
        for (version, removed) in [("3", "true"), ("3.0", "\"True\""), ("0.3e1", "1.0"), ("\"3\"", "\"yes\"")]
        {
            let record: Value = serde_json::from_str(&format!(
                r#"[{{"deskId": "1", "_version": {version}, "_removed": {removed}}}]"#
            ))
            .unwrap();
            let found = incoming("desks", &record);
            let found = found[0].read.as_ref().unwrap();
            assert_eq!((found.version, found.removed), (Some(3), true), "{record}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (domain, record, reason) in [
            ("desks", json!({"name": "Okno"}), "deskId: expected an id"),
            ("desks", json!("12"), "data[0]: expected a JSON object"),
            ("desks", json!({"deskId": ""}), "deskId: expected an id of 1 to 200 bytes"),
            ("desks", json!({"deskId": "1", "_version": "new"}), "_version: expected a whole number"),
            ("desks", json!({"deskId": "1", "_version": 1.5}), "_version: expected a whole number"),
            ("desks", json!({"deskId": "1", "_removed": "perhaps"}), "_removed: expected true or false"),
            ("desks", json!({"deskId": "1", "_lastModifiedAt": "today"}), "_lastModifiedAt: expected"),
            ("desks", json!({"deskId": "1", "placeId": "x".repeat(201)}), "placeId: expected an id"),
            ("desks", json!({"deskId": "1", "name": "a\u{0}"}), "U+0000"),
            ("bills", json!({"billId": "b"}), "finalPrice"),
        ] {
            let records = incoming(domain, &json!([record]));
            let found = &records[0].read.as_ref().unwrap_err().reason;
            assert!(found.contains(reason), "{found}");
        }
    }
}
