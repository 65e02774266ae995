//! What do cashier and guest call a thing that the merchant has set up?

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Texts per language code (`cs`), for the register's screen and for the printed bill.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Titles {
    /// Shown to the cashier (`posTitle`).
    pub(crate) pos: BTreeMap<String, String>,
    /// Printed on the bill (`billTitle`).
    pub(crate) bill: BTreeMap<String, String>,
}
