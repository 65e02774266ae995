//! Which messages make up the loyalty API, and where is each one?
//!
//! One file per documented page (protocol.md §10). Members have the documented names in snake case. A member is
//! required in reading only where nothing can be computed without it.

mod benefit_usages;
mod close_usage;
mod derived_ids;
mod get_benefit_offer;
mod kept_while;
mod open_text;
mod report_benefit_usage;
mod report_offer_validation_error;
mod validate;

pub use crate::read::Metadata;
pub use benefit_usages::{BenefitUsage, MarkAsSynchronized, MarkedAsSynchronized};
pub use close_usage::{UsageRemark, close_usage};
pub use derived_ids::{
    BONUS_SUFFIX, PREPAYMENT_PREFIX, bonus_part, bonus_part_of, is_of_top_up, top_up_line, topped_up,
};
pub use get_benefit_offer::{
    BalanceBenefitOfferRequest, BalanceType, Benefit, BenefitInput, BenefitInputResult, GeneralDiscount,
    ItemBenefits, ItemToPay, LoyaltyOfferResponse, MenuProductDefinition, OfferBalance, OfferCustomer,
    Prepayment, ProductCategory, SourceType, Spent, Substance, ThirdPartyLoyaltyOfferRequest,
};
pub use kept_while::{KeptWhile, KeptWhileLine};
pub use report_benefit_usage::{
    ApplicationType, AppliedBenefit, BillState, LoyaltyBenefitUsagesPayload, PaidItem, PaymentByBalance,
    Reported, UsedBalance, UsedGeneralDiscount,
};
pub use report_offer_validation_error::{LoyaltyOfferValidationError, ValidationErrorDetail, ViolationCode};
pub use validate::{Violation, read_offer, validate};
