//! Where are reservations kept, and how do they lose their guests?

use crate::place::PlaceSettings;
use db::{Json, Tx, json, params};
use jiff::Timestamp;
use money::Amount;
use serde::{Deserialize, Serialize};
use wire::reservations::{CreateReservation, Reservation, ReservationCustomer, SeatedReservation};
use wire::time::LocalTime;
use wire::{Extra, Number};

db::row! {
    struct ReservationRow {
        reservation_id: String,
        external_reservation_id: String,
        state: String,
        desk_id: String,
        check_id: String,
        person_count: Option<i64>,
        deposit: Amount,
        auto_confirm: bool,
        guest: Option<Guest> as Option<Json>,
        created_at: Timestamp,
    }
}
db::row! {
    /// Which reservation it is.
    struct ReservationKey {
        merchant: String,
        place: String,
        reservation_id: String,
    }
}
db::statement! {
    // Nothing is inserted for a booking that has a reservation.
    INSERT = "INSERT INTO platform_reservation (merchant, place, reservation_id, external_reservation_id, state, desk_id, check_id,
            person_count, deposit, auto_confirm, guest, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 'NEW', $5, $6, $7, $8, $9, $10, $11, $11)
        ON CONFLICT (merchant, place, external_reservation_id) DO NOTHING";
    OF_EXTERNAL_ID -> ReservationRow = "SELECT reservation_id, external_reservation_id, state, desk_id, check_id, person_count,
            deposit, auto_confirm, guest, created_at
        FROM platform_reservation WHERE merchant = $1 AND place = $2 AND external_reservation_id = $3";
    // Those whose check is open, where it is now.
    SEATED -> ReservationRow = "SELECT r.reservation_id, r.external_reservation_id, r.state,
            COALESCE(k.desk_id, r.desk_id) AS desk_id, r.check_id, r.person_count, r.deposit, r.auto_confirm, r.guest,
            r.created_at
        FROM platform_check k
        JOIN platform_reservation r ON r.merchant = k.merchant AND r.place = k.place AND r.check_id = k.check_id
        WHERE k.merchant = $1 AND r.merchant = $1 AND k.place = $2 AND r.place = $2 AND k.state = 'open'
        ORDER BY r.created_at, r.reservation_id";
    FORGET = "UPDATE platform_reservation SET guest = NULL, updated_at = $4
        WHERE merchant = $1 AND place = $2 AND reservation_id = $3";
    FORGET_OF_CHECK = "UPDATE platform_reservation SET guest = NULL, updated_at = $4
        WHERE merchant = $1 AND place = $2 AND check_id = $3 AND guest IS NOT NULL";
    // A slice of the old reservations that still name somebody, of all merchants.
    NAMED_UNTIL -> ReservationKey = "SELECT merchant, place, reservation_id FROM platform_reservation
        WHERE guest IS NOT NULL AND created_at <= $1 ORDER BY created_at LIMIT $2";
}

/// What of a reservation is about persons, and what no document names. Never shown by `Debug`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Guest {
    name: Option<String>,
    note: Option<String>,
    customer: Option<Customer>,
    #[serde(default)]
    extra: Extra,
}

impl std::fmt::Debug for Guest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guest { .. }")
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Customer {
    name: Option<String>,
    phone_number: Option<String>,
    email: Option<String>,
    #[serde(default)]
    extra: Extra,
}

impl Guest {
    /// What a call says of persons; `None` when it says nothing.
    pub(super) fn of(body: &CreateReservation) -> Option<Self> {
        let CreateReservation { name, note, customer, extra, .. } = body.clone();
        if name.is_none() && note.is_none() && customer.is_none() && extra.is_empty() {
            return None;
        }
        let customer = customer.map(|customer| {
            let ReservationCustomer { name, phone_number, email, extra } = customer;
            Customer { name, phone_number, email, extra }
        });
        Some(Self { name, note, customer, extra })
    }
}

/// A reservation to keep.
#[derive(Debug)]
pub(super) struct NewReservation<'a> {
    pub(super) reservation_id: &'a str,
    pub(super) external_reservation_id: &'a str,
    pub(super) desk_id: &'a str,
    pub(super) check_id: &'a str,
    pub(super) person_count: Option<i64>,
    pub(super) deposit: Amount,
    pub(super) auto_confirm: bool,
    pub(super) guest: Option<&'a Guest>,
}

/// Keeps a reservation; false when its booking has one at the place.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    new: &NewReservation<'_>,
    now: Timestamp,
) -> Result<bool, db::Error> {
    let guest = new.guest.map(|guest| json("guest", guest)).transpose()?;
    let row = params![
        merchant,
        place,
        new.reservation_id,
        new.external_reservation_id,
        new.desk_id,
        new.check_id,
        new.person_count,
        new.deposit,
        new.auto_confirm,
        guest.as_ref(),
        now
    ];
    Ok(tx.execute(&INSERT, row)? > 0)
}

/// The reservation of the booking that the call is about.
pub(super) fn of_external_id(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    body: &CreateReservation,
    settings: &PlaceSettings,
) -> Result<Option<Reservation>, db::Error> {
    let row = tx.optional(&OF_EXTERNAL_ID, params![merchant, place, &body.external_reservation_id])?;
    Ok(row.map(|row| shown(row, settings).0))
}

/// The reservations of a place whose check is open, in the order in which they came.
pub(super) fn seated(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    settings: &PlaceSettings,
) -> Result<Vec<SeatedReservation>, db::Error> {
    let rows = tx.query(&SEATED, params![merchant, place])?;
    let seated = |row| {
        let (reservation, guest) = shown(row, settings);
        let (name, note, customer) =
            guest.map_or((None, None, None), |guest| (guest.name, guest.note, guest.customer));
        let customer = customer.map(|customer| {
            let Customer { name, phone_number, email, extra } = customer;
            ReservationCustomer { name, phone_number, email, extra }
        });
        SeatedReservation { reservation, name, note, customer }
    };
    Ok(rows.into_iter().map(seated).collect())
}

/// Takes the guest out of a reservation; false when the place has no such reservation. May be repeated.
pub(super) fn forget(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    id: &str,
    now: Timestamp,
) -> Result<bool, db::Error> {
    Ok(tx.execute(&FORGET, params![merchant, place, id, now])? > 0)
}

/// Takes the guest out of the reservation whose check this is, if it is one's.
pub(crate) fn forget_of_check(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    check_id: &str,
    now: Timestamp,
) -> Result<(), db::Error> {
    tx.execute(&FORGET_OF_CHECK, params![merchant, place, check_id, now])?;
    Ok(())
}

/// Takes the guests out of `rows` of the reservations that came by `until`; how many those were.
pub(crate) fn forget_until(
    tx: &mut Tx<'_>,
    until: Timestamp,
    now: Timestamp,
    rows: i64,
) -> Result<i64, db::Error> {
    let found = tx.query(&NAMED_UNTIL, params![until, rows])?;
    for one in &found {
        tx.execute(&FORGET, params![&one.merchant, &one.place, &one.reservation_id, now])?;
    }
    Ok(i64::try_from(found.len()).unwrap_or(i64::MAX))
}

/// The reservation as it is sent, and its guest.
fn shown(row: ReservationRow, settings: &PlaceSettings) -> (Reservation, Option<Guest>) {
    let created_at = Timestamp::from_second(row.created_at.as_second()).unwrap_or(row.created_at);
    let reservation = Reservation {
        reservation_id: row.reservation_id,
        external_reservation_id: row.external_reservation_id,
        state: row.state,
        desk_id: row.desk_id,
        check_id: row.check_id,
        person_count: row.person_count,
        reservation_deposit: Number::from_amount(row.deposit, settings.precision),
        auto_confirm: row.auto_confirm,
        created_at: LocalTime::new(created_at, &settings.zone),
    };
    (reservation, row.guest)
}
