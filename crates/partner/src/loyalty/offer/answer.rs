//! How is an offer put into the words of protocol.md §10.4?

use super::balance_state::BalanceState;
use super::bill::Source;
use super::inputs::{Entry, Found};
use super::quote::{Question, Quote, Sale};
use super::reason::Reason;
use super::spend::Given;
use super::texts::{Language, Text, pick};
use crate::loyalty::promotion::{Kind, Promotion};
use money::{Amount, Decimal};
use serde::{Deserialize, Serialize};
use wire::loyalty::{
    BalanceType, Benefit, BenefitInputResult, GeneralDiscount, ItemBenefits, LoyaltyOfferResponse, Metadata,
    OfferBalance, OfferCustomer,
};
use wire::{Extra, Number};

/// What comes back with the usage report, so that a report can be understood even when the offer's row
/// is gone. Opaque to the register, small, and without a person in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfferMetadata {
    /// Shape of this object.
    pub(crate) v: u32,
    /// The place the offer was made for; the report itself does not name one.
    pub(crate) place_id: String,
    /// The check it was made for.
    pub(crate) check_id: String,
}

/// Writes the answer to a request.
pub(crate) fn answer(question: &Question<'_>, quote: &Quote<'_>) -> LoyaltyOfferResponse {
    let words = Words { question, quote };
    let request = &question.basket.request;
    LoyaltyOfferResponse {
        loyalty_offer_id: request.loyalty_offer_id.clone(),
        customer: quote.member.map(|member| OfferCustomer {
            customer_id: member.member_id.clone(),
            full_name: member.full_name.clone(),
            loyalty_status: member.tier.clone(),
            extra: Extra::new(),
        }),
        benefit_inputs: quote
            .entries
            .iter()
            .zip(&request.benefit_inputs)
            .map(|(entry, input)| words.input(*entry, &input.input_code))
            .collect(),
        balances: quote.given.iter().map(|one| words.balance(one)).collect(),
        general_discounts: quote
            .discounts
            .iter()
            .map(|discount| words.discount(discount.promotion, discount.value))
            .collect(),
        item_benefits_to_apply: words.item_benefits(),
        pos_messages: words.pos_messages(),
        bill_messages: words.bill_messages(),
        metadata: words.metadata(),
        extra: Extra::new(),
    }
}

struct Words<'a> {
    question: &'a Question<'a>,
    quote: &'a Quote<'a>,
}

impl Words<'_> {
    fn pos_lang(&self) -> &str {
        self.question.basket.request.pos_lang.as_deref().unwrap_or("en")
    }

    fn bill_lang(&self) -> &str {
        self.question.basket.request.bill_lang.as_deref().unwrap_or_else(|| self.pos_lang())
    }

    fn money(&self, amount: Amount) -> Number {
        Number::from_amount(amount, self.question.basket.precision)
    }

    fn state(&self, one: &Given) -> &BalanceState {
        &self.question.balances[one.balance]
    }

    fn input(&self, entry: Entry, input_code: &str) -> BenefitInputResult {
        let language = Language::of(self.pos_lang());
        let title = match entry.found {
            Found::Nothing => Text::UnknownCode.in_language(language).to_owned(),
            Found::Card => Text::Card.in_language(language).to_owned(),
            Found::Voucher(None) => Text::Voucher.in_language(language).to_owned(),
            Found::Voucher(Some(balance)) => self.question.balances[balance].pos_title(self.pos_lang()),
            Found::Promotion(None) => Text::Discount.in_language(language).to_owned(),
            Found::Promotion(Some(promotion)) => {
                promotion_title(&self.question.program.promotions[promotion], self.pos_lang())
            }
        };
        BenefitInputResult {
            input_code: input_code.to_owned(),
            applicable: entry.refusal.is_none(),
            pos_title: Some(match entry.refusal {
                None => title,
                Some(reason) => format!("{title}: {}", Text::Refusal(reason).in_language(language)),
            }),
            reason_code: entry.refusal.map(|reason| reason.code().to_owned()),
            extra: Extra::new(),
        }
    }

    /// A number in the balance's own unit: points, or money.
    fn in_unit(&self, one: &Given, number: i64) -> Number {
        if self.state(one).row.counts_points() {
            Number(Decimal::from(number))
        } else {
            self.money(Amount(number))
        }
    }

    fn balance(&self, one: &Given) -> OfferBalance {
        let state = self.state(one);
        let (picked, fixed) = if one.controllable { (one.used, 0) } else { (0, one.used) };
        let most = if one.controllable { one.most } else { 0 };
        let points = state.row.balance_type == BalanceType::CollectablePoints;
        let ends = state.free.lots.iter().filter_map(|lot| lot.expires_at).min();
        OfferBalance {
            balance_id: state.row.balance_id.clone(),
            r#type: state.row.balance_type,
            pos_title: Some(state.pos_title(self.pos_lang())),
            bill_title: Some(state.bill_title(self.bill_lang())),
            current_value: Some(self.in_unit(one, one.current)),
            unit: Some(if points { "points".to_owned() } else { self.question.books.currency_code.clone() }),
            controllable_value_to_use: Some(self.in_unit(one, picked)),
            min_controllable_value: Some(Number::ZERO),
            max_controllable_value: Some(self.in_unit(one, most)),
            controllable_step: one.controllable.then(|| self.in_unit(one, one.step)),
            non_controllable_value_to_use: Some(self.in_unit(one, fixed)),
            value_to_use_in_currency: Some(self.money(one.value)),
            valid_until: ends.map(wire::time::utc_millis),
            prepayment: None,
            reason_code: one.reason.map(|reason| reason.code().to_owned()),
            extra: Extra::new(),
        }
    }

    fn discount(&self, promotion: usize, value: Amount) -> GeneralDiscount {
        let promotion = &self.question.program.promotions[promotion];
        let pos_title = promotion_title(promotion, self.pos_lang());
        let bill_title = pick(&promotion.definition.titles.bill, self.bill_lang())
            .map_or_else(|| promotion_title(promotion, self.bill_lang()), str::to_owned);
        GeneralDiscount {
            general_discount_id: promotion.promotion_id.clone(),
            pos_title: Some(pos_title),
            bill_title: Some(bill_title),
            is_item_specific: true,
            value_to_use: self.money(value),
            extra: Extra::new(),
        }
    }

    fn item_benefits(&self) -> Vec<ItemBenefits> {
        let question = self.question;
        let benefits = self.quote.shares.iter().enumerate().filter(|(_, shares)| !shares.is_empty());
        benefits
            .map(|(line, shares)| ItemBenefits {
                check_item_id: question.basket.check_item_id(line).to_owned(),
                benefits: shares
                    .iter()
                    .map(|share| {
                        let value = self.money(share.value);
                        match share.source {
                            Source::Promotion(at) => Benefit::of_discount(
                                question.program.promotions[at].promotion_id.as_str(),
                                value,
                            ),
                            Source::Balance(at) => {
                                Benefit::of_balance(question.balances[at].row.balance_id.as_str(), value)
                            }
                        }
                    })
                    .collect(),
                extra: Extra::new(),
            })
            .collect()
    }

    fn pos_messages(&self) -> Vec<String> {
        let language = Language::of(self.pos_lang());
        let request = &self.question.basket.request;
        let mut messages = Vec::new();
        if self.quote.sale == Sale::Returning {
            messages.push(Text::OnlyReturned.in_language(language).to_owned());
        }
        if self.quote.other_currency {
            let gaps = [request.currency_code.as_str(), self.question.books.currency_code.as_str()];
            messages.push(Text::OtherCurrency.filled(language, &gaps));
        }
        for hint in &self.quote.hints {
            let title = promotion_title(&self.question.program.promotions[hint.promotion], self.pos_lang());
            let missing = language.number(&self.money(hint.missing).to_string());
            let missing = format!("{missing} {}", request.currency_code);
            messages.push(Text::AlmostThere.filled(language, &[&missing, &title]));
        }
        for one in &self.quote.given {
            let state = self.state(one);
            let title = state.pos_title(self.pos_lang());
            match one.reason {
                Some(Reason::PartlyReserved) => {
                    let held = self.reserved_text(one, language);
                    messages.push(Text::PartlyReserved.filled(language, &[&title, &held]));
                }
                Some(Reason::LockedByOtherDevice) => {
                    messages.push(Text::WhollyReserved.filled(language, &[&title]));
                }
                _ => {}
            }
        }
        messages
    }

    /// What others hold, as the cashier reads it: `50` points, `100,00 CZK`.
    fn reserved_text(&self, one: &Given, language: Language) -> String {
        let state = self.state(one);
        let books = self.question.books;
        if state.row.counts_points() {
            return state.free.reserved_elsewhere.to_string();
        }
        let held = Amount(state.free.reserved_elsewhere).to_decimal(books.precision).to_string();
        format!("{} {}", language.number(&held), books.currency_code)
    }

    fn bill_messages(&self) -> Vec<String> {
        if self.quote.sale != Sale::Returning {
            return Vec::new();
        }
        vec![Text::OnlyReturned.in_language(Language::of(self.bill_lang())).to_owned()]
    }

    fn metadata(&self) -> Metadata {
        let request = &self.question.basket.request;
        let metadata =
            OfferMetadata { v: 1, place_id: request.place_id.clone(), check_id: request.check_id.clone() };
        match serde_json::to_value(metadata) {
            Ok(serde_json::Value::Object(object)) => Metadata::Object(object),
            _ => Metadata::default(),
        }
    }
}

/// A promotion's own title, else what it takes off.
fn promotion_title(promotion: &Promotion, tag: &str) -> String {
    if let Some(title) = pick(&promotion.definition.titles.pos, tag) {
        return title.to_owned();
    }
    let language = Language::of(tag);
    let word = Text::Discount.in_language(language);
    match &promotion.definition.kind {
        Kind::Percent { percent, .. } => {
            format!("{word} {} %", language.number(&percent.0.normalize().to_string()))
        }
        _ => word.to_owned(),
    }
}
