//! How does a guest become a member, change and leave?
//!
//! The books know a member by an opaque id only; the person behind it is one row apart (loyalty.md §12 G1).

use super::ledger::{self, NewBalanceRow};
use super::people::code::{self, CodeKind, CodeStatus, NewCode};
use super::people::customer::{self, Changed};
use super::people::member::{self as rows, MemberStatus};
use super::people::person::{self, Keys};
use super::program::{ProgramSettings, email_key};
use crate::loyalty::merge::recompute;
use crate::merchant;
use crate::row::{self, Class};
use db::{Error, Joined, Json, Tx, TxError, params};
use door::ApiError;
use jiff::Timestamp;
use money::{Amount, Precision};
use wire::Number;
use wire::admin::partner::{MemberBalance, MemberPerson, MemberView};
use wire::loyalty::BalanceType;
use wire::time::utc_millis;

db::statement! {
    /// A member and the person, if there is one still.
    GET_MEMBER -> MemberRow = "SELECT m.customer_number, m.status, m.tier, m.tags, m.created_at, p.member_id AS person, p.first_name, p.last_name,
          p.email, p.mobile_phone, p.city, p.state, p.country, p.address, p.zip, p.birth_date, p.store_id, p.allow_sms,
          p.allow_email, c.merged_into
        FROM partner_member AS m
        LEFT JOIN partner_person AS p ON p.merchant = m.merchant AND p.member_id = m.member_id
        LEFT JOIN partner_customer AS c ON c.merchant = m.merchant AND c.member_id = m.member_id
        WHERE m.merchant = $1 AND m.member_id = $2";
    /// What a member owns.
    BALANCES_OF_MEMBER -> OwnBalance = "SELECT balance_id, type AS class, status, posted FROM partner_balance
        WHERE merchant = $1 AND member_id = $2";
}

db::row! {
    /// A member, and the person where there is one.
    struct MemberRow {
        customer_number: i64,
        status: String,
        tier: Option<String>,
        tags: Vec<String> as Json,
        created_at: Timestamp,
        person: Option<String>,
        about: PersonColumns as Joined,
        merged_into: Option<String>,
    }
}

db::row! {
    /// What is known of a person; all of it NULL where there is none.
    struct PersonColumns {
        first_name: Option<String>,
        last_name: Option<String>,
        email: Option<String>,
        mobile_phone: Option<String>,
        city: Option<String>,
        state: Option<String>,
        country: Option<String>,
        address: Option<String>,
        zip: Option<String>,
        birth_date: Option<String>,
        store_id: Option<i64>,
        allow_sms: Option<bool>,
        allow_email: Option<bool>,
    }
}

db::row! {
    /// A balance that a member owns.
    struct OwnBalance {
        balance_id: String,
        class: BalanceType as Class,
        status: String,
        posted: i64,
    }
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
    let rows = tx.query(&BALANCES_OF_MEMBER, params![merchant, member_id])?;
    let mut balances: Vec<MemberBalance> =
        rows.into_iter().map(|row| balance(row, settings.precision)).collect();
    balances.sort_by(|one, other| one.balance_id.cmp(&other.balance_id));
    Ok(Some(MemberView {
        member_id: member_id.to_owned(),
        customer_id: found.customer_number,
        status: found.status,
        merged_into: found.merged_into,
        tier: found.tier,
        tags: found.tags,
        person: found.person.is_some().then(|| person(found.about)),
        cards: code::cards_of(tx, merchant, member_id)?,
        balances,
        created_at: utc_millis(found.created_at),
    }))
}

fn balance(row: OwnBalance, precision: Precision) -> MemberBalance {
    let points = row.class == BalanceType::CollectablePoints;
    MemberBalance {
        balance_id: row.balance_id,
        r#type: row.class,
        status: row.status,
        posted: if points {
            Number::from(row.posted)
        } else {
            Number::from_amount(Amount(row.posted), precision)
        },
    }
}

fn person(row: PersonColumns) -> MemberPerson {
    MemberPerson {
        first_name: row.first_name,
        last_name: row.last_name,
        email: row.email,
        mobile_phone: row.mobile_phone,
        city: row.city,
        state: row.state,
        country: row.country,
        address: row.address,
        zip: row.zip,
        birth_date: row.birth_date,
        store_id: row.store_id,
        allow_sms: row.allow_sms,
        allow_email: row.allow_email,
    }
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
