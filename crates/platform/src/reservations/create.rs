//! How does a booking system say that its guests are here?

use super::store::{self, Guest, NewReservation};
use crate::access::{ApiClient, At, Grant, Guarded};
use crate::api::{ReadRefusals, exact_amount};
use crate::sale::bill::StoredPayment;
use crate::till::{NO_REGISTER, Opening, open};
use axum::Json;
use db::TxError;
use door::{ApiError, Message};
use http::StatusCode;
use money::Amount;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::access::Api;
use wire::reservations::{CreateReservation, Reservation};

/// The payment method of what was paid in advance.
const DEPOSIT_METHOD: &str = "reservationDeposit";
/// Longest id of a booking.
const EXTERNAL_ID_CHARACTERS_MAX: usize = 255;
/// Longest name, telephone number or address.
const NAME_CHARACTERS_MAX: usize = 200;
/// Longest note.
const NOTE_CHARACTERS_MAX: usize = 1_000;
/// Most guests of a booking.
const PERSONS_MAX: i64 = 10_000;

/// May say that guests have arrived.
struct SeatGuests;

impl Grant for SeatGuests {
    const API: Api = Api::Reservations;

    fn of(_client: &ApiClient) -> Result<Self, ApiError> {
        Ok(Self)
    }
}

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(create_reservation))
}

/// Seats the guests of a booking: opens a check at their desk, with what they paid in advance as already paid.
#[utoipa::path(
    post,
    path = "/reservations/{sourceId}/reservations",
    tag = "Reservations",
    params(("sourceId" = String, Path, description = "`<merchantId>-<placeId>`")),
    request_body = CreateReservation,
    responses(
        (status = 201, description = "The reservation", body = Reservation),
        (status = 400, description = "The body cannot be read, or names a desk the place does not have; `field` names the member"),
        (status = 409, description = "This `externalReservationId` has come before; `reservation` is what it made"),
        (status = 422, description = "`PLACE_DISABLED`"),
        ReadRefusals
    )
)]
async fn create_reservation(
    at: At<SeatGuests>,
    Message(body): Message<CreateReservation>,
) -> Result<(StatusCode, Json<Reservation>), ApiError> {
    let deposit = judged(&body, at.place.precision)?;
    let (platform, source, place) = (at.platform, at.source, at.place);
    let (reservation_id, check_id) = (platform.outside().object_id(), platform.outside().object_id());
    let now = platform.now();
    let reservation = platform
        .db()
        .write("create_reservation", move |tx| {
            let (merchant, id) = (&source.merchant, &source.place);
            let guest = Guest::of(&body);
            let new = NewReservation {
                reservation_id: &reservation_id,
                external_reservation_id: &body.external_reservation_id,
                desk_id: &body.desk_id,
                check_id: &check_id,
                person_count: body.person_count,
                deposit,
                auto_confirm: body.auto_confirm,
                guest: guest.as_ref(),
            };
            // The booking's id is taken first: of two calls at once one goes on, and the other is told of it.
            if !store::insert(tx, merchant, id, &new, now)? {
                return Err(already_there(store::of_external_id(tx, merchant, id, &body, &place)?));
            }
            place.sells(id).map_err(TxError::Refused)?;
            if !crate::desks::stands(tx, merchant, id, &body.desk_id)? {
                let found = format!("{:?}", body.desk_id);
                return Err(TxError::Refused(ApiError::field("deskId", "a desk of the place", &found)));
            }
            let paid = StoredPayment {
                payment_method: DEPOSIT_METHOD.to_owned(),
                value: deposit.0,
                balance_id: None,
            };
            let opening = Opening {
                check_id: check_id.clone(),
                device_number: NO_REGISTER,
                desk_id: Some(body.desk_id.clone()),
                person_count: body.person_count,
                opened_by: None,
                already_paid: if deposit == Amount::ZERO { Vec::new() } else { vec![paid] },
                opened_at: now,
            };
            open(tx, merchant, id, opening)?;
            let made = store::of_external_id(tx, merchant, id, &body, &place)?;
            made.ok_or_else(|| TxError::Refused(ApiError::internal()))
        })
        .await?;
    Ok((StatusCode::CREATED, Json(reservation)))
}

/// The deposit, once everything that can be judged without a database has been.
fn judged(body: &CreateReservation, precision: money::Precision) -> Result<Amount, ApiError> {
    at_most("externalReservationId", Some(&body.external_reservation_id), EXTERNAL_ID_CHARACTERS_MAX)?;
    at_most("name", body.name.as_ref(), NAME_CHARACTERS_MAX)?;
    at_most("note", body.note.as_ref(), NOTE_CHARACTERS_MAX)?;
    if let Some(customer) = &body.customer {
        at_most("customer.name", customer.name.as_ref(), NAME_CHARACTERS_MAX)?;
        at_most("customer.phoneNumber", customer.phone_number.as_ref(), NAME_CHARACTERS_MAX)?;
        at_most("customer.email", customer.email.as_ref(), NAME_CHARACTERS_MAX)?;
    }
    if let Some(count) = body.person_count
        && !(1..=PERSONS_MAX).contains(&count)
    {
        return Err(ApiError::field("personCount", &format!("1 to {PERSONS_MAX}"), &count.to_string()));
    }
    let deposit = exact_amount("reservationDeposit", &body.reservation_deposit, precision)?;
    if deposit.is_negative() {
        return Err(ApiError::field(
            "reservationDeposit",
            "at least 0",
            &body.reservation_deposit.to_string(),
        ));
    }
    Ok(deposit)
}

/// That a text is not too long. It may be a person's: the message says its length only.
fn at_most(member: &str, text: Option<&String>, most: usize) -> Result<(), ApiError> {
    let length = text.map_or(0, |text| text.chars().count());
    if length <= most {
        return Ok(());
    }
    Err(ApiError::field(member, &format!("at most {most} characters"), &format!("{length} of them")))
}

/// 409 with the reservation that the booking has already.
fn already_there(reservation: Option<Reservation>) -> TxError<ApiError> {
    let Some(reservation) = reservation else { return TxError::Refused(ApiError::internal()) };
    let message = format!(
        "externalReservationId {:?} is reservation {} already; nothing was changed",
        reservation.external_reservation_id, reservation.reservation_id
    );
    let shown = serde_json::to_value(&reservation).unwrap_or(Value::Null);
    TxError::Refused(ApiError::conflict(message).with_name("RESERVATION_EXISTS").with("reservation", shown))
}
