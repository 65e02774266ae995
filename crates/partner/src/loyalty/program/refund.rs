//! What does a merchant decide about bills that are given back?

use serde::{Deserialize, Serialize};

/// To which payments the value of a refund goes where the register does not say it (loyalty.md §6 C8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum RefundTender {
    /// To each of them, in the proportion in which they paid.
    #[default]
    ProRata,
    /// To the vouchers and credit that paid, then as money.
    #[serde(alias = "credit_only")]
    CreditOnly,
    /// As money up to what was paid in money, then to the vouchers and credit.
    #[serde(alias = "money_first")]
    MoneyFirst,
}

/// Things that guests bring back for credit, deposits on cups and glasses (protocol.md §10.10). The value goes to the
/// member's balance of the type prepaidCredit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct ItemRefunds {
    /// `productId` of the products that stand for a return; their lines are below zero.
    pub(crate) products: Vec<String>,
}

/// More products than any merchant takes back.
const PRODUCTS_MAX: usize = 1_000;

impl ItemRefunds {
    /// Whether the settings make sense.
    ///
    /// # Errors
    /// A sentence saying what was expected and what came.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.products.len() > PRODUCTS_MAX {
            let found = self.products.len();
            return Err(format!(
                "itemRefunds.products: expected at most {PRODUCTS_MAX} products, found {found}"
            ));
        }
        match self.products.iter().position(String::is_empty) {
            Some(index) => {
                Err(format!("itemRefunds.products[{index}]: expected a productId, found an empty text"))
            }
            None => Ok(()),
        }
    }

    /// Whether bringing back this product is worth credit.
    pub(crate) fn covers(&self, product_id: &str) -> bool {
        self.products.iter().any(|product| product == product_id)
    }
}
