//! What becomes of the value of a member who is erased?

use serde::{Deserialize, Serialize};

/// Where the value goes (loyalty.md §12 G3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ErasedValue {
    /// It stays in the books under the opaque id.
    #[default]
    Keep,
    /// The value that the guest paid for is handed over; the rest is forfeited.
    PayOut,
    /// Each balance becomes a voucher of whoever carries its new code.
    BearerVoucher,
}

impl ErasedValue {
    /// The text in the table and in the API.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::PayOut => "payOut",
            Self::BearerVoucher => "bearerVoucher",
        }
    }

    /// Reads the text.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        [Self::Keep, Self::PayOut, Self::BearerVoucher].into_iter().find(|one| one.text() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_settings_text() {
        for one in [ErasedValue::Keep, ErasedValue::PayOut, ErasedValue::BearerVoucher] {
            assert_eq!(ErasedValue::from_text(one.text()), Some(one));
            assert_eq!(serde_json::to_value(one).unwrap(), one.text());
        }
        assert_eq!(ErasedValue::from_text("payout"), None);
    }
}
