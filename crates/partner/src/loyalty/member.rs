//! How does a guest become a member, change and leave?
//!
//! The books know a member by an opaque id only; the person behind it is one row apart (loyalty.md §12 G1).

use super::code::{self, NewCode};
use super::ledger::{self, NewBalanceRow, type_from_text};
use super::program::{ProgramSettings, email_key, one_text};
use crate::loyalty::merge::recompute;
use crate::loyalty::people::customer::Changed;
use crate::{merchant, row};
use db::{Error, Row, Tx, TxError, params};
use door::ApiError;
use jiff::Timestamp;
use money::{Amount, Precision};
use wire::Number;
use wire::admin::partner::{MemberBalance, MemberPerson, MemberView};
use wire::time::utc_millis;

db::statement! {
    /// Draws the next customer number, under the merchant's row.
    NEXT_CUSTOMER_NUMBER = "UPDATE partner_merchant SET last_customer_number = last_customer_number + 1
        WHERE merchant = $1 RETURNING last_customer_number";
    /// A new member; nothing when the id is taken.
    INSERT_MEMBER = "INSERT INTO partner_member (merchant, member_id, customer_number, status, tier, tags, created_at, updated_at)
        VALUES ($1, $2, $3, 'active', $4, $5, $6, $6) ON CONFLICT (merchant, member_id) DO NOTHING";
    /// The person behind a member, with what finds it, as a whole.
    PUT_PERSON = "INSERT INTO partner_person (merchant, member_id, first_name, last_name, email, mobile_phone, city, state, country, address, zip, birth_date, store_id, allow_sms, allow_email, phone_key, email_key)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
        ON CONFLICT (merchant, member_id) DO UPDATE SET
          first_name = EXCLUDED.first_name, last_name = EXCLUDED.last_name, email = EXCLUDED.email,
          mobile_phone = EXCLUDED.mobile_phone, city = EXCLUDED.city, state = EXCLUDED.state, country = EXCLUDED.country,
          address = EXCLUDED.address, zip = EXCLUDED.zip, birth_date = EXCLUDED.birth_date, store_id = EXCLUDED.store_id,
          allow_sms = EXCLUDED.allow_sms, allow_email = EXCLUDED.allow_email,
          phone_key = EXCLUDED.phone_key, email_key = EXCLUDED.email_key";
    /// A member as a whole; nothing when it is not there or erased.
    PUT_MEMBER = "UPDATE partner_member SET tier = $3, tags = $4, status = $5, updated_at = $6
        WHERE merchant = $1 AND member_id = $2 AND status NOT IN ('merged', 'erased')";
    /// A member and the person, if there is one still.
    GET_MEMBER = "SELECT m.customer_number, m.status, m.tier, m.tags, m.created_at, p.member_id, p.first_name, p.last_name,
          p.email, p.mobile_phone, p.city, p.state, p.country, p.address, p.zip, p.birth_date, p.store_id, p.allow_sms,
          p.allow_email, c.merged_into
        FROM partner_member AS m
        LEFT JOIN partner_person AS p ON p.merchant = m.merchant AND p.member_id = m.member_id
        LEFT JOIN partner_customer AS c ON c.merchant = m.merchant AND c.member_id = m.member_id
        WHERE m.merchant = $1 AND m.member_id = $2";
    /// What a member owns.
    BALANCES_OF_MEMBER = "SELECT balance_id, type, status, posted FROM partner_balance
        WHERE merchant = $1 AND member_id = $2";
    /// Locks a member whose cards change, so that it is not erased meanwhile.
    TOUCH_MEMBER = "UPDATE partner_member SET updated_at = $3 WHERE merchant = $1 AND member_id = $2 RETURNING status";
    /// What the customers feed shows of the member.
    INSERT_CUSTOMER = "INSERT INTO partner_customer (merchant, customer_number, member_id, points, last_updated)
        VALUES ($1, $2, $3, $4, $5)";
}

/// A member to be created, with ids drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MemberCommand {
    pub(crate) merchant: String,
    pub(crate) member_id: String,
    pub(crate) tier: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) person: MemberPerson,
    pub(crate) cards: Vec<String>,
    pub(crate) balances: Vec<NewBalanceRow>,
    pub(crate) now: Timestamp,
}

/// Creates a member; gives the customer number.
///
/// # Errors
/// 409 when the id, a card or a balance id is taken, 404 without the merchant.
pub(crate) fn create(tx: &mut Tx<'_>, command: &MemberCommand) -> Result<i64, TxError<ApiError>> {
    let (merchant, member_id, now) = (command.merchant.as_str(), command.member_id.as_str(), command.now);
    let refused = |error| Err(TxError::Refused(error));
    let Some(row) = tx.optional(&NEXT_CUSTOMER_NUMBER, params![merchant])? else {
        return refused(ApiError::not_found("merchant"));
    };
    let customer_number: i64 = row.get(0)?;
    let tags = row::to_json("partner_member", "tags", &command.tags)?;
    let inserted = tx.execute(
        &INSERT_MEMBER,
        params![merchant, member_id, customer_number, command.tier.as_deref(), &tags, now],
    )?;
    if inserted == 0 {
        return refused(ApiError::conflict(format!(
            "memberId: {member_id} exists; leave it out to get a new one"
        )));
    }
    put_person(tx, merchant, member_id, &command.person)?;
    for card in &command.cards {
        let new = NewCode {
            code: card,
            kind: "card",
            member_id: Some(member_id),
            balance_id: None,
            promotion_id: None,
            status: "active",
            valid_from: None,
            valid_until: None,
        };
        if !code::insert(tx, merchant, &new, now)? {
            return refused(ApiError::conflict(format!("cards: the code {card} is taken; use another one")));
        }
    }
    let mut points: i64 = 0;
    for balance in &command.balances {
        if !ledger::open(tx, merchant, balance, now)? {
            return refused(ApiError::conflict(format!(
                "balances: the balanceId {} is taken; leave it out to get a new one",
                balance.balance_id
            )));
        }
        let is_points = balance.balance_type == wire::loyalty::BalanceType::CollectablePoints;
        if is_points && balance.settings.stamp_card_id.is_none() {
            points = points.saturating_add(balance.opening);
        }
    }
    tx.execute(&INSERT_CUSTOMER, params![merchant, customer_number, member_id, points, now])?;
    Ok(customer_number)
}

/// Opens one more balance of a member.
///
/// # Errors
/// 404 without the member, 409 when it was erased or the balance's id is taken.
pub(crate) fn add_balance(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    new: &NewBalanceRow,
    now: Timestamp,
) -> Result<(), TxError<ApiError>> {
    lock(tx, merchant, member_id, now)?;
    if !ledger::open(tx, merchant, new, now)? {
        let taken = format!("balanceId: {} is taken; leave it out to get a new one", new.balance_id);
        return Err(TxError::Refused(ApiError::conflict(taken)));
    }
    recompute(tx, merchant, member_id, Changed::Points, now)?;
    Ok(())
}

/// A member to be changed as a whole.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MemberChange {
    pub(crate) merchant: String,
    pub(crate) member_id: String,
    pub(crate) tier: Option<String>,
    pub(crate) tags: Vec<String>,
    /// `active` or `frozen`.
    pub(crate) status: &'static str,
    pub(crate) person: MemberPerson,
    pub(crate) now: Timestamp,
}

/// Changes a member.
///
/// # Errors
/// 404 when there is none, 409 when it was erased: what is gone does not come back (loyalty.md §12 G2); or merged.
pub(crate) fn put(tx: &mut Tx<'_>, change: &MemberChange) -> Result<MemberView, TxError<ApiError>> {
    let (merchant, member_id, now) = (change.merchant.as_str(), change.member_id.as_str(), change.now);
    let tags = row::to_json("partner_member", "tags", &change.tags)?;
    let touched = tx.execute(
        &PUT_MEMBER,
        params![merchant, member_id, change.tier.as_deref(), &tags, change.status, now],
    )?;
    if touched == 0 {
        return Err(TxError::Refused(match get(tx, merchant, member_id)? {
            Some(known) => gone(member_id, &known.status),
            None => ApiError::not_found("member"),
        }));
    }
    put_person(tx, merchant, member_id, &change.person)?;
    recompute(tx, merchant, member_id, Changed::Points, now)?;
    get(tx, merchant, member_id)?.ok_or_else(|| TxError::Refused(ApiError::not_found("member")))
}

/// Locks a member for a change of what belongs to it.
///
/// # Errors
/// 404 when there is none, 409 when it was erased or merged.
pub(crate) fn lock(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    now: Timestamp,
) -> Result<(), TxError<ApiError>> {
    let Some(found) = tx.optional(&TOUCH_MEMBER, params![merchant, member_id, now])? else {
        return Err(TxError::Refused(ApiError::not_found("member")));
    };
    let status: String = found.get(0)?;
    if matches!(status.as_str(), "erased" | "merged") {
        return Err(TxError::Refused(gone(member_id, &status)));
    }
    Ok(())
}

fn gone(member_id: &str, status: &str) -> ApiError {
    ApiError::conflict(if status == "merged" {
        format!("{member_id} was merged into another member; change that one, or undo the merge")
    } else {
        format!("{member_id} was erased and cannot come back; create a new member")
    })
}

/// A member with cards and balances, if there is one.
pub(crate) fn get(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Option<MemberView>, Error> {
    let Some(settings) = merchant::get(tx, merchant)? else { return Ok(None) };
    let Some(found) = tx.optional(&GET_MEMBER, params![merchant, member_id])? else { return Ok(None) };
    let tags: String = found.get(3)?;
    let rows = tx.query(&BALANCES_OF_MEMBER, params![merchant, member_id])?;
    let balances = rows.iter().map(|row| balance(row, settings.precision));
    let mut balances = balances.collect::<Result<Vec<_>, Error>>()?;
    balances.sort_by(|one, other| one.balance_id.cmp(&other.balance_id));
    Ok(Some(MemberView {
        member_id: member_id.to_owned(),
        customer_id: found.get(0)?,
        status: found.get(1)?,
        merged_into: found.get(19)?,
        tier: found.get(2)?,
        tags: row::json("partner_member", "tags", &tags)?,
        person: found.get::<Option<String>>(5)?.map(|_| person(&found)).transpose()?,
        cards: code::cards_of(tx, merchant, member_id)?,
        balances,
        created_at: utc_millis(found.get(4)?),
    }))
}

fn balance(found: &Row, precision: Precision) -> Result<MemberBalance, Error> {
    let (name, posted): (String, i64) = (found.get(1)?, found.get(3)?);
    let balance_type =
        type_from_text(&name).ok_or_else(|| row::unreadable("partner_balance", "type", "a balance type"))?;
    let points = balance_type == wire::loyalty::BalanceType::CollectablePoints;
    Ok(MemberBalance {
        balance_id: found.get(0)?,
        r#type: balance_type,
        status: found.get(2)?,
        posted: if points { Number::from(posted) } else { Number::from_amount(Amount(posted), precision) },
    })
}

/// The columns of [`GET_MEMBER`] from the seventh on.
fn person(found: &Row) -> Result<MemberPerson, Error> {
    Ok(MemberPerson {
        first_name: found.get(6)?,
        last_name: found.get(7)?,
        email: found.get(8)?,
        mobile_phone: found.get(9)?,
        city: found.get(10)?,
        state: found.get(11)?,
        country: found.get(12)?,
        address: found.get(13)?,
        zip: found.get(14)?,
        birth_date: found.get(15)?,
        store_id: found.get(16)?,
        allow_sms: found.get(17)?,
        allow_email: found.get(18)?,
    })
}

/// Writes the person, and the forms of number and address by which an offer finds them. Marks that show nothing are left
/// out of both: marketing would get them too.
fn put_person(tx: &mut Tx<'_>, merchant: &str, member_id: &str, person: &MemberPerson) -> Result<(), Error> {
    let phone_key = match &person.mobile_phone {
        Some(phone) => phone_key(tx, merchant, phone)?,
        None => None,
    };
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
            phone_key.as_deref(),
            person.email.as_deref().and_then(email_key).as_deref(),
        ],
    )?;
    Ok(())
}

fn phone_key(tx: &mut Tx<'_>, merchant: &str, phone: &str) -> Result<Option<String>, Error> {
    let Some(row) = merchant::get(tx, merchant)? else { return Ok(None) };
    let settings = ProgramSettings::parse(&row.program)
        .map_err(|_| row::unreadable("partner_merchant", "program", "loyalty settings as JSON"))?;
    Ok(settings.codes.phone_key(phone, &row.currency_code))
}
