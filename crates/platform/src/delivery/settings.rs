//! How does a place take orders, and does it take one now? `/admin/v1/platform/merchants/{merchantId}/places/{placeId}/delivery`

use super::store;
use crate::access::{Admin, Guarded};
use crate::api::{Upsert, UpsertRefusals, missing, upsert};
use crate::feed::Changes;
use crate::place::{PlaceSettings, place_settings};
use axum::Json;
use axum::extract::Path;
use db::{Tx, TxError};
use door::{ApiError, Strict};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::delivery::{DeliverySettings, DeliveryType, IntegratedDispatch, PutDeliverySettings};
use wire::time::LocalTime;

/// Most minutes that are set: a day.
const MINUTES_MAX: u16 = 1_440;

/// How a place takes orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) accepts_new_orders: bool,
    pub(super) closed_until: Option<Timestamp>,
    pub(super) meal_prep_minutes: i64,
    pub(super) integrated_dispatch: IntegratedDispatch,
    pub(super) auto_confirm: bool,
    pub(super) auto_decline_minutes: i64,
}

impl Settings {
    /// Whether a new order is taken now: what closed until a time opens again by itself.
    pub(super) fn accepts(&self, now: Timestamp) -> bool {
        self.accepts_new_orders && self.closed_until.is_none_or(|until| now >= until)
    }

    /// The refusal of a new order; it says when orders are taken again, where that is known.
    pub(super) fn closed(&self, now: Timestamp, place: &PlaceSettings) -> ApiError {
        // Not 409: that would say that the order is there already.
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let until = self.closed_until.filter(|until| self.accepts_new_orders && *until > now);
        let refusal = match until {
            Some(until) => {
                let until = LocalTime::new(until, &place.zone).to_string();
                let message = format!("the place takes no new orders until {until}; order again then");
                ApiError::new(status, message).with("closedUntil", until)
            }
            None => ApiError::new(status, "the place takes no new orders now; nothing was ordered"),
        };
        refusal.with_name("ORDERS_CLOSED")
    }

    /// Whether a courier is looked for before such an order is confirmed; `asked` is what the register says where the
    /// place lets it say.
    pub(super) fn schedules(&self, delivery_type: DeliveryType, asked: bool) -> bool {
        let is_brought = matches!(delivery_type, DeliveryType::Delivery | DeliveryType::Dispatch);
        let looks = match self.integrated_dispatch {
            IntegratedDispatch::Enabled => true,
            IntegratedDispatch::Ask => asked,
            IntegratedDispatch::Disabled => false,
        };
        is_brought && looks
    }

    fn of(put: &PutDeliverySettings) -> Result<Self, ApiError> {
        let minutes = |member: &str, minutes: u16, least: u16| {
            if (least..=MINUTES_MAX).contains(&minutes) {
                return Ok(i64::from(minutes));
            }
            Err(ApiError::field(member, &format!("{least} to {MINUTES_MAX} minutes"), &minutes.to_string()))
        };
        let closed_until = put.closed_until.as_ref().map(|text| {
            wire::time::parse_date_time(text).map_err(|error| {
                let expected = error.to_string();
                let expected = expected.strip_prefix("expected ").unwrap_or(&expected);
                ApiError::field("closedUntil", expected, &format!("{text:?}"))
            })
        });
        Ok(Self {
            accepts_new_orders: put.accept_new_orders,
            closed_until: closed_until.transpose()?,
            meal_prep_minutes: minutes("mealPrepTime", put.meal_prep_time, 0)?,
            integrated_dispatch: put.integrated_dispatch,
            auto_confirm: put.auto_confirm,
            auto_decline_minutes: minutes("autoDeclineMinutes", put.auto_decline_minutes, 1)?,
        })
    }

    fn shown(&self, now: Timestamp, place: &PlaceSettings) -> DeliverySettings {
        let minutes = |minutes: i64| u16::try_from(minutes).unwrap_or(MINUTES_MAX);
        let whole = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap_or(at);
        DeliverySettings {
            settings: PutDeliverySettings {
                accept_new_orders: self.accepts_new_orders,
                closed_until: self.closed_until.map(|at| LocalTime::new(whole(at), &place.zone).to_string()),
                meal_prep_time: minutes(self.meal_prep_minutes),
                integrated_dispatch: self.integrated_dispatch,
                auto_confirm: self.auto_confirm,
                auto_decline_minutes: minutes(self.auto_decline_minutes),
            },
            accepts_now: self.accepts(now),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let PutDeliverySettings {
            accept_new_orders,
            closed_until: _,
            meal_prep_time,
            integrated_dispatch,
            auto_confirm,
            auto_decline_minutes,
        } = PutDeliverySettings::default();
        Self {
            accepts_new_orders: accept_new_orders,
            closed_until: None,
            meal_prep_minutes: i64::from(meal_prep_time),
            integrated_dispatch,
            auto_confirm,
            auto_decline_minutes: i64::from(auto_decline_minutes),
        }
    }
}

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(put_delivery, get_delivery))
}

/// A path to a place.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlacePath {
    merchant_id: String,
    place_id: String,
}

/// Sets how a place takes orders from elsewhere.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/places/{placeId}/delivery",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id")
    ),
    request_body = PutDeliverySettings,
    responses((status = 200, description = "As set", body = DeliverySettings), UpsertRefusals)
)]
async fn put_delivery(
    admin: Admin,
    Path(path): Path<PlacePath>,
    Strict(body): Strict<PutDeliverySettings>,
) -> Result<Json<DeliverySettings>, ApiError> {
    upsert(&admin, SetUp { path, body }).await
}

/// How a place takes orders from elsewhere.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/merchants/{merchantId}/places/{placeId}/delivery",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("placeId" = String, Path, description = "The place's id")
    ),
    responses(
        (status = 200, description = "As set, or as it is for a place of which nothing was set", body = DeliverySettings),
        (status = 401, description = "No admin token"),
        (status = 404, description = "No such merchant or place")
    )
)]
async fn get_delivery(
    Admin { platform }: Admin,
    Path(path): Path<PlacePath>,
) -> Result<Json<DeliverySettings>, ApiError> {
    let now = platform.now();
    let shown = platform.db().read("delivery_settings", move |tx| {
        let PlacePath { merchant_id: merchant, place_id: place } = &path;
        let settings = place_settings(tx, merchant, place)?.ok_or_else(|| missing("place", place))?;
        Ok::<_, TxError<ApiError>>(store::settings(tx, merchant, place)?.shown(now, &settings))
    });
    Ok(Json(shown.await?))
}

/// The set-up of how a place takes orders.
pub(crate) fn set_up(merchant_id: String, place_id: String, body: PutDeliverySettings) -> impl Upsert {
    SetUp { path: PlacePath { merchant_id, place_id }, body }
}

/// How a place takes orders, in the form in which it is set; `None` when the merchant has no such place.
pub(crate) fn set_of(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    now: Timestamp,
) -> Result<Option<PutDeliverySettings>, db::Error> {
    let Some(settings) = place_settings(tx, merchant, place)? else { return Ok(None) };
    Ok(Some(store::settings(tx, merchant, place)?.shown(now, &settings).settings))
}

/// How a place shall take orders.
struct SetUp {
    path: PlacePath,
    body: PutDeliverySettings,
}

impl Upsert for SetUp {
    const NAME: &'static str = "put_delivery_settings";
    type Shown = DeliverySettings;

    fn merchant(&self) -> &str {
        &self.path.merchant_id
    }

    fn check(&self) -> Result<(), ApiError> {
        Settings::of(&self.body).map(drop)
    }

    fn put(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<DeliverySettings, TxError<ApiError>> {
        let PlacePath { merchant_id: merchant, place_id: place } = &self.path;
        let settings = place_settings(tx, merchant, place)?.ok_or_else(|| missing("place", place))?;
        let set = Settings::of(&self.body).map_err(TxError::Refused)?;
        store::put_settings(tx, merchant, place, &set, changes.now())?;
        Ok(set.shown(changes.now(), &settings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sale::samples;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_closed_until_a_time_opens_by_itself() {
        let until = at("2026-03-01T16:00:00Z");
        // set to accept, closed until, now, accepts, says until when
        let table = [
            (true, None, "2026-03-01T15:00:00Z", true, false),
            (false, None, "2026-03-01T15:00:00Z", false, false),
            (true, Some(until), "2026-03-01T15:59:59.999999Z", false, true),
            (true, Some(until), "2026-03-01T16:00:00Z", true, false),
            (false, Some(until), "2026-03-01T15:00:00Z", false, false),
            (false, Some(until), "2026-03-01T17:00:00Z", false, false),
        ];
        for (accepts_new_orders, closed_until, now, accepts, tells) in table {
            let settings = Settings { accepts_new_orders, closed_until, ..Settings::default() };
            assert_eq!(settings.accepts(at(now)), accepts, "{settings:?} {now}");
            let refusal = settings.closed(at(now), &samples::settings());
            assert_eq!((refusal.status.as_u16(), refusal.name.as_ref()), (422, "ORDERS_CLOSED"));
            assert_eq!(refusal.extra.contains_key("closedUntil"), tells, "{settings:?} {now}");
        }
    }

    #[test]
    fn couriers_are_looked_for_where_the_place_wants_it() {
        use DeliveryType::{Delivery, Dispatch, OrderToTable, Takeaway};
        use IntegratedDispatch::{Ask, Disabled, Enabled};
        // the setting, and what the register's no and yes lead to for what is brought
        for (integrated_dispatch, expected) in
            [(Enabled, [true, true]), (Ask, [false, true]), (Disabled, [false, false])]
        {
            let settings = Settings { integrated_dispatch, ..Settings::default() };
            for brought in [Delivery, Dispatch] {
                assert_eq!([false, true].map(|asked| settings.schedules(brought, asked)), expected);
            }
            for fetched in [Takeaway, OrderToTable] {
                assert!(!settings.schedules(fetched, true), "{integrated_dispatch:?}");
            }
        }
    }
}
