//! What becomes of the value of a member who is erased?

use serde::{Deserialize, Serialize};

db::text_enum! {
    /// Where the value goes (loyalty.md §12 G3).
    #[derive(Default, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub(crate) enum ErasedValue {
        /// It stays in the books under the opaque id.
        #[default]
        Keep = "keep",
        /// The value that the guest paid for is handed over; the rest is forfeited.
        PayOut = "payOut",
        /// Each balance becomes a voucher of whoever carries its new code.
        BearerVoucher = "bearerVoucher",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_in_the_table_is_the_one_in_the_settings() {
        for one in ErasedValue::ALL {
            assert_eq!(serde_json::to_value(one).unwrap(), one.as_str());
        }
    }
}
