//! Which ids and words may set-up use?

use door::ApiError;

/// Longest id.
const ID_CHARACTERS_MAX: usize = 64;
/// Longest name of something.
const NAME_CHARACTERS_MAX: usize = 200;

/// That the text has 1 to 64 characters, none of them a control character.
///
/// # Errors
/// 400 that names the member.
pub(crate) fn id(member: &str, id: &str) -> Result<(), ApiError> {
    let length = id.chars().count();
    if length > 0 && length <= ID_CHARACTERS_MAX && !id.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ApiError::field(member, "1 to 64 characters", &format!("{length} of them")))
}

/// An id that stands in a `sourceId`: visible ASCII without a dash, since one dash parts merchant and place.
pub(crate) fn source_part(member: &str, id: &str) -> Result<(), ApiError> {
    let fits = !id.is_empty()
        && id.len() <= ID_CHARACTERS_MAX
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if fits {
        return Ok(());
    }
    let expected =
        "1 to 64 letters, digits or _ (24 hex digits by custom; no dash, which parts merchant and place)";
    Err(ApiError::field(member, expected, &format!("{id:?}")))
}

/// A name for people.
pub(crate) fn name(member: &str, name: &str) -> Result<(), ApiError> {
    let length = name.trim().chars().count();
    if length > 0 && length <= NAME_CHARACTERS_MAX {
        return Ok(());
    }
    Err(ApiError::field(member, "1 to 200 characters", &format!("{length} of them")))
}

/// An upper-case code of `letters` letters: ISO 4217 or ISO 3166 alpha-2.
pub(crate) fn code(member: &str, code: &str, letters: usize) -> Result<(), ApiError> {
    if code.len() == letters && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(());
    }
    Err(ApiError::field(member, &format!("{letters} upper-case letters"), &format!("{code:?}")))
}

/// A language code such as `cs` or `pt-BR`.
pub(crate) fn language(member: &str, code: &str) -> Result<(), ApiError> {
    let fits = (2..=16).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits {
        Ok(())
    } else {
        Err(ApiError::field(member, "a language code such as cs", &format!("{code:?}")))
    }
}
