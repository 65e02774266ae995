//! What is one record that came, and does it replace the one that is known?

use super::store;
use crate::customers::bill::RecordedBill;
use crate::id::ID_BYTES_MAX;
use crate::loyalty::ledger::topped_up_by;
use db::{Error, Tx};
use jiff::Timestamp;
use money::{Amount, Precision};
use serde_json::{Map, Value};
use wire::bills::Bill;
use wire::datasync::{Domain, Envelope};

/// One record of a batch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Incoming {
    domain: String,
    documented: Option<Domain>,
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
    place: Option<String>,
    version: Option<i64>,
    last_modified_at: Option<Timestamp>,
    removed: bool,
    bill: Option<Box<Bill>>,
}

/// A price that fits with the most decimals a currency has fits with fewer.
const MOST_DECIMALS: Option<Precision> = Precision::new(Precision::DIGITS_MAX);

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

/// Reads the records of an envelope, in the order in which they are to be kept: by id. A record that occurs
/// twice is kept in both states one after the other.
pub(super) fn read_all(envelope: &Envelope, mut new_id: impl FnMut() -> String) -> Vec<Incoming> {
    let documented = Domain::named(&envelope.data_domain);
    let domain =
        documented.map_or_else(|| kept_name(&envelope.data_domain), |domain| domain.name().to_owned());
    let mut records: Vec<Incoming> = envelope
        .data
        .iter()
        .enumerate()
        .map(|(index, raw)| Incoming {
            domain: domain.clone(),
            documented,
            text: raw.to_text(),
            hash: wire::canonical::hash_value(&raw.0),
            quarantine_id: new_id(),
            read: read(documented, &envelope.data_domain, envelope.place_id.as_deref(), index, &raw.0),
        })
        .collect();
    records.sort_by(|one, other| one.key().cmp(other.key()));
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
    domain.len() <= ID_BYTES_MAX && !domain.contains('\0')
}

impl Incoming {
    /// The documented domain it belongs to.
    pub(super) fn domain(&self) -> Option<Domain> {
        self.documented
    }

    fn key(&self) -> &str {
        match &self.read {
            Ok(readable) => &readable.record_id,
            Err(unreadable) => &unreadable.key,
        }
    }

    /// Keeps the record, unless the same or a newer state is known.
    pub(super) fn keep(&self, tx: &mut Tx<'_>, merchant: &str, now: Timestamp) -> Result<Outcome, Error> {
        let readable = match &self.read {
            Ok(readable) => readable,
            Err(unreadable) => {
                let key = format!("{}/{}", self.domain, unreadable.key);
                store::quarantine(
                    tx,
                    merchant,
                    &store::Aside {
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
            record_id: &readable.record_id,
            place: readable.place.as_deref(),
            version: readable.version,
            last_modified_at: readable.last_modified_at,
            removed: readable.removed,
            body_hash: &self.hash,
            body: &self.text,
        };
        Ok(if store::upsert(tx, merchant, &new, now)? { Outcome::Kept } else { Outcome::Passed })
    }

    /// The bill it is, for the customers feed. A removed bill is no order; one without a price neither, nor one
    /// whose price is in another currency than the books, which a sum of sales cannot have in it.
    pub(super) fn bill(&self, precision: Precision, currency_code: &str) -> Option<RecordedBill> {
        let readable = self.read.as_ref().ok()?;
        let Some(bill) = &readable.bill else {
            return (readable.removed && self.documented == Some(Domain::Bills)).then(|| RecordedBill {
                bill_id: readable.record_id.clone(),
                place: readable.place.clone(),
                customer_id: None,
                final_price: 0,
                top_ups: Vec::new(),
                paid_at: None,
                counts: false,
            });
        };
        let foreign =
            bill.currency_code.as_ref().is_some_and(|code| !code.eq_ignore_ascii_case(currency_code));
        let final_price = bill.final_price.amount(precision).map_or(Amount::ZERO, |rounded| rounded.amount);
        Some(RecordedBill {
            bill_id: readable.record_id.clone(),
            place: readable.place.clone(),
            customer_id: bill.customer_id.clone(),
            final_price: final_price.0,
            top_ups: top_ups(bill, precision),
            paid_at: bill.paid_at.as_ref().map(|at| at.instant),
            counts: !(readable.removed
                || foreign
                || bill.deleted
                || bill.refunded
                || bill.refunded_bill_identifier.is_some()),
        })
    }
}

/// What the lines of a bill sell for later use, by balance: the product is called as the line of a check is.
fn top_ups(bill: &Bill, precision: Precision) -> Vec<(String, i64)> {
    let lines = bill.items.iter().flatten();
    let sold = lines.filter_map(|item| {
        let balance_id = topped_up_by(item.product_id.as_deref()?)?;
        let value = item.price.0.checked_mul(item.amount.0)?;
        let value = Amount::from_decimal(value, precision).ok()?.amount;
        value.is_positive().then(|| (balance_id.to_owned(), value.0))
    });
    sold.collect()
}

fn read(
    documented: Option<Domain>,
    domain: &str,
    place_of_batch: Option<&str>,
    index: usize,
    value: &Value,
) -> Result<Readable, Unreadable> {
    let refused = |key: String, reason: String| Unreadable { key, reason };
    let nowhere = || format!("data[{index}]");
    if !name_fits(domain) {
        let reason = format!("dataDomain: expected a name of at most {ID_BYTES_MAX} bytes without U+0000");
        return Err(refused(nowhere(), reason));
    }
    let Value::Object(members) = value else {
        return Err(refused(nowhere(), format!("data[{index}]: expected a JSON object")));
    };
    // The record's own JSON text escapes it, so it can be kept aside whole.
    if wire::read::nul_in(value).is_some() {
        return Err(refused(nowhere(), format!("data[{index}]: expected text without the character U+0000")));
    }
    let record_id = id(documented, domain, members).map_err(|reason| refused(nowhere(), reason))?;
    if documented.is_none() && record_id.is_none() {
        // an unknown domain is kept raw: where nothing looks like an id, the content is the id
        let hash = outside::hex(&wire::canonical::hash_value(value));
        return Ok(readable(format!("sha256:{hash}"), members, place_of_batch));
    }
    let Some(record_id) = record_id else {
        let expected = documented.map_or("id", Domain::id_member);
        return Err(refused(nowhere(), format!("{expected}: expected an id, found none")));
    };
    for (name, expected) in [("_lastModifiedAt", "a date-time with offset"), ("_version", "a whole number")] {
        if let Some(found) = members.get(name).filter(|found| !found.is_null()) {
            let fits = if name == "_version" { whole(found).is_some() } else { instant(found).is_some() };
            if !fits {
                return Err(refused(record_id, format!("{name}: expected {expected}, found {found}")));
            }
        }
    }
    let mut found = readable(record_id.clone(), members, place_of_batch);
    if documented == Some(Domain::Bills) && (!found.removed || members.contains_key("finalPrice")) {
        let bill: Bill = wire::read::from_value(value.clone())
            .map_err(|error| refused(record_id.clone(), error.to_string()))?;
        if MOST_DECIMALS.is_none_or(|precision| bill.final_price.amount(precision).is_err()) {
            return Err(refused(
                record_id,
                format!("finalPrice: expected an amount of money, found {}", bill.final_price.0),
            ));
        }
        found.bill = Some(Box::new(bill));
    }
    Ok(found)
}

fn readable(record_id: String, members: &Map<String, Value>, place_of_batch: Option<&str>) -> Readable {
    let place = members.get("placeId").and_then(text);
    Readable {
        record_id,
        place: place.or_else(|| place_of_batch.map(str::to_owned)).filter(|place| !place.contains('\0')),
        version: members.get("_version").and_then(whole),
        last_modified_at: members.get("_lastModifiedAt").and_then(instant),
        removed: members.get("_removed").is_some_and(is_true),
        bill: None,
    }
}

/// The record's id: the documented member; for place items also product and place together; `id` for
/// everything (a removed record has no more than that).
fn id(
    documented: Option<Domain>,
    domain: &str,
    members: &Map<String, Value>,
) -> Result<Option<String>, String> {
    let named = match documented {
        Some(domain) => members.get(domain.id_member()).and_then(text),
        None => {
            let singular = domain.strip_suffix('s').unwrap_or(domain);
            members.get(&format!("{singular}Id")).and_then(text)
        }
    };
    let pair = match documented {
        Some(Domain::PlaceItems) => members
            .get("productId")
            .and_then(text)
            .zip(members.get("placeId").and_then(text))
            .map(|(product, place)| format!("{product}@{place}")),
        _ => None,
    };
    let found = named.or(pair).or_else(|| members.get("id").and_then(text));
    match found {
        Some(found) if found.is_empty() || found.len() > ID_BYTES_MAX || found.contains('\0') => {
            let member = documented.map_or("id", Domain::id_member);
            Err(format!("{member}: expected an id of 1 to {ID_BYTES_MAX} bytes, found {} bytes", found.len()))
        }
        found => Ok(found),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn instant(value: &Value) -> Option<Timestamp> {
    wire::time::parse_date_time(value.as_str()?).ok()
}

fn is_true(value: &Value) -> bool {
    matches!(value, Value::Bool(true)) || whole(value) == Some(1) || value.as_str() == Some("true")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn incoming(domain: &str, records: &Value) -> Vec<Incoming> {
        let envelope =
            wire::read::from_value(json!({"placeId": "P", "dataDomain": domain, "data": records})).unwrap();
        read_all(&envelope, || "q".to_owned())
    }

    fn ids(domain: &str, records: &Value) -> Vec<String> {
        incoming(domain, records).iter().map(|one| one.key().to_owned()).collect()
    }

    #[test]
    fn each_domain_has_its_id_and_records_go_in_its_order() {
        assert_eq!(ids("DESKS", &json!([{"deskId": "2"}, {"deskId": 1}])), ["1", "2"]);
        assert_eq!(ids("placeItems", &json!([{"productId": "p:1", "placeId": "X"}])), ["p:1@X"]);
        assert_eq!(ids("desks", &json!([{"id": "9", "_removed": true}])), ["9"]);
        assert_eq!(ids("parcels", &json!([{"parcelId": "7", "_version": "x"}])).len(), 1);
        assert!(ids("weather", &json!([{"wind": 3}]))[0].starts_with("sha256:"));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        for (domain, record, reason) in [
            ("desks", json!({"name": "Okno"}), "deskId: expected an id"),
            ("desks", json!("12"), "data[0]: expected a JSON object"),
            ("desks", json!({"deskId": ""}), "deskId: expected an id of 1 to 200 bytes"),
            ("desks", json!({"deskId": "1", "_version": "new"}), "_version: expected a whole number"),
            ("desks", json!({"deskId": "1", "_lastModifiedAt": "today"}), "_lastModifiedAt: expected"),
            ("bills", json!({"billId": "b"}), "finalPrice"),
        ] {
            let records = incoming(domain, &json!([record]));
            let found = &records[0].read.as_ref().unwrap_err().reason;
            assert!(found.contains(reason), "{found}");
        }
    }

    #[test]
    fn which_bills_are_orders() {
        let two = Precision::new(2).unwrap();
        for (change, counts) in [
            (json!({}), true),
            (json!({"refunded": true}), false),
            (json!({"deleted": true}), false),
            (json!({"_removed": true}), false),
            (json!({"refundedBillIdentifier": "other"}), false),
            (json!({"currencyCode": "czk"}), true),
            (json!({"currencyCode": "EUR"}), false),
        ] {
            let mut bill =
                json!({"billId": "b", "finalPrice": "150.4", "paidAt": "2026-03-01T14:40:02+01:00"});
            bill.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let found = incoming("bills", &json!([bill]))[0].bill(two, "CZK").unwrap();
            assert_eq!((found.final_price, found.counts), (15_040, counts), "{bill}");
            assert_eq!(found.place.as_deref(), Some("P"));
        }
        let removed = incoming("bills", &json!([{"billId": "b", "_removed": true}]));
        assert!(!removed[0].bill(two, "CZK").unwrap().counts);
    }
}
