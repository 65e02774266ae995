//! Which merchant and place does a `sourceId` name?

use door::ApiError;

/// `<merchantId>-<placeId>`, one path segment (protocol.md §1.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SourceId {
    /// The merchant's id.
    pub(crate) merchant: String,
    /// The place's id.
    pub(crate) place: String,
}

impl SourceId {
    /// Reads the segment. Any two non-empty texts around exactly one dash are taken: ids of other
    /// systems need not be 24 hex digits.
    ///
    /// # Errors
    /// 400 when it has another form.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        match text.split_once('-') {
            Some((merchant, place)) if !merchant.is_empty() && !place.is_empty() && !place.contains('-') => {
                Ok(Self { merchant: merchant.to_owned(), place: place.to_owned() })
            }
            _ => {
                Err(ApiError::field("sourceId", "<merchantId>-<placeId> with one dash", &format!("{text:?}")))
            }
        }
    }
}

impl std::fmt::Display for SourceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.merchant, self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_dash_between_two_ids() {
        let table: &[(&str, Option<(&str, &str)>)] = &[
            (
                "5f00000000000000000000a1-5f00000000000000000000b1",
                Some(("5f00000000000000000000a1", "5f00000000000000000000b1")),
            ),
            ("59-91", Some(("59", "91"))),
            ("59", None),
            ("59-", None),
            ("-91", None),
            ("-", None),
            ("", None),
            ("59-91-2", None),
            ("59--91", None),
        ];
        for (text, expected) in table {
            let parsed = SourceId::parse(text);
            assert_eq!(
                parsed.as_ref().ok().map(|s| (s.merchant.as_str(), s.place.as_str())),
                *expected,
                "{text:?}"
            );
            match parsed {
                Ok(source) => assert_eq!(source.to_string(), *text),
                Err(error) => assert_eq!(
                    (error.status.as_u16(), error.extra["field"].as_str()),
                    (400, Some("sourceId"))
                ),
            }
        }
    }
}
