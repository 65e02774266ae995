//! Where does set-up write, and how is it read back?

use crate::column::{Exact, Json, json};
use crate::feed::Changes;
use crate::menu::{CategoryRecords, ItemRecords};
use crate::merchants::{MerchantRecords, PlaceRecords};
use db::{Row, Tx, params};
use money::{Amount, Precision};
use wire::Number;
use wire::admin::platform::{
    AdminClient, AdminLoyaltyConnection, AdminMenu, AdminMerchant, AdminPlace, AdminRegister, MenuCategory,
    MenuProduct, PlaceState, PutMerchant, PutPlace,
};

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
    pub(super) TOUCH_MERCHANT = "UPDATE platform_merchant SET updated_at = $2 WHERE merchant = $1";
    pub(super) TOUCH_MERCHANT_PRECISION = "UPDATE platform_merchant SET updated_at = $2 WHERE merchant = $1
        RETURNING price_precision";
    pub(super) MERCHANT_PRECISION = "SELECT price_precision FROM platform_merchant WHERE merchant = $1";
    ADMIN_MERCHANT = "SELECT name, business_id, vat_id, is_vat_payer, country_code, currency_code, price_precision
        FROM platform_merchant WHERE merchant = $1";
    ADMIN_PLACES = "SELECT place, name, state, time_zone, pos_lang, bill_lang, bill_letters, address
        FROM platform_place WHERE merchant = $1 ORDER BY created_at, place";
    pub(super) PLACE_LETTERS = "SELECT bill_letters FROM platform_place WHERE merchant = $1 AND place = $2";
    pub(super) TAKEN_LETTERS = "SELECT bill_letters FROM platform_place WHERE merchant = $1";
    PUT_PLACE = "INSERT INTO platform_place (merchant, place, name, state, time_zone, pos_lang, bill_lang, bill_letters,
            address, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
        ON CONFLICT (merchant, place) DO UPDATE SET name = excluded.name, state = excluded.state,
            time_zone = excluded.time_zone, pos_lang = excluded.pos_lang, bill_lang = excluded.bill_lang,
            address = excluded.address, updated_at = excluded.updated_at";
    PUT_CATEGORY = "INSERT INTO platform_category (merchant, category_id, parent_category_id, name, updated_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (merchant, category_id) DO UPDATE SET parent_category_id = excluded.parent_category_id,
            name = excluded.name, updated_at = excluded.updated_at";
    // The row of the merchant must be locked.
    NEXT_DECODED_ID -> i64 = "SELECT COALESCE(MAX(decoded_id), 0) + 1 FROM platform_product WHERE merchant = $1";
    PUT_PRODUCT = "INSERT INTO platform_product (merchant, product_id, decoded_id, category_id, name, measure, ean,
            price, is_price_variable, vat_rate, vat_id, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (merchant, product_id) DO UPDATE SET category_id = excluded.category_id, name = excluded.name,
            measure = excluded.measure, ean = excluded.ean, price = excluded.price,
            is_price_variable = excluded.is_price_variable, vat_rate = excluded.vat_rate, vat_id = excluded.vat_id,
            updated_at = excluded.updated_at";
    ADMIN_CATEGORIES = "SELECT category_id, parent_category_id, name FROM platform_category WHERE merchant = $1
        ORDER BY category_id";
    ADMIN_PRODUCTS = "SELECT product_id, category_id, name, measure, ean, price, is_price_variable, vat_rate, vat_id
        FROM platform_product WHERE merchant = $1 ORDER BY product_id";
    pub(super) PUT_REGISTER = "INSERT INTO platform_register (merchant, place, device_number, name, created_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (merchant, place, device_number) DO UPDATE SET name = excluded.name";
    pub(super) END_OLDER_POS_TOKENS = "UPDATE platform_pos_token SET expires_at = $4
        WHERE merchant = $1 AND place = $2 AND device_number = $3 AND (expires_at IS NULL OR expires_at > $4)";
    pub(super) ADD_POS_TOKEN = "INSERT INTO platform_pos_token (token_prefix, token_hash, merchant, place, device_number, name,
            issued_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    ADMIN_REGISTERS = "SELECT place, device_number, name FROM platform_register WHERE merchant = $1
        ORDER BY place, device_number";
    pub(super) ADD_CLIENT = "INSERT INTO platform_client (client_id, name, loyalty_provider_id, created_at, apis)
        VALUES ($1, $2, $3, $4, $5)";
    pub(super) ADD_CLIENT_SECRET = "INSERT INTO platform_client_secret (token_prefix, token_hash, client_id, issued_at)
        VALUES ($1, $2, $3, $4)";
    // Nothing is inserted for a merchant nobody has set up.
    pub(super) ASSIGN_MERCHANT = "INSERT INTO platform_client_merchant (merchant, client_id, assigned_at, places)
        SELECT merchant, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT) FROM platform_merchant
        WHERE merchant = $1";
    pub(super) PLACES = "SELECT place FROM platform_place WHERE merchant = $1";
    ADMIN_CLIENTS = "SELECT client_id, name, loyalty_provider_id, apis FROM platform_client ORDER BY created_at, client_id";
    pub(super) RETIRE_CONNECTIONS = "UPDATE platform_loyalty_connection SET in_use = 0, updated_at = $2
        WHERE merchant = $1 AND in_use = 1";
    pub(super) PUT_CONNECTION = "INSERT INTO platform_loyalty_connection (merchant, loyalty_provider_id, in_use, created_at,
            updated_at)
        VALUES ($1, $2, 1, $3, $3)
        ON CONFLICT (merchant, loyalty_provider_id) DO UPDATE SET in_use = 1, updated_at = excluded.updated_at";
    ADMIN_CONNECTIONS = "SELECT loyalty_provider_id, in_use FROM platform_loyalty_connection WHERE merchant = $1
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
    let has_prices = tx.optional(&ANY_PRODUCT, params![merchant])?.is_some();
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

/// Writes a category and its entry in the feed.
pub(super) fn put_category(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    category: &MenuCategory,
) -> Result<(), db::Error> {
    let (id, parent) = (&category.category_id, category.parent_category_id.as_ref());
    tx.execute(&PUT_CATEGORY, params![merchant, id, parent, &category.name, changes.now()])?;
    changes.put::<CategoryRecords>(id);
    Ok(())
}

/// Writes a product, priced in minor units, and its entry in the feed.
pub(super) fn put_product(
    tx: &mut Tx<'_>,
    changes: &mut Changes,
    merchant: &str,
    product: &MenuProduct,
    price: Amount,
) -> Result<(), db::Error> {
    let vat_id = product.vat_id.as_ref().map(|vat_id| json("vat_id", vat_id)).transpose()?;
    let decoded_id = tx.optional(&NEXT_DECODED_ID, params![merchant])?.unwrap_or(1);
    tx.execute(
        &PUT_PRODUCT,
        params![
            merchant,
            &product.product_id,
            decoded_id,
            product.category_id.as_ref(),
            &product.name,
            &product.measure,
            product.ean.as_ref(),
            price.0,
            product.is_price_variable,
            &product.vat_rate.to_string(),
            vat_id.as_ref(),
            changes.now()
        ],
    )?;
    changes.put::<ItemRecords>(&product.product_id);
    Ok(())
}

/// The merchant with all that is set up for it.
pub(super) fn merchant(tx: &mut Tx<'_>, merchant: &str) -> Result<Option<AdminMerchant>, db::Error> {
    let Some(row) = tx.optional(&ADMIN_MERCHANT, params![merchant])? else { return Ok(None) };
    let places = tx.query(&ADMIN_PLACES, params![merchant])?;
    let registers = tx.query(&ADMIN_REGISTERS, params![merchant])?;
    let mut loyalty_connections = Vec::new();
    for row in tx.query(&ADMIN_CONNECTIONS, params![merchant])? {
        let loyalty_provider_id: String = row.get(0)?;
        let destination = courier::destination::get(tx, merchant, &loyalty_provider_id)?;
        loyalty_connections.push(AdminLoyaltyConnection {
            url: destination.map(|destination| destination.url).unwrap_or_default(),
            in_use: row.get(1)?,
            loyalty_provider_id,
        });
    }
    Ok(Some(AdminMerchant {
        merchant_id: merchant.to_owned(),
        merchant: PutMerchant {
            name: row.get(0)?,
            business_id: row.get(1)?,
            vat_id: row.get(2)?,
            is_vat_payer: row.get(3)?,
            country_code: row.get(4)?,
            currency_code: row.get(5)?,
            price_precision: row.get(6)?,
        },
        places: places.iter().map(|row| place_of(merchant, row)).collect::<Result<_, _>>()?,
        registers: registers
            .iter()
            .map(|row| {
                Ok(AdminRegister { place_id: row.get(0)?, device_number: row.get(1)?, name: row.get(2)? })
            })
            .collect::<Result<_, db::Error>>()?,
        loyalty_connections,
    }))
}

fn place_of(merchant: &str, row: &Row) -> Result<AdminPlace, db::Error> {
    let place: String = row.get(0)?;
    let state: String = row.get(2)?;
    Ok(AdminPlace {
        source_id: format!("{merchant}-{place}"),
        place_id: place,
        bill_letters: row.get(6)?,
        place: PutPlace {
            name: row.get(1)?,
            state: PlaceState::parse(&state).unwrap_or_default(),
            time_zone: row.get(3)?,
            pos_lang: row.get(4)?,
            bill_lang: row.get(5)?,
            address_parts: row.get::<Option<Json<_>>>(7)?.map(|json| json.0),
        },
    })
}

/// The whole menu.
pub(super) fn menu(tx: &mut Tx<'_>, merchant: &str, precision: Precision) -> Result<AdminMenu, db::Error> {
    let categories = tx.query(&ADMIN_CATEGORIES, params![merchant])?;
    let products = tx.query(&ADMIN_PRODUCTS, params![merchant])?;
    Ok(AdminMenu {
        categories: categories
            .iter()
            .map(|row| {
                Ok(MenuCategory {
                    category_id: row.get(0)?,
                    parent_category_id: row.get(1)?,
                    name: row.get(2)?,
                })
            })
            .collect::<Result<_, db::Error>>()?,
        products: products.iter().map(|row| product_of(row, precision)).collect::<Result<_, _>>()?,
    })
}

fn product_of(row: &Row, precision: Precision) -> Result<MenuProduct, db::Error> {
    Ok(MenuProduct {
        product_id: row.get(0)?,
        category_id: row.get(1)?,
        name: row.get(2)?,
        measure: row.get(3)?,
        ean: row.get(4)?,
        price: Number::from_amount(Amount(row.get(5)?), precision),
        is_price_variable: row.get(6)?,
        vat_rate: row.get::<Exact>(7)?.0,
        vat_id: row.get::<Option<Json<_>>>(8)?.map(|json| json.0),
    })
}

/// Every application.
pub(super) fn clients(tx: &mut Tx<'_>) -> Result<Vec<AdminClient>, db::Error> {
    let mut clients = Vec::new();
    for row in tx.query(&ADMIN_CLIENTS, params![])? {
        let client_id: String = row.get(0)?;
        let merchants = tx.query(&crate::access::store::CLIENT_MERCHANTS, params![&client_id])?;
        let mut place_ids: Option<Vec<String>> = None;
        for row in &merchants {
            if let Some(Json(places)) = row.get::<Option<Json<Vec<String>>>>(1)? {
                place_ids.get_or_insert_default().extend(places);
            }
        }
        clients.push(AdminClient {
            name: row.get(1)?,
            loyalty_provider_id: row.get(2)?,
            apis: row.get::<Option<Json<_>>>(3)?.map(|json| json.0),
            place_ids,
            merchant_ids: merchants.iter().map(|row| row.get(0)).collect::<Result<_, _>>()?,
            client_id,
        });
    }
    Ok(clients)
}
