//! How are the people who work at a merchant's places set up? `/admin/v1/platform/merchants/{merchantId}/persons…`

use super::store::PersonRow;
use super::{code, store};
use crate::Platform;
use crate::access::store::merchant_is_known;
use crate::access::{Admin, Guarded};
use crate::api::{Upsert, UpsertRefusals, ids, missing, upsert};
use crate::feed::Changes;
use axum::Json;
use axum::extract::Path;
use courier::seal::Keyring;
use db::{Tx, TxError};
use door::{ApiError, Strict};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::admin::persons::{AdminPerson, PutPerson};
use wire::admin::restaurant::RestaurantPerson;
use wire::list::Whole;

/// Most persons of a merchant: each who signs in is compared with all.
const PERSONS_MAX: usize = 1_000;
/// Largest number of a person: what every reader of JSON keeps whole.
const PERSON_ID_MAX: i64 = (1 << 53) - 1;

pub(crate) fn routes() -> OpenApiRouter<Guarded> {
    OpenApiRouter::new().routes(routes!(list_persons)).routes(routes!(put_person, delete_person))
}

/// Who works at the merchant's places. Codes are not shown.
#[utoipa::path(
    get,
    path = "/admin/v1/platform/merchants/{merchantId}/persons",
    tag = "Platform set-up",
    params(("merchantId" = String, Path, description = "The merchant's id")),
    responses((status = 200, description = "The persons by their number", body = Whole<AdminPerson>), UpsertRefusals)
)]
async fn list_persons(
    Admin { platform }: Admin,
    Path(merchant): Path<String>,
) -> Result<Json<Whole<AdminPerson>>, ApiError> {
    let found = platform.db().read("admin_persons", move |tx| {
        if !merchant_is_known(tx, &merchant)? {
            return Err(missing("merchant", &merchant));
        }
        Ok(store::persons(tx, &merchant)?)
    });
    let found: Vec<PersonRow> = found.await?;
    Ok(Json(Whole { data: found.into_iter().map(shown).collect() }))
}

/// Sets a person up, or changes one.
#[utoipa::path(
    put,
    path = "/admin/v1/platform/merchants/{merchantId}/persons/{personId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("personId" = i64, Path, description = "The person's number, from 1: the `personId` of bills")
    ),
    request_body = PutPerson,
    responses(
        (status = 200, description = "The person", body = AdminPerson),
        (status = 409, description = "`CODE_TAKEN`: another person of the merchant has this code; `TOO_MANY_PERSONS`"),
        UpsertRefusals
    )
)]
async fn put_person(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
    Strict(put): Strict<PutPerson>,
) -> Result<Json<AdminPerson>, ApiError> {
    let person = person(&admin.platform, &merchant, &id, Some(put))?;
    upsert(&admin, person).await
}

/// Takes a person away, who is signed out wherever that was. Bills keep who made them.
#[utoipa::path(
    delete,
    path = "/admin/v1/platform/merchants/{merchantId}/persons/{personId}",
    tag = "Platform set-up",
    params(
        ("merchantId" = String, Path, description = "The merchant's id"),
        ("personId" = i64, Path, description = "The person's number")
    ),
    responses((status = 200, description = "The person as set up before", body = AdminPerson), UpsertRefusals)
)]
async fn delete_person(
    admin: Admin,
    Path((merchant, id)): Path<(String, String)>,
) -> Result<Json<AdminPerson>, ApiError> {
    let person = person(&admin.platform, &merchant, &id, None)?;
    upsert(&admin, person).await
}

/// The set-up of a person; without a body the person is taken away.
///
/// # Errors
/// 500 when the key cannot seal the code.
pub(crate) fn person(
    platform: &Platform,
    merchant: &str,
    id: &str,
    put: Option<PutPerson>,
) -> Result<impl Upsert<Shown = AdminPerson> + use<>, ApiError> {
    let (keyring, outside) = (platform.keyring().clone(), platform.outside());
    let code = put.as_ref().and_then(|put| put.code.as_ref());
    let sealed_code = match (code, number(id)) {
        (Some(code), Some(number)) => Some(code::sealed(&keyring, outside, merchant, number, code)?),
        _ => None,
    };
    Ok(OnePerson { merchant: merchant.to_owned(), person: id.to_owned(), put, sealed_code, keyring })
}

/// The persons of a merchant by their number, as rows of a restaurant's document, each with the code as it is sealed.
pub(crate) fn persons(
    tx: &mut Tx<'_>,
    merchant: &str,
) -> Result<Vec<(RestaurantPerson, Option<String>)>, db::Error> {
    let rows = store::persons(tx, merchant)?.into_iter().map(|row| {
        let PersonRow { person_id, full_name, user_name, is_active, sealed_code } = row;
        let person = PutPerson { full_name, user_name, code: None, is_active };
        (RestaurantPerson { person_id, person, removed: false }, sealed_code)
    });
    Ok(rows.collect())
}

/// A person as it shall be; without `put` it shall be taken away.
struct OnePerson {
    merchant: String,
    /// The number as it stands in the path.
    person: String,
    put: Option<PutPerson>,
    sealed_code: Option<String>,
    keyring: Keyring,
}

impl Upsert for OnePerson {
    const NAME: &'static str = "put_person";
    type Shown = AdminPerson;

    fn merchant(&self) -> &str {
        &self.merchant
    }

    fn check(&self) -> Result<(), ApiError> {
        let Some(put) = &self.put else { return Ok(()) };
        ids::name("fullName", &put.full_name)?;
        ids::name("userName", &put.user_name)?;
        put.code.as_deref().map_or(Ok(()), code::judge)
    }

    fn put(&self, tx: &mut Tx<'_>, changes: &mut Changes) -> Result<AdminPerson, TxError<ApiError>> {
        let merchant = &self.merchant;
        if !merchant_is_known(tx, merchant)? {
            return Err(missing("merchant", merchant));
        }
        store::take_staff(tx, merchant)?;
        let staff = store::persons(tx, merchant)?;
        let number = number(&self.person);
        let is = staff.iter().find(|row| Some(row.person_id) == number);
        let Some(put) = &self.put else {
            let is = is.ok_or_else(|| missing("person", &self.person))?;
            store::remove_person(tx, changes, merchant, is.person_id)?;
            return Ok(shown(is.clone()));
        };
        let Some(number) = number else {
            let expected = format!("a whole number from 1 to {PERSON_ID_MAX}");
            let found = format!("{:?}", self.person);
            return Err(TxError::Refused(ApiError::field("personId", &expected, &found)));
        };
        if is.is_none() && staff.len() >= PERSONS_MAX {
            let message = format!("a merchant has at most {PERSONS_MAX} persons; take some away first");
            return Err(TxError::Refused(ApiError::conflict(message).with_name("TOO_MANY_PERSONS")));
        }
        let of_code =
            put.code.as_ref().and_then(|code| code::holder(&self.keyring, merchant, staff.iter(), code));
        if let Some(other) = of_code.filter(|other| other.person_id != number) {
            let message = format!("person {} has this code; choose another", other.person_id);
            return Err(TxError::Refused(ApiError::conflict(message).with_name("CODE_TAKEN")));
        }
        // The same again changes nothing, nor is the code sealed anew
        let keeps_code = put.code.is_none() || of_code.is_some();
        let is_so = |row: &PersonRow| {
            (&row.full_name, &row.user_name, row.is_active) == (&put.full_name, &put.user_name, put.is_active)
        };
        if !(keeps_code && is.is_some_and(is_so)) {
            let sealed_code = self.sealed_code.as_deref().filter(|_| !keeps_code);
            store::put_person(tx, changes, merchant, number, put, sealed_code)?;
        }
        Ok(AdminPerson {
            person_id: number,
            full_name: put.full_name.clone(),
            user_name: put.user_name.clone(),
            is_active: put.is_active,
            has_code: put.code.is_some() || is.is_some_and(|row| row.sealed_code.is_some()),
        })
    }
}

/// A person's number.
fn number(text: &str) -> Option<i64> {
    let number = text.parse::<i64>().ok().filter(|number| (1..=PERSON_ID_MAX).contains(number))?;
    // one number is written in one way: the feed and the path say the same
    (number.to_string() == text).then_some(number)
}

fn shown(row: PersonRow) -> AdminPerson {
    AdminPerson {
        person_id: row.person_id,
        full_name: row.full_name,
        user_name: row.user_name,
        is_active: row.is_active,
        has_code: row.sealed_code.is_some(),
    }
}
