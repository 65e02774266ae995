//! Where are merchants and their places kept, and how do they look on the wire?

use crate::column::Message;
use db::{Db, Never, Row, TxError, params};
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
    let merchant_id = merchant.to_owned();
    let found = db
        .read("merchant", move |tx| {
            let Some(row) = tx.optional(&MERCHANT, params![&merchant_id])? else { return Ok(None) };
            let places = tx.query(&PLACES, params![&merchant_id])?;
            let places = places.iter().map(place_of).collect::<Result<Vec<_>, _>>()?;
            Ok::<_, TxError<Never>>(Some(Merchant {
                merchant_id: merchant_id.clone(),
                name: row.get(0)?,
                // Texts even where there is none: clients take nothing else
                business_id: Some(row.get::<Option<String>>(1)?.unwrap_or_default()),
                vat_id: Some(row.get::<Option<String>>(2)?.unwrap_or_default()),
                is_vat_payer: row.get(3)?,
                country_code: row.get(4)?,
                currency_code: row.get(5)?,
                places,
                extra: Extra::new(),
            }))
        })
        .await?;
    Ok(found)
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
