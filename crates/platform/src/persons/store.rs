//! Where is it kept who works at a merchant's places, and who is signed in where?

use super::PersonRecords;
use crate::access::PosGrant;
use crate::feed::Changes;
use db::{Tx, params};
use jiff::Timestamp;
use wire::admin::persons::PutPerson;
use wire::pos::PosPerson;

db::row! {
    /// A person with the sealed code.
    #[derive(Clone)]
    pub(super) struct PersonRow {
        pub(super) person_id: i64,
        pub(super) full_name: String,
        pub(super) user_name: String,
        pub(super) is_active: bool,
        pub(super) sealed_code: Option<String>,
    }
}
db::row! {
    /// Who is signed in.
    struct SignedInRow {
        person_id: i64,
        full_name: String,
        user_name: String,
    }
}
db::statement! {
    // Held to the commit.
    TAKE_STAFF = "INSERT INTO platform_staff (merchant, version) VALUES ($1, 1)
        ON CONFLICT (merchant) DO UPDATE SET version = platform_staff.version + 1";
    PERSONS -> PersonRow = "SELECT person_id, full_name, user_name, is_active, sealed_code FROM platform_person
        WHERE merchant = $1 ORDER BY person_id";
    PUT_PERSON = "INSERT INTO platform_person (merchant, person_id, full_name, user_name, is_active, sealed_code, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (merchant, person_id) DO UPDATE SET full_name = excluded.full_name, user_name = excluded.user_name,
            is_active = excluded.is_active, updated_at = excluded.updated_at,
            sealed_code = COALESCE(excluded.sealed_code, platform_person.sealed_code)";
    REMOVE_PERSON = "DELETE FROM platform_person WHERE merchant = $1 AND person_id = $2";
    SIGN_OUT_PERSON = "DELETE FROM platform_signed_in WHERE merchant = $1 AND person_id = $2";
    // Nothing is inserted for somebody who was told to go, or given another code, meanwhile.
    SIGN_IN = "INSERT INTO platform_signed_in (merchant, place, device_number, person_id, signed_in_at)
        SELECT merchant, CAST($2 AS TEXT), CAST($3 AS BIGINT), person_id, CAST($5 AS BIGINT) FROM platform_person
        WHERE merchant = $1 AND person_id = $4 AND is_active = 1 AND sealed_code = $6
        ON CONFLICT (merchant, place, device_number) DO UPDATE SET person_id = excluded.person_id,
            signed_in_at = excluded.signed_in_at";
    SIGN_OUT = "DELETE FROM platform_signed_in WHERE merchant = $1 AND place = $2 AND device_number = $3";
    SIGNED_IN -> SignedInRow = "SELECT p.person_id, p.full_name, p.user_name FROM platform_signed_in s
        JOIN platform_person p ON p.merchant = $1 AND p.person_id = s.person_id
        WHERE s.merchant = $1 AND s.place = $2 AND s.device_number = $3 AND p.is_active = 1";
}

/// Holds the merchant's persons to the commit.
pub(super) fn take_staff(tx: &mut Tx<'_>, merchant: &str) -> Result<(), db::Error> {
    tx.execute(&TAKE_STAFF, params![merchant])?;
    Ok(())
}

/// The persons of a merchant by their number.
pub(super) fn persons(tx: &mut Tx<'_>, merchant: &str) -> Result<Vec<PersonRow>, db::Error> {
    tx.query(&PERSONS, params![merchant])
}

/// Writes a person and the entry in the feed; without a sealed code the one that is kept stays.
pub(super) fn put_person(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    person: i64,
    put: &PutPerson,
    sealed_code: Option<&str>,
) -> Result<(), db::Error> {
    let now = changes.now();
    tx.execute(
        &PUT_PERSON,
        params![merchant, person, &put.full_name, &put.user_name, put.is_active, sealed_code, now],
    )?;
    if !put.is_active {
        tx.execute(&SIGN_OUT_PERSON, params![merchant, person])?;
    }
    changes.put::<PersonRecords>(&person.to_string());
    Ok(())
}

/// Takes a person away, signed out wherever that was; false when there is none. Bills keep who made them.
pub(super) fn remove_person(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    person: i64,
) -> Result<bool, db::Error> {
    tx.execute(&SIGN_OUT_PERSON, params![merchant, person])?;
    let is_gone = tx.execute(&REMOVE_PERSON, params![merchant, person])? > 0;
    if is_gone {
        changes.removed::<PersonRecords>(&person.to_string());
    }
    Ok(is_gone)
}

/// Signs a person in at a register, whoever was there before; false when the person may not any more.
pub(super) fn sign_in(
    tx: &mut Tx<'_>,
    grant: &PosGrant,
    person: &PersonRow,
    now: Timestamp,
) -> Result<bool, db::Error> {
    let PosGrant { merchant, place, device_number, .. } = grant;
    let sealed = person.sealed_code.as_ref();
    Ok(tx.execute(&SIGN_IN, params![merchant, place, *device_number, person.person_id, now, sealed])? > 0)
}

/// Signs out whoever is signed in at a register.
pub(super) fn sign_out(tx: &mut Tx<'_>, grant: &PosGrant) -> Result<(), db::Error> {
    tx.execute(&SIGN_OUT, params![&grant.merchant, &grant.place, grant.device_number])?;
    Ok(())
}

/// Who is signed in at a register.
pub(crate) fn signed_in(tx: &mut Tx<'_>, grant: &PosGrant) -> Result<Option<PosPerson>, db::Error> {
    let row = tx.optional(&SIGNED_IN, params![&grant.merchant, &grant.place, grant.device_number])?;
    Ok(row.map(|SignedInRow { person_id, full_name, user_name }| PosPerson {
        person_id,
        full_name,
        user_name,
    }))
}
