//! How is an offer put into the words of protocol.md §10.4?

use super::balance_state::{BalanceState, Scale};
use super::basket::floor_to;
use super::bill::Source;
use super::deposit;
use super::discounts::{Discount, Kept};
use super::given::Given;
use super::identified::{Entry, Found};
use super::quote::{Question, Quote, Sale};
use super::reason::Reason;
use super::texts::{Language, Text, pick};
use super::top_up::{TopUp, sold_as, takes};
use crate::loyalty::ledger::{Part, splits, wire_id};
use crate::loyalty::promotion::{Kind, Promotion};
use money::{Amount, Decimal};
use serde::{Deserialize, Serialize};
use wire::loyalty::{
    BalanceType, Benefit, BenefitInputResult, GeneralDiscount, ItemBenefits, KeptWhile, KeptWhileLine,
    LoyaltyOfferResponse, Metadata, OfferBalance, OfferCustomer, Prepayment,
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
pub(crate) fn answer(question: &Question<'_>, quote: &Quote) -> LoyaltyOfferResponse {
    let words = Words { question, quote };
    let request = &question.basket.request;
    LoyaltyOfferResponse {
        loyalty_offer_id: request.loyalty_offer_id.clone(),
        customer: quote.member.as_ref().map(|member| OfferCustomer {
            customer_id: member.member_id.clone(),
            full_name: member.full_name.clone(),
            loyalty_status: member.tier.as_deref().map(|tier| words.tier(tier)),
            extra: Extra::new(),
        }),
        benefit_inputs: quote
            .entries
            .iter()
            .zip(&request.benefit_inputs)
            .map(|(entry, input)| words.input(*entry, &input.input_code))
            .collect(),
        balances: words.balances(),
        general_discounts: quote.discounts.iter().map(|discount| words.discount(discount)).collect(),
        item_benefits_to_apply: words.item_benefits(),
        pos_messages: words.pos_messages(),
        bill_messages: words.bill_messages(),
        metadata: words.metadata(),
        extra: Extra::new(),
    }
}

struct Words<'a> {
    question: &'a Question<'a>,
    quote: &'a Quote,
}

impl Words<'_> {
    fn pos_lang(&self) -> &str {
        self.question.basket.request.pos_lang.as_deref().unwrap_or("en")
    }

    /// A tier as the cashier reads it: its title, else its id.
    fn tier(&self, tier_id: &str) -> String {
        let tier = self.question.program.settings.tiers.iter().find(|tier| tier.tier_id == tier_id);
        let title = tier.and_then(|tier| pick(&tier.titles, self.pos_lang()));
        title.unwrap_or(tier_id).to_owned()
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
            Found::TopUp(Some(balance)) => self.question.balances[balance].pos_title(self.pos_lang()),
            Found::TopUp(None) => Text::TopUp.in_language(language).to_owned(),
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

    fn balances(&self) -> Vec<OfferBalance> {
        let spent = self.quote.given.iter().map(|one| self.balance(one));
        spent.chain(self.quote.top_ups.iter().map(|one| self.top_up(one))).collect()
    }

    /// What the cashier reads of a part of a balance.
    fn pos_title(&self, one: &Given) -> String {
        self.part_title(one, self.pos_lang(), self.state(one).own_pos_title(self.pos_lang()), |state, tag| {
            state.pos_title(tag)
        })
    }

    fn part_title(
        &self,
        one: &Given,
        tag: &str,
        own: Option<&str>,
        title: impl FnOnce(&BalanceState, &str) -> String,
    ) -> String {
        let (state, language) = (self.state(one), Language::of(tag));
        if let (None, Some(card_id)) = (own, state.row.settings.stamp_card_id.as_deref()) {
            let cards = &self.question.program.settings.stamp_cards;
            let card = cards.iter().find(|card| card.stamp_card_id == card_id);
            return card
                .and_then(|card| pick(&card.titles.pos, tag))
                .map_or_else(|| Text::Stamps.in_language(language).to_owned(), str::to_owned);
        }
        let title = title(state, tag);
        if one.part == Part::Bonus { Text::BonusOf.filled(language, &[&title]) } else { title }
    }

    /// A balance that is topped up: nothing of it is spent (loyalty.md §11 T1).
    fn top_up(&self, one: &TopUp) -> OfferBalance {
        let state = &self.question.balances[one.balance];
        let Some(prepayment) = takes(state) else {
            return OfferBalance::new(state.row.balance_id.as_str(), state.row.balance_type);
        };
        let money = |number: Number| {
            floor_to(number.0, self.question.basket.precision).map_or(number, |amount| self.money(amount))
        };
        let rate = sold_as(&state.row, self.quote.day).vat_rate.unwrap_or_default();
        let scale = Scale::new(self.question.books.precision, self.question.basket.precision);
        OfferBalance {
            pos_title: Some(state.pos_title(self.pos_lang())),
            bill_title: Some(state.bill_title(self.bill_lang())),
            current_value: Some(self.money(scale.to_request(state.current(Part::Whole)))),
            unit: Some(self.question.books.currency_code.clone()),
            controllable_value_to_use: Some(Number::ZERO),
            non_controllable_value_to_use: Some(Number::ZERO),
            value_to_use_in_currency: Some(Number::ZERO),
            prepayment: Some(Prepayment {
                value: self.money(one.value),
                is_value_editable: prepayment.editable,
                min_value: prepayment.min.map(money),
                max_value: prepayment.max.map(money),
                preset_values: prepayment.presets.iter().copied().map(money).collect(),
                pos_title: Some(state.pos_title(self.pos_lang())),
                bill_title: Some(state.bill_title(self.bill_lang())),
                vat_rate: Some(rate),
                vat_id: None,
                extra: Extra::new(),
            }),
            ..OfferBalance::new(state.row.balance_id.as_str(), state.row.balance_type)
        }
    }

    fn balance(&self, one: &Given) -> OfferBalance {
        let state = self.state(one);
        let (picked, fixed) = if one.controllable { (one.used, 0) } else { (0, one.used) };
        let most = if one.controllable { one.most } else { 0 };
        let points = state.row.counts_points();
        let lots = state.free.lots.iter().filter(|lot| one.part.takes(lot.kind));
        let ends = lots.filter_map(|lot| lot.expires_at).min();
        let unit = if state.row.settings.stamp_card_id.is_some() { "stamps" } else { "points" };
        let bill_lang = self.bill_lang();
        OfferBalance {
            balance_id: wire_id(&state.row.balance_id, one.part),
            // on the wire a bonus is a price reduction, like points that are worth one each (loyalty.md V9)
            r#type: if one.part == Part::Bonus {
                BalanceType::CollectablePoints
            } else {
                state.row.balance_type
            },
            pos_title: Some(self.pos_title(one)),
            bill_title: Some(self.part_title(
                one,
                bill_lang,
                state.own_pos_title(bill_lang),
                |state, tag| state.bill_title(tag),
            )),
            current_value: Some(self.in_unit(one, one.current)),
            unit: Some(if points { unit.to_owned() } else { self.question.books.currency_code.clone() }),
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

    fn discount(&self, discount: &Discount) -> GeneralDiscount {
        let promotion = &self.question.program.promotions[discount.promotion];
        let pos_title = promotion_title(promotion, self.pos_lang());
        let bill_title = pick(&promotion.definition.titles.bill, self.bill_lang())
            .map_or_else(|| promotion_title(promotion, self.bill_lang()), str::to_owned);
        GeneralDiscount {
            general_discount_id: promotion.promotion_id.clone(),
            pos_title: Some(pos_title),
            bill_title: Some(bill_title),
            is_item_specific: true,
            value_to_use: self.money(discount.value),
            kept_while: discount.kept.as_ref().map(|kept| self.kept_while(kept)),
            extra: Extra::new(),
        }
    }

    /// What was counted, each line of the request once.
    fn kept_while(&self, kept: &Kept) -> KeptWhile {
        let mut lines: Vec<(&str, Amount)> = Vec::new();
        for (line, value) in &kept.counted {
            let id = self.question.basket.check_item_id(*line);
            match lines.iter_mut().find(|(known, _)| *known == id) {
                Some((_, sum)) => *sum += *value,
                None => lines.push((id, *value)),
            }
        }
        let line = |(id, value): (&str, Amount)| KeptWhileLine {
            check_item_id: id.to_owned(),
            value: self.money(value),
            extra: Extra::new(),
        };
        KeptWhile {
            minimum_amount: self.money(kept.minimum),
            lines: lines.into_iter().map(line).collect(),
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
                                let row = &question.balances[at].row;
                                // of a balance that pays, only the bonus lowers prices
                                let part = if splits(row.balance_type) { Part::Bonus } else { Part::Whole };
                                Benefit::of_balance(wire_id(&row.balance_id, part), value)
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
            messages.extend(self.deposit_text(language));
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
            let title = self.pos_title(one);
            match one.reason {
                Some(Reason::PartlyReserved) if self.state(one).row.counts_points() => {
                    let held = self.state(one).free_of(one.part, 0).reserved_elsewhere;
                    messages.push(language.points_reserved(&title, held));
                }
                Some(Reason::PartlyReserved) => {
                    let held = self.reserved_text(one, language);
                    messages.push(Text::PartlyReserved.filled(language, &[&title, &held]));
                }
                Some(reason) if reason.is_locked() => {
                    messages.push(Text::WhollyReserved.filled(language, &[&title]));
                }
                Some(Reason::Frozen) => {
                    let why = Text::Refusal(Reason::Frozen).in_language(language);
                    messages.push(format!("{title}: {why}"));
                }
                _ => {}
            }
        }
        for one in &self.quote.top_ups {
            if let Some(refused) = one.refused {
                let title = self.question.balances[one.balance].pos_title(self.pos_lang());
                let value = one.value.to_decimal(self.question.basket.precision).to_string();
                let gaps = [title.as_str(), &language.number(&refused.to_string()), &language.number(&value)];
                messages.push(Text::TopUpOutOfRange.filled(language, &gaps));
            }
        }
        for ending in &self.quote.endings {
            let one = &self.quote.given[ending.given];
            let amount = self.in_words(one, ending.amount, language);
            let day = language.date(ending.last_day);
            messages.push(Text::NextEnd.filled(language, &[&self.pos_title(one), &amount, &day]));
        }
        messages
    }

    /// What others hold, as the cashier reads it: `100,00 CZK`.
    fn reserved_text(&self, one: &Given, language: Language) -> String {
        self.in_words(one, self.state(one).free_of(one.part, 0).reserved_elsewhere, language)
    }

    /// So much of a balance, in the ledger's units: `50` points, `100,00 CZK`.
    fn in_words(&self, one: &Given, amount: i64, language: Language) -> String {
        let books = self.question.books;
        if self.state(one).row.counts_points() {
            return amount.to_string();
        }
        let money = Amount(amount).to_decimal(books.precision).to_string();
        format!("{} {}", language.number(&money), books.currency_code)
    }

    fn bill_messages(&self) -> Vec<String> {
        if self.quote.sale != Sale::Returning {
            return Vec::new();
        }
        let language = Language::of(self.bill_lang());
        let mut messages = vec![Text::OnlyReturned.in_language(language).to_owned()];
        messages.extend(self.deposit_text(language));
        messages
    }

    /// What the returned things will add to the member's credit: `50 CZK`.
    fn deposit_text(&self, language: Language) -> Option<String> {
        let amount = deposit::announced(self.question, self.quote)?;
        let books = self.question.books;
        let value = language.number(&amount.to_decimal(self.question.basket.precision).to_string());
        Some(Text::ReturnedToCredit.filled(language, &[&format!("{value} {}", books.currency_code)]))
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
