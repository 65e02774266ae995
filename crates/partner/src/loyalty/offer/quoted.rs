//! What is left of an offer once its holds are placed?
//!
//! To be put into words, which needs no database and so may be done beside the lane; then to be kept, in the transaction
//! that placed the holds.

use super::answer::answer;
use super::balance_state::{BalanceState, Scale};
use super::code::KnownCode;
use super::named::Named;
use super::offered::OfferedBalance;
use super::quote::{Question, Quote};
use super::request::OfferRequest;
use super::store::{self, OfferMerchant, OfferRow};
use super::top_up;
use crate::loyalty::ledger::{balance_of, wire_id};
use crate::loyalty::program::Program;
use crate::loyalty::promotion::Taken;
use crate::row;
use db::Tx;
use std::sync::Arc;

/// A program that was parsed on the way, with its merchant and version: to be kept in memory once the transaction stands.
type Parsed = Option<(String, i64, Arc<Program>)>;

/// A quote with all that it was made of.
pub(super) struct Quoted {
    pub(super) asked: Arc<OfferRequest>,
    pub(super) merchant: OfferMerchant,
    pub(super) program: Arc<Program>,
    pub(super) parsed: Parsed,
    pub(super) codes: Vec<KnownCode>,
    pub(super) balances: Vec<BalanceState>,
    pub(super) limits: Taken,
    pub(super) quote: Quote,
}

/// An offer in words: what goes out, and what is kept of it.
pub(super) struct Worded {
    asked: Arc<OfferRequest>,
    parsed: Parsed,
    member_id: Option<String>,
    balances: String,
    limits: String,
    response: Vec<u8>,
    remarks: String,
    body: String,
}

/// An answer, kept.
pub(super) struct Made {
    /// What goes out.
    pub(super) body: String,
    /// See [`Quoted`].
    pub(super) parsed: Parsed,
}

impl Quoted {
    /// Puts the offer into words. What is kept of it names no person: names live in one table only (loyalty.md G1).
    ///
    /// # Errors
    /// A value that JSON cannot express.
    pub(super) fn into_words(self) -> Result<Worded, db::Error> {
        let mut response = answer(&self.question(), &self.quote);
        let person = Named::take(&mut response, &self.codes);
        let kept = row::to_json("partner_offer", "response", &response)?;
        let packed = row::packed(&kept);
        let body = match person {
            Some(person) => {
                person.put_back(&mut response);
                row::to_json("partner_offer", "response", &response)?
            }
            None => kept,
        };
        Ok(Worded {
            member_id: self.quote.member.as_ref().map(|member| member.member_id.clone()),
            balances: row::to_json("partner_offer", "balances", &self.offered())?,
            limits: row::to_json("partner_offer", "limits", &self.quote.limit_uses)?,
            remarks: row::to_json("partner_offer", "remarks", &self.remarks())?,
            response: packed,
            body,
            asked: self.asked,
            parsed: self.parsed,
        })
    }

    /// What was asked, with all that the quote was made of.
    pub(super) fn question(&self) -> Question<'_> {
        Question {
            program: &self.program,
            books: &self.merchant.books,
            basket: &self.asked.basket,
            codes: &self.codes,
            balances: &self.balances,
            wishes: &self.asked.wishes,
            limits: &self.limits,
        }
    }

    /// What the usage report that follows has to know.
    fn offered(&self) -> Vec<OfferedBalance> {
        let spent = self.quote.given.iter().filter(|given| given.used > 0).map(|given| OfferedBalance {
            balance_id: wire_id(&self.balances[given.balance].row.balance_id, given.part),
            amount: given.in_ledger(),
            prepaid: None,
            sold_as: None,
        });
        let scale = Scale::new(self.merchant.books.precision, self.asked.basket.precision);
        let topped_up = self.quote.top_ups.iter().map(|one| {
            let row = &self.balances[one.balance].row;
            OfferedBalance {
                balance_id: row.balance_id.clone(),
                amount: 0,
                prepaid: Some(scale.to_ledger(one.value)),
                sold_as: Some(top_up::sold_as(row, self.quote.day)),
            }
        });
        spent.chain(topped_up).collect()
    }

    /// Ids in the body that this merchant does not know: kept with the offer and explained, not refused.
    fn remarks(&self) -> Vec<String> {
        let request = &self.asked.basket.request;
        let mut remarks = Vec::new();
        if request.merchant_id != self.asked.merchant {
            let id = &request.merchant_id;
            remarks.push(format!(
                "merchantId {id:?} is not the merchant of this connection; the connection decides"
            ));
        }
        if !self.merchant.knows_place {
            let id = &request.place_id;
            remarks.push(format!(
                "placeId {id:?} is no place that was synchronized; holds are kept under it all the same"
            ));
        }
        for (index, balance) in request.balances.iter().enumerate() {
            let id = balance_of(&balance.balance_id);
            if !self.balances.iter().any(|state| state.row.balance_id == id) {
                let id = &balance.balance_id;
                remarks.push(format!(
                    "balances[{index}].balanceId {id:?} is not behind any code of this request; the choice has no effect"
                ));
            }
        }
        remarks
    }
}

impl Worded {
    /// Writes the offer's row.
    ///
    /// # Errors
    /// What the database refuses.
    pub(super) fn keep(self, tx: &mut Tx<'_>) -> Result<Made, db::Error> {
        let asked = &self.asked;
        store::keep_offer(
            tx,
            &OfferRow {
                merchant: &asked.merchant,
                offer_id: &asked.basket.request.loyalty_offer_id,
                check: &asked.check,
                member_id: self.member_id.as_deref(),
                question_hash: &asked.question_hash,
                balances: &self.balances,
                limits: &self.limits,
                response: &self.response,
                remarks: &self.remarks,
                now: asked.now,
            },
        )?;
        Ok(Made { body: self.body, parsed: self.parsed })
    }
}
