//! Which rows does an offer read and write?
//!
//! The balances themselves are locked and read by [`crate::loyalty::ledger::store`].

use super::balance_state::{BalanceState, Books};
use super::code::{KnownCode, Meaning, Member};
use super::inputs::nothing_to_spend;
use super::reason::Reason;
use crate::loyalty::ledger::{CheckKey, store as ledger};
use crate::loyalty::people::code::{CodeKind, CodeStatus};
use crate::loyalty::people::member::MemberStatus;
use crate::loyalty::program::{CodeSettings, Contact, Program, ProgramSettings};
use crate::loyalty::promotion::{Definition, Promotion};
use crate::loyalty::tier::Ladder;
use crate::merchant::zone;
use crate::row;
use db::{Error, Joined, Json, Tx, params};
use jiff::Timestamp;
use money::Precision;
use std::borrow::Cow;
use std::sync::Arc;

db::statement! {
    /// What an offer needs of the merchant, and whether DataSync has brought the place.
    OFFER_MERCHANT -> MerchantRow = "SELECT currency_code, price_precision, hold_ttl_seconds, program_version,
            (SELECT COUNT(*) FROM partner_record WHERE merchant = $1 AND domain = 'places' AND place = '' AND record_id = $2 AND removed = 0) AS places
        FROM partner_merchant WHERE merchant = $1";
    /// The settings with the version they have.
    PROGRAM_SETTINGS -> ProgramRow = "SELECT program, program_version, time_zone FROM partner_merchant WHERE merchant = $1";
    /// Every promotion's rule.
    PROMOTIONS -> PromotionRow = "SELECT promotion_id, definition, status FROM partner_promotion WHERE merchant = $1";
    /// A code with the member and the name behind a card.
    CODE -> CodeRow = "SELECT c.code, c.kind, c.balance_id, c.promotion_id, c.status, c.valid_from, c.valid_until,
            c.member_id, m.status AS member_status, m.tier, p.first_name, p.last_name, m.tags, p.birth_date, m.aliases, m.tier_until
        FROM partner_code AS c
        LEFT JOIN partner_member AS m ON m.merchant = c.merchant AND m.member_id = c.member_id
        LEFT JOIN partner_person AS p ON p.merchant = c.merchant AND p.member_id = c.member_id
        WHERE c.merchant = $1 AND c.code = $2";
    /// How many bills a member has paid.
    ORDERS_OF_MEMBER -> i64 = "SELECT total_orders FROM partner_customer WHERE merchant = $1 AND member_id = $2";
    /// Who has a telephone number; two are enough to know that it is nobody's alone. A merged member's number is the
    /// surviving one's, and both may have the same.
    MEMBERS_BY_PHONE -> MemberRow = "SELECT DISTINCT m.member_id, m.status AS member_status, m.tier, q.first_name, q.last_name, m.tags, q.birth_date, m.aliases, m.tier_until
        FROM partner_person AS p
        LEFT JOIN partner_customer AS o ON o.merchant = p.merchant AND o.member_id = p.member_id
        JOIN partner_member AS m ON m.merchant = p.merchant AND m.member_id = COALESCE(o.merged_into, p.member_id)
        LEFT JOIN partner_person AS q ON q.merchant = m.merchant AND q.member_id = m.member_id
        WHERE p.merchant = $1 AND p.phone_key = $2 LIMIT 2";
    /// Who has an address.
    MEMBERS_BY_EMAIL -> MemberRow = "SELECT DISTINCT m.member_id, m.status AS member_status, m.tier, q.first_name, q.last_name, m.tags, q.birth_date, m.aliases, m.tier_until
        FROM partner_person AS p
        LEFT JOIN partner_customer AS o ON o.merchant = p.merchant AND o.member_id = p.member_id
        JOIN partner_member AS m ON m.merchant = p.merchant AND m.member_id = COALESCE(o.merged_into, p.member_id)
        LEFT JOIN partner_person AS q ON q.merchant = m.merchant AND q.member_id = m.member_id
        WHERE p.merchant = $1 AND p.email_key = $2 LIMIT 2";
    /// The balances of a member, and those on which a check keeps something for itself. UNION ALL, because
    /// SQLite makes a plain UNION of two ordered walks over all the merchant's rows.
    BALANCES_IN_PLAY -> String = "SELECT balance_id FROM partner_balance WHERE merchant = $1 AND member_id = $2
        UNION ALL SELECT balance_id FROM partner_hold
        WHERE merchant = $1 AND place = $3 AND device_number = $4 AND check_id = $5 AND state = 'active'";
    /// Keeps the newest answer under an offer id. What a report has used stays used.
    KEEP_OFFER = "INSERT INTO partner_offer (merchant, offer_id, place, device_number, check_id, member_id, question_hash,
            balances, limits, response, state, remarks, created_at, asked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $12, $9, 'open', $10, $11, $11)
        ON CONFLICT (merchant, offer_id) DO UPDATE SET
            place = excluded.place, device_number = excluded.device_number, check_id = excluded.check_id,
            member_id = excluded.member_id, question_hash = excluded.question_hash,
            balances = excluded.balances, limits = excluded.limits, response = excluded.response,
            state = CASE WHEN partner_offer.state = 'used' THEN 'used' ELSE 'open' END,
            remarks = excluded.remarks, asked_at = excluded.asked_at";
    /// The check an offer was made for.
    OFFER_CHECK -> CheckKey = "SELECT place, device_number, check_id FROM partner_offer WHERE merchant = $1 AND offer_id = $2";
    /// Keeps why a register refused an offer, also when the offer is not known (any more).
    INVALIDATE_OFFER = "INSERT INTO partner_offer (merchant, offer_id, place, device_number, check_id, question_hash,
            balances, response, state, validation_errors, remarks, created_at, asked_at)
        VALUES ($1, $2, $3, $4, $5, $6, '[]', $10, 'invalid', $7, $8, $9, $9)
        ON CONFLICT (merchant, offer_id) DO UPDATE SET
            state = CASE WHEN partner_offer.state = 'used' THEN 'used' ELSE 'invalid' END,
            validation_errors = excluded.validation_errors";
    /// The holds of a check that an offer placed or renewed last.
    HOLDS_OF_OFFER -> String = "SELECT balance_id FROM partner_hold
        WHERE merchant = $1 AND place = $2 AND device_number = $3 AND check_id = $4 AND offer_id = $5 AND state = 'active'";
    /// Marks an offer as used; touches nothing when another bill of it came before.
    USE_OFFER = "UPDATE partner_offer SET state = 'used' WHERE merchant = $1 AND offer_id = $2 AND state <> 'used'";
}

db::row! {
    struct MerchantRow {
        currency_code: String,
        price_precision: Precision,
        hold_ttl_seconds: i64,
        program_version: i64,
        places: i64,
    }
}

db::row! {
    struct ProgramRow {
        program: String,
        program_version: i64,
        time_zone: String,
    }
}

db::row! {
    struct PromotionRow {
        promotion_id: String,
        definition: String,
        status: String,
    }
}

db::row! {
    /// A member with the person's name; all of it NULL behind a code that is no card.
    struct MemberRow {
        member_id: Option<String>,
        member_status: Option<MemberStatus>,
        tier: Option<String>,
        first_name: Option<String>,
        last_name: Option<String>,
        tags: Option<Vec<String>> as Option<Json>,
        birth_date: Option<String>,
        aliases: Option<Vec<String>> as Option<Json>,
        tier_until: Option<Timestamp>,
    }
}

db::row! {
    struct CodeRow {
        code: String,
        kind: CodeKind,
        balance_id: Option<String>,
        promotion_id: Option<String>,
        status: CodeStatus,
        valid_from: Option<Timestamp>,
        valid_until: Option<Timestamp>,
        member: MemberRow as Joined,
    }
}

/// What an offer needs to know of its merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OfferMerchant {
    pub(crate) books: Books,
    /// How long a hold lasts.
    pub(crate) hold_ttl_seconds: i64,
    /// Which [`Program`] is the present one.
    pub(crate) program_version: i64,
    /// Whether DataSync has brought a place of that id.
    pub(crate) knows_place: bool,
}

/// The merchant behind a connection; `None` when it was never set up.
pub(crate) fn merchant(tx: &mut Tx<'_>, merchant: &str, place: &str) -> Result<Option<OfferMerchant>, Error> {
    let Some(found) = tx.optional(&OFFER_MERCHANT, params![merchant, place])? else { return Ok(None) };
    Ok(Some(OfferMerchant {
        books: Books { currency_code: found.currency_code, precision: found.price_precision },
        hold_ttl_seconds: found.hold_ttl_seconds,
        program_version: found.program_version,
        knows_place: found.places > 0,
    }))
}

/// Reads and parses a merchant's program; gives the version it has. To be kept only after the
/// transaction has ended well.
pub(crate) fn program(tx: &mut Tx<'_>, merchant: &str) -> Result<(i64, Program), Error> {
    let unset = || row::unreadable("partner_merchant", "program", "the merchant's row");
    let found = tx.optional(&PROGRAM_SETTINGS, params![merchant])?.ok_or_else(unset)?;
    let settings = ProgramSettings::parse(&found.program)
        .map_err(|_| row::unreadable("partner_merchant", "program", "loyalty settings as JSON"))?;
    let mut promotions = Vec::new();
    for PromotionRow { promotion_id, definition, status } in tx.query(&PROMOTIONS, params![merchant])? {
        let definition = Definition::parse(&definition)
            .map_err(|_| row::unreadable("partner_promotion", "definition", "a promotion's rule as JSON"))?;
        promotions.push(Promotion::new(promotion_id, status == "active", definition));
    }
    let time_zone = zone(&found.time_zone);
    Ok((found.program_version, Program::new(settings, promotions, time_zone)))
}

/// What the scanned texts mean to this merchant; unknown ones are left out. A text that is no code and looks like
/// a contact costs a statement more.
pub(crate) fn codes<'t>(
    tx: &mut Tx<'_>,
    merchant: &str,
    scanned: impl Iterator<Item = &'t str>,
    settings: &CodeSettings,
    currency_code: &str,
) -> Result<Vec<KnownCode>, Error> {
    let mut inputs: Vec<(&str, Cow<'_, str>)> = Vec::with_capacity(scanned.size_hint().0);
    for text in scanned {
        if inputs.iter().all(|(seen, _)| *seen != text) {
            inputs.push((text, settings.bare(text)));
        }
    }
    let mut known = Vec::with_capacity(inputs.len());
    for (scanned, bare) in inputs {
        if let Some(row) = tx.optional(&CODE, params![merchant, &*bare])? {
            known.push(KnownCode { scanned: scanned.to_owned(), ..code(row)? });
        } else if let Some(contact) = settings.contact(&bare, currency_code)
            && let Some(meaning) = behind_contact(tx, merchant, &contact)?
        {
            known.push(KnownCode {
                scanned: scanned.to_owned(),
                code: String::new(),
                status: CodeStatus::Active,
                valid_from: None,
                valid_until: None,
                meaning,
            });
        }
    }
    Ok(known)
}

/// The same as things stand at `now`: a tier whose time is over is what has become of it, judged by somebody or not; and
/// with the members' bills so far, where the program asks for them.
pub(crate) fn codes_at<'t>(
    tx: &mut Tx<'_>,
    program: &Program,
    merchant: (&str, &Books),
    scanned: impl Iterator<Item = &'t str>,
    now: Timestamp,
) -> Result<Vec<KnownCode>, Error> {
    let (merchant, books) = merchant;
    let mut known = codes(tx, merchant, scanned, &program.settings.codes, &books.currency_code)?;
    let visits = program.counts_visits();
    for one in &mut known {
        let Meaning::Card(member) = &mut one.meaning else { continue };
        if visits
            && let Some(orders) = tx.optional(&ORDERS_OF_MEMBER, params![merchant, &member.member_id])?
        {
            Arc::make_mut(member).orders = orders;
        }
        if member.tier_until.is_some_and(|end| end <= now) {
            let (precision, member_id) = (books.precision, member.member_id.as_str());
            let ladder = Ladder { program, precision, merchant, member_id };
            let tier = ladder.standing(tx, member.tier.clone(), member.tier_until, now)?;
            Arc::make_mut(member).tier = tier;
        }
    }
    Ok(known)
}

/// Says of scanned vouchers on which nothing is left whether it ended: as long as nobody has booked that their lots
/// say it, afterwards their last entry.
pub(crate) fn tell_ended(
    tx: &mut Tx<'_>,
    merchant: &str,
    codes: &[KnownCode],
    states: &mut [BalanceState],
) -> Result<(), Error> {
    let scanned = |balance_id: &str| {
        codes
            .iter()
            .any(|known| matches!(&known.meaning, Meaning::Voucher { balance_id: id } if id == balance_id))
    };
    for state in states {
        let nothing = nothing_to_spend(state) == Some(Reason::AlreadyUsed);
        if nothing && scanned(&state.row.balance_id) {
            state.free.ended = ledger::ended_last(tx, merchant, &state.row)?;
        }
    }
    Ok(())
}

/// Who has a contact.
fn behind_contact(tx: &mut Tx<'_>, merchant: &str, contact: &Contact) -> Result<Option<Meaning>, Error> {
    let found = match contact {
        Contact::Phone(key) => tx.query(&MEMBERS_BY_PHONE, params![merchant, key])?,
        Contact::Email(key) => tx.query(&MEMBERS_BY_EMAIL, params![merchant, key])?,
    };
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => Ok(Some(Meaning::Card(Arc::new(member(one)?)))),
        (Some(_), Some(_)) => Ok(Some(Meaning::Ambiguous)),
    }
}

fn member(row: MemberRow) -> Result<Member, Error> {
    let broken = |column, expected| row::unreadable("partner_member", column, expected);
    Ok(Member {
        member_id: row.member_id.ok_or_else(|| broken("member_id", "a member"))?,
        status: row.member_status.ok_or_else(|| broken("status", "a member's row"))?,
        tier: row.tier,
        full_name: full_name(row.first_name, row.last_name),
        tags: row.tags.unwrap_or_default(),
        birth_date: row.birth_date.and_then(|text| text.parse().ok()),
        orders: 0,
        aliases: row.aliases.unwrap_or_default(),
        tier_until: row.tier_until,
    })
}

fn code(row: CodeRow) -> Result<KnownCode, Error> {
    let broken = |column, expected| row::unreadable("partner_code", column, expected);
    let meaning = match row.kind {
        CodeKind::Card => Meaning::Card(Arc::new(member(row.member)?)),
        CodeKind::Voucher => {
            Meaning::Voucher { balance_id: row.balance_id.ok_or_else(|| broken("balance_id", "a balance"))? }
        }
        CodeKind::Promotion => Meaning::Promotion {
            promotion_id: row.promotion_id.ok_or_else(|| broken("promotion_id", "a promotion"))?,
        },
        CodeKind::TopUp => Meaning::TopUp { balance_id: row.balance_id },
    };
    Ok(KnownCode {
        scanned: String::new(),
        code: row.code,
        status: row.status,
        valid_from: row.valid_from,
        valid_until: row.valid_until,
        meaning,
    })
}

fn full_name(first: Option<String>, last: Option<String>) -> Option<String> {
    match (first, last) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (one, other) => one.or(other),
    }
}

/// The ids of the balances an offer has to lock for a member and for what the check holds already.
pub(crate) fn balances_in_play(
    tx: &mut Tx<'_>,
    merchant: &str,
    member_id: Option<&str>,
    check: &CheckKey,
) -> Result<Vec<String>, Error> {
    tx.query(
        &BALANCES_IN_PLAY,
        params![merchant, member_id, &check.place, check.device_number, &check.check_id],
    )
}

/// An answer to be kept.
pub(crate) struct OfferRow<'a> {
    pub(crate) merchant: &'a str,
    pub(crate) offer_id: &'a str,
    pub(crate) check: &'a CheckKey,
    pub(crate) member_id: Option<&'a str>,
    pub(crate) question_hash: &'a [u8],
    /// A JSON list of [`super::OfferedBalance`].
    pub(crate) balances: &'a str,
    /// A JSON list of [`crate::loyalty::promotion::LimitUse`].
    pub(crate) limits: &'a str,
    /// The answer without the person's name, as JSON, packed.
    pub(crate) response: &'a [u8],
    /// A JSON list of sentences.
    pub(crate) remarks: &'a str,
    pub(crate) now: Timestamp,
}

/// Keeps the newest answer under its id.
pub(crate) fn keep_offer(tx: &mut Tx<'_>, offer: &OfferRow<'_>) -> Result<(), Error> {
    tx.execute(
        &KEEP_OFFER,
        params![
            offer.merchant,
            offer.offer_id,
            &offer.check.place,
            offer.check.device_number,
            &offer.check.check_id,
            offer.member_id,
            offer.question_hash,
            offer.balances,
            offer.response,
            offer.remarks,
            offer.now,
            offer.limits,
        ],
    )?;
    Ok(())
}

/// The check an offer was made for; `None` when the offer is not known.
pub(crate) fn offer_check(
    tx: &mut Tx<'_>,
    merchant: &str,
    offer_id: &str,
) -> Result<Option<CheckKey>, Error> {
    tx.optional(&OFFER_CHECK, params![merchant, offer_id])
}

/// A refusal by a register, to be kept with its offer.
pub(crate) struct Invalid<'a> {
    pub(crate) merchant: &'a str,
    pub(crate) offer_id: &'a str,
    pub(crate) check: &'a CheckKey,
    /// A JSON list.
    pub(crate) errors: &'a str,
    /// Kept only when the offer is not known.
    pub(crate) remarks: &'a str,
    pub(crate) now: Timestamp,
}

/// Keeps a refusal; an offer that a report has used already stays used.
pub(crate) fn invalidate_offer(tx: &mut Tx<'_>, invalid: &Invalid<'_>) -> Result<(), Error> {
    let no_question: &[u8] = &[];
    tx.execute(
        &INVALIDATE_OFFER,
        params![
            invalid.merchant,
            invalid.offer_id,
            &invalid.check.place,
            invalid.check.device_number,
            &invalid.check.check_id,
            no_question,
            invalid.errors,
            invalid.remarks,
            invalid.now,
            &row::packed("{}"),
        ],
    )?;
    Ok(())
}

/// The balances on which an offer keeps something, in the order in which they are to be locked.
pub(crate) fn holds_of_offer(
    tx: &mut Tx<'_>,
    merchant: &str,
    check: &CheckKey,
    offer_id: &str,
) -> Result<Vec<String>, Error> {
    let mut held = tx.query(
        &HOLDS_OF_OFFER,
        params![merchant, &check.place, check.device_number, &check.check_id, offer_id],
    )?;
    // here and not in SQL: the order of text differs between databases, the order of locks may not
    held.sort_unstable();
    Ok(held)
}

/// Marks the offer as used; false when another bill of it was reported before.
pub(crate) fn use_offer(tx: &mut Tx<'_>, merchant: &str, offer_id: &str) -> Result<bool, Error> {
    Ok(tx.execute(&USE_OFFER, params![merchant, offer_id])? > 0)
}
