//! The server is killed between payment and report. Does the report arrive after the next start, booked once?

use crate::program::{Server, admin_token, run};
use outside::Outside;
use serde_json::json;
use stamgast::demo::restaurant::{CARD, MAIN, Restaurant, Wishes, set_up_apart};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use testkit::{Engine, Scripted, Step, TestDatabase, assert_number, eventually};

/// A platform and a partner as two processes, with a gate between them.
struct Sides {
    platform: TestDatabase,
    partner: TestDatabase,
    partner_server: Server,
    gate: Scripted,
    /// Whether reports pass the gate and are answered.
    open: Arc<AtomicBool>,
    restaurant: Restaurant,
}

/// While the gate is shut, reports meet `shut`; everything else passes.
async fn start(engine: Engine, shut: fn(String) -> Step) -> (Sides, Server) {
    let (platform, partner) = (TestDatabase::fresh(engine).await, TestDatabase::fresh(engine).await);
    let partner_server = Server::start(partner.url(), "partner");
    let platform_server = Server::start(platform.url(), "platform");
    let (gate, open) = (Scripted::start([]).await, Arc::new(AtomicBool::new(false)));
    let (url, opened) = (partner_server.url().to_owned(), Arc::clone(&open));
    gate.decide(Box::new(move |request| {
        let held_back = request.path.ends_with("/reportBenefitUsage") && !opened.load(Ordering::SeqCst);
        Some(if held_back { shut(url.clone()) } else { Step::Forward(url.clone()) })
    }));
    let mut wishes = Wishes::new(&Outside::system(), gate.url());
    wishes.from_date = "2026-01-01".to_owned();
    let restaurant = set_up_apart(
        &platform_server.caller().bearer(&admin_token(platform.url())),
        &partner_server.caller().bearer(&admin_token(partner.url())),
        &wishes,
    )
    .await
    .unwrap();
    (Sides { platform, partner, partner_server, gate, open, restaurant }, platform_server)
}

/// Sells one main dish for the card's credit and points: nothing is left to pay.
async fn sell(server: &Server, restaurant: &Restaurant) -> String {
    let register = server.caller().bearer(&restaurant.pos_tokens[0]);
    let checks = format!("/pos/{}/checks", restaurant.source_id);
    let opened = register.post(&checks, &json!({})).await.unwrap();
    let check = format!("{checks}/{}", opened["checkId"].as_str().unwrap());
    let lines = json!({"lines": [{"productId": MAIN, "amount": 1}]});
    register.put(&format!("{check}/lines"), &lines).await.unwrap();
    register.post(&format!("{check}/codes"), &json!({"inputCode": CARD})).await.unwrap();
    let offered = register.post(&format!("{check}/offer"), &json!({})).await.unwrap();
    assert_number("left to pay", "0", &offered["toPay"]);
    register.post(&format!("{check}/pay"), &json!({"payments": []})).await.unwrap();
    register.get(&check).await.unwrap()["billId"].as_str().unwrap().to_owned()
}

impl Sides {
    fn reports(&self) -> usize {
        self.gate.received().iter().filter(|request| request.path.ends_with("/reportBenefitUsage")).count()
    }

    /// After the kill: the gate opens, the platform starts again, the report arrives, booked once.
    async fn assert_arrives_once(self, bill: &str) {
        self.open.store(true, Ordering::SeqCst);
        let again = Server::start(self.platform.url(), "platform");
        let login = json!({"client_id": self.restaurant.client_id, "client_secret": self.restaurant.client_secret,
            "grant_type": "client_credentials"});
        let granted = again.caller().post("/api/auth/authorize", &login).await.unwrap();
        let application = again.caller().bearer(granted["access_token"].as_str().unwrap());
        let list = format!("/loyalty/{}/benefitUsages", self.restaurant.source_id);
        let usage = eventually("the report", async || {
            let page = application.get(&list).await.unwrap();
            page["data"].as_array().unwrap().iter().find(|usage| usage["synchronized"] == true).cloned()
        })
        .await;
        assert_eq!(usage["payload"]["billId"], bill);

        let admin = self.partner_server.caller().bearer(&admin_token(self.partner.url()));
        let base = format!("/admin/v1/partner/merchants/{}", self.restaurant.merchant_id);
        let usages = admin.get(&format!("{base}/usages")).await.unwrap();
        assert_eq!(usages["data"].as_array().unwrap().len(), 1, "{usages}");
        // 189.00 = 50.00 by points + 139.00 by credit
        let credit =
            admin.get(&format!("{base}/balances/{}", self.restaurant.credit_balance_id)).await.unwrap();
        assert_number("credit", "861", &credit["posted"]);
        let sent = self.reports();
        tokio::time::sleep(std::time::Duration::from_millis(2500)).await;
        assert_eq!(self.reports(), sent, "a success ends it for good");
        assert_eq!(again.terminate(), Some(0), "it stops in order");
        let verified = run(&["verify", "--database", self.partner.url()]);
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stdout));
    }
}

testkit::on_both_engines! {
    async fn killed_before_the_report_reached_the_partner(engine: Engine) {
        let (sides, platform) = start(engine, |_| Step::Drop).await;
        let bill = sell(&platform, &sides.restaurant).await;
        platform.kill();
        sides.assert_arrives_once(&bill).await;
    }

    async fn killed_after_the_partner_booked_and_before_it_was_known(engine: Engine) {
        let (sides, platform) = start(engine, Step::ForwardAndDrop).await;
        let bill = sell(&platform, &sides.restaurant).await;
        eventually("the first attempt", async || (sides.reports() > 0).then_some(())).await;
        platform.kill();
        sides.assert_arrives_once(&bill).await;
    }
}
