//! What can this machine do at most? A server that parses an offer request and computes nothing.

use axum::Router;
use axum::routing::post;
use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use wire::loyalty::ThirdPartyLoyaltyOfferRequest;

/// Serves `POST /noop` until the task is dropped: the body is parsed as an offer request and answered
/// with an empty offer.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: tokio::net::TcpListener) -> std::io::Result<()> {
    axum::serve(listener, Router::new().route("/noop", post(answer))).await
}

async fn answer(body: Bytes) -> (StatusCode, [(http::HeaderName, &'static str); 1], String) {
    let json = [(CONTENT_TYPE, "application/json")];
    match wire::read::from_slice::<ThirdPartyLoyaltyOfferRequest>(&body) {
        Ok(request) => {
            let id = serde_json::Value::from(request.loyalty_offer_id);
            let text = format!(
                "{{\"loyaltyOfferId\":{id},\"customer\":null,\"benefitInputs\":[],\"balances\":[],\"generalDiscounts\":[],\
                 \"itemBenefitsToApply\":[],\"posMessages\":[],\"billMessages\":[],\"metadata\":{{}}}}"
            );
            (StatusCode::OK, json, text)
        }
        Err(error) => (StatusCode::BAD_REQUEST, json, serde_json::Value::from(error.to_string()).to_string()),
    }
}
