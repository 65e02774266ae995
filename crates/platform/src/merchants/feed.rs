//! What does the change feed send of merchants and of their places? (protocol.md §11.2)

use super::store::{self, PlaceRow};
use crate::feed::{Owner, Synchronized, many};
use db::{Tx, params};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use wire::datasync::Domain;

db::statement! {
    // Places of 32 ids.
    PLACES_OF -> PlaceRow = "SELECT place, name, state, address FROM platform_place WHERE merchant = $1 AND place IN (
            $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)";
}

/// The domain `merchants`: the merchant without its places.
pub(crate) enum MerchantRecords {}

impl Synchronized for MerchantRecords {
    const DOMAIN: Domain = Domain::Merchants;
    type Record = Value;

    fn load(tx: &mut Tx<'_>, owner: Owner<'_>, _ids: &[&str]) -> Result<BTreeMap<String, Value>, db::Error> {
        let Some(merchant) = store::read(tx, owner.merchant)? else { return Ok(BTreeMap::new()) };
        let record = json!({
            "merchantId": merchant.merchant_id,
            "name": merchant.name,
            "businessId": merchant.business_id,
            "vatId": merchant.vat_id,
            "isVatPayer": merchant.is_vat_payer,
            "countryCode": merchant.country_code,
            "currencyCode": merchant.currency_code,
        });
        Ok(BTreeMap::from([(merchant.merchant_id, record)]))
    }
}

/// The domain `places`.
pub(crate) enum PlaceRecords {}

impl Synchronized for PlaceRecords {
    const DOMAIN: Domain = Domain::Places;
    type Record = Value;

    fn load(tx: &mut Tx<'_>, owner: Owner<'_>, ids: &[&str]) -> Result<BTreeMap<String, Value>, db::Error> {
        let mut places = BTreeMap::new();
        many(tx, &PLACES_OF, params![owner.merchant], ids, |row| {
            let record = json!({
                "placeId": row.place,
                "merchantId": owner.merchant,
                "name": row.name,
                "state": row.state,
                "addressParts": row.address,
            });
            places.insert(row.place, record);
        })?;
        Ok(places)
    }
}
