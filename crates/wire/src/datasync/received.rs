//! How does a receiver read a request, so that one bad record does not cost the others?
//!
//! The envelope is read, the records stay text until each is read by itself (sync.md §4): half an emoji or too deep
//! nesting is a fault of its record.

use crate::read::{self, ReadError};
use serde::Deserializer as _;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One request of a sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Whose records, as the sender says; the connection decides, not this.
    pub merchant_id: Option<String>,
    /// Of which place, unless a record says another.
    pub place_id: Option<String>,
    /// The kind of the records, as it is written.
    pub data_domain: String,
    /// The JSON text of each record.
    pub records: Vec<String>,
    /// Whether there are more records than were asked for; those are left out.
    pub more: bool,
}

impl Received {
    /// Reads the body of a request, of its records the first `records_max`.
    ///
    /// # Errors
    /// No JSON object with `dataDomain` and `data`.
    pub fn read(body: &[u8], records_max: usize) -> Result<Self, ReadError> {
        let body = read::without_mark(body);
        let text = std::str::from_utf8(body).map_or_else(|_| Cow::Owned(read::repaired(body)), Cow::Borrowed);
        let members = match serde_json::from_str::<Members<'_>>(&text) {
            Ok(members) => members,
            Err(error) => {
                let text = read::repaired(body);
                let Ok(members) = serde_json::from_str::<Members<'_>>(&text) else {
                    return Err(ReadError::new("", "a JSON object", error.to_string()));
                };
                return Self::of(&members, records_max);
            }
        };
        Self::of(&members, records_max)
    }

    fn of(members: &Members<'_>, records_max: usize) -> Result<Self, ReadError> {
        let member =
            |name: &str| members.get(name).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
        let text = |name: &str| {
            member(name).map(read::mended).as_ref().and_then(read::text).filter(|text| !text.is_empty())
        };
        let Some(data_domain) = text("dataDomain") else {
            return Err(ReadError::new("dataDomain", "the name of a data domain", "none"));
        };
        let Some(data) = members.get("data") else {
            return Err(ReadError::new("data", "a list", "nothing"));
        };
        let Some((records, more)) = records(data, records_max) else {
            return Err(ReadError::new("data", "a list", "something else"));
        };
        Ok(Self { merchant_id: text("merchantId"), place_id: text("placeId"), data_domain, records, more })
    }
}

/// The members of the envelope; of a name given twice the last one.
type Members<'a> = BTreeMap<String, &'a RawValue>;

/// The texts of a list's entries, at most `most`, and whether there are more; `None` when it is no list. An empty
/// object is an empty list.
fn records(data: &RawValue, most: usize) -> Option<(Vec<String>, bool)> {
    let mut reading = serde_json::Deserializer::from_str(data.get());
    if let Ok(found) = reading.deserialize_seq(Entries { most }) {
        return Some(found);
    }
    let members: BTreeMap<String, IgnoredAny> = serde_json::from_str(data.get()).ok()?;
    members.is_empty().then(|| (Vec::new(), false))
}

struct Entries {
    most: usize,
}

impl<'de> Visitor<'de> for Entries {
    type Value = (Vec<String>, bool);

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let (mut entries, mut more) = (Vec::new(), false);
        while entries.len() < self.most {
            let Some(entry) = list.next_element::<&RawValue>()? else { return Ok((entries, more)) };
            entries.push(entry.get().to_owned());
        }
        while list.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        Ok((entries, more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8]) -> Result<Received, ReadError> {
        Received::read(body, 3)
    }

    #[test]
    fn a_record_that_cannot_be_read_does_not_cost_the_others() {
        let deep = format!("{}1{}", "[".repeat(150), "]".repeat(150));
        for odd in [r#"{"deskId": "1", "name": "Okno \ud83d"}"#, r#"{"name": "\u0000"}"#, "7", deep.as_str()]
        {
            let body =
                format!(r#"{{"placeId": 7.0, "dataDomain": "desks", "data": [{odd}, {{"deskId": "2"}}]}}"#);
            let found = read(body.as_bytes()).unwrap();
            assert_eq!(found.records, [odd, r#"{"deskId": "2"}"#]);
            assert_eq!((found.place_id.as_deref(), found.more), (Some("7"), false));
        }
        let found = read(b"{\"dataDomain\": \"desks\", \"data\": [{\"name\": \"\xe9\"}, {}]}").unwrap();
        assert_eq!(found.records, ["{\"name\": \"\\u0000\"}", "{}"]);
        let found =
            read(b"{\"dataDomain\": \"desks\", \"data\": [{\"name\": \"a\tb\"}], \"x\\ud83d\": 1}").unwrap();
        assert_eq!(found.records, ["{\"name\": \"a\\u0009b\"}"]);
    }

    #[test]
    fn no_more_records_are_read_than_asked_for() {
        for (data, count, more) in
            [("[1,2,3]", 3, false), ("[1,2,3,4,5]", 3, true), ("[]", 0, false), ("{}", 0, false)]
        {
            let found = read(format!(r#"{{"data": {data}, "dataDomain": "desks"}}"#).as_bytes()).unwrap();
            assert_eq!((found.records.len(), found.more), (count, more), "{data}");
        }
    }

    #[test]
    fn only_what_has_no_domain_or_no_list_is_refused() {
        for (body, path) in [
            (&b""[..], ""),
            (b"[]", ""),
            (b"{", ""),
            (br#"{"data": [}"#, ""),
            (br#"{"data": []}"#, "dataDomain"),
            (br#"{"dataDomain": "", "data": []}"#, "dataDomain"),
            (br#"{"dataDomain": ["a"], "data": []}"#, "dataDomain"),
            (br#"{"dataDomain": "desks"}"#, "data"),
            (br#"{"dataDomain": "desks", "data": 5}"#, "data"),
            (br#"{"dataDomain": "desks", "data": {"a": 1}}"#, "data"),
            (br#"{"dataDomain": "desks", "data": null}"#, "data"),
        ] {
            assert_eq!(read(body).unwrap_err().path, path, "{}", String::from_utf8_lossy(body));
        }
        let twice =
            read("\u{feff}{\"dataDomain\": \"a\", \"dataDomain\": \"b\", \"data\": []}".as_bytes()).unwrap();
        assert_eq!(twice.data_domain, "b");
    }
}
