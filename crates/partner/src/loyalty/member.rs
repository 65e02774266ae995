//! How does a guest become a member, with a number, cards and balances?
//!
//! The books know a member by an opaque id only; the person behind it is one row apart (loyalty.md §12 G1).

use super::code::{self, NewCode};
use super::ledger::{self, NewBalanceRow};
use db::{Error, Tx, TxError, params};
use door::ApiError;
use jiff::Timestamp;
use wire::admin::partner::MemberPerson;

db::statement! {
    /// Draws the next customer number, under the merchant's row.
    NEXT_CUSTOMER_NUMBER = "UPDATE partner_merchant SET last_customer_number = last_customer_number + 1
        WHERE merchant = $1 RETURNING last_customer_number";
    /// A new member; nothing when the id is taken.
    INSERT_MEMBER = "INSERT INTO partner_member (merchant, member_id, customer_number, status, tier, created_at, updated_at)
        VALUES ($1, $2, $3, 'active', $4, $5, $5) ON CONFLICT (merchant, member_id) DO NOTHING";
    /// The person behind a member.
    INSERT_PERSON = "INSERT INTO partner_person (merchant, member_id, first_name, last_name, email, mobile_phone, city, state, country, address, zip, birth_date, store_id, allow_sms, allow_email)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
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
    let inserted = tx.execute(
        &INSERT_MEMBER,
        params![merchant, member_id, customer_number, command.tier.as_deref(), now],
    )?;
    if inserted == 0 {
        return refused(ApiError::conflict(format!(
            "memberId: {member_id} exists; leave it out to get a new one"
        )));
    }
    insert_person(tx, merchant, member_id, &command.person)?;
    for card in &command.cards {
        let new = NewCode {
            code: card,
            kind: "card",
            member_id: Some(member_id),
            balance_id: None,
            status: "active",
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
        if balance.balance_type == wire::loyalty::BalanceType::CollectablePoints {
            points = points.saturating_add(balance.opening);
        }
    }
    tx.execute(&INSERT_CUSTOMER, params![merchant, customer_number, member_id, points, now])?;
    Ok(customer_number)
}

fn insert_person(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: &str,
    person: &MemberPerson,
) -> Result<(), Error> {
    tx.execute(
        &INSERT_PERSON,
        params![
            merchant,
            member_id,
            person.first_name.as_deref(),
            person.last_name.as_deref(),
            person.email.as_deref(),
            person.mobile_phone.as_deref(),
            person.city.as_deref(),
            person.state.as_deref(),
            person.country.as_deref(),
            person.address.as_deref(),
            person.zip.as_deref(),
            person.birth_date.as_deref(),
            person.store_id,
            person.allow_sms,
            person.allow_email,
        ],
    )?;
    Ok(())
}
