//! Where does a test sell something? In the sample restaurant, called as each of its callers.

use crate::TestApp;
use db::{Engine, Never, Query, TxError};
use serde_json::{Value, json};
use stamgast::app::Wrap;
use stamgast::client::JsonClient;
use stamgast::config::Config;
use stamgast::demo::check;
use stamgast::demo::restaurant::{Restaurant, Wishes, set_up};
use std::collections::BTreeMap;
use std::time::Duration;

/// A running server with the sample restaurant of the demo.
pub struct House {
    /// The server.
    pub app: TestApp,
    /// Its sample data.
    pub restaurant: Restaurant,
}

impl House {
    /// Both sides and the restaurant on a fresh database.
    ///
    /// # Panics
    /// When the set-up fails; so for all below.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}, Box::new(|router| router)).await
    }

    /// As [`House::start`], with changes to the configuration and something around all routes.
    ///
    /// # Panics
    /// As [`House::start`].
    pub async fn start_with(engine: Engine, change: impl FnOnce(&mut Config), wrap: Wrap) -> Self {
        let app = TestApp::start_with(engine, change, wrap).await;
        let wishes = Wishes::new(&app.outside, app.url());
        let restaurant = set_up(&app.admin, &wishes).await.expect("the sample restaurant");
        fed(&app.admin, &restaurant.merchant_id).await;
        Self { app, restaurant }
    }

    /// As [`House::start`], but the platform's loyalty connection leads to another partner.
    ///
    /// # Panics
    /// As [`House::start`].
    pub async fn with_partner_at(engine: Engine, url: &str, change: impl FnOnce(&mut Config)) -> Self {
        let house = Self::start_with(engine, change, Box::new(|router| router)).await;
        let path = format!("/admin/v1/platform/merchants/{}/loyalty", house.restaurant.merchant_id);
        let connection = json!({"loyaltyProviderId": house.restaurant.loyalty_provider_id, "url": url,
            "token": house.restaurant.partner_token});
        house.app.admin.put(&path, &connection).await.expect("the connection is changed");
        house
    }

    /// The POS cloud, as the loyalty webhooks know it.
    pub fn partner(&self) -> JsonClient {
        self.app.anyone.bearer(&self.restaurant.partner_token)
    }

    /// Register 1 or 2.
    pub fn register(&self, number: usize) -> JsonClient {
        self.app.anyone.bearer(&self.restaurant.pos_tokens[number - 1])
    }

    /// The reader of the customers feed.
    pub fn marketing(&self) -> JsonClient {
        self.app.anyone.bearer(&self.restaurant.customers_token)
    }

    /// The partner's application at the platform, signed in.
    ///
    /// # Panics
    /// When it cannot sign in.
    pub async fn platform(&self) -> JsonClient {
        let login = json!({"client_id": self.restaurant.client_id, "client_secret": self.restaurant.client_secret,
            "grant_type": "client_credentials"});
        let granted = self.app.anyone.post("/api/auth/authorize", &login).await.expect("an access token");
        self.app.anyone.bearer(granted["access_token"].as_str().expect("an access token"))
    }

    /// `/pos/{sourceId}/checks`
    pub fn checks(&self) -> String {
        format!("/pos/{}/checks", self.restaurant.source_id)
    }

    /// `/admin/v1/partner/merchants/{merchantId}`
    pub fn partner_admin(&self) -> String {
        format!("/admin/v1/partner/merchants/{}", self.restaurant.merchant_id)
    }

    /// Opens a check on a register with these products and codes; gives the check's path.
    ///
    /// # Panics
    /// When the till refuses.
    pub async fn open_check(&self, register: usize, lines: &[(&str, i64)], codes: &[&str]) -> String {
        let register = self.register(register);
        let opened = register.post(&self.checks(), &json!({})).await.expect("a check");
        let path = format!("{}/{}", self.checks(), opened["checkId"].as_str().expect("a checkId"));
        let lines: Vec<Value> =
            lines.iter().map(|(product, amount)| json!({"productId": product, "amount": amount})).collect();
        register.put(&format!("{path}/lines"), &json!({"lines": lines})).await.expect("lines");
        for code in codes {
            register.post(&format!("{path}/codes"), &json!({"inputCode": code})).await.expect("a code");
        }
        path
    }

    /// A balance as the partner's set-up shows it.
    ///
    /// # Panics
    /// When there is no such balance.
    pub async fn balance(&self, balance_id: &str) -> Value {
        let path = format!("{}/balances/{balance_id}", self.partner_admin());
        self.app.admin.get(&path).await.expect("the balance")
    }

    /// The usage reports the partner has kept.
    ///
    /// # Panics
    /// When they cannot be read.
    pub async fn usages(&self) -> Vec<Value> {
        let page = self.app.admin.get(&format!("{}/usages", self.partner_admin())).await.expect("the usages");
        page["data"].as_array().cloned().expect("a list")
    }

    /// How many rows every table has, but for the lanes on which the courier notes by itself where it stands.
    ///
    /// # Panics
    /// When they cannot be counted.
    pub async fn rows(&self) -> BTreeMap<String, i64> {
        let db = self.app.app.db();
        let mut tables = db.schema().await.expect("the tables");
        tables.retain(|table, _| !matches!(table.as_str(), "courier_lane" | "courier_position"));
        let mut counts = BTreeMap::new();
        for table in tables.into_keys() {
            // a test's few texts may live as long as the process
            let sql: &'static str = format!("SELECT COUNT(*) FROM {table}").leak();
            let statement: &'static Query<i64> =
                Box::leak(Box::new(Query::new("COUNT_ROWS", module_path!(), sql)));
            let counted = db.read("count_rows", move |tx| {
                Ok::<_, TxError<Never>>(tx.optional(statement, &[])?.unwrap_or(0))
            });
            counts.insert(table, counted.await.expect("a count"));
        }
        counts
    }

    /// Whether every invariant of the ledger holds.
    ///
    /// # Panics
    /// With the rows at fault when one does not.
    pub async fn assert_verified(&self) {
        let faults = stamgast::database::verify(self.app.app.db(), stamgast::config::Role::All).await;
        assert_eq!(faults.expect("verify runs"), Vec::<String>::new());
    }
}

/// Waits until every subscription of the merchant has been sent what changed so far.
///
/// # Panics
/// As [`eventually`].
pub async fn fed(admin: &JsonClient, merchant: &str) {
    let path = format!("/admin/v1/platform/merchants/{merchant}/datasync");
    eventually("the feed's end", async || {
        let lanes = admin.get(&path).await.ok()?;
        let lanes = lanes.as_array()?;
        (!lanes.is_empty() && lanes.iter().all(|lane| lane["records"] == 0)).then_some(())
    })
    .await;
}

/// Asks again and again until there is something.
///
/// # Panics
/// When it does not come within 20 seconds.
pub async fn eventually<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), found)
        .await
        .unwrap_or_else(|_| panic!("{what} did not happen"))
}

/// The number found is the expected one, whatever its form.
///
/// # Panics
/// With both when it is not.
#[track_caller]
pub fn assert_number(what: &str, expected: &str, found: &Value) {
    if let Err(error) = check::number(what, expected, found) {
        panic!("{error}");
    }
}
