//! Where are merchants and their places kept, and how do they look on the wire?

use crate::column::Message;
use db::{Db, Never, Row, Tx, TxError, params};
use door::ApiError;
use wire::Extra;
use wire::merchants::{Merchant, Place};

db::statement! {
    MERCHANT = "SELECT name, business_id, vat_id, is_vat_payer, country_code, currency_code
        FROM platform_merchant WHERE merchant = $1";
    PLACES = "SELECT place, name, state, address FROM platform_place WHERE merchant = $1 ORDER BY created_at, place";
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
        name: row.get(0)?,
        // Texts even where there is none: clients take nothing else
        business_id: Some(row.get::<Option<String>>(1)?.unwrap_or_default()),
        vat_id: Some(row.get::<Option<String>>(2)?.unwrap_or_default()),
        is_vat_payer: row.get(3)?,
        country_code: row.get(4)?,
        currency_code: row.get(5)?,
        places: places.iter().map(place_of).collect::<Result<_, _>>()?,
        extra: Extra::new(),
    }))
}

fn place_of(row: &Row) -> Result<Place, db::Error> {
    Ok(Place {
        place_id: row.get(0)?,
        name: row.get(1)?,
        state: row.get(2)?,
        // All parts, although each may be null: clients take a place for broken that lacks one
        address_parts: Some(row.get::<Option<Message<_>>>(3)?.map(|message| message.0).unwrap_or_default()),
        extra: Extra::new(),
    })
}
