//! What stands when a scenario begins? A platform on one engine, set up over `/admin/v1` for a small restaurant.

use crate::partner::Partner;
use axum::body::Body;
use courier::{Caller, Courier, CourierConfig, Keyring, TargetGuard};
use db::{Db, Engine, Options};
use door::AdminTokens;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use outside::{ManualClock, Outside, SeededEntropy};
use platform::{Platform, PlatformConfig, PlatformParts};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use tower::ServiceExt as _;

pub(crate) const MERCHANT: &str = "5f00000000000000000000a1";
pub(crate) const PLACE: &str = "5f00000000000000000000b1";
pub(crate) const OTHER_PLACE: &str = "5f00000000000000000000b2";
pub(crate) const SOURCE: &str = "5f00000000000000000000a1-5f00000000000000000000b1";
pub(crate) const OTHER_SOURCE: &str = "5f00000000000000000000a1-5f00000000000000000000b2";
pub(crate) const PROVIDER: &str = "5f00000000000000000000d1";

static CHANGES: db::Query<i64> = db::Query::new(
    "CHANGES",
    module_path!(),
    "SELECT COUNT(*) AS changes FROM courier_change WHERE merchant = $1",
);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) retry_after: Option<String>,
}

impl Answer {
    /// The body of a 2xx.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self.body
    }

    /// Status and name of an error.
    pub(crate) fn error(&self) -> (u16, &str) {
        (self.status, self.body["name"].as_str().unwrap_or_default())
    }
}

pub(crate) struct House {
    pub(crate) db: Db,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) courier: Courier,
    pub(crate) partner: Partner,
    pub(crate) woken: Arc<AtomicUsize>,
    pub(crate) pos_token: String,
    pub(crate) access_token: String,
    pub(crate) client: Value,
    router: axum::Router,
    admin_token: String,
    _folder: TempDir,
}

impl House {
    pub(crate) async fn new(engine: Engine) -> Self {
        Self::with_deadline(engine, Duration::from_millis(500)).await
    }

    /// A house whose registers wait so long for an offer.
    pub(crate) async fn with_deadline(engine: Engine, offer_deadline: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match engine {
            Engine::Sqlite => format!("sqlite:{}", folder.path().join("test.db").display()),
            Engine::Postgres => tokio::task::spawn_blocking(|| {
                cluster::Cluster::shared().and_then(cluster::Cluster::create_database)
            })
            .await
            .unwrap()
            .unwrap(),
        };
        let mut options = Options::new(&url);
        options.read_lanes = 2;
        options.write_lanes = 2;
        let db = Db::open(options).await.unwrap();
        db.migrate(&[door::MIGRATIONS, courier::MIGRATIONS, platform::MIGRATIONS]).await.unwrap();

        let clock = Arc::new(ManualClock::at("2026-03-01T13:00:00Z".parse().unwrap()));
        let outside = Outside::new(clock.clone(), Arc::new(SeededEntropy::new(7)));
        let keyring = Keyring::new("test", [7; 32]).unwrap();
        let guard = TargetGuard::strict().allow_loopback();
        let courier = Courier::idle(
            db.clone(),
            outside.clone(),
            CourierConfig { guard: guard.clone(), ..CourierConfig::default() },
            keyring.clone(),
            platform::listeners(),
            platform::feeds(),
        );
        let admin = AdminTokens::new(db.clone(), outside.clone());
        let admin_token = admin.issue("tests").await.unwrap().text;
        let woken = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&woken);
        let kept = db.clone();
        let platform = Platform::new(PlatformParts {
            db,
            outside,
            caller: Caller::new(guard),
            keyring,
            admin,
            wake: Arc::new(move || {
                counted.fetch_add(1, Ordering::SeqCst);
            }),
            config: PlatformConfig { offer_deadline, ..PlatformConfig::default() },
        });
        let mut house = Self {
            db: kept,
            clock,
            courier,
            partner: Partner::start().await,
            woken,
            pos_token: String::new(),
            access_token: String::new(),
            client: Value::Null,
            router: platform::router(platform),
            admin_token,
            _folder: folder,
        };
        house.set_up().await;
        house
    }

    async fn set_up(&mut self) {
        let merchant = json!({"name": "Example s.r.o.", "businessId": "01234567", "vatId": "CZ01234567",
            "countryCode": "CZ", "currencyCode": "CZK"});
        self.admin(Method::PUT, &format!("/merchants/{MERCHANT}"), Some(merchant)).await.ok();
        for place in [PLACE, OTHER_PLACE] {
            let body = json!({"name": "Bar U Mostu", "timeZone": "Europe/Prague", "posLang": "cs", "billLang": "cs",
                "addressParts": {"city": "Praha", "latitude": 50.07}});
            self.admin(Method::PUT, &format!("/merchants/{MERCHANT}/places/{place}"), Some(body)).await.ok();
        }
        let menu = json!({
            "categories": [{"categoryId": "c:food", "name": "Jídlo"},
                {"categoryId": "c:main", "parentCategoryId": "c:food", "name": "Hlavní"}],
            "products": [
                {"productId": "p:main", "categoryId": "c:main", "name": "Svíčková", "price": 189, "vatRate": 0.12},
                {"productId": "p:beer", "name": "Pivo", "price": "59.00", "vatRate": 0.21},
                {"productId": "p:dessert", "categoryId": "c:food", "name": "Dort", "price": 95, "vatRate": 0.12},
                {"productId": "p:open", "name": "Různé", "price": 0, "isPriceVariable": true, "vatRate": 0.21}]});
        self.admin(Method::PUT, &format!("/merchants/{MERCHANT}/menu"), Some(menu)).await.ok();
        self.pos_token = self.register(PLACE, 1).await;
        let connection = json!({"loyaltyProviderId": PROVIDER, "url": format!("{}/partner/loyalty", self.partner.url),
            "token": "partner-token"});
        self.admin(Method::PUT, &format!("/merchants/{MERCHANT}/loyalty"), Some(connection)).await.ok();
        let client = json!({"name": "Reports", "merchantIds": [MERCHANT], "loyaltyProviderId": PROVIDER});
        self.client = self.admin(Method::POST, "/clients", Some(client)).await.ok();
        self.access_token = self.token_for(&self.client).await;
    }

    /// A new token of a register.
    pub(crate) async fn register(&self, place: &str, device_number: i64) -> String {
        let path = format!("/merchants/{MERCHANT}/places/{place}/registers");
        let body = json!({"deviceNumber": device_number, "name": "Bar"});
        let issued = self.admin(Method::POST, &path, Some(body)).await.ok();
        issued["posToken"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn token_for(&self, client: &Value) -> String {
        let body = json!({"grant_type": "client_credentials", "client_id": client["clientId"],
            "client_secret": client["clientSecret"]});
        let issued = self.call(Method::POST, "/api/auth/authorize", None, Some(body)).await.ok();
        issued["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.call(method, &format!("/admin/v1/platform{path}"), Some(&self.admin_token), body).await
    }

    /// As the first register of the first place; `path` begins after the sourceId.
    pub(crate) async fn pos(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.call(method, &format!("/pos/{SOURCE}{path}"), Some(&self.pos_token), body).await
    }

    /// As the application.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, Some(&self.access_token), None).await
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<Value>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let retry_after =
            response.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer { status, body, retry_after }
    }

    /// How many changes the feed has of the merchant.
    pub(crate) async fn changes(&self) -> i64 {
        let counted = self.db.read("count_changes", |tx| -> Result<i64, db::TxError<db::Never>> {
            Ok(tx.optional(&CHANGES, db::params![MERCHANT])?.unwrap_or(0))
        });
        counted.await.unwrap()
    }

    /// A check with lines `(productId, amount)`; gives its id.
    pub(crate) async fn check(&self, lines: &[(&str, i64)]) -> String {
        let opened = self.pos(Method::POST, "/checks", Some(json!({"deskId": "12", "personCount": 2}))).await;
        assert_eq!(opened.status, 201);
        let id = opened.body["checkId"].as_str().unwrap().to_owned();
        let lines: Vec<Value> =
            lines.iter().map(|(product, amount)| json!({"productId": product, "amount": amount})).collect();
        self.pos(Method::PUT, &format!("/checks/{id}/lines"), Some(json!({"lines": lines}))).await.ok();
        id
    }

    pub(crate) async fn code(&self, check: &str, code: &str) -> Value {
        self.pos(Method::POST, &format!("/checks/{check}/codes"), Some(json!({"inputCode": code}))).await.ok()
    }

    pub(crate) async fn offer(&self, check: &str) -> Answer {
        self.pos(Method::POST, &format!("/checks/{check}/offer"), None).await
    }

    pub(crate) async fn pay(&self, check: &str, payments: &[(&str, Value)]) -> Answer {
        let payments: Vec<Value> = payments
            .iter()
            .map(|(method, value)| json!({"paymentMethod": method, "priceWithVat": value}))
            .collect();
        self.pos(Method::POST, &format!("/checks/{check}/pay"), Some(json!({"payments": payments}))).await
    }
}

/// Writes each scenario as two tests: `scenario::on_sqlite` and `scenario::on_postgres`.
macro_rules! on_both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($house:ident: House) $body:block)+) => { $(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn scenario($house: $crate::house::House) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                scenario($crate::house::House::new(db::Engine::Sqlite).await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                scenario($crate::house::House::new(db::Engine::Postgres).await).await;
            }
        }
    )+ };
}
pub(crate) use on_both_engines;
