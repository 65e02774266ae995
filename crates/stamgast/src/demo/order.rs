//! How does an order from elsewhere reach the register, its desk and its bill? The part of the story without loyalty.

use super::restaurant::{BEER, DESK, MAIN, PERSONS, Restaurant, SCHNITZEL};
use super::story::{Story, wait};
use super::{bell, check};
use crate::client::JsonClient;
use anyhow::Context as _;
use http::Method;
use serde_json::{Value, json};

/// What the sample application calls the order that waits for a register.
pub(super) const WAITING: &str = "web-1";
/// What it calls the order of the story.
const TOLD: &str = "web-2";

/// Has the sample application order something to be brought that waits for a register; gives the order's id. It waits a day
/// before it is declined by itself, so that whoever looks around finds it.
pub(super) async fn leave_open(
    admin: &JsonClient,
    anyone: &JsonClient,
    restaurant: &Restaurant,
) -> anyhow::Result<String> {
    let Restaurant { merchant_id, place_id, source_id, .. } = restaurant;
    let settings = json!({"autoDeclineMinutes": 1440});
    let path = format!("/admin/v1/platform/merchants/{merchant_id}/places/{place_id}/delivery");
    admin.put(&path, &settings).await?;
    let guest =
        json!({"name": "Petr Svoboda", "phoneNumber": "+420600000002", "deliveryAddress": "Kozí 3, Praha"});
    let order = json!({"externalId": WAITING, "deliveryType": "delivery", "customer": guest, "note": "Zvonit dvakrát",
        "items": [{"itemId": MAIN, "count": 1, "unitPriceWithVat": 189}, {"itemId": BEER, "count": 2, "unitPriceWithVat": 59}]});
    let application = restaurant.application(anyone).await?;
    let made = application.post(&format!("/delivery/orders/{source_id}"), &order).await?;
    made["orderId"].as_str().map(str::to_owned).with_context(|| format!("expected an orderId, found {made}"))
}

impl Story<'_> {
    /// Step 7: an order takes the last portions, and a register confirms it. Gives the order as it is then.
    pub(super) async fn order(&self) -> anyhow::Result<Value> {
        self.step(
            7,
            "an application orders 3 × Řízek 215.00 = 645.00 for desk 2: the last three portions of the lunch menu",
        )?;
        let application = self.restaurant.application(&self.anyone).await?;
        let source = &self.restaurant.source_id;
        let order = json!({"externalId": TOLD, "deliveryType": "orderToTable", "deskId": DESK, "customer": {"name": "Petr Svoboda"},
            "items": [{"itemId": SCHNITZEL, "count": 3, "unitPriceWithVat": 215}],
            "notification": {"confirm": format!("{}{}", self.app.url(), Self::call())}});
        check::number("portions before the order", "3", &self.portions(&application).await?)?;
        let made = application.post(&format!("/delivery/orders/{source}"), &order).await?;
        check::text("the new order", "NEW", &made["state"])?;
        check::number("portions after the order", "0", &self.portions(&application).await?)?;
        self.detail("application → platform POST /delivery/orders → 201, NEW; the menu shows 0 portions: it has ended by itself")?;

        let second = self.register(2);
        let opened = second.post(&self.checks(), &json!({})).await?;
        let path = format!("{}/{}/lines", self.checks(), opened["checkId"].as_str().unwrap_or_default());
        let more = json!({"lines": [{"productId": SCHNITZEL, "amount": 1}]});
        let refused = second.send(Method::PUT, &path, Some(more.to_string().into_bytes())).await?;
        check::number("one more at register 2", "409", &json!(refused.status))?;
        check::text("one more at register 2", "SOLD_OUT", &refused.json["name"])?;
        let id = made["orderId"].as_str().unwrap_or_default();
        let confirmed = self
            .register(1)
            .post(&format!("/deliveryInternal/{source}/orders/{id}/confirm"), &json!({}))
            .await?;
        check::text("the order at register 1", "CONFIRMED", &confirmed["state"])?;
        self.detail("register 2 cannot sell one more → 409, sold out; register 1 confirms the order, which is a check of desk 2 now")?;
        Ok(confirmed)
    }

    /// Step 8: the open check is read by somebody who has no register.
    pub(super) async fn look(&self) -> anyhow::Result<()> {
        self.step(8, "the application, which has no register, asks what is open at desk 2")?;
        let application = self.restaurant.application(&self.anyone).await?;
        let path = format!("/deskViews/{}/desks/{DESK}/check", self.restaurant.source_id);
        let open = application.get(&path).await?;
        check::text("what was ordered", "Řízek", &open["lines"][0]["name"])?;
        check::number("how many of it", "3", &open["lines"][0]["amount"])?;
        check::number("left to pay at the desk", "645.00", &open["toPay"])?;
        self.detail("GET /deskViews/…/desks/2/check → 3 × Řízek, 645.00 left to pay")
    }

    /// Step 9: the order is paid, and its application has heard of it.
    pub(super) async fn sell(&self, order: &Value) -> anyhow::Result<()> {
        self.step(9, "Eva signs in at register 1 by her code and takes 645.00 in cash for the order")?;
        let register = self.register(1);
        let person = format!("/pos/{}/person", self.restaurant.source_id);
        register.put(&person, &json!({"code": PERSONS[0].1})).await?;
        let check = order["checkId"].as_str().unwrap_or_default();
        let cash = json!({"payments": [{"paymentMethod": "cash", "priceWithVat": 645}]});
        let paid = register.post(&format!("{}/{check}/pay", self.checks()), &cash).await?;
        let bill_id = paid["billId"].as_str().unwrap_or_default();
        let application = self.restaurant.application(&self.anyone).await?;
        let source = &self.restaurant.source_id;
        let bill = application.get(&format!("/bills/{source}/{bill_id}")).await?;
        check::number("the bill's final price", "645.00", &bill["finalPrice"])?;
        check::text("who took the money", "Eva Malá", &bill["paidBy"]["fullName"])?;
        register.delete(&person).await?;
        let id = order["orderId"].as_str().unwrap_or_default();
        check::text("the order on the bill", id, &bill["orderProvider"]["orderId"])?;
        let told = application.get(&format!("/delivery/orders/{source}/{id}")).await?;
        check::text("the bill on the order", bill_id, &told["billId"])?;
        let call = Self::call();
        wait("the call of the application", async || Ok(self.bell.rang(&call).then_some(()))).await?;
        self.detail(&format!(
            "bill {bill_id} is Eva's and names the order, and the order its bill; platform → application GET {call} → 200, the query as it was given"
        ))
    }

    /// Where the application wants to be called about the order, with a query that must come as it was given.
    fn call() -> String {
        format!("{}?order={TOLD}&event=confirm&sign=a%2Fb", bell::PATH)
    }

    /// How many portions the menu of the first place shows.
    async fn portions(&self, application: &JsonClient) -> anyhow::Result<Value> {
        let Restaurant { merchant_id, place_id, .. } = self.restaurant;
        let tree = application.get(&format!("/menu/{merchant_id}?placeId={place_id}")).await?;
        let product =
            product(&tree["items"], SCHNITZEL).with_context(|| format!("expected {SCHNITZEL} in {tree}"))?;
        Ok(product["placeValues"]["quantity"].clone())
    }
}

/// A product of a tree, in whichever category it stands.
fn product<'t>(nodes: &'t Value, id: &str) -> Option<&'t Value> {
    let mut nodes = nodes.as_array()?.iter();
    nodes.find_map(|node| if node["productId"] == id { Some(node) } else { product(&node["items"], id) })
}
