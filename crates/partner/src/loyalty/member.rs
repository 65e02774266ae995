//! How does a guest become a member, change and leave?
//!
//! The books know a member by an opaque id only; the person behind it is one row apart (loyalty.md §12 G1).

use super::ledger::{self, NewBalanceRow, type_from_text};
use super::people::code::{self, CodeKind, CodeStatus, NewCode};
use super::people::customer::{self, Changed};
use super::people::member::{self as rows, MemberStatus};
use super::people::person::{self, Keys};
use super::program::{ProgramSettings, email_key};
use crate::loyalty::merge::recompute;
use crate::{merchant, row};
use db::{Error, Row, Tx, TxError, params};
use door::ApiError;
use jiff::Timestamp;
use money::{Amount, Precision};
use wire::Number;
use wire::admin::partner::{MemberBalance, MemberPerson, MemberView};
use wire::time::utc_millis;

db::statement! {
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
    let Some(customer_number) = merchant::next_customer_number(tx, merchant)? else {
        return refused(ApiError::not_found("merchant", merchant));
    };
    let set = (command.tier.as_deref(), command.tags.as_slice());
    if !rows::insert(tx, merchant, member_id, customer_number, set, now)? {
        return refused(ApiError::conflict(format!(
            "memberId: {member_id} exists; leave it out to get a new one"
        )));
    }
    put_person(tx, merchant, member_id, &command.person)?;
    for card in &command.cards {
        let new = NewCode {
            code: card,
            kind: CodeKind::Card,
            member_id: Some(member_id),
            balance_id: None,
            promotion_id: None,
            status: CodeStatus::Active,
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
    customer::insert(tx, merchant, customer_number, member_id, points, now)?;
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
    /// Active or frozen.
    pub(crate) status: MemberStatus,
    pub(crate) person: MemberPerson,
    pub(crate) now: Timestamp,
}

/// Changes a member.
///
/// # Errors
/// 404 when there is none, 409 when it was erased: what is gone does not come back (loyalty.md §12 G2); or merged.
pub(crate) fn put(tx: &mut Tx<'_>, change: &MemberChange) -> Result<MemberView, TxError<ApiError>> {
    let (merchant, member_id, now) = (change.merchant.as_str(), change.member_id.as_str(), change.now);
    let set = (change.tier.as_deref(), change.tags.as_slice(), change.status);
    if !rows::put(tx, merchant, member_id, set, now)? {
        lock(tx, merchant, member_id, now)?;
    }
    put_person(tx, merchant, member_id, &change.person)?;
    recompute(tx, merchant, member_id, Changed::Points, now)?;
    get(tx, merchant, member_id)?.ok_or_else(|| TxError::Refused(ApiError::not_found("member", member_id)))
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
    match rows::touch(tx, merchant, member_id, now)? {
        None => Err(TxError::Refused(ApiError::not_found("member", member_id))),
        Some(status) if status.is_gone() => Err(TxError::Refused(gone(member_id, status))),
        Some(_) => Ok(()),
    }
}

fn gone(member_id: &str, status: MemberStatus) -> ApiError {
    ApiError::conflict(if status == MemberStatus::Merged {
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

/// Writes the person, and the forms of number and address by which an offer finds them.
fn put_person(tx: &mut Tx<'_>, merchant: &str, member_id: &str, person: &MemberPerson) -> Result<(), Error> {
    let phone = match &person.mobile_phone {
        Some(phone) => phone_key(tx, merchant, phone)?,
        None => None,
    };
    let keys = Keys { phone, email: person.email.as_deref().and_then(email_key) };
    person::put(tx, merchant, member_id, person, &keys)
}

fn phone_key(tx: &mut Tx<'_>, merchant: &str, phone: &str) -> Result<Option<String>, Error> {
    let Some(row) = merchant::get(tx, merchant)? else { return Ok(None) };
    let settings = ProgramSettings::parse(&row.program)
        .map_err(|_| row::unreadable("partner_merchant", "program", "loyalty settings as JSON"))?;
    Ok(settings.codes.phone_key(phone, &row.currency_code))
}
