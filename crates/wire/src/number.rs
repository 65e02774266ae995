//! How does a decimal travel in JSON without passing through a binary float?

use money::{Amount, Decimal, OutOfRange, ParseDecimalError, Precision, Rounded};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

/// An exact decimal of a message: money, a quantity, points, a rate.
///
/// Written as a JSON number in its shortest form (`1`, not `1.00`); read from a number or from numeric text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Number(pub Decimal);

impl Number {
    /// Zero.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Reads the text of a JSON number, or numeric text.
    ///
    /// # Errors
    /// No decimal, or more digits than one holds.
    pub fn parse(text: &str) -> Result<Self, ParseDecimalError> {
        money::parse_decimal(text).map(Self)
    }

    /// The money this is at `precision`, rounded half away from zero; [`Rounded::exact`] tells whether it had to be.
    ///
    /// # Errors
    /// Beyond [`Amount::MAX_ABS`].
    pub fn amount(self, precision: Precision) -> Result<Rounded, OutOfRange> {
        Amount::from_decimal(self.0, precision)
    }

    /// Money as it is written in a message.
    #[must_use]
    pub fn from_amount(amount: Amount, precision: Precision) -> Self {
        Self(amount.to_decimal(precision))
    }

    /// The whole number this is; `None` for a fraction or outside 64 bits.
    #[must_use]
    pub fn integer(self) -> Option<i64> {
        let whole = self.0.normalize();
        if whole.scale() == 0 { i64::try_from(whole.mantissa()).ok() } else { None }
    }
}

impl From<i64> for Number {
    fn from(whole: i64) -> Self {
        Self(Decimal::from(whole))
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Self {
        Self(decimal)
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0.normalize(), f)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::Number::from_string_unchecked(self.to_string()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Through Value, because only there serde_json hands over the text of a number unchanged
        let value = Value::deserialize(deserializer)?;
        let text = match &value {
            Value::Number(number) => number.as_str(),
            Value::String(text) => text.trim(),
            other => {
                return Err(D::Error::custom(format_args!(
                    "expected a decimal number, or one as text, found {}",
                    crate::read::kind_of(other)
                )));
            }
        };
        Self::parse(text).map_err(|error| {
            D::Error::custom(format_args!("expected a decimal number, or one as text: {error}"))
        })
    }
}

impl utoipa::PartialSchema for Number {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Number)
            .description(Some("An exact decimal. Written as a number, read as a number or as numeric text."))
            .into()
    }
}

impl utoipa::ToSchema for Number {}
