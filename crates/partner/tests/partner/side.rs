//! How does a test get the partner's side on an engine, set up, with a clock it owns?

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use db::{Db, Engine, Options};
use door::AdminTokens;
use http_body_util::BodyExt;
use outside::{ManualClock, Outside, SeededEntropy};
use partner::{Partner, PartnerConfig};
use serde_json::{Value, json};
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt;

/// When every scenario begins.
pub(crate) const START: &str = "2026-03-01T10:00:00Z";
/// The merchant every scenario has.
pub(crate) const MERCHANT: &str = "5f00000000000000000000a1";

/// The partner's side over a database of its own.
pub(crate) struct Side {
    pub(crate) db: Db,
    pub(crate) partner: Partner,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) admin: String,
    pub(crate) loyalty: String,
    pub(crate) datasync: String,
    pub(crate) customers: String,
    router: Router,
    outside: Outside,
    options: Options,
    _folder: TempDir,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Value,
}

impl Side {
    /// With one merchant (CZK, two decimals, 1 point per 10.00, hold 180 s) and one caller of each kind.
    pub(crate) async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match engine {
            Engine::Sqlite => format!("sqlite:{}", folder.path().join("partner.db").display()),
            Engine::Postgres => cluster::Cluster::shared().unwrap().create_database().unwrap(),
        };
        let mut options = Options::new(&url);
        options.read_lanes = 2;
        options.write_lanes = 4;
        let db = Db::open(options.clone()).await.unwrap();
        db.migrate(&[door::MIGRATIONS, partner::MIGRATIONS]).await.unwrap();
        let clock = Arc::new(ManualClock::at(START.parse().unwrap()));
        let outside = Outside::new(clock.clone(), Arc::new(SeededEntropy::new(7)));
        let admin = AdminTokens::new(db.clone(), outside.clone()).issue("tests").await.unwrap().text;
        let partner = Partner::new(db.clone(), outside.clone(), PartnerConfig::default());
        let mut side = Self {
            db,
            router: partner::router(partner.clone()),
            partner,
            clock,
            admin,
            loyalty: String::new(),
            datasync: String::new(),
            customers: String::new(),
            outside,
            options,
            _folder: folder,
        };
        side.merchant(MERCHANT).await;
        side.loyalty = side.token(MERCHANT, "connections", json!({"name": "cloud"})).await;
        side.datasync = side.token(MERCHANT, "datasync-secrets", json!({"name": "cloud"})).await;
        side.customers = side.token(MERCHANT, "customers-clients", json!({"name": "marketing"})).await;
        side
    }

    /// A second process on the same database, with the same clock.
    pub(crate) async fn second(&self) -> Router {
        let db = Db::open(self.options.clone()).await.unwrap();
        partner::router(Partner::new(db, self.outside.clone(), PartnerConfig::default()))
    }

    /// A second server on the same database, with a clock of its own.
    pub(crate) async fn second_at(&self, clock: Arc<ManualClock>) -> Router {
        let db = Db::open(self.options.clone()).await.unwrap();
        let outside = Outside::new(clock, Arc::new(SeededEntropy::new(8)));
        partner::router(Partner::new(db, outside, PartnerConfig::default()))
    }

    /// Takes the database away; one in a file goes with its folder.
    pub(crate) async fn drop_database(self) {
        let url = self.options.url.clone();
        self.db.clone().close().await;
        if url.starts_with("postgres:") {
            let dropped = tokio::task::spawn_blocking(move || {
                cluster::Cluster::shared().and_then(|cluster| cluster.drop_database(&url))
            });
            dropped.await.unwrap().unwrap();
        }
    }

    /// This process.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Answers a loyalty webhook for whoever this token belongs to: the status, and the bytes as they are.
    pub(crate) async fn webhook(&self, name: &str, token: &str, body: String) -> (u16, bytes::Bytes) {
        let request = Request::builder()
            .method("POST")
            .uri(format!("/partner/loyalty/{name}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        let response = self.router().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        (status, response.into_body().collect().await.unwrap().to_bytes())
    }

    pub(crate) async fn merchant(&self, merchant: &str) {
        let body = json!({
            "name": "Bar U Mostu", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
            "holdTtlSeconds": 180, "program": {"earn": {"points": 1, "perAmount": 10}}
        });
        let answer = self.admin("PUT", merchant, "", Some(body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    pub(crate) async fn token(&self, merchant: &str, kind: &str, body: Value) -> String {
        let answer = self.admin("POST", merchant, &format!("/{kind}"), Some(body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["token"].as_str().unwrap().to_owned()
    }

    /// `/admin/v1/partner/merchants/{merchant}{path}`.
    pub(crate) async fn admin(
        &self,
        method: &str,
        merchant: &str,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let path = format!("/admin/v1/partner/merchants/{merchant}{path}");
        self.call(method, &path, &format!("Bearer {}", self.admin), body.map(|body| body.to_string())).await
    }

    /// What stands under an admin path of the usual merchant.
    pub(crate) async fn view(&self, path: &str) -> Value {
        let answer = self.admin("GET", MERCHANT, path, None).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    /// A multi-purpose voucher under `code`.
    pub(crate) async fn voucher(&self, code: &str, value: i64) {
        let body = json!({"code": code, "type": "multiPurposePrepaidVoucher", "value": value});
        let answer = self.admin("POST", MERCHANT, "/vouchers", Some(body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// Member `anna` with card `card-1`, 100 points at 0.10 on `points` and 900.00 on `credit`; the customer number.
    pub(crate) async fn member(&self) -> i64 {
        let body = json!({
            "memberId": "anna", "tier": "Gold", "cards": ["card-1"],
            "person": {"firstName": "Anna", "lastName": "Nová", "country": "CZ", "allowSms": true},
            "balances": [
                {"balanceId": "points", "type": "collectablePoints", "openingValue": 100, "settings": {"pointValue": 0.1}},
                {"balanceId": "credit", "type": "prepaidCredit", "openingValue": 900}
            ]
        });
        let answer = self.admin("POST", MERCHANT, "/members", Some(body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["customerId"].as_i64().unwrap()
    }

    /// A member without balances, with card `card-{id}` and a tier given by hand.
    pub(crate) async fn member_with(&self, id: &str, tier: &str) {
        let body = json!({"memberId": id, "tier": tier, "cards": [format!("card-{id}")], "person": {"firstName": id}});
        let answer = self.admin("POST", MERCHANT, "/members", Some(body)).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        authorization: &str,
        body: Option<String>,
    ) -> Answer {
        send(self.router(), method, path, authorization, body).await
    }

    /// Asks for an offer for a check with one line of `total`, with these codes; the answer's body. It is the offer that
    /// was explained just before.
    pub(crate) async fn offer(&self, offer: &str, device: i64, total: i64, codes: &[&str]) -> Value {
        let body = question(offer, device, total, codes);
        let explained = self.admin("POST", MERCHANT, "/explain", Some(body.clone())).await;
        assert_eq!(explained.status, 200, "{explained:?}");
        let authorization = format!("Bearer {}", self.loyalty);
        let answer = self
            .call("POST", "/partner/loyalty/getBenefitOffer", &authorization, Some(body.to_string()))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(explained.body["offer"], answer.body, "what is explained is not what is offered");
        answer.body
    }

    /// Reports; the status must be 200 and the body `{}`.
    pub(crate) async fn report(&self, body: &Value) {
        let authorization = format!("Bearer {}", self.loyalty);
        let path = "/partner/loyalty/reportBenefitUsage";
        let answer = self.call("POST", path, &authorization, Some(body.to_string())).await;
        assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({})), "{answer:?}");
    }

    /// The flags of the reports of a bill, by kind.
    pub(crate) async fn flags(&self, bill: &str) -> Vec<(String, Vec<String>)> {
        let page = self.view(&format!("/usages?billId={bill}")).await;
        let flags = |usage: &Value| serde_json::from_value(usage["flags"].clone()).unwrap();
        page["data"].as_array().unwrap().iter().map(|one| (text(&one["kind"]), flags(one))).collect()
    }

    /// Posted value of a balance.
    pub(crate) async fn posted(&self, balance: &str) -> i64 {
        self.view(&format!("/balances/{balance}")).await["posted"].as_i64().unwrap()
    }

    /// Posted, held and free value of a balance.
    pub(crate) async fn state(&self, balance: &str) -> (i64, i64, i64) {
        let view = self.view(&format!("/balances/{balance}")).await;
        let [posted, held, free] = ["posted", "held", "free"].map(|name| view[name].as_i64().unwrap());
        (posted, held, free)
    }

    /// The feed's record of a customer.
    pub(crate) async fn customer(&self, number: i64) -> Value {
        let path = format!("/api/v1/customer/{number}");
        self.call("GET", &path, &format!("Bearer {}", self.customers), None).await.body
    }

    /// Delivers records of one domain.
    pub(crate) async fn sync(&self, domain: &str, records: Value) {
        let body = json!({"placeId": "P", "dataDomain": domain, "data": records});
        let answer = self.call("POST", "/partner/datasync", &self.datasync, Some(body.to_string())).await;
        assert_eq!(answer.status, 204, "{answer:?}");
    }

    /// Every invariant of the books holds.
    pub(crate) async fn books_add_up(&self) {
        let faults = partner::verify(&self.db).await.unwrap();
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

pub(crate) async fn send(
    router: Router,
    method: &str,
    path: &str,
    authorization: &str,
    body: Option<String>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if !authorization.is_empty() {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.map_or_else(Body::empty, Body::from))
        .unwrap();
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Answer { status: parts.status, headers: parts.headers, body }
}

/// The question for an offer for a check with one line of `total`, with these codes.
pub(crate) fn question(offer: &str, device: i64, total: i64, codes: &[&str]) -> Value {
    let inputs: Vec<Value> = codes.iter().map(|code| json!({"inputCode": code})).collect();
    json!({
        "checkId": format!("check-{device}"), "loyaltyOfferId": offer, "deviceNumber": device,
        "currencyCode": "CZK", "countryCode": "CZ", "posLang": "cs", "billLang": "cs", "pricePrecision": 2,
        "benefitInputs": inputs, "balances": [], "merchantId": MERCHANT, "placeId": "P",
        "itemsToPay": [{
            "checkItemId": "1", "amount": 1, "measure": "pcs", "totalPriceWithVat": total,
            "totalAppliedNonLoyaltyDiscounts": 0, "vatRate": 0.12, "vatId": 1,
            "product": {"productId": "p:1", "name": "Guláš", "categories": []}
        }]
    })
}

/// A report of a bill; `used` is `(balance, used, prepaid)`.
pub(crate) fn report(offer: &str, bill: &str, total: &str, used: &[(&str, i64, i64)]) -> Value {
    let used: Vec<Value> = used
        .iter()
        .map(|(id, used, prepaid)| json!({"balanceId": id, "usedControllableValue": used, "prepaidValue": prepaid}))
        .collect();
    let total: Value = serde_json::from_str(total).unwrap();
    json!({
        "loyaltyOfferId": offer, "billId": bill, "deviceNumber": 1, "benefitInputs": [], "customerId": null,
        "metadata": "{}", "currencyCode": "CZK", "countryCode": "CZ", "paidAt": "2026-03-01T10:00:00.000Z",
        "usedBalances": used, "usedGeneralDiscounts": [], "paymentsByBalances": [],
        "otherPaymentsValue": 0, "totalWithVat": total,
        "paidItems": [{
            "originalCheckItemId": "1", "amount": 1, "measure": "pcs", "vatRate": 0.12, "totalPriceWithVat": total,
            "product": {"productId": "p:1", "name": "Guláš", "categories": [{"categoryId": "c:1", "name": "Hlavní"}]},
            "appliedBenefits": []
        }]
    })
}

/// The same with members replaced.
pub(crate) fn with(mut body: Value, change: Value) -> Value {
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    body
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Writes each scenario as two tests: `scenario::on_sqlite` and `scenario::on_postgres`.
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($side:ident: Side) $body:block)+) => { $(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "not every scenario needs what stands around it")]
            use super::*;

            async fn scenario($side: $crate::side::Side) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                scenario($crate::side::Side::new(db::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                scenario($crate::side::Side::new(db::Engine::Postgres).await).await;
            }
        }
    )+ };
}
pub(crate) use on_both_engines;

/// Characters that no engine can press into fewer bytes.
pub(crate) fn long_id() -> String {
    let mut state = 7_u64;
    (0..3_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
        })
        .collect()
}
