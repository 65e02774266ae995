//! How is the provider asked for an offer, and what if its answer cannot be used?
//!
//! The call is made outside any transaction, under one deadline (a cashier waits). An answer that breaks a
//! rule is not used; the provider is told so once, without waiting for it, and the cashier sees why.

use super::connection::Connection;
use crate::Platform;
use crate::till::{StoredCheck, reckon};
use bytes::Bytes;
use courier::{CallAnswer, CallError, CallRequest};
use door::ApiError;
use http::StatusCode;
use money::Precision;
use std::sync::Arc;
use wire::Read as _;
use wire::loyalty::{
    LoyaltyOfferResponse, LoyaltyOfferValidationError, ThirdPartyLoyaltyOfferRequest, ValidationErrorDetail, Violation,
    ViolationCode, validate,
};
use wire::pos::{OfferProblem, OfferProblemDetail};

/// What came of asking.
#[derive(Debug)]
pub(crate) enum Asked {
    /// An answer every rule holds for.
    Offer(Box<LoyaltyOfferResponse>),
    /// None that can be used.
    Problem(OfferProblem),
}
