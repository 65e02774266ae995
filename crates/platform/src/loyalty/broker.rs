//! How is the provider asked for an offer, and what if its answer cannot be used?
//!
//! The call is made outside any transaction, under one deadline (a cashier waits). An answer that breaks a
//! rule is not used; the provider is told so once, without waiting for it, and the cashier sees why.

use super::connection::Connection;
use super::wishes::unheeded;
use crate::Platform;
use crate::sale::{StoredCheck, reckon};
use courier::{CallAnswer, CallError, CallRequest};
use door::ApiError;
use http::{HeaderValue, StatusCode};
use serde_json::Value;
use std::sync::Arc;
use wire::Extra;
use wire::loyalty::{
    LoyaltyOfferResponse, LoyaltyOfferValidationError, ThirdPartyLoyaltyOfferRequest, ValidationErrorDetail,
    Violation, ViolationCode, validate,
};
use wire::pos::{OfferProblem, OfferProblemDetail};

/// The outcome of asking the provider.
#[derive(Debug)]
pub(crate) enum Asked {
    /// A valid answer.
    Offer(Box<LoyaltyOfferResponse>),
    /// No answer that can be used, and why.
    Problem(OfferProblem),
}

/// Asks the provider of `connection` for an offer. A problem of the answer is reported to the provider on the side.
///
/// # Errors
/// Only what is our own fault: a secret that cannot be opened, a question without a JSON form.
pub(crate) async fn ask(
    platform: &Platform,
    connection: &Connection,
    question: &ThirdPartyLoyaltyOfferRequest,
    basket: &StoredCheck,
    is_vat_payer: bool,
) -> Result<Asked, ApiError> {
    let body = db::json("question", question)?;
    let mut request = CallRequest::post(connection.destination.url_of("/getBenefitOffer"), body);
    request.authorization = Some(authorization(platform, connection)?);
    request.deadline = platform.config().offer_deadline;
    request.answer_bytes_max = platform.config().offer_bytes_max;
    let answer = platform.caller().call(&request).await;
    if let Ok(answer) = &answer {
        metrics::histogram!("platform_offer_seconds").record(answer.latency);
    }
    let judged = judge(answer, question, basket, is_vat_payer);
    let outcome = match &judged {
        Ok(_) => "offer",
        Err(refusal) => refusal.problem_code,
    };
    metrics::counter!("platform_offers_total", "outcome" => outcome).increment(1);
    match judged {
        Ok(offer) => Ok(Asked::Offer(Box::new(offer))),
        Err(refusal) => {
            let problem = refusal.problem();
            tracing::info!(
                offer = %question.loyalty_offer_id,
                code = %problem.code,
                errors = problem.errors.len(),
                "the provider's answer to getBenefitOffer cannot be used"
            );
            report(platform, connection, question, refusal);
            Ok(Asked::Problem(problem))
        }
    }
}

/// Why an answer is not used.
struct Refusal {
    /// For the cashier's screen and for metrics.
    problem_code: &'static str,
    message: String,
    violations: Vec<Violation>,
    /// The answer as it came: text where it was no JSON, `None` where none came.
    answer: Option<Value>,
}

impl Refusal {
    fn problem(&self) -> OfferProblem {
        OfferProblem {
            code: self.problem_code.to_owned(),
            message: self.message.clone(),
            errors: self
                .violations
                .iter()
                .map(|violation| OfferProblemDetail {
                    code: violation.code.as_str().to_owned(),
                    path: violation.path.clone(),
                    message: violation.message.clone(),
                })
                .collect(),
        }
    }
}

/// Asks the provider without keeping the answer, so that the provider ends the holds the question no longer needs.
///
/// # Errors
/// As [`ask`]. A provider that does not answer is only logged.
pub(crate) async fn tell(
    platform: &Platform,
    connection: &Connection,
    question: &ThirdPartyLoyaltyOfferRequest,
) -> Result<(), ApiError> {
    let body = db::json("question", question)?;
    let mut request = CallRequest::post(connection.destination.url_of("/getBenefitOffer"), body);
    request.authorization = Some(authorization(platform, connection)?);
    request.deadline = platform.config().offer_deadline;
    let offer = &question.loyalty_offer_id;
    match platform.caller().call(&request).await {
        Ok(answer) if answer.status == 200 => {}
        Ok(answer) => {
            tracing::warn!(%offer, status = answer.status, "the provider did not take what is let go");
        }
        Err(error) => {
            tracing::warn!(%offer, class = error.class(), "the provider did not hear what is let go");
        }
    }
    Ok(())
}

/// The advice to the cashier, whatever the problem is.
const GO_ON: &str = "ask again, or take the codes off and go on without loyalty";

/// Reads an answer and checks it against the question.
fn judge(
    answer: Result<CallAnswer, CallError>,
    question: &ThirdPartyLoyaltyOfferRequest,
    basket: &StoredCheck,
    is_vat_payer: bool,
) -> Result<LoyaltyOfferResponse, Refusal> {
    let answer = answer.map_err(|error| unanswered(&error))?;
    if answer.status != 200 {
        let message = format!("expected status 200, found {}", answer.status);
        return Err(Refusal {
            problem_code: "HTTP_STATUS",
            message: format!("the loyalty provider answered with status {}; {GO_ON}", answer.status),
            violations: vec![violation(ViolationCode::HttpStatus, &message)],
            answer: shown_answer(&answer.body),
        });
    }
    let value = wire::read::value_from_slice(&answer.body).ok().filter(|_| answer.complete);
    let Some(value) = value else {
        return Err(Refusal {
            problem_code: "INVALID_JSON",
            message: format!("the loyalty provider's answer is no JSON, or too long; {GO_ON}"),
            violations: vec![violation(ViolationCode::InvalidJson, "expected a JSON object")],
            answer: shown_answer(&answer.body),
        });
    };
    let read = wire::read::from_value(value.clone());
    // a check or a bill will keep what is said here
    let value = wire::read::mended(value);
    let offer: LoyaltyOfferResponse = read.map_err(|error| {
        let message = format!("expected {}, found {}", error.expected, error.found);
        let violation = Violation { path: error.path, ..violation(ViolationCode::SchemaViolation, &message) };
        invalid(vec![violation], value.clone())
    })?;
    let mut violations = validate(question, &offer);
    violations.extend(unheeded(question, &offer));
    if !violations.is_empty() {
        return Err(invalid(violations, value));
    }
    match reckon(&basket.lines, Some(&offer), question.price_precision, is_vat_payer) {
        Ok(_) => Ok(offer),
        Err(violation) => Err(invalid(vec![violation], value)),
    }
}

fn invalid(violations: Vec<Violation>, answer: Value) -> Refusal {
    let first = violations.first().map_or_else(String::new, |violation| {
        format!("{} at {}: {}", violation.code, violation.path, violation.message)
    });
    Refusal {
        problem_code: "OFFER_INVALID",
        message: format!("the loyalty provider's offer cannot be used ({first}); {GO_ON}"),
        violations,
        answer: Some(answer),
    }
}

fn unanswered(error: &CallError) -> Refusal {
    match error {
        CallError::Deadline(deadline) => Refusal {
            problem_code: "TIMEOUT",
            message: format!("the loyalty provider did not answer within {} s; {GO_ON}", deadline.as_secs()),
            violations: vec![violation(
                ViolationCode::Timeout,
                &format!("expected an answer within {} ms", deadline.as_millis()),
            )],
            answer: None,
        },
        // Nothing came that broke a rule, so there is nothing to report either.
        other => Refusal {
            problem_code: "UNREACHABLE",
            message: format!("the loyalty provider cannot be reached ({}); {GO_ON}", other.class()),
            violations: Vec::new(),
            answer: None,
        },
    }
}

fn violation(code: ViolationCode, message: &str) -> Violation {
    Violation { code, path: String::new(), message: message.to_owned(), value: Value::Null }
}

/// Most characters of an answer that was no JSON which are sent back.
const SHOWN_CHARACTERS_MAX: usize = 1000;

fn shown_answer(body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    let value = wire::read::value_from_slice(body).map(wire::read::mended);
    Some(value.unwrap_or_else(|_| {
        Value::String(String::from_utf8_lossy(body).chars().take(SHOWN_CHARACTERS_MAX).collect())
    }))
}

fn authorization(platform: &Platform, connection: &Connection) -> Result<HeaderValue, ApiError> {
    connection.destination.authorization_header(platform.keyring()).map_err(|error| {
        tracing::error!(error = %error, provider = %connection.loyalty_provider_id, "the provider's token cannot be opened");
        ApiError::internal()
    })
}

/// Reports a problem of an answer to the provider, once and on the side: the sale does not wait, and a failure is only
/// logged (protocol.md §10.7).
fn report(
    platform: &Platform,
    connection: &Connection,
    question: &ThirdPartyLoyaltyOfferRequest,
    refusal: Refusal,
) {
    if refusal.violations.is_empty() {
        return;
    }
    let Ok(permit) = Arc::clone(platform.side_calls()).try_acquire_owned() else {
        metrics::counter!("platform_side_calls_dropped_total", "call" => "validationError").increment(1);
        tracing::warn!(offer = %question.loyalty_offer_id, "too many validation error reports on their way; this one is dropped");
        return;
    };
    let error = LoyaltyOfferValidationError {
        loyalty_offer_id: question.loyalty_offer_id.clone(),
        loyalty_provider_id: Some(connection.loyalty_provider_id.clone()),
        merchant_id: Some(question.merchant_id.clone()),
        place_id: Some(question.place_id.clone()),
        device_number: Some(question.device_number),
        check_id: Some(question.check_id.clone()),
        created_at: Some(platform.now()),
        errors: refusal
            .violations
            .into_iter()
            .map(|violation| ValidationErrorDetail {
                code: Some(violation.code.as_str().to_owned()),
                path: Some(violation.path),
                message: Some(violation.message),
                value: Some(violation.value),
                extra: Extra::new(),
            })
            .collect(),
        offer_response: refusal.answer,
        extra: Extra::new(),
    };
    let (Ok(body), Ok(authorization)) =
        (db::json("validation_error", &error), authorization(platform, connection))
    else {
        return;
    };
    let mut request = CallRequest::post(connection.destination.url_of("/reportOfferValidationError"), body);
    request.authorization = Some(authorization);
    request.deadline = platform.config().validation_report_deadline;
    let (platform, offer) = (platform.clone(), question.loyalty_offer_id.clone());
    tokio::spawn(async move {
        let _permit = permit;
        match platform.caller().call(&request).await {
            Ok(answer) if answer.status == 200 => {}
            Ok(answer) => {
                tracing::warn!(%offer, status = answer.status, "the validation error report was not taken");
            }
            Err(error) => {
                tracing::warn!(%offer, class = error.class(), "the validation error report did not arrive");
            }
        }
    });
}

/// The error a register gets for a problem: 504 for silence, 502 for anything else.
pub(crate) fn problem_error(problem: &OfferProblem) -> ApiError {
    let status =
        if problem.code == "TIMEOUT" { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::BAD_GATEWAY };
    let errors = serde_json::to_value(&problem.errors).unwrap_or(Value::Null);
    ApiError::new(status, problem.message.clone()).with_name(problem.code.clone()).with("errors", errors)
}
