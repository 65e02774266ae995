//! Which sample restaurant does the demo (and many a test) work on, and how is it set up?
//!
//! Over `/admin/v1` of both sides, as a person would: nothing here knows a table.

use crate::client::JsonClient;
use anyhow::Context as _;
use serde_json::{Value, json};

/// The codes that can be scanned in the sample restaurant.
pub const CARD: &str = "CARD-1001";
/// An SPV over 80.00 for desserts.
pub const SPV: &str = "SPV-2001";
/// An MPV over 300.00.
pub const MPV: &str = "MPV-3001";
/// Prepaid credit of 500.00 without a member.
pub const CREDIT: &str = "CREDIT-4001";
/// Ten percent off everything.
pub const PROMO: &str = "discount_10";
/// An MPV over 200.00 that its first sale activates.
pub const INACTIVE: &str = "MPV-9001";

/// Product ids of the menu: 189.00 at 12 %, 59.00 at 21 %, 95.00 at 12 %, 55.00 at 12 %.
pub const MAIN: &str = "p:svickova";
/// See [`MAIN`].
pub const BEER: &str = "p:pivo";
/// See [`MAIN`].
pub const DESSERT: &str = "p:palacinky";
/// See [`MAIN`].
pub const COFFEE: &str = "p:kava";

/// On the lunch menu of the first place: three portions at 215.00, also to take away at 199.00, with additions.
pub const SCHNITZEL: &str = "p:rizek";
/// On the lunch menu of the first place, and sold out.
pub const GOULASH: &str = "p:gulas";
/// The lunch menu of the first place.
pub const LUNCH_MENU: &str = "poledni";
/// What guests may choose with [`SCHNITZEL`].
pub const ADDITION_CATEGORY: &str = "ac:prilohy";
/// At 20.00 and the VAT of what it is added to; the other one, `a:salat`, is at 45.00.
pub const ADDITION: &str = "a:brusinky";
/// At 10.00, shown nowhere.
pub const HIDDEN: &str = "p:krabicka";
/// The cashier types its price.
pub const VARIABLE: &str = "p:raut";

/// Who signs in at a register by which code: a waitress and a waiter.
pub const PERSONS: [(i64, &str); 2] = [(1, "1001"), (2, "2002")];

/// A desk of the first place, in the section `sal`.
pub const DESK: &str = "2";
/// A desk of the first place that was removed.
pub const REMOVED_DESK: &str = "13";
/// No table in the room of the first place.
pub const VIRTUAL_DESK: &str = "rozvoz";

/// The restaurant as the platform is told of it: a file for whoever wants one of their own.
pub const DOCUMENT: &str = include_str!("restaurant.json");
/// The id of the first place in it.
pub const FIRST_PLACE: &str = "111111111111111111111111";
/// The second one.
pub const SECOND_PLACE: &str = "222222222222222222222222";

/// The member's opening points.
pub const POINTS: i64 = 500;

/// Everything that was set up and that somebody may need to know.
#[derive(Debug, Clone)]
pub struct Restaurant {
    /// The merchant.
    pub merchant_id: String,
    /// Its first place.
    pub place_id: String,
    /// Its second place, which has no register.
    pub second_place_id: String,
    /// `<merchantId>-<placeId>`.
    pub source_id: String,
    /// Tokens of register 1 and register 2 of the first place.
    pub pos_tokens: [String; 2],
    /// An application that calls the platform.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The platform's token at the partner.
    pub partner_token: String,
    /// The provider's id.
    pub loyalty_provider_id: String,
    /// The platform's secret at the partner's DataSync receiver.
    pub datasync_secret: String,
    /// The marketing tool's token at the customers feed.
    pub customers_token: String,
    /// The member behind [`CARD`].
    pub member_id: String,
    /// Their number in the customers feed.
    pub customer_id: Value,
    /// Their points.
    pub points_balance_id: String,
    /// Their prepaid credit.
    pub credit_balance_id: String,
}

impl Restaurant {
    /// The sample application, signed in at the platform. `anyone` calls it without credentials.
    ///
    /// # Errors
    /// When it cannot sign in.
    pub async fn application(&self, anyone: &JsonClient) -> anyhow::Result<JsonClient> {
        let login = json!({"client_id": self.client_id, "client_secret": self.client_secret,
            "grant_type": "client_credentials"});
        let granted = anyone.post("/api/auth/authorize", &login).await?;
        Ok(anyone.bearer(&text(&granted, "access_token")?))
    }
}

/// Where the two sides find each other, and whose ids are used.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// 24 hex digits each: merchant, first place, second place, provider.
    pub ids: [String; 4],
    /// Where the platform reaches the partner: `http://HOST:PORT/partner`.
    pub partner_url: String,
    /// Only changes from this date on are sent by DataSync.
    pub from_date: String,
}

impl Wishes {
    /// New ids, the partner on the same server.
    pub fn new(outside: &outside::Outside, server_url: &str) -> Self {
        Self {
            ids: std::array::from_fn(|_| outside.object_id()),
            partner_url: format!("{server_url}/partner"),
            from_date: "2026-01-01".to_owned(),
        }
    }
}

/// Sets everything up on both sides of one server. `admin` is a caller with an admin token.
///
/// # Errors
/// With the call that failed and the answer it got.
pub async fn set_up(admin: &JsonClient, wishes: &Wishes) -> anyhow::Result<Restaurant> {
    set_up_apart(admin, admin, wishes).await
}

/// As [`set_up`], for a platform and a partner that are two servers.
///
/// # Errors
/// As [`set_up`].
pub async fn set_up_apart(
    platform_admin: &JsonClient,
    partner_admin: &JsonClient,
    wishes: &Wishes,
) -> anyhow::Result<Restaurant> {
    let partner = partner_side(partner_admin, wishes).await.context("setting up the partner")?;
    let platform =
        platform_side(platform_admin, wishes, &partner).await.context("setting up the platform")?;
    let [merchant_id, place_id, second_place_id, provider] = wishes.ids.clone();
    Ok(Restaurant {
        source_id: format!("{merchant_id}-{place_id}"),
        merchant_id,
        place_id,
        second_place_id,
        pos_tokens: platform.pos_tokens,
        client_id: platform.client_id,
        client_secret: platform.client_secret,
        partner_token: partner.token,
        loyalty_provider_id: provider,
        datasync_secret: partner.datasync_secret,
        customers_token: partner.customers_token,
        member_id: partner.member_id,
        customer_id: partner.customer_id,
        points_balance_id: partner.points_balance_id,
        credit_balance_id: partner.credit_balance_id,
    })
}

struct PlatformSide {
    pos_tokens: [String; 2],
    client_id: String,
    client_secret: String,
}

async fn platform_side(
    admin: &JsonClient,
    wishes: &Wishes,
    partner: &PartnerSide,
) -> anyhow::Result<PlatformSide> {
    let [merchant, place, _, provider] = &wishes.ids;
    let base = format!("/admin/v1/platform/merchants/{merchant}");
    admin.put(&format!("{base}/restaurant"), &document(wishes)?).await?;
    let mut pos_tokens = Vec::new();
    for number in [1, 2] {
        let register = json!({"deviceNumber": number, "name": format!("Pokladna {number}")});
        let issued = admin.post(&format!("{base}/places/{place}/registers"), &register).await?;
        pos_tokens.push(text(&issued, "posToken")?);
    }
    let connection = json!({"loyaltyProviderId": provider, "url": format!("{}/loyalty", wishes.partner_url),
        "token": partner.token});
    admin.put(&format!("{base}/loyalty"), &connection).await?;
    let subscription = json!({"url": format!("{}/datasync", wishes.partner_url), "secret": partner.datasync_secret,
        "method": "POST", "fromDate": wishes.from_date});
    admin.put(&format!("{base}/places/{place}/datasync"), &subscription).await?;
    let client =
        json!({"name": "Sample application", "merchantIds": [merchant], "loyaltyProviderId": provider});
    let client = admin.post("/admin/v1/platform/clients", &client).await?;
    let pos_tokens = pos_tokens.try_into().map_err(|_| anyhow::anyhow!("expected two registers"))?;
    Ok(PlatformSide {
        pos_tokens,
        client_id: text(&client, "clientId")?,
        client_secret: text(&client, "clientSecret")?,
    })
}

/// What the merchant sells, where, and what it keeps in stock, with the places under the ids that are wished for.
fn document(wishes: &Wishes) -> anyhow::Result<Value> {
    let [_, first, second, _] = &wishes.ids;
    let text = DOCUMENT.replace(FIRST_PLACE, first).replace(SECOND_PLACE, second);
    serde_json::from_str(&text).context("restaurant.json cannot be read")
}

struct PartnerSide {
    token: String,
    datasync_secret: String,
    customers_token: String,
    member_id: String,
    customer_id: Value,
    points_balance_id: String,
    credit_balance_id: String,
}

async fn partner_side(admin: &JsonClient, wishes: &Wishes) -> anyhow::Result<PartnerSide> {
    let [merchant, _, _, provider] = &wishes.ids;
    let base = format!("/admin/v1/partner/merchants/{merchant}");
    admin
        .put(
            &base,
            &json!({"name": "U Štamgasta s.r.o.", "currencyCode": "CZK", "pricePrecision": 2, "timeZone": "Europe/Prague",
                "holdTtlSeconds": 300, "program": {"earn": {"points": 1, "perAmount": 10}, "defaultUse": "max"}}),
        )
        .await?;
    let connection = json!({"name": "Sample POS cloud", "loyaltyProviderId": provider});
    let token = text(&admin.post(&format!("{base}/connections"), &connection).await?, "token")?;
    let secret =
        admin.post(&format!("{base}/datasync-secrets"), &json!({"name": "Sample POS cloud"})).await?;
    let datasync_secret = text(&secret, "token")?;
    let client = json!({"name": "Sample marketing tool", "timeZone": "Europe/Prague"});
    let customers_token = text(&admin.post(&format!("{base}/customers-clients"), &client).await?, "token")?;
    let discount = json!({"definition": {"kind": {"percent": {"percent": 10}}, "scope": {"on": "order"}, "trigger": "code",
            "titles": {"pos": {"cs": "Sleva 10 %", "en": "10 % off"}, "bill": {"cs": "Sleva 10 %", "en": "10 % off"}}},
        "codes": [PROMO]});
    admin.put(&format!("{base}/promotions/{PROMO}"), &discount).await?;
    let member = admin.post(&format!("{base}/members"), &member()).await?;
    for voucher in vouchers() {
        admin.post(&format!("{base}/vouchers"), &voucher).await?;
    }
    let balance = |index: usize| {
        let id = member["balanceIds"][index].as_str().map(str::to_owned);
        id.context("the new member's balances are missing in the answer")
    };
    Ok(PartnerSide {
        token,
        datasync_secret,
        customers_token,
        member_id: text(&member, "memberId")?,
        customer_id: member["customerId"].clone(),
        points_balance_id: balance(0)?,
        credit_balance_id: balance(1)?,
    })
}

fn titles(cs: &str, en: &str) -> Value {
    json!({"cs": cs, "en": en})
}

/// 500 points worth 0.10 each and 1000.00 of prepaid credit; the cashier may choose how much of either.
fn member() -> Value {
    json!({
        "tier": "Gold",
        "person": {"firstName": "Jana", "lastName": "Nová", "email": "jana@example.com", "mobilePhone": "+420600000001",
            "city": "Praha", "state": "Praha", "country": "CZ", "allowSms": true, "allowEmail": false},
        "cards": [CARD],
        "balances": [
            {"type": "collectablePoints", "openingValue": POINTS, "settings": {"pointValue": "0.10", "pointStep": 1,
                "controllable": true, "posTitles": titles("Body", "Points"), "billTitles": titles("Body", "Points")}},
            {"type": "prepaidCredit", "openingValue": 1000, "settings": {"controllable": true,
                "posTitles": titles("Kredit", "Credit"), "billTitles": titles("Kredit", "Credit")}},
        ],
    })
}

fn vouchers() -> [Value; 4] {
    let named = |cs: &str, en: &str| json!({"posTitles": titles(cs, en), "billTitles": titles(cs, en)});
    let mut sold = named("Dárkový poukaz", "Gift voucher");
    sold["prepayment"] = json!({"value": 200});
    [
        json!({"code": SPV, "type": "singlePurposePrepaidVoucher", "value": 80, "vatRate": "0.12", "productIds": [DESSERT],
            "settings": named("Poukaz na dezert", "Dessert voucher")}),
        json!({"code": MPV, "type": "multiPurposePrepaidVoucher", "value": 300,
            "settings": named("Dárkový poukaz", "Gift voucher")}),
        json!({"code": CREDIT, "type": "prepaidCredit", "value": 500,
            "settings": named("Předplacený kredit", "Prepaid credit")}),
        json!({"code": INACTIVE, "type": "multiPurposePrepaidVoucher", "value": 0, "status": "inactive",
            "settings": sold}),
    ]
}

/// A member of an answer that must be text.
fn text(answer: &Value, name: &str) -> anyhow::Result<String> {
    let found = answer[name].as_str().map(str::to_owned);
    found.with_context(|| format!("expected {name} in the answer, found {answer}"))
}
