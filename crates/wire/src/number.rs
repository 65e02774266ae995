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

    /// The shortest text. Nearly every number of a message is money, whose digits fit into 64 bits; writing those is
    /// a tenth of the work of [`Decimal`]'s own way, which is made for 96.
    fn shortest(self) -> String {
        let (Ok(signed), mut scale) = (i64::try_from(self.0.mantissa()), self.0.scale() as usize) else {
            return self.to_string();
        };
        let mut digits = signed.unsigned_abs();
        while scale > 0 && digits.is_multiple_of(10) {
            digits /= 10;
            scale -= 1;
        }
        let digits = digits.to_string();
        let mut text = String::with_capacity(digits.len().max(scale) + 3);
        if signed < 0 {
            text.push('-');
        }
        let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale));
        text.push_str(if whole.is_empty() { "0" } else { whole });
        if scale > 0 {
            text.push('.');
            text.extend(std::iter::repeat_n('0', scale - fraction.len()));
            text.push_str(fraction);
        }
        text
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

impl From<Number> for serde_json::Number {
    fn from(number: Number) -> Self {
        Self::from_string_unchecked(number.shortest())
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
        serde_json::Number::from(*self).serialize(serializer)
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
                    crate::json_kind::kind_of(other)
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

/// An exact decimal that the documented system writes as text, `"24.64"`. Read from a number too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DecimalText(pub Decimal);

impl DecimalText {
    /// Money in its shortest form, `29.5`, as live bills have it.
    #[must_use]
    pub fn from_amount(amount: Amount, precision: Precision) -> Self {
        Self(amount.to_decimal(precision).normalize())
    }
}

impl From<Number> for DecimalText {
    fn from(number: Number) -> Self {
        Self(number.0)
    }
}

impl From<DecimalText> for Number {
    fn from(text: DecimalText) -> Self {
        Self(text.0)
    }
}

impl Serialize for DecimalText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl utoipa::PartialSchema for DecimalText {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("An exact decimal as text."))
            .examples(["24.64"])
            .into()
    }
}

impl utoipa::ToSchema for DecimalText {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_text_of_a_number_passes_through_unchanged() {
        for (text, written) in [
            ("0.1", "0.1"),
            ("1.00", "1"),
            ("1e3", "1000"),
            ("-58645542.78854501", "-58645542.78854501"),
            ("1234567890.1234567890123456", "1234567890.1234567890123456"),
            ("\"19.90\"", "19.9"),
        ] {
            let number: Number = serde_json::from_str(text).expect(text);
            assert_eq!(serde_json::to_string(&number).expect(text), written);
            // And through a DOM
            let value = serde_json::to_value(number).expect(text);
            assert_eq!(value.to_string(), written);
            assert_eq!(serde_json::from_value::<Number>(value).expect(text), number);
        }
        for text in ["true", "null", "[]", "\"\"", "\"1,5\"", "1e99"] {
            assert!(serde_json::from_str::<Number>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_quick_text_is_the_decimals_own() {
        let mantissas = [0, 1, 5, 10, 99, 100, 1_205, 500_000, 123_456_789, i64::MAX.into(), i64::MIN.into()];
        let beyond = [i128::from(i64::MAX) + 1, (1 << 96) - 1];
        for mantissa in mantissas.into_iter().chain(beyond).flat_map(|mantissa| [mantissa, -mantissa]) {
            for scale in 0..=28 {
                let decimal = Decimal::from_i128_with_scale(mantissa, scale);
                assert_eq!(Number(decimal).shortest(), Number(decimal).to_string(), "{mantissa} {scale}");
            }
        }
    }

    #[test]
    fn whole_numbers() {
        for (text, whole) in [
            ("1.0", Some(1)),
            ("-0", Some(0)),
            ("1.5", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
        ] {
            assert_eq!(Number::parse(text).expect(text).integer(), whole, "{text}");
        }
    }

    #[test]
    fn decimal_text_has_no_trailing_zeros() {
        let two = Precision::new(2).expect("a precision");
        for (units, text) in
            [(11_500, "115"), (10_268, "102.68"), (2_950, "29.5"), (0, "0"), (-50, "-0.5"), (100_000, "1000")]
        {
            let written = serde_json::to_value(DecimalText::from_amount(Amount(units), two)).expect("text");
            assert_eq!(written, json!(text));
        }
        assert_eq!(
            DecimalText::from_amount(Amount(2950), two),
            DecimalText::from(Number::parse("29.5").expect("a number"))
        );
    }
}
