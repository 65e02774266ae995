//! What would a program take off a basket, without a database?
//!
//! The same pure quote as [`super::get_benefit_offer()`], for who has only a program and a basket: the benchmark, and
//! whoever wants to try a program out before a merchant has it. No guest, no codes, no balances.

use super::balance_state::Books;
use super::basket::Basket;
use super::quote::{Question, quote};
use super::wishes::Wishes;
use crate::loyalty::program::{Program, ProgramSettings};
use crate::loyalty::promotion::{Definition, Promotion, Taken};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use money::Amount;
use wire::loyalty::ThirdPartyLoyaltyOfferRequest;

/// A program and a basket, read and ready to be quoted any number of times.
#[derive(Debug)]
pub struct Trial {
    program: Program,
    books: Books,
    basket: Basket,
    wishes: Wishes,
}

/// What a trial came to, in minor units of the request's `pricePrecision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// Σ lines.
    pub total: Amount,
    /// Σ of what the promotions take off.
    pub benefits: Amount,
    /// What stays to be paid.
    pub payable: Amount,
    /// How many promotions apply.
    pub applied: usize,
}

impl Trial {
    /// Reads the settings of a program as `PUT /admin/v1/partner/merchants/{merchant}` takes them, definitions of
    /// promotions by their id, and the body of a getBenefitOffer, whose currency and precision the program shares.
    /// The place's clock shows UTC.
    ///
    /// # Errors
    /// What of it could not be read, in words.
    pub fn read(settings: &str, promotions: &[(&str, &str)], request: &[u8]) -> Result<Self, String> {
        let settings = ProgramSettings::parse(settings).map_err(|error| format!("the program: {error}"))?;
        let mut read = Vec::with_capacity(promotions.len());
        for (promotion_id, rule) in promotions {
            let rule =
                Definition::parse(rule).map_err(|error| format!("promotion {promotion_id}: {error}"))?;
            read.push(Promotion::new((*promotion_id).to_owned(), true, rule));
        }
        let request: ThirdPartyLoyaltyOfferRequest =
            wire::read::from_slice(request).map_err(|error| format!("the basket: {error}"))?;
        let books =
            Books { currency_code: request.currency_code.clone(), precision: request.price_precision };
        let basket = Basket::read(request).map_err(|error| error.to_string())?;
        let program = Program::new(settings, read, TimeZone::UTC);
        Ok(Self { program, books, wishes: Wishes::of(&basket.request), basket })
    }

    /// Quotes the basket as at `now`.
    pub fn quote(&self, now: Timestamp) -> Tried {
        let question = Question {
            program: &self.program,
            books: &self.books,
            basket: &self.basket,
            codes: &[],
            balances: &[],
            wishes: &self.wishes,
            limits: &Taken::default(),
        };
        let quote = quote(&question, now);
        Tried {
            total: quote.total,
            benefits: quote.benefits,
            payable: quote.payable,
            applied: quote.discounts.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASKET: &str = r#"{"checkId": "1", "loyaltyOfferId": "1", "deviceNumber": 1, "currencyCode": "CZK",
        "countryCode": "CZ", "posLang": "cs", "billLang": "cs", "pricePrecision": 2, "benefitInputs": [], "balances": [],
        "itemsToPay": [{"checkItemId": "1", "amount": 1, "measure": "pcs", "totalPriceWithVat": 19.99, "vatRate": 12,
            "totalAppliedNonLoyaltyDiscounts": 0, "product": {"productId": "p", "name": "P", "categories": []}}],
        "merchantId": "m", "placeId": "p"}"#;

    /// loyalty.md R0: 25 % of 19.99 is 5.00.
    #[test]
    fn a_program_is_tried_on_a_basket() {
        let rule =
            r#"{"kind": {"percent": {"percent": 25}}, "scope": {"on": "order"}, "trigger": "automatic"}"#;
        let tried =
            Trial::read("{}", &[("quarter", rule)], BASKET.as_bytes()).unwrap().quote(Timestamp::UNIX_EPOCH);
        let expected =
            Tried { total: Amount(1999), benefits: Amount(500), payable: Amount(1499), applied: 1 };
        assert_eq!(tried, expected);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let wrong = |settings, rule, basket: &str| {
            Trial::read(settings, &[("one", rule)], basket.as_bytes()).map(|_| ()).unwrap_err()
        };
        assert!(wrong("{", "{}", BASKET).starts_with("the program: "));
        assert!(wrong("{}", "{}", BASKET).starts_with("promotion one: "));
        let rule =
            r#"{"kind": {"percent": {"percent": 25}}, "scope": {"on": "order"}, "trigger": "automatic"}"#;
        assert!(wrong("{}", rule, "[]").starts_with("the basket: "));
        let five = BASKET.replace("\"pricePrecision\": 2", "\"pricePrecision\": 5");
        assert!(wrong("{}", rule, &five).contains("pricePrecision"));
    }
}
