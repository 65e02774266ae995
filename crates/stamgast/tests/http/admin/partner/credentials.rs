//! `DELETE …/credentials/{tokenPrefix}`: is a credential of any kind refused as soon as it was taken back?

use super::{missing, send};
use http::Method;
use serde_json::json;
use testkit::House;

testkit::on_both_engines! {
    /// deletePartnerCredential: a connection, a DataSync secret and a customers client end, each alone.
    async fn a_credential_ends_at_once_and_alone(engine: Engine) {
        let house = House::start(engine).await;
        let of = &house.restaurant;
        // whose token, and what it calls
        let holders = [
            (of.partner_token.clone(), Method::POST, "/partner/loyalty/reportBenefitUsage"),
            (of.datasync_secret.clone(), Method::POST, "/partner/datasync"),
            (of.customers_token.clone(), Method::GET, "/api/v1/customers"),
        ];
        let passes = async |(token, method, path): &(String, Method, &str)| {
            let body = (*method == Method::POST).then(|| b"{}".to_vec());
            house.app.anyone.bearer(token).send(method.clone(), path, body).await.unwrap().status != 401
        };
        for (ended, holder) in holders.iter().enumerate() {
            assert!(passes(holder).await, "{}", holder.2);
            let prefix = door::token::prefix_of(&holder.0).unwrap();
            let path = format!("/credentials/{prefix}");
            missing(&house, &[(Method::DELETE, &path, None)]).await;
            assert!(passes(holder).await, "another merchant cannot end it");
            assert_eq!(send(&house, Method::DELETE, &path, None).await.0, 204);
            let (status, again) = send(&house, Method::DELETE, &path, None).await;
            assert_eq!((status, &again["message"]), (404, &json!(format!("token {prefix} not found"))));
            for (at, other) in holders.iter().enumerate() {
                assert_eq!(passes(other).await, at > ended, "{} after {}", other.2, holder.2);
            }
        }
    }
}
