//! What does a register ask for a basket, and what does the partner offer?
//!
//! `getBenefitOffer`, protocol.md §10.3 to §10.6.

mod balance;
mod request;
mod response;
mod substance;

pub use balance::{BalanceType, OfferBalance, Prepayment, Spent};
pub use request::{
    BalanceBenefitOfferRequest, BenefitInput, ItemToPay, MenuProductDefinition, ProductCategory,
    ThirdPartyLoyaltyOfferRequest,
};
pub use response::{
    Benefit, BenefitInputResult, GeneralDiscount, ItemBenefits, LoyaltyOfferResponse, OfferCustomer,
    SourceType,
};
pub use substance::Substance;
