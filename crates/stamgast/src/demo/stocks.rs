//! What does the sample restaurant keep in stock?

use crate::client::JsonClient;
use serde_json::{Value, json};

/// The central stock.
pub const CENTRAL_STOCK: &str = "sklad";
/// The stock of the first place.
pub const STOCK: &str = "bar";
/// Beer by the litre, in both stocks.
pub const BEER_ITEM: &str = "si:pivo";
/// Beef by the kilogram, in the central stock.
pub const BEEF_ITEM: &str = "si:hovezi";
/// Who brings the beer.
pub const SUPPLIER: &str = "pivovar";
/// A confirmed stock up of the first place's stock.
pub const STOCK_UP: &str = "su-1";
/// A confirmed stock taking of the first place's stock.
pub const STOCK_TAKING: &str = "st-1";

/// Sets the stocks up below `base`, `/admin/v1/platform/merchants/{merchantId}`: a central one and one of `place`, with items,
/// a supplier and some history.
pub(super) async fn set_up(admin: &JsonClient, base: &str, place: &str) -> anyhow::Result<()> {
    let amount = |stock: &str, amount: &str, price: &str| json!({"stockId": stock, "amount": amount, "priceWithoutVat": price});
    let mut at_the_bar = amount(STOCK, "37.5", "24.75");
    at_the_bar["criticalAmount"] = json!(20);
    at_the_bar["optimalAmount"] = json!(100);
    let beer = json!({"name": "Pivo, sud 50 l", "stockItemCategoryId": "sc:napoje", "measure": "l", "ean": "8594000000017",
        "vatRate": "0.21", "amounts": [at_the_bar, amount(CENTRAL_STOCK, "150", "24.75")]});
    let beef = json!({"name": "Hovězí zadní", "measure": "kg", "vatRate": "0.12", "amounts": [amount(CENTRAL_STOCK, "12.4", "219.9")]});
    let came = |amount: &str| json!([{"itemId": BEER_ITEM, "amount": amount, "priceWithoutVat": "24.75", "vatRate": "0.21"}]);
    let nouns: [(String, Value); 9] = [
        (format!("stocks/{CENTRAL_STOCK}"), json!({"name": "Sklad"})),
        (format!("stocks/{STOCK}"), json!({"name": "Bar", "placeId": place})),
        ("stockItemCategories/sc:napoje".to_owned(), json!({"name": "Nápoje"})),
        (format!("stockItems/{BEER_ITEM}"), beer),
        (format!("stockItems/{BEEF_ITEM}"), beef),
        (format!("suppliers/{SUPPLIER}"), json!({"supplierName": "Pivovar U Mostu"})),
        (
            format!("stocks/{STOCK}/stockUps/{STOCK_UP}"),
            json!({"number": "2026-017", "note": "dva sudy", "supplierId": SUPPLIER, "personName": "Jana Nová",
                "createdAt": "2026-02-02T10:00:00+01:00", "items": came("100")}),
        ),
        (
            format!("stocks/{STOCK}/stockUps/su-2"),
            json!({"number": "2026-018", "supplierId": SUPPLIER, "createdAt": "2026-02-27T10:00:00+01:00", "isDraft": true,
                "items": came("50")}),
        ),
        (
            format!("stocks/{STOCK}/stockTakings/{STOCK_TAKING}"),
            json!({"number": "I-3", "personName": "Jana Nová", "createdAt": "2026-02-28T23:00:00+01:00", "items": [
                {"itemId": BEER_ITEM, "countedAmount": "37.5", "expectedAmount": "39", "priceWithoutVat": "24.75"}]}),
        ),
    ];
    for (noun, body) in nouns {
        admin.put(&format!("{base}/{noun}"), &body).await?;
    }
    Ok(())
}
