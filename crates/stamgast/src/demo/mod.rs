//! What does `stamgast demo` do? It sets up a sample restaurant on a fresh database and plays a sale and an order on it.

mod bell;
pub mod check;
mod fault;
mod order;
pub mod restaurant;
pub mod stocks;
mod story;

use crate::app::App;
use crate::client::JsonClient;
use crate::config::Config;
use crate::{database, terminal};
use anyhow::Context as _;
use bell::Bell;
use fault::Fault;
use outside::Outside;
use restaurant::{Restaurant, Wishes};
use serde_json::{Value, json};
use std::path::PathBuf;
use story::Story;
use tokio::net::TcpListener;

/// A demo that listens, with its sample data.
pub struct Demo {
    app: App,
    restaurant: Restaurant,
    admin_token: String,
    /// The order that waits for a register.
    order_id: String,
    fault: Fault,
    bell: Bell,
    /// Removed with the demo when the database was its own.
    _folder: Option<Folder>,
}

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "the demo's folder could not be removed");
        }
    }
}

impl std::fmt::Debug for Demo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Demo").field("app", &self.app).finish_non_exhaustive()
    }
}

impl Demo {
    /// Starts both sides and sets the restaurant up. `database`: an empty one; `None`: a SQLite file in a
    /// folder of its own, removed at the end.
    ///
    /// # Errors
    /// When the database is not empty, or something cannot be set up.
    pub async fn start(
        mut config: Config,
        database: Option<String>,
        listener: TcpListener,
    ) -> anyhow::Result<Demo> {
        let outside = Outside::system();
        let folder = match database {
            Some(url) => {
                config.database = url;
                refuse_unless_empty(&config).await?;
                None
            }
            None => {
                let name = format!("stamgast-demo-{}", outside::hex(&outside.random_bytes::<8>()));
                let folder = Folder(std::env::temp_dir().join(name));
                std::fs::create_dir(&folder.0)
                    .with_context(|| format!("{} cannot be made", folder.0.display()))?;
                config.database = format!("sqlite:{}", folder.0.join("demo.sqlite").display());
                Some(folder)
            }
        };
        settle(&mut config, &outside);
        let fault = Fault::default();
        let bell = Bell::default();
        let (failing, ringing) = (fault.clone(), bell.clone());
        let wrap = Box::new(move |router| ringing.layer(failing.layer(router)));
        let app = App::start_wrapped(config, outside.clone(), listener, wrap).await?;
        let admin_token = app.admin_token("demo").await?;
        let anyone = JsonClient::new(app.url())?;
        let admin = anyone.bearer(&admin_token);
        let restaurant = restaurant::set_up(&admin, &Wishes::new(&outside, app.url())).await?;
        let order_id = order::leave_open(&admin, &anyone, &restaurant).await?;
        Ok(Demo { app, restaurant, admin_token, order_id, fault, bell, _folder: folder })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        self.app.url()
    }

    /// Everything a program needs to play with it; the keys are a promise (`--json`).
    pub fn json(&self) -> Value {
        let restaurant = &self.restaurant;
        json!({
            "url": self.url(),
            "adminToken": self.admin_token,
            "merchantId": restaurant.merchant_id,
            "placeId": restaurant.place_id,
            "sourceId": restaurant.source_id,
            "secondPlaceId": restaurant.second_place_id,
            "clientId": restaurant.client_id,
            "clientSecret": restaurant.client_secret,
            "posToken": restaurant.pos_tokens[0],
            "posTokens": restaurant.pos_tokens,
            "partnerToken": restaurant.partner_token,
            "datasyncSecret": restaurant.datasync_secret,
            "customersToken": restaurant.customers_token,
            "loyaltyProviderId": restaurant.loyalty_provider_id,
            "memberId": restaurant.member_id,
            "customerId": restaurant.customer_id,
            "pointsBalanceId": restaurant.points_balance_id,
            "creditBalanceId": restaurant.credit_balance_id,
            "persons": restaurant::PERSONS.map(|(person_id, code)| json!({"personId": person_id, "code": code})),
            "order": {"orderId": self.order_id, "externalId": order::WAITING},
            "desks": {
                "deskId": restaurant::DESK,
                "removedDeskId": restaurant::REMOVED_DESK,
                "virtualDeskId": restaurant::VIRTUAL_DESK,
            },
            "menu": {
                "productId": restaurant::MAIN,
                "limitedProductId": restaurant::SCHNITZEL,
                "soldOutProductId": restaurant::GOULASH,
                "hiddenProductId": restaurant::HIDDEN,
                "variableProductId": restaurant::VARIABLE,
                "additionCategoryId": restaurant::ADDITION_CATEGORY,
                "additionId": restaurant::ADDITION,
                "timeBasedMenuId": restaurant::LUNCH_MENU,
            },
            "stocks": {
                "centralStockId": stocks::CENTRAL_STOCK,
                "stockId": stocks::STOCK,
                "itemId": stocks::BEER_ITEM,
                "supplierId": stocks::SUPPLIER,
                "stockUpId": stocks::STOCK_UP,
                "stockTakingId": stocks::STOCK_TAKING,
            },
            "codes": {
                "card": restaurant::CARD,
                "spv": restaurant::SPV,
                "mpv": restaurant::MPV,
                "credit": restaurant::CREDIT,
                "promo": restaurant::PROMO,
                "inactiveVoucher": restaurant::INACTIVE,
            },
        })
    }

    /// Plays the sale and the order, a line or two a step to `tell`.
    ///
    /// # Errors
    /// At the first number that is not what it must be.
    pub async fn play(&self, tell: &dyn Fn(&str) -> std::io::Result<()>) -> anyhow::Result<()> {
        for line in [
            "1. a sample restaurant, set up by one document: two places, a menu with 12 % and 21 % VAT and a lunch menu of \
             which one dish is sold out, desks in two sections, three persons, stocks with a supplier; two registers, an API \
             client, and its order that waits",
            "   a loyalty partner with a card (500 points at 0.10, credit 1000.00), an SPV, an MPV, prepaid credit, \
             discount_10, an inactive voucher; DataSync from the platform to the partner, a marketing tool",
        ] {
            tell(line)?;
        }
        self.fault.arm();
        let anyone = JsonClient::new(self.url())?;
        let admin = anyone.bearer(&self.admin_token);
        Story { app: &self.app, restaurant: &self.restaurant, admin, anyone, bell: &self.bell, tell }
            .play()
            .await
    }

    /// Stops the server.
    ///
    /// # Errors
    /// When it had died before.
    pub async fn shutdown(self) -> anyhow::Result<()> {
        self.app.shutdown().await
    }
}

/// What the demo needs beside the defaults: it calls itself over plain HTTP, and does not wait long.
fn settle(config: &mut Config, outside: &Outside) {
    config.courier.allow_loopback();
    config.courier.schedule_seconds = vec![1, 1, 2, 3, 5];
    config.courier.jitter_percent = 0;
    config.courier.poll_ms = 200;
    config.courier.tick_seconds = 2;
    config.courier.debounce_seconds = 0;
    let given = !config.secret.key.is_empty() || !config.secret.key_file.is_empty();
    if !given && !config.database.starts_with("sqlite:") {
        // good for this run: the demo refuses the database the next time anyway
        config.secret.key = courier::Keyring::generate(outside, "demo");
    }
}

/// A demo never writes among other people's rows.
async fn refuse_unless_empty(config: &Config) -> anyhow::Result<()> {
    let db = database::open(config).await?;
    let tables = db.schema().await.context("the database's tables cannot be read")?.len();
    db.close().await;
    anyhow::ensure!(
        tables == 0,
        "the demo wants an empty database and {} has {tables} tables: name another one, or leave --database out",
        database::shown(&config.database)
    );
    Ok(())
}

/// The links a person may want to follow while the demo stays up.
pub(crate) fn links(demo: &Demo) -> std::io::Result<()> {
    let url = demo.url();
    let checks = format!("{url}/pos/{}/checks", demo.restaurant.source_id);
    for line in [
        String::new(),
        format!("The server stays up at {url} until Ctrl-C. Open a check at its first register:"),
        format!("  curl -s -H 'Authorization: Bearer {}' -d '{{}}' {checks}", demo.restaurant.pos_tokens[0]),
        "See the promotions and members of its partner with the administrator's token:".to_owned(),
        format!(
            "  curl -s -H 'Authorization: Bearer {}' {url}/admin/v1/partner/merchants/{}/promotions",
            demo.admin_token, demo.restaurant.merchant_id
        ),
        format!("  {url}/docs      what can be called"),
        format!("  {url}/metrics   how it is doing"),
        "All tokens and codes: `stamgast demo --json`.".to_owned(),
    ] {
        terminal::note(&line)?;
    }
    Ok(())
}
