//! What happens when a register asks what a guest may use?
//!
//! The webhook getBenefitOffer (protocol.md §10.2–§10.6). One transaction: what the codes mean, the
//! balances behind them locked in the order of their ids, the pure quote, the holds; then, put into words
//! beside the lane ([`super::quoted`]), the offer's row.

use super::balance_state::BalanceState;
use super::basket::Basket;
use super::code::{KnownCode, Meaning, member_of};
use super::hold;
use super::quote::{Question, Quote, quote};
use super::quoted::{Quoted, Worded};
use super::request::OfferRequest;
use super::store::{self, OfferMerchant};
use super::wishes::Wishes;
use crate::id::id_fits;
use crate::loyalty::ledger::holds::{self, NewHold};
use crate::loyalty::ledger::{
    BalanceRow, CheckKey, HoldRow, LotPart, LotState, Move, fill_holes, shortfall, store as ledger,
    voucher_class,
};
use crate::loyalty::limit::{Asking, Counters};
use crate::loyalty::program::{Program, ProgramCache};
use crate::loyalty::promotion::{Watched, any_limited};
use crate::{LoyaltyConnection, Partner};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use db::{Tx, TxError};
use door::{ApiError, RawMessage};
use http::header;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use wire::loyalty::{LoyaltyOfferResponse, ThirdPartyLoyaltyOfferRequest};

/// What a guest may use on a check. Asked again and again while the basket changes, and once more right
/// before payment; the same question on the same books gets the same bytes, and the holds only move
/// their end.
///
/// Ids in the body that the connection's merchant does not know are recorded and explained, not refused.
#[utoipa::path(
    post,
    path = "/partner/loyalty/getBenefitOffer",
    tag = "Loyalty partner",
    operation_id = "getBenefitOffer",
    request_body = ThirdPartyLoyaltyOfferRequest,
    responses(
        (status = 200, description = "What can be applied", body = LoyaltyOfferResponse),
        (status = 400, description = "Not an offer request; the field is named"),
        (status = 401, description = "Not the token of a loyalty connection"),
        (status = 413, description = "Longer than the limit"),
        (status = 503, description = "Too busy; Retry-After says when to come back"),
    ),
)]
pub(crate) async fn get_benefit_offer(
    State(partner): State<Partner>,
    connection: LoyaltyConnection,
    RawMessage { message, bytes }: RawMessage<ThirdPartyLoyaltyOfferRequest>,
) -> Result<Response, ApiError> {
    let asked = Arc::new(OfferRequest::read(connection.merchant, message, &bytes, partner.outside().now())?);
    // held here as well, so that taking the question apart is not the lane's work
    let (question, programs) = (Arc::clone(&asked), partner.clone());
    let made = partner.db().write_in_parts(
        "get_benefit_offer",
        move |tx| question.quote(tx, programs.programs(), quote),
        Quoted::into_words,
        |tx, worded: Result<Worded, db::Error>| Ok(worded?.keep(tx)?),
    );
    let made = made.await?;
    if let Some((merchant, version, program)) = made.parsed {
        partner.programs().keep(&merchant, version, program);
    }
    Ok(([(header::CONTENT_TYPE, "application/json")], made.body).into_response())
}

/// The counters an offer for this basket may touch. An empty basket touches none.
fn limit_keys(basket: &Basket, codes: &[KnownCode], program: &Program, now: Timestamp) -> Watched {
    let request = &basket.request;
    if request.items_to_pay.is_empty() {
        return Watched::default();
    }
    let scanned: Vec<(usize, &str)> = codes
        .iter()
        .filter(|known| known.standing(now).is_ok())
        .filter_map(|known| match &known.meaning {
            Meaning::Promotion { promotion_id } => {
                Some((program.position(promotion_id)?, known.code.as_str()))
            }
            _ => None,
        })
        .collect();
    let member = member_of(request, codes, now);
    let subject = member.map(|member| (member.member_id.as_str(), member.aliases.as_slice()));
    Watched::new(&program.promotions, &scanned, subject, &program.local(&request.place_id, now))
}

/// The holds on one balance; the rows come grouped by balance.
fn holds_on<'a>(holds: &'a [HoldRow], balance_id: &str) -> &'a [HoldRow] {
    holds
        .chunk_by(|one, other| one.balance_id == other.balance_id)
        .find(|group| group.iter().any(|hold| hold.balance_id == balance_id))
        .unwrap_or_default()
}

/// A check's balances as they are locked, with every hold on them.
struct Locked {
    states: Vec<BalanceState>,
    holds: Vec<HoldRow>,
    /// Those of them with a shortfall beside what is held.
    holes: Vec<String>,
}

impl OfferRequest {
    /// Reads what needs no database.
    ///
    /// # Errors
    /// 400 that names the member: an id that cannot be kept, or what is no amount of money.
    pub(super) fn read(
        merchant: String,
        message: ThirdPartyLoyaltyOfferRequest,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        for (path, id) in [
            ("loyaltyOfferId", &message.loyalty_offer_id),
            ("checkId", &message.check_id),
            ("placeId", &message.place_id),
        ] {
            id_fits(path, id)?;
        }
        // of the bytes as they came: the canonical form would cost a second parse, and nothing is decided by it
        let question_hash = Sha256::digest(bytes).into();
        let basket = Basket::read(message).map_err(|unreadable| {
            ApiError::field(&unreadable.path, unreadable.expected, &unreadable.found)
        })?;
        let check = CheckKey {
            place: basket.request.place_id.clone(),
            device_number: basket.request.device_number,
            check_id: basket.request.check_id.clone(),
        };
        Ok(Self { merchant, check, wishes: Wishes::of(&basket.request), basket, question_hash, now })
    }

    /// Quotes by `how`, which may also explain, and places the holds. What is left is [`Quoted::into_words`] and
    /// [`Worded::keep`], in the same transaction.
    pub(super) fn quote(
        self: &Arc<Self>,
        tx: &mut Tx<'_>,
        programs: &ProgramCache,
        how: fn(&Question<'_>, Timestamp) -> Quote,
    ) -> Result<Quoted, TxError<ApiError>> {
        let request = &self.basket.request;
        let merchant = store::merchant(tx, &self.merchant, &request.place_id)?.ok_or_else(|| {
            TxError::Refused(ApiError::not_found("the merchant of this loyalty connection,", &self.merchant))
        })?;
        let mut parsed = None;
        let program = match programs.get(&self.merchant, merchant.program_version) {
            Some(program) => program,
            None => {
                let (version, program) = store::program(tx, &self.merchant)?;
                let program = Arc::new(program);
                parsed = Some((self.merchant.clone(), version, program.clone()));
                program
            }
        };
        let codes = self.codes(tx, &program, &merchant)?;
        let locked = self.lock(tx, &program, &codes)?;
        let counters = self.counters(tx, &program, &codes)?;
        let limits = counters.taken(&self.asking());
        let question = Question {
            program: &program,
            books: &merchant.books,
            basket: &self.basket,
            codes: &codes,
            balances: &locked.states,
            wishes: &self.wishes,
            limits: &limits,
        };
        let quote = how(&question, self.now);
        tracing::debug!(
            offer_id = %request.loyalty_offer_id,
            total = quote.total.0,
            benefits = quote.benefits.0,
            payments = quote.payments.0,
            payable = quote.payable.0,
            "quoted"
        );
        self.hold(tx, &locked, &quote, merchant.hold_ttl_seconds)?;
        let end = hold::end(self.now, merchant.hold_ttl_seconds);
        counters.follow(tx, &self.asking(), &quote.limit_uses, end)?;
        let balances = locked.states;
        Ok(Quoted { asked: Arc::clone(self), merchant, program, parsed, codes, balances, limits, quote })
    }

    /// What the scanned texts mean.
    fn codes(
        &self,
        tx: &mut Tx<'_>,
        program: &Program,
        merchant: &OfferMerchant,
    ) -> Result<Vec<KnownCode>, db::Error> {
        let scanned = self.basket.request.benefit_inputs.iter().map(|input| input.input_code.as_str());
        store::codes_at(tx, program, (&self.merchant, &merchant.books), scanned, self.now)
    }

    /// Locks every balance a code opens and every one the check still holds something of, in the order
    /// of their ids, then reads their lots and holds.
    fn lock(&self, tx: &mut Tx<'_>, program: &Program, codes: &[KnownCode]) -> Result<Locked, db::Error> {
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
        let mut rows = Vec::with_capacity(ids.len());
        for id in &ids {
            rows.extend(ledger::lock_balance(tx, &self.merchant, id, self.now)?);
        }
        let ids: Vec<&str> = rows.iter().map(|balance| balance.balance_id.as_str()).collect();
        let mut lots = ledger::open_lots(tx, &self.merchant, &ids)?;
        // what holds have left free belongs to the holes beside it before it is offered
        let is_short = |row: &&BalanceRow, lots: &BTreeMap<String, Vec<LotState>>| {
            lots.get(&row.balance_id).is_some_and(|lots| shortfall(row, lots) > 0)
        };
        let short = rows.iter().filter(|row| is_short(row, &lots));
        let short: Vec<&str> = short.map(|row| row.balance_id.as_str()).collect();
        if !short.is_empty() && fill_holes(tx, &self.merchant, &short, self.now)? {
            lots = ledger::open_lots(tx, &self.merchant, &ids)?;
        }
        let holds = ledger::holds_that_count(tx, &self.merchant, &ids, Some(&self.check), self.now)?;
        let day = program.local(&self.basket.request.place_id, self.now).date();
        let with_hole = rows.iter().filter(|row| is_short(row, &lots));
        let holes = with_hole.map(|row| row.balance_id.clone()).collect();
        let mut states: Vec<BalanceState> = rows
            .into_iter()
            .map(|mut row| {
                let lots = lots.get(&row.balance_id).map_or(&[] as &[_], Vec::as_slice);
                let used = !lots.is_empty() || row.posted != 0;
                voucher_class::settle(&program.settings.voucher_products, &mut row, used, day);
                let of_balance = holds_on(&holds, &row.balance_id);
                let free = hold::free_for(row.posted, lots, of_balance, &self.check, self.now);
                BalanceState { row, free }
            })
            .collect();
        store::tell_ended(tx, &self.merchant, codes, &mut states)?;
        Ok(Locked { states, holds, holes })
    }

    fn asking(&self) -> Asking<'_> {
        Asking {
            merchant: &self.merchant,
            check: &self.check,
            offer_id: &self.basket.request.loyalty_offer_id,
            now: self.now,
        }
    }

    /// Locks the limits this offer may touch, after the balances. Nothing to do while no promotion of the
    /// merchant is limited.
    fn counters(
        &self,
        tx: &mut Tx<'_>,
        program: &Program,
        codes: &[KnownCode],
    ) -> Result<Counters, db::Error> {
        if !any_limited(&program.promotions) {
            return Ok(Counters::default());
        }
        Counters::lock(tx, &self.asking(), limit_keys(&self.basket, codes, program, self.now))
    }

    /// Lets the check's holds follow the quote (loyalty.md §4): first what ends, then what stays, then
    /// what is new.
    fn hold(
        &self,
        tx: &mut Tx<'_>,
        locked: &Locked,
        quote: &Quote,
        hold_ttl_seconds: i64,
    ) -> Result<(), db::Error> {
        let offer_id = self.basket.request.loyalty_offer_id.as_str();
        let expires_at = hold::end(self.now, hold_ttl_seconds);
        let mut extend = false;
        let (mut place, mut left) = (Vec::new(), Vec::new());
        for (position, BalanceState { row: balance, .. }) in locked.states.iter().enumerate() {
            // one hold covers the bonus part and the paid part
            let given = quote.given.iter().filter(|given| given.balance == position);
            let wanted: Vec<LotPart> = given.flat_map(|given| given.parts.iter().cloned()).collect();
            let own = hold::own_hold(holds_on(&locked.holds, &balance.balance_id), &self.check);
            let moved = hold::judge(own, &wanted, self.now);
            match (moved, own) {
                (Move::Replace(ended) | Move::Release(ended), Some(own)) => {
                    holds::end_hold(tx, &self.merchant, own, ended)?;
                    left.push(own.balance_id.as_str());
                }
                (Move::Extend, _) => extend = true,
                _ => {}
            }
            if matches!(moved, Move::Place | Move::Replace(_)) {
                place.push((balance, wanted));
            }
        }
        if extend {
            holds::extend_holds(tx, &self.merchant, &self.check, offer_id, expires_at)?;
        }
        for (balance, lots) in place {
            holds::place_hold(
                tx,
                &NewHold {
                    merchant: &self.merchant,
                    balance_id: &balance.balance_id,
                    hold_number: balance.version,
                    check: &self.check,
                    offer_id,
                    lots: &lots,
                    now: self.now,
                    expires_at,
                },
            )?;
        }
        left.retain(|balance_id| locked.holes.iter().any(|hole| hole == balance_id));
        if !left.is_empty() {
            fill_holes(tx, &self.merchant, &left, self.now)?;
        }
        Ok(())
    }
}
