//! How is a member erased, and what becomes of the value that is left?
//!
//! The row about the person and the cards go, the entries stay under the opaque id (loyalty.md §12 G2). The value stays
//! too, or is paid out, or becomes vouchers of whoever carries their codes (G3). Value that an open check holds is not
//! settled: its bill is about to be paid, and would find nothing. Facts that come later are booked on the balances as
//! they are then.

mod store;

use super::ledger::{self, BalanceRow, BalanceStatus, Book, Link, Price, standing, store as balances};
use super::people::code::{self, CodeKind, CodeStatus, NewCode};
use super::people::customer::{self, Changed};
use super::people::member::{self, MemberStatus};
use super::people::person;
use super::program::{ErasedValue, ProgramCache};
use crate::loyalty::ledger::expiry::Terms;
use crate::loyalty::merge::recompute;
use crate::merchant::{self, MerchantRow};
use crate::row;
use db::{Tx, TxError};
use door::ApiError;
use jiff::Timestamp;
use money::Amount;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use store::Erasure;
use wire::Number;
use wire::admin::partner::people::{ErasedBalance, ErasedMember};
use wire::loyalty::BalanceType;

/// A member to be erased.
#[derive(Debug, Clone)]
pub(crate) struct EraseCommand {
    pub(crate) merchant: String,
    pub(crate) member_id: String,
    /// What this call says of the value; `None`: as the program says.
    pub(crate) asked: Option<ErasedValue>,
    /// The codes of vouchers are made from it; drawn for this call alone.
    pub(crate) secret: [u8; 32],
    pub(crate) now: Timestamp,
}

/// Erases a member. `None` where the value stays. Again: nothing happens, and the same is answered without the codes.
///
/// # Errors
/// 404 when there is no such member; 409 when it was merged into another one, when an open check holds some of the
/// value, or when it was erased before and its value went another way than is asked now.
pub(crate) fn erase(
    tx: &mut Tx<'_>,
    programs: &ProgramCache,
    command: &EraseCommand,
) -> Result<Option<ErasedMember>, TxError<ApiError>> {
    let (merchant, member_id, now) = (command.merchant.as_str(), command.member_id.as_str(), command.now);
    let missing = || refused(ApiError::not_found("member", member_id));
    let Some(settings) = merchant::get(tx, merchant)? else { return missing() };
    let program = programs.of(&settings)?;
    let wanted = command.asked.unwrap_or(program.settings.erased_value);
    let ids: BTreeSet<String> = match wanted {
        ErasedValue::Keep => BTreeSet::new(),
        _ => store::balance_ids(tx, merchant, member_id)?.into_iter().collect(),
    };
    let terms = Terms::new(&program.settings, program.local("", now));
    let mut book = Book::lock(tx, merchant, &ids.iter().map(String::as_str).collect(), terms, now)?;
    customer::hold_back(tx, merchant, member_id)?;
    let Some(stands) = store::standing(tx, merchant, member_id)? else {
        return missing();
    };
    match (stands.status, stands.merged_into) {
        (MemberStatus::Erased, _) => return again(tx, &settings, command),
        (MemberStatus::Merged, Some(into)) => {
            return refused(ApiError::conflict(format!(
                "{member_id} was merged into {into}: erase that one, or undo the merge"
            )));
        }
        _ => {}
    }
    let answer = match wanted {
        ErasedValue::Keep => None,
        _ => Some(settle(tx, &mut book, &settings, command, wanted)?),
    };
    book.close(tx)?;
    let mut people: Vec<String> = row::json("partner_member", "aliases", &stands.aliases)?;
    people.push(member_id.to_owned());
    for one in &people {
        member::erase(tx, merchant, one, now)?;
        person::delete(tx, merchant, one)?;
    }
    code::delete_cards(tx, merchant, member_id)?;
    recompute(tx, merchant, member_id, Changed::Points, now)?;
    Ok(answer)
}

/// The ids under which a member was known: its own and those of the members that were merged into it.
pub(crate) fn people(tx: &mut Tx<'_>, merchant: &str, member_id: &str) -> Result<Vec<String>, db::Error> {
    let Some(standing) = store::standing(tx, merchant, member_id)? else { return Ok(Vec::new()) };
    let mut people: Vec<String> = row::json("partner_member", "aliases", &standing.aliases)?;
    people.push(member_id.to_owned());
    Ok(people)
}

fn refused<T>(error: ApiError) -> Result<T, TxError<ApiError>> {
    Err(TxError::Refused(error))
}

/// The answer to a call that was made before.
fn again(
    tx: &mut Tx<'_>,
    settings: &MerchantRow,
    command: &EraseCommand,
) -> Result<Option<ErasedMember>, TxError<ApiError>> {
    let member_id = command.member_id.as_str();
    let kept = store::kept(tx, &command.merchant, member_id)?;
    let was = kept.as_ref().map_or(ErasedValue::Keep, |kept| kept.erased_value);
    if let Some(asked) = command.asked.filter(|asked| *asked != was) {
        return refused(ApiError::conflict(format!(
            "erasedValue: {member_id} was erased with {}, which {} cannot change; adjust its balances by hand",
            was.as_str(),
            asked.as_str()
        )));
    }
    let Some(kept) = kept else { return Ok(None) };
    Ok(Some(ErasedMember {
        member_id: member_id.to_owned(),
        erased_value: kept.erased_value.as_str().to_owned(),
        currency_code: settings.currency_code.clone(),
        hand_over: Number::from_amount(Amount(kept.hand_over), settings.precision),
        balances: row::json("partner_erasure", "balances", &kept.balances)?,
    }))
}

/// Settles every balance of the member, and keeps what became of it.
fn settle(
    tx: &mut Tx<'_>,
    book: &mut Book<'_>,
    settings: &MerchantRow,
    command: &EraseCommand,
    wanted: ErasedValue,
) -> Result<ErasedMember, TxError<ApiError>> {
    let (merchant, member_id, now) = (command.merchant.as_str(), command.member_id.as_str(), command.now);
    let rows: Vec<BalanceRow> = book
        .balance_ids()
        .into_iter()
        .filter_map(|id| book.row(id).cloned())
        .filter(|row| row.member_id.as_deref() == Some(member_id))
        .collect();
    let ids: Vec<&str> = rows.iter().map(|row| row.balance_id.as_str()).collect();
    if let Some(hold) = balances::active_holds(tx, merchant, &ids)?.iter().find(|hold| hold.counts(now)) {
        let (check, id) = (&hold.check, &hold.balance_id);
        return refused(ApiError::conflict(format!(
            "balance {id} is held by check {} of register {} at place {} until {}; let it be paid, or release the hold",
            check.check_id, check.device_number, check.place, hold.expires_at
        )));
    }
    let mut codes: BTreeMap<String, String> = BTreeMap::new();
    let (mut hand_over, mut outcomes) = (0_i64, Vec::new());
    for row in &rows {
        let mut one = Outcome::of(row, settings);
        if let Some(reason) = stays(row, wanted, book.value(&row.balance_id)) {
            one.shown.outcome = "kept".to_owned();
            one.shown.reason = Some(reason.to_owned());
        } else if wanted == ErasedValue::PayOut {
            let prices = balances::prices_of_lots(tx, merchant, &row.balance_id)?;
            hand_over = hand_over.saturating_add(one.pay_out(tx, book, &prices)?);
            code::freeze_of_balance(tx, merchant, &row.balance_id)?;
        } else {
            let code = bearer_code(&command.secret, &row.balance_id);
            one.become_voucher(book.value(&row.balance_id));
            code::freeze_of_balance(tx, merchant, &row.balance_id)?;
            standing::disown(tx, merchant, &row.balance_id)?;
            add_code(tx, merchant, &code, &row.balance_id, now)?;
            codes.insert(row.balance_id.clone(), code);
        }
        outcomes.push(one.shown);
    }
    let erasure = Erasure {
        erased_value: wanted,
        hand_over,
        balances: row::to_json("partner_erasure", "balances", &outcomes)?,
    };
    store::keep(tx, merchant, member_id, &erasure, now)?;
    for one in &mut outcomes {
        one.code = codes.remove(&one.balance_id);
    }
    Ok(ErasedMember {
        member_id: member_id.to_owned(),
        erased_value: wanted.as_str().to_owned(),
        currency_code: settings.currency_code.clone(),
        hand_over: Number::from_amount(Amount(hand_over), settings.precision),
        balances: outcomes,
    })
}

/// Why a balance is left as it is; `None` where it is settled. A blocked one is a person's decision, one that is not
/// activated was not sold yet, and the money for another issuer's voucher is not here (loyalty.md §3 V8).
fn stays(row: &BalanceRow, wanted: ErasedValue, value: i64) -> Option<&'static str> {
    let foreign = row.settings.issuer_id.is_some();
    match row.status {
        BalanceStatus::Frozen => Some("frozen"),
        BalanceStatus::Inactive => Some("inactive"),
        BalanceStatus::Active => match wanted {
            ErasedValue::Keep => Some("kept"),
            ErasedValue::PayOut => foreign.then_some("foreignIssuer"),
            ErasedValue::BearerVoucher if value < 0 => Some("belowZero"),
            ErasedValue::BearerVoucher => (value == 0).then_some("empty"),
        },
    }
}

/// What became of one balance, on its way into the answer.
struct Outcome<'a> {
    row: &'a BalanceRow,
    settings: &'a MerchantRow,
    shown: ErasedBalance,
}

impl<'a> Outcome<'a> {
    fn of(row: &'a BalanceRow, settings: &'a MerchantRow) -> Self {
        let shown = ErasedBalance {
            balance_id: row.balance_id.clone(),
            r#type: row.balance_type,
            outcome: String::new(),
            hand_over: Number::ZERO,
            forfeited: Number::ZERO,
            written_off: Number::ZERO,
            value: Number::ZERO,
            code: None,
            reason: None,
        };
        Self { row, settings, shown }
    }

    fn number(&self, units: i64) -> Number {
        if self.row.balance_type == BalanceType::CollectablePoints {
            Number::from(units)
        } else {
            Number::from_amount(Amount(units), self.settings.precision)
        }
    }

    /// Empties the balance; what is to be handed over, in minor units.
    fn pay_out(
        &mut self,
        tx: &mut Tx<'_>,
        book: &mut Book<'_>,
        prices: &BTreeMap<String, Price>,
    ) -> Result<i64, db::Error> {
        let link = Link { reason: Some("member erased".to_owned()), ..Link::default() };
        let left = book.empty(tx, &self.row.balance_id, prices, &link)?;
        let money = ledger::sum(&left.pay_out);
        self.shown.outcome = "settled".to_owned();
        self.shown.hand_over = self.number(money);
        self.shown.forfeited = self.number(ledger::sum(&left.forfeit));
        self.shown.written_off = self.number(ledger::sum(&left.write_off));
        Ok(money)
    }

    fn become_voucher(&mut self, value: i64) {
        self.shown.outcome = "voucher".to_owned();
        self.shown.value = self.number(value);
    }
}

/// The code that spends a balance: 128 bits nobody can guess, in letters and digits that are not taken for each other.
fn bearer_code(secret: &[u8; 32], balance_id: &str) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let digest = Sha256::new().chain_update(secret).chain_update(balance_id).finalize();
    let mut bits: u128 = 0;
    for byte in digest.iter().take(16) {
        bits = bits << 8 | u128::from(*byte);
    }
    let letter = |place: u32| {
        let index = usize::try_from(bits >> (5 * place) & 31).unwrap_or(0);
        char::from(LETTERS[index])
    };
    (0..26).rev().map(letter).collect()
}

fn add_code(
    tx: &mut Tx<'_>,
    merchant: &str,
    code: &str,
    balance_id: &str,
    now: Timestamp,
) -> Result<(), TxError<ApiError>> {
    let new = NewCode {
        code,
        kind: CodeKind::Voucher,
        member_id: None,
        balance_id: Some(balance_id),
        promotion_id: None,
        status: CodeStatus::Active,
        valid_from: None,
        valid_until: None,
    };
    if code::insert(tx, merchant, &new, now)? {
        return Ok(());
    }
    refused(ApiError::conflict("the code that was drawn is taken: nothing happened, call again"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loyalty::ledger::BalanceSettings;

    #[test]
    fn a_bearer_code_is_long_and_each_balances_own() {
        let code = bearer_code(&[7; 32], "credit");
        assert_eq!(code.len(), 26);
        assert!(code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()), "{code}");
        assert_eq!(code, bearer_code(&[7; 32], "credit"), "a closure may run twice");
        assert_ne!(code, bearer_code(&[8; 32], "credit"));
        assert_ne!(code, bearer_code(&[7; 32], "points"));
    }

    #[test]
    fn what_is_blocked_unsold_or_anothers_stays() {
        use BalanceStatus::{Active, Frozen, Inactive};
        use ErasedValue::{BearerVoucher, PayOut};
        // status, another issuer's, what is wanted, value, why it stays
        for (status, foreign, wanted, value, reason) in [
            (Active, false, PayOut, 100, None),
            (Active, false, PayOut, 0, None),
            (Active, false, PayOut, -100, None),
            (Active, true, PayOut, 100, Some("foreignIssuer")),
            (Frozen, false, PayOut, 100, Some("frozen")),
            (Inactive, false, PayOut, 100, Some("inactive")),
            (Active, false, BearerVoucher, 100, None),
            (Active, true, BearerVoucher, 100, None),
            (Active, false, BearerVoucher, 0, Some("empty")),
            (Active, false, BearerVoucher, -1, Some("belowZero")),
            (Frozen, false, BearerVoucher, 100, Some("frozen")),
            (Inactive, false, BearerVoucher, 100, Some("inactive")),
        ] {
            let row = BalanceRow {
                balance_id: "b".to_owned(),
                balance_type: BalanceType::SinglePurposePrepaidVoucher,
                member_id: Some("m".to_owned()),
                status,
                settings: BalanceSettings {
                    issuer_id: foreign.then(|| "other".to_owned()),
                    ..BalanceSettings::default()
                },
                posted: value,
                version: 1,
                last_entry: 1,
                blocked_from: None,
            };
            assert_eq!(stays(&row, wanted, value), reason, "{status:?} {foreign} {wanted:?} {value}");
        }
    }
}
