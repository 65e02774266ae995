//! Which provider do the registers of a merchant ask?

use courier::destination::{self, Destination};
use db::{Tx, params};

db::statement! {
    CONNECTION_IN_USE -> String = "SELECT loyalty_provider_id FROM platform_loyalty_connection WHERE merchant = $1 AND in_use = 1";
}

/// The provider in use. Its id is also the id of the courier's destination that holds URL and token.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) loyalty_provider_id: String,
    pub(crate) destination: Destination,
}

/// The connection in use; `None` for a merchant without loyalty.
pub(crate) fn in_use(tx: &mut Tx<'_>, merchant: &str) -> Result<Option<Connection>, db::Error> {
    let Some(loyalty_provider_id) = tx.optional(&CONNECTION_IN_USE, params![merchant])? else {
        return Ok(None);
    };
    let destination = destination::get(tx, merchant, &loyalty_provider_id)?;
    Ok(destination.map(|destination| Connection { loyalty_provider_id, destination }))
}
