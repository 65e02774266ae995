//! How is an offer explained without making one?
//!
//! The same reading and the same pure quote as [`super::get_benefit_offer()`], but in a reading transaction: no balance
//! is locked, no hold placed, no offer kept.

use super::answer::answer;
use super::balance_state::BalanceState;
use super::basket::Basket;
use super::code::{KnownCode, Meaning, member_of};
use super::get_benefit_offer::limit_keys;
use super::hold;
use super::quote::{Question, explain};
use super::store;
use super::wishes::Wishes;
use crate::loyalty::ledger::{CheckKey, HoldRow, store as ledger};
use crate::loyalty::limit::{Asking, Counters};
use crate::loyalty::program::{Program, voucher_product};
use db::{Tx, TxError};
use door::ApiError;
use jiff::Timestamp;
use wire::admin::partner::Explained;
use wire::loyalty::ThirdPartyLoyaltyOfferRequest;

/// A question to be explained.
pub(crate) struct Explain {
    merchant: String,
    check: CheckKey,
    basket: Basket,
    wishes: Wishes,
    now: Timestamp,
}

impl Explain {
    /// Reads what needs no database.
    ///
    /// # Errors
    /// 400 as for an offer.
    pub(crate) fn read(
        merchant: String,
        message: ThirdPartyLoyaltyOfferRequest,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let basket = Basket::read(message).map_err(|unreadable| {
            ApiError::field(&unreadable.path, unreadable.expected, &unreadable.found)
        })?;
        let check = CheckKey {
            place: basket.request.place_id.clone(),
            device_number: basket.request.device_number,
            check_id: basket.request.check_id.clone(),
        };
        Ok(Self { merchant, check, wishes: Wishes::of(&basket.request), basket, now })
    }

    /// Answers and says why.
    ///
    /// # Errors
    /// 404 when the merchant is not set up.
    pub(crate) fn run(&self, tx: &mut Tx<'_>) -> Result<Explained, TxError<ApiError>> {
        let request = &self.basket.request;
        let merchant = store::merchant(tx, &self.merchant, &request.place_id)?
            .ok_or_else(|| TxError::Refused(ApiError::not_found("merchant")))?;
        let (_, program) = store::program(tx, &self.merchant)?;
        let scanned = request.benefit_inputs.iter().map(|input| input.input_code.as_str());
        let codes = store::codes_at(tx, &program, (&self.merchant, &merchant.books), scanned, self.now)?;
        let balances = self.balances(tx, &program, &codes)?;
        let offer_id = request.loyalty_offer_id.as_str();
        let asking = Asking { merchant: &self.merchant, check: &self.check, offer_id, now: self.now };
        let watched = limit_keys(&self.basket, &codes, &program, self.now);
        let limits = Counters::look(tx, &asking, watched)?.taken(&asking);
        let question = Question {
            program: &program,
            books: &merchant.books,
            basket: &self.basket,
            codes: &codes,
            balances: &balances,
            wishes: &self.wishes,
            limits: &limits,
        };
        let quote = explain(&question, self.now);
        let offer = answer(&question, &quote);
        let steps =
            quote.notes.steps.iter().map(|note| serde_json::to_value(note).unwrap_or_default()).collect();
        Ok(Explained { offer, steps })
    }

    /// The balances a code opens and those the check holds something of, as they stand.
    fn balances(
        &self,
        tx: &mut Tx<'_>,
        program: &Program,
        codes: &[KnownCode],
    ) -> Result<Vec<BalanceState>, db::Error> {
        let member = member_of(&self.basket.request, codes, self.now);
        let member_id = member.map(|member| member.member_id.as_str());
        let mut ids = store::balances_in_play(tx, &self.merchant, member_id, &self.check)?;
        ids.extend(codes.iter().filter_map(|known| match &known.meaning {
            Meaning::Voucher { balance_id } => Some(balance_id.clone()),
            Meaning::TopUp { balance_id } => balance_id.clone(),
            Meaning::Card(_) | Meaning::Promotion { .. } | Meaning::Ambiguous => None,
        }));
        ids.sort_unstable();
        ids.dedup();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let lots = ledger::open_lots(tx, &self.merchant, &ids)?;
        let holds = ledger::holds_that_count(tx, &self.merchant, &ids, Some(&self.check), self.now)?;
        let day = program.local(&self.basket.request.place_id, self.now).date();
        let mut states = Vec::with_capacity(ids.len());
        for id in ids {
            let Some(mut row) = ledger::get_balance(tx, &self.merchant, id)? else { continue };
            let lots = lots.get(id).map_or(&[] as &[_], Vec::as_slice);
            let used = !lots.is_empty() || row.posted != 0;
            voucher_product::settle(&program.settings.voucher_products, &mut row, used, day);
            let holds: Vec<HoldRow> = holds.iter().filter(|hold| hold.balance_id == id).cloned().collect();
            let free = hold::free_for(row.posted, lots, &holds, &self.check, self.now);
            states.push(BalanceState { row, free });
        }
        store::tell_ended(tx, &self.merchant, codes, &mut states)?;
        Ok(states)
    }
}
