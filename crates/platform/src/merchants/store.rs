//! Where are merchants and their places kept, and how do they look on the wire?

use db::{Db, Message, Never, Tx, TxError, params};
use door::ApiError;
use wire::Extra;
use wire::merchants::{AddressParts, Merchant, Place};

db::row! {
    struct MerchantRow {
        name: String,
        business_id: Option<String>,
        vat_id: Option<String>,
        is_vat_payer: bool,
        country_code: String,
        currency_code: String,
    }
}

db::row! {
    pub(super) struct PlaceRow {
        pub(super) place: String,
        pub(super) name: String,
        pub(super) state: String,
        pub(super) address: Option<AddressParts> as Option<Message>,
    }
}

db::statement! {
    MERCHANT -> MerchantRow = "SELECT name, business_id, vat_id, is_vat_payer, country_code, currency_code
        FROM platform_merchant WHERE merchant = $1";
    PLACES -> PlaceRow = "SELECT place, name, state, address FROM platform_place WHERE merchant = $1 ORDER BY created_at, place";
}

/// The documented answer.
pub(crate) async fn merchant(db: &Db, merchant: &str) -> Result<Option<Merchant>, ApiError> {
    let merchant = merchant.to_owned();
    Ok(db.read("merchant", move |tx| Ok::<_, TxError<Never>>(read(tx, &merchant)?)).await?)
}

/// The merchant with its places; `None` when nobody has set it up.
pub(super) fn read(tx: &mut Tx<'_>, merchant: &str) -> Result<Option<Merchant>, db::Error> {
    let Some(row) = tx.optional(&MERCHANT, params![merchant])? else { return Ok(None) };
    let places = tx.query(&PLACES, params![merchant])?;
    Ok(Some(Merchant {
        merchant_id: merchant.to_owned(),
        name: row.name,
        // Texts even where there is none: clients take nothing else
        business_id: Some(row.business_id.unwrap_or_default()),
        vat_id: Some(row.vat_id.unwrap_or_default()),
        is_vat_payer: row.is_vat_payer,
        country_code: Some(row.country_code),
        currency_code: Some(row.currency_code),
        places: places.into_iter().map(place_of).collect(),
        extra: Extra::new(),
    }))
}

fn place_of(row: PlaceRow) -> Place {
    Place {
        place_id: row.place,
        name: row.name,
        state: row.state,
        // All parts, although each may be null: clients take a place for broken that lacks one
        address_parts: Some(row.address.unwrap_or_default()),
        extra: Extra::new(),
    }
}
