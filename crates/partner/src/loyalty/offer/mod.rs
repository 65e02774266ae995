//! What may a guest use on this check, and what is kept for it until it is paid?
//!
//! `POST /partner/loyalty/getBenefitOffer` and `…/reportOfferValidationError`. The arithmetic is pure
//! ([`quote`]); the handlers read what it needs, place the holds (loyalty.md §4) and keep the offer.

mod answer;
mod balance_state;
mod basket;
mod below_face;
mod bill;
mod code;
mod deposit;
mod discounts;
mod ending;
mod explain;
mod get_benefit_offer;
mod given;
mod hold;
mod identified;
mod inputs;
mod named;
mod offered;
mod quote;
mod quoted;
mod reason;
mod report_offer_validation_error;
mod request;
mod spend;
mod stamps;
mod store;
mod texts;
mod top_up;
mod trace;
mod trial;
mod wishes;

#[cfg(test)]
mod tests;

pub(crate) use explain::{Explain, Undone};
pub(crate) use get_benefit_offer::{__path_get_benefit_offer, get_benefit_offer};
pub(crate) use named::without_scanned;
pub(crate) use offered::OfferedBalance;
pub(crate) use report_offer_validation_error::{
    __path_report_offer_validation_error, report_offer_validation_error,
};
pub(crate) use store::use_offer;
pub(crate) use top_up::sold_as;
pub use trial::{Trial, Tried};
