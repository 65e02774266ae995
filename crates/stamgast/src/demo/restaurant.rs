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

/// The member's opening points.
pub const POINTS: i64 = 500;

/// Everything that was set up and that somebody may need to know.
#[derive(Debug, Clone)]
pub struct Restaurant {
    /// The merchant.
    pub merchant_id: String,
    /// Its first place; the second has another id and no register.
    pub place_id: String,
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
    let [merchant_id, place_id, _, provider] = wishes.ids.clone();
    Ok(Restaurant {
        source_id: format!("{merchant_id}-{place_id}"),
        merchant_id,
        place_id,
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
    let [merchant, place, second, provider] = &wishes.ids;
    let base = format!("/admin/v1/platform/merchants/{merchant}");
    admin
        .put(
            &base,
            &json!({"name": "U Štamgasta s.r.o.", "businessId": "01234567", "vatId": "CZ01234567", "isVatPayer": true,
                "countryCode": "CZ", "currencyCode": "CZK", "pricePrecision": 2}),
        )
        .await?;
    for (id, name, street) in [(place, "U Štamgasta", "Dlouhá"), (second, "Zahrádka", "Krátká")] {
        let address = json!({"street": street, "streetNumber": "12", "city": "Praha", "country": "Czech republic",
            "countryCode": "CZ", "zip": "11000"});
        let body = json!({"name": name, "timeZone": "Europe/Prague", "posLang": "cs", "billLang": "cs",
            "addressParts": address});
        admin.put(&format!("{base}/places/{id}"), &body).await?;
    }
    admin.put(&format!("{base}/menu"), &menu()).await?;
    let room = json!({"name": "Sál", "order": 1});
    admin.put(&format!("{base}/places/{place}/deskSections/sal"), &room).await?;
    for (id, name) in [("1", "U okna"), ("2", "U kamen"), ("3", "Štamtiš")] {
        let desk = json!({"name": name, "code": id, "sectionId": "sal", "seats": 4});
        admin.put(&format!("{base}/places/{place}/desks/{id}"), &desk).await?;
    }
    super::stocks::set_up(admin, &base, place).await?;
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

fn menu() -> Value {
    let category =
        |id: &str, name: &str| json!({"categoryId": id, "parentCategoryId": "c:listek", "name": name});
    let product = |id: &str, category: &str, name: &str, price: i64, vat: &str| json!({"productId": id, "categoryId": category, "name": name, "price": price, "vatRate": vat});
    json!({
        "categories": [{"categoryId": "c:listek", "name": "Jídelní lístek"}, category("c:hlavni", "Hlavní jídla"),
            category("c:napoje", "Nápoje"), category("c:dezerty", "Dezerty")],
        "products": [product(MAIN, "c:hlavni", "Svíčková", 189, "0.12"), product(BEER, "c:napoje", "Pivo", 59, "0.21"),
            product(DESSERT, "c:dezerty", "Palačinky", 95, "0.12"), product(COFFEE, "c:napoje", "Káva", 55, "0.12")],
    })
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
