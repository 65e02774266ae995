//! What happens in one loyalty sale, step by step, and which numbers must come out? What an order does is in `order.rs`.

use super::bell::Bell;
use super::check;
use super::restaurant::{BEER, CARD, DESSERT, MAIN, POINTS, PROMO, Restaurant};
use crate::app::App;
use crate::client::JsonClient;
use crate::database;
use serde_json::{Value, json};
use std::time::Duration;

/// Where the story's lines go.
pub(super) type Tell<'a> = &'a dyn Fn(&str) -> std::io::Result<()>;

/// How long something that happens by itself (a retry, a DataSync batch) may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// One told sale: who calls whom.
pub(super) struct Story<'a> {
    pub(super) app: &'a App,
    pub(super) restaurant: &'a Restaurant,
    pub(super) admin: JsonClient,
    pub(super) anyone: JsonClient,
    pub(super) bell: &'a Bell,
    pub(super) tell: Tell<'a>,
}

impl Story<'_> {
    /// Plays all steps.
    ///
    /// # Errors
    /// With what was expected and what was found, at the first number that is wrong.
    pub(super) async fn play(&self) -> anyhow::Result<()> {
        let check = self.scan().await?;
        self.share(&check).await?;
        let bill = self.pay(&check).await?;
        self.report(&bill).await?;
        self.sync().await?;
        let order = self.order().await?;
        self.look().await?;
        self.sell(&order).await?;
        self.verify().await
    }

    /// Register 1 or 2 of the first place.
    pub(super) fn register(&self, number: usize) -> JsonClient {
        self.anyone.bearer(&self.restaurant.pos_tokens[number - 1])
    }

    pub(super) fn checks(&self) -> String {
        format!("/pos/{}/checks", self.restaurant.source_id)
    }

    pub(super) fn step(&self, number: u8, text: &str) -> anyhow::Result<()> {
        Ok((self.tell)(&format!("{number}. {text}"))?)
    }

    pub(super) fn detail(&self, text: &str) -> anyhow::Result<()> {
        Ok((self.tell)(&format!("   {text}"))?)
    }

    /// What a balance holds at the partner.
    async fn balance(&self, balance_id: &str) -> anyhow::Result<Value> {
        let merchant = &self.restaurant.merchant_id;
        self.admin.get(&format!("/admin/v1/partner/merchants/{merchant}/balances/{balance_id}")).await
    }

    /// Step 2: a check, a card, a promotion, an offer.
    async fn scan(&self) -> anyhow::Result<String> {
        let register = self.register(1);
        self.step(2, "register 1 opens a check: 2 × Svíčková 189.00, 3 × Pivo 59.00 = 555.00, scans the card and discount_10")?;
        let opened = register.post(&self.checks(), &json!({"deskId": "12", "personCount": 2})).await?;
        let check = opened["checkId"].as_str().unwrap_or_default().to_owned();
        let path = format!("{}/{check}", self.checks());
        register.put(&format!("{path}/lines"), &basket(&[(MAIN, 2), (BEER, 3)])).await?;
        for code in [CARD, PROMO] {
            register.post(&format!("{path}/codes"), &json!({"inputCode": code})).await?;
        }
        let offered = register.post(&format!("{path}/offer"), &json!({})).await?;
        check::number("the check's total after 10 % and 500 points", "449.50", &offered["totalWithVat"])?;
        check::number("left to pay", "0.00", &offered["toPay"])?;
        check::text("the guest's name", "Jana Nová", &offered["offer"]["customerName"])?;
        self.detail("platform → partner getBenefitOffer → 200: 10 % = 55.50 off, 500 points = 50.00 off, credit pays 449.50")?;
        let credit = self.balance(&self.restaurant.credit_balance_id).await?;
        check::number("credit held for this check", "449.50", &credit["held"])?;
        self.detail("the answer keeps every rule of an offer; the partner holds 500 points and 449.50 of credit for this check")?;
        Ok(check)
    }

    /// Step 3: the basket changes, a second register wants the same card.
    async fn share(&self, check: &str) -> anyhow::Result<()> {
        let first = self.register(1);
        let path = format!("{}/{check}", self.checks());
        self.step(3, "the guests add Palačinky 95.00; register 1 asks again")?;
        first.put(&format!("{path}/lines"), &basket(&[(MAIN, 2), (BEER, 3), (DESSERT, 1)])).await?;
        let offered = first.post(&format!("{path}/offer"), &json!({})).await?;
        check::number("the check's total", "535.00", &offered["totalWithVat"])?;
        let credit_id = &self.restaurant.credit_balance_id;
        check::number("credit held", "535.00", &self.balance(credit_id).await?["held"])?;
        self.detail("650.00 − 65.00 − 50.00 = 535.00, and the hold follows: 535.00 of credit")?;

        let second = self.register(2);
        let opened = second.post(&self.checks(), &json!({})).await?;
        let other = format!("{}/{}", self.checks(), opened["checkId"].as_str().unwrap_or_default());
        second.put(&format!("{other}/lines"), &basket(&[(MAIN, 3)])).await?;
        second.post(&format!("{other}/codes"), &json!({"inputCode": CARD})).await?;
        let offered = second.post(&format!("{other}/offer"), &json!({})).await?;
        check::number("what credit pays at register 2", "465.00", &offered["paidByBalances"])?;
        check::number("left to pay at register 2", "102.00", &offered["toPay"])?;
        self.detail("register 2 scans the same card for 567.00 and gets what is free: no points, credit 465.00; 102.00 left to pay")?;

        first.put(&format!("{path}/balances/{credit_id}"), &json!({"controllableValueToUse": 300})).await?;
        let offered = first.post(&format!("{path}/offer"), &json!({})).await?;
        check::number("left to pay after the choice", "235.00", &offered["toPay"])?;
        check::number("credit held by both", "765.00", &self.balance(credit_id).await?["held"])?;
        self.detail("at register 1 the guest wants to use 300.00 of credit only: 235.00 left to pay, held 300.00 + 465.00")
    }

    /// Step 4: the money is taken.
    async fn pay(&self, check: &str) -> anyhow::Result<String> {
        self.step(
            4,
            "register 1 takes 235.00 in cash; the platform asks the partner once more, and the offer stands",
        )?;
        let path = format!("{}/{check}", self.checks());
        let cash = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 235}]});
        let paid = self.register(1).post(&format!("{path}/pay"), &cash).await?;
        let shown = if paid["billId"].is_string() { paid } else { self.register(1).get(&path).await? };
        let bill_id = shown["billId"].as_str().unwrap_or_default().to_owned();
        let application = self.restaurant.application(&self.anyone).await?;
        let bill = application.get(&format!("/bills/{}/{bill_id}", self.restaurant.source_id)).await?;
        check::number("the bill's final price", "535.00", &bill["finalPrice"])?;
        check::number("VAT at 12 %", "41.71", &bill["taxSummaries"]["12"])?;
        check::number("VAT at 21 %", "25.29", &bill["taxSummaries"]["21"])?;
        self.detail(&format!(
            "bill {bill_id}: 535.00 = 235.00 cash + 300.00 credit, VAT 41.71 at 12 % and 25.29 at 21 %; the usage report is \
             in the outbox by the same transaction"
        ))?;
        Ok(bill_id)
    }

    /// Step 5: the report arrives, once.
    async fn report(&self, bill_id: &str) -> anyhow::Result<()> {
        self.step(5, "the courier reports the usage; the demo's partner answers 500 to the first attempt")?;
        let platform = self.restaurant.application(&self.anyone).await?;
        let list = format!("/loyalty/{}/benefitUsages", self.restaurant.source_id);
        let usage = wait("the usage to be synchronized", async || {
            let page = platform.get(&list).await?;
            let found = page["data"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|usage| usage["payload"]["billId"] == bill_id);
            Ok(found.filter(|usage| usage["synchronized"] == true).cloned())
        })
        .await?;
        check::number("attempts", "2", &usage["attempts"])?;
        let (credit, points) = (&self.restaurant.credit_balance_id, &self.restaurant.points_balance_id);
        check::number("credit left", "700.00", &self.balance(credit).await?["posted"])?;
        check::number(
            "points: 500 used, 53 earned for 535.00",
            "53",
            &self.balance(points).await?["posted"],
        )?;
        self.detail("the retry is booked and the usage marked as synchronized: credit 1000.00 → 700.00, points 500 → 0 → 53")?;
        let partner = self.anyone.bearer(&self.restaurant.partner_token);
        partner.post("/partner/loyalty/reportBenefitUsage", &usage["payload"]).await?;
        check::number("credit after a repeated report", "700.00", &self.balance(credit).await?["posted"])?;
        check::number("points after a repeated report", "53", &self.balance(points).await?["posted"])?;
        self.detail("the same report once more → 200, and nothing changes")
    }

    /// Step 6: the bill reaches the customers feed.
    async fn sync(&self) -> anyhow::Result<()> {
        self.step(6, "DataSync sends the bill; the marketing tool reads the customer")?;
        let tool = self.anyone.bearer(&self.restaurant.customers_token);
        let path = format!("/api/v1/customer/{}", self.restaurant.customer_id);
        let customer = wait("the bill to reach the customer's totals", async || {
            let customer = tool.get(&path).await?;
            Ok((customer["total_orders"].as_i64() == Some(1)).then_some(customer))
        })
        .await?;
        check::number("the customer's points", "53", &customer["points"])?;
        check::number("the customer's sales", "535.00", &customer["total_sales"])?;
        check::number("the last order", "535.00", &customer["last_order_value"])?;
        self.detail(&format!("GET {path} → Jana: points {POINTS} → 53, 1 order, 535.00 in sales"))
    }

    /// Step 10: the books are in order.
    async fn verify(&self) -> anyhow::Result<()> {
        let faults = database::verify(self.app.db(), crate::config::Role::All).await?;
        anyhow::ensure!(
            faults.is_empty(),
            "stamgast verify: expected no fault, found:\n{}",
            faults.join("\n")
        );
        self.step(10, "stamgast verify: every invariant of the ledger holds")
    }
}

/// The body that sets a check's lines.
fn basket(lines: &[(&str, u32)]) -> Value {
    let lines: Vec<Value> =
        lines.iter().map(|(product, amount)| json!({"productId": product, "amount": amount})).collect();
    json!({"lines": lines})
}

/// Asks again and again until there is something.
pub(super) async fn wait<T>(
    what: &str,
    ask: impl AsyncFn() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let found = async {
        loop {
            if let Some(found) = ask().await? {
                return Ok(found);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, found).await {
        Ok(found) => found,
        Err(_) => anyhow::bail!("expected {what} within {} s; it did not happen", PATIENCE.as_secs()),
    }
}
