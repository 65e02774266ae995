//! What is known of the person behind a member? The only writer of `partner_person`.

use crate::loyalty::program::one_text;
use db::{Error, Tx, params};
use wire::admin::partner::MemberPerson;

db::statement! {
    /// The person behind a member, with what finds it, as a whole.
    PUT_PERSON = "INSERT INTO partner_person (merchant, member_id, first_name, last_name, email, mobile_phone, city, state, country, address, zip, birth_date, store_id, allow_sms, allow_email, phone_key, email_key)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        ON CONFLICT (merchant, member_id) DO UPDATE SET
          first_name = EXCLUDED.first_name, last_name = EXCLUDED.last_name, email = EXCLUDED.email,
          mobile_phone = EXCLUDED.mobile_phone, city = EXCLUDED.city, state = EXCLUDED.state, country = EXCLUDED.country,
          address = EXCLUDED.address, zip = EXCLUDED.zip, birth_date = EXCLUDED.birth_date, store_id = EXCLUDED.store_id,
          allow_sms = EXCLUDED.allow_sms, allow_email = EXCLUDED.allow_email,
          phone_key = EXCLUDED.phone_key, email_key = EXCLUDED.email_key";
    /// Deletes the person behind a member.
    DELETE_PERSON = "DELETE FROM partner_person WHERE merchant = $1 AND member_id = $2";
}

/// The forms of number and address by which an offer finds a person.
pub(crate) struct Keys {
    pub(crate) phone: Option<String>,
    pub(crate) email: Option<String>,
}

/// Writes the person as a whole, with what finds it. Marks that show nothing are left out of number and address: marketing
/// would get them too.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    person: &MemberPerson,
    keys: &Keys,
) -> Result<(), Error> {
    tx.execute(
        &PUT_PERSON,
        params![
            merchant,
            member_id,
            person.first_name.as_deref(),
            person.last_name.as_deref(),
            person.email.as_deref().map(one_text).as_deref(),
            person.mobile_phone.as_deref().map(one_text).as_deref(),
            person.city.as_deref(),
            person.state.as_deref(),
            person.country.as_deref(),
            person.address.as_deref(),
            person.zip.as_deref(),
            person.birth_date.as_deref(),
            person.store_id,
            person.allow_sms,
            person.allow_email,
            keys.phone.as_deref(),
            keys.email.as_deref(),
        ],
    )?;
    Ok(())
}

/// Deletes the person behind a member.
pub(crate) fn delete(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<(), Error> {
    tx.execute(&DELETE_PERSON, params![merchant, member_id])?;
    Ok(())
}
