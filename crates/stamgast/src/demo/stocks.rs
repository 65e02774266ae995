//! What does the sample restaurant keep in stock?

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
