//! What may a set-up call be refused with? Said once for the description of the API.

use utoipa::IntoResponses;
use wire::errors::ErrorBody;

/// Refusals of a call that changes something.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "a shape for the description; the answers themselves are door::ApiError")]
pub(super) enum ChangeRefusals {
    /// `field` names the member at fault
    #[response(status = 400)]
    Unreadable(ErrorBody),
    /// Not an admin token
    #[response(status = 401)]
    Stranger(ErrorBody),
    /// The merchant, or what the call is about, is not set up here
    #[response(status = 404)]
    Missing(ErrorBody),
    /// It contradicts what is there: an id or a code is taken, or the message says what else
    #[response(status = 409)]
    Contradicts(ErrorBody),
}

/// Refusals of a call that looks at one thing.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "a shape for the description; the answers themselves are door::ApiError")]
pub(super) enum LookRefusals {
    /// Not an admin token
    #[response(status = 401)]
    Stranger(ErrorBody),
    /// This merchant has no such thing
    #[response(status = 404)]
    Missing(ErrorBody),
}
