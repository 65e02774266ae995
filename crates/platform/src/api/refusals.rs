//! How are the refusals described that all documented calls share?

use std::collections::BTreeMap;
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response, ResponseBuilder};

/// What refuses a call that reads one record or a whole list.
pub(crate) struct ReadRefusals;
/// What refuses a list call.
pub(crate) struct ListRefusals;
/// What refuses a repeatable set-up below a merchant.
pub(crate) struct UpsertRefusals;

const UNAUTHORIZED: (&str, &str) = ("401", "No access token, or one that has ended");
const FORBIDDEN: (&str, &str) =
    ("403", "The application is not assigned to the merchant or place, or has not been given this API");

impl IntoResponses for ReadRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        described(&[UNAUTHORIZED, FORBIDDEN, ("404", "No such merchant, place or record")])
    }
}

impl IntoResponses for ListRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        described(&[
            ("400", "A parameter cannot be read; `field` names it"),
            UNAUTHORIZED,
            FORBIDDEN,
            ("404", "No such merchant or place, or no such record to continue after"),
        ])
    }
}

impl IntoResponses for UpsertRefusals {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        described(&[
            ("400", "The body cannot be read, or a member cannot be; `field` names it"),
            ("401", "No admin token"),
            ("404", "No such merchant, place or record"),
        ])
    }
}

fn described(refusals: &[(&str, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let response = |text: &str| RefOr::T(ResponseBuilder::new().description(text).build());
    refusals.iter().map(|(status, text)| ((*status).to_owned(), response(text))).collect()
}
