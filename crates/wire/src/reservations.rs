//! What does a booking system say when its guests have arrived, and what is it answered? (protocol.md §12)

use crate::Number;
use crate::read::{Extra, Object, Read, ReadError};
use crate::time::LocalTime;
use serde::Serialize;
use utoipa::ToSchema;

/// `POST /reservations/{sourceId}/reservations`: the guests of a booking are here and sit down. Persons are never shown by
/// `Debug`.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateReservation {
    /// The caller's id of the booking: the same id again is the same reservation.
    pub external_reservation_id: String,
    /// Where they sit: a desk of the place.
    pub desk_id: String,
    /// The name the booking was made under.
    pub name: Option<String>,
    /// What was paid in advance, in currency; 0 when nothing was.
    #[schema(value_type = Option<Number>)]
    pub reservation_deposit: Number,
    /// Whether the register need not confirm.
    #[schema(value_type = Option<bool>)]
    pub auto_confirm: bool,
    /// How many guests.
    pub person_count: Option<i64>,
    /// For the staff.
    pub note: Option<String>,
    /// Who made the booking.
    pub customer: Option<ReservationCustomer>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl std::fmt::Debug for CreateReservation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CreateReservation")
            .field("external_reservation_id", &self.external_reservation_id)
            .field("desk_id", &self.desk_id)
            .field("reservation_deposit", &self.reservation_deposit)
            .finish_non_exhaustive()
    }
}

impl Read for CreateReservation {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            external_reservation_id: object.id("externalReservationId")?,
            desk_id: object.id("deskId")?,
            name: object.optional_text("name")?,
            reservation_deposit: object.optional_number("reservationDeposit")?.unwrap_or_default(),
            auto_confirm: object.optional_flag("autoConfirm")?.unwrap_or(false),
            person_count: object.optional_integer("personCount")?,
            note: object.optional_text("note")?,
            customer: object.optional_message("customer")?,
            extra: object.rest(),
        })
    }
}

/// Who made a booking; never shown by `Debug`.
#[derive(Clone, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReservationCustomer {
    /// Name.
    pub name: Option<String>,
    /// Telephone number.
    pub phone_number: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Members no document names.
    #[serde(flatten)]
    #[schema(value_type = Map<String, Value>)]
    pub extra: Extra,
}

impl std::fmt::Debug for ReservationCustomer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReservationCustomer { .. }")
    }
}

impl Read for ReservationCustomer {
    fn read(object: &mut Object) -> Result<Self, ReadError> {
        Ok(Self {
            name: object.optional_text("name")?,
            phone_number: object.optional_text("phoneNumber")?,
            email: object.optional_text("email")?,
            extra: object.rest(),
        })
    }
}

/// A reservation as the booking system sees it; the same in the `reservation` of a 409.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reservation {
    /// The platform's id.
    pub reservation_id: String,
    /// The caller's id.
    pub external_reservation_id: String,
    /// `NEW`.
    #[schema(example = "NEW")]
    pub state: String,
    /// The desk the guests were seated at.
    pub desk_id: String,
    /// The check that was opened there.
    pub check_id: String,
    /// How many guests.
    pub person_count: Option<i64>,
    /// What was paid in advance: the check counts it as already paid.
    pub reservation_deposit: Number,
    /// As it was sent.
    pub auto_confirm: bool,
    /// When it was created.
    pub created_at: LocalTime,
}

/// A reservation as registers see it while its check is open; never shown by `Debug`.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeatedReservation {
    /// As the booking system sees it; `deskId` is where the check is now.
    #[serde(flatten)]
    pub reservation: Reservation,
    /// The name the booking was made under; `null` once the guest is forgotten, as all below.
    pub name: Option<String>,
    /// For the staff.
    pub note: Option<String>,
    /// Who made the booking.
    pub customer: Option<ReservationCustomer>,
}

impl std::fmt::Debug for SeatedReservation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SeatedReservation").field("reservation", &self.reservation).finish_non_exhaustive()
    }
}
