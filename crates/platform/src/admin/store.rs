//! Where does set-up write, and how is it read back?

use crate::access::store::{CLIENT_MERCHANTS, ClientMerchant};
use crate::feed::Changes;
use crate::merchants::{MerchantRecords, PlaceRecords};
use db::{Json, Tx, json, params};
use serde_json::{Map, Value};
use wire::access::Api;
use wire::admin::platform::{
    AdminClient, AdminLoyaltyConnection, AdminMerchant, AdminPlace, AdminRegister, PlaceState, PutMerchant,
    PutPlace,
};
use wire::admin::restaurant::RestaurantApplication;

db::row! {
    struct MerchantRow {
        name: String,
        business_id: Option<String>,
        vat_id: Option<String>,
        is_vat_payer: bool,
        country_code: String,
        currency_code: String,
        price_precision: u8,
    }
}

db::row! {
    struct PlaceRow {
        place: String,
        name: String,
        state: String,
        time_zone: String,
        pos_lang: String,
        bill_lang: String,
        bill_letters: String,
        address: Option<Map<String, Value>> as Option<Json>,
    }
}

db::row! {
    struct RegisterRow {
        place: String,
        device_number: i64,
        name: String,
    }
}

db::row! {
    struct ConnectionRow {
        loyalty_provider_id: String,
        in_use: bool,
    }
}

db::row! {
    struct ClientRow {
        client_id: String,
        name: String,
        loyalty_provider_id: Option<String>,
        apis: Option<Vec<Api>> as Option<Json>,
    }
}

db::row! {
    struct ApplicationRow {
        client_id: String,
        name: String,
        loyalty_provider_id: Option<String>,
        apis: Option<Vec<Api>> as Option<Json>,
        places: Option<Vec<String>> as Option<Json>,
    }
}

db::statement! {
    ANY_PRODUCT -> i64 = "SELECT 1 FROM platform_product WHERE merchant = $1 LIMIT 1";
    // Prices are minor units of one currency at one precision: these two change only while there are none ($10 = 0).
    PUT_MERCHANT = "INSERT INTO platform_merchant (merchant, name, business_id, vat_id, is_vat_payer, country_code,
            currency_code, price_precision, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
        ON CONFLICT (merchant) DO UPDATE SET name = excluded.name, business_id = excluded.business_id,
            vat_id = excluded.vat_id, is_vat_payer = excluded.is_vat_payer, country_code = excluded.country_code,
            currency_code = CASE WHEN CAST($10 AS BIGINT) = 1
                THEN platform_merchant.currency_code ELSE excluded.currency_code END,
            price_precision = CASE WHEN CAST($10 AS BIGINT) = 1
                THEN platform_merchant.price_precision ELSE excluded.price_precision END,
            updated_at = excluded.updated_at";
    // Until it is set up in the same transaction: of two who set a new merchant up at once the second waits here for the first.
    pub(super) CLAIM_MERCHANT = "INSERT INTO platform_merchant (merchant, name, is_vat_payer, country_code, currency_code,
            price_precision, created_at, updated_at)
        VALUES ($1, '', 0, '', '', 0, $2, $2)
        ON CONFLICT (merchant) DO NOTHING";
    pub(super) TAKE_MERCHANT = "UPDATE platform_merchant SET updated_at = updated_at WHERE merchant = $1";
    pub(super) TOUCH_MERCHANT = "UPDATE platform_merchant SET updated_at = $2 WHERE merchant = $1";
    pub(super) KNOWN_MERCHANT -> String = "SELECT merchant FROM platform_merchant WHERE merchant = $1";
    ADMIN_MERCHANT -> MerchantRow = "SELECT name, business_id, vat_id, is_vat_payer, country_code, currency_code, price_precision
        FROM platform_merchant WHERE merchant = $1";
    ADMIN_PLACES -> PlaceRow = "SELECT place, name, state, time_zone, pos_lang, bill_lang, bill_letters, address
        FROM platform_place WHERE merchant = $1 ORDER BY created_at, place";
    ADMIN_PLACE -> PlaceRow = "SELECT place, name, state, time_zone, pos_lang, bill_lang, bill_letters, address
        FROM platform_place WHERE merchant = $1 AND place = $2";
    pub(super) PLACE_LETTERS -> String = "SELECT bill_letters FROM platform_place WHERE merchant = $1 AND place = $2";
    pub(super) TAKEN_LETTERS -> String = "SELECT bill_letters FROM platform_place WHERE merchant = $1";
    PUT_PLACE = "INSERT INTO platform_place (merchant, place, name, state, time_zone, pos_lang, bill_lang, bill_letters,
            address, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
        ON CONFLICT (merchant, place) DO UPDATE SET name = excluded.name, state = excluded.state,
            time_zone = excluded.time_zone, pos_lang = excluded.pos_lang, bill_lang = excluded.bill_lang,
            address = excluded.address, updated_at = excluded.updated_at";
    pub(super) PUT_REGISTER = "INSERT INTO platform_register (merchant, place, device_number, name, created_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (merchant, place, device_number) DO UPDATE SET name = excluded.name";
    REGISTER -> RegisterRow = "SELECT place, device_number, name FROM platform_register
        WHERE merchant = $1 AND place = $2 AND device_number = $3";
    pub(super) END_OLDER_POS_TOKENS = "UPDATE platform_pos_token SET expires_at = $4
        WHERE merchant = $1 AND place = $2 AND device_number = $3 AND (expires_at IS NULL OR expires_at > $4)";
    pub(super) ADD_POS_TOKEN = "INSERT INTO platform_pos_token (token_prefix, token_hash, merchant, place, device_number, name,
            issued_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    ADMIN_REGISTERS -> RegisterRow = "SELECT place, device_number, name FROM platform_register WHERE merchant = $1
        ORDER BY place, device_number";
    pub(super) ADD_CLIENT = "INSERT INTO platform_client (client_id, name, loyalty_provider_id, created_at, apis)
        VALUES ($1, $2, $3, $4, $5)";
    pub(super) ADD_CLIENT_SECRET = "INSERT INTO platform_client_secret (token_prefix, token_hash, client_id, issued_at)
        VALUES ($1, $2, $3, $4)";
    // Nothing is inserted for a merchant nobody has set up.
    pub(super) ASSIGN_MERCHANT = "INSERT INTO platform_client_merchant (merchant, client_id, assigned_at, places)
        SELECT merchant, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT) FROM platform_merchant
        WHERE merchant = $1";
    pub(super) PLACES -> String = "SELECT place FROM platform_place WHERE merchant = $1";
    ADMIN_CLIENTS -> ClientRow = "SELECT client_id, name, loyalty_provider_id, apis FROM platform_client ORDER BY created_at, client_id";
    APPLICATIONS -> ApplicationRow = "SELECT c.client_id, c.name, c.loyalty_provider_id, c.apis, m.places
        FROM platform_client_merchant m JOIN platform_client c ON c.client_id = m.client_id
        WHERE m.merchant = $1 ORDER BY c.created_at, c.client_id";
    pub(super) RETIRE_CONNECTIONS = "UPDATE platform_loyalty_connection SET in_use = 0, updated_at = $2
        WHERE merchant = $1 AND in_use = 1";
    pub(super) PUT_CONNECTION = "INSERT INTO platform_loyalty_connection (merchant, loyalty_provider_id, in_use, created_at,
            updated_at)
        VALUES ($1, $2, 1, $3, $3)
        ON CONFLICT (merchant, loyalty_provider_id) DO UPDATE SET in_use = 1, updated_at = excluded.updated_at";
    ADMIN_CONNECTIONS -> ConnectionRow = "SELECT loyalty_provider_id, in_use FROM platform_loyalty_connection WHERE merchant = $1
        ORDER BY created_at, loyalty_provider_id";
}

/// Writes a merchant and its entry in the feed; currency and precision stay once there are prices in them.
pub(super) fn put_merchant(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    body: &PutMerchant,
) -> Result<(), db::Error> {
    // Locks the merchant, as whoever puts products does: none comes between the question and the answer
    tx.execute(&TOUCH_MERCHANT, params![merchant, changes.now()])?;
    let has_prices =
        tx.optional(&ANY_PRODUCT, params![merchant])?.is_some() || crate::stocks::any_price(tx, merchant)?;
    tx.execute(
        &PUT_MERCHANT,
        params![
            merchant,
            &body.name,
            body.business_id.as_ref(),
            body.vat_id.as_ref(),
            body.is_vat_payer,
            &body.country_code,
            &body.currency_code,
            i64::from(body.price_precision),
            changes.now(),
            has_prices
        ],
    )?;
    changes.put::<MerchantRecords>(merchant);
    Ok(())
}

/// Writes a place and its entry in the feed.
pub(super) fn put_place(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    place: &str,
    bill_letters: &str,
    body: &PutPlace,
) -> Result<(), db::Error> {
    let address = body.address_parts.as_ref().map(|address| json("address", address)).transpose()?;
    tx.execute(
        &PUT_PLACE,
        params![
            merchant,
            place,
            &body.name,
            body.state.as_str(),
            &body.time_zone,
            &body.pos_lang,
            &body.bill_lang,
            bill_letters,
            address.as_ref(),
            changes.now()
        ],
    )?;
    changes.put::<PlaceRecords>(place);
    Ok(())
}

/// The merchant with all that is set up for it.
pub(super) fn merchant(tx: &mut Tx<'_>, merchant: &str) -> Result<Option<AdminMerchant>, db::Error> {
    let Some(row) = tx.optional(&ADMIN_MERCHANT, params![merchant])? else { return Ok(None) };
    let places = tx.query(&ADMIN_PLACES, params![merchant])?;
    let registers = tx.query(&ADMIN_REGISTERS, params![merchant])?;
    let mut loyalty_connections = Vec::new();
    for ConnectionRow { loyalty_provider_id, in_use } in tx.query(&ADMIN_CONNECTIONS, params![merchant])? {
        let destination = courier::destination::get(tx, merchant, &loyalty_provider_id)?;
        let url = destination.map(|destination| destination.url).unwrap_or_default();
        loyalty_connections.push(AdminLoyaltyConnection { loyalty_provider_id, url, in_use });
    }
    Ok(Some(AdminMerchant {
        merchant_id: merchant.to_owned(),
        merchant: PutMerchant {
            name: row.name,
            business_id: row.business_id,
            vat_id: row.vat_id,
            is_vat_payer: row.is_vat_payer,
            country_code: row.country_code,
            currency_code: row.currency_code,
            price_precision: row.price_precision,
        },
        places: places.into_iter().map(|row| place_of(merchant, row)).collect(),
        registers: registers.into_iter().map(register_of).collect(),
        loyalty_connections,
    }))
}

/// A place as set up; `None` when the merchant has no such place.
pub(super) fn place(tx: &mut Tx<'_>, merchant: &str, place: &str) -> Result<Option<AdminPlace>, db::Error> {
    Ok(tx.optional(&ADMIN_PLACE, params![merchant, place])?.map(|row| place_of(merchant, row)))
}

/// A register of a place; `None` when the place has no such register.
pub(super) fn register(
    tx: &mut Tx<'_>,
    merchant: &str,
    place: &str,
    device: i64,
) -> Result<Option<AdminRegister>, db::Error> {
    Ok(tx.optional(&REGISTER, params![merchant, place, device])?.map(register_of))
}

/// The applications that may call for the merchant.
pub(super) fn applications(tx: &mut Tx<'_>, merchant: &str) -> Result<Vec<RestaurantApplication>, db::Error> {
    let rows = tx.query(&APPLICATIONS, params![merchant])?.into_iter();
    let applications = rows.map(|row| RestaurantApplication {
        client_id: row.client_id,
        name: row.name,
        loyalty_provider_id: row.loyalty_provider_id,
        apis: row.apis,
        place_ids: row.places,
    });
    Ok(applications.collect())
}

fn place_of(merchant: &str, row: PlaceRow) -> AdminPlace {
    AdminPlace {
        source_id: format!("{merchant}-{}", row.place),
        place_id: row.place,
        bill_letters: row.bill_letters,
        place: PutPlace {
            name: row.name,
            state: PlaceState::parse(&row.state).unwrap_or_default(),
            time_zone: row.time_zone,
            pos_lang: row.pos_lang,
            bill_lang: row.bill_lang,
            address_parts: row.address,
        },
    }
}

fn register_of(row: RegisterRow) -> AdminRegister {
    AdminRegister { place_id: row.place, device_number: row.device_number, name: row.name }
}

/// Every application.
pub(super) fn clients(tx: &mut Tx<'_>) -> Result<Vec<AdminClient>, db::Error> {
    let mut clients = Vec::new();
    for row in tx.query(&ADMIN_CLIENTS, params![])? {
        let merchants = tx.query(&CLIENT_MERCHANTS, params![&row.client_id])?;
        let (mut merchant_ids, mut place_ids) = (Vec::new(), None::<Vec<String>>);
        for ClientMerchant { merchant, places } in merchants {
            merchant_ids.push(merchant);
            if let Some(places) = places {
                place_ids.get_or_insert_default().extend(places);
            }
        }
        clients.push(AdminClient {
            client_id: row.client_id,
            name: row.name,
            loyalty_provider_id: row.loyalty_provider_id,
            apis: row.apis,
            place_ids,
            merchant_ids,
        });
    }
    Ok(clients)
}
