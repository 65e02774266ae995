//! Which ids and short texts are taken in a set-up?

use door::ApiError;

/// Longest id.
pub(crate) const ID_CHARACTERS_MAX: usize = 64;

/// That the text has 1 to 64 characters, none of them a control character.
///
/// # Errors
/// 400 that names the member.
pub(crate) fn identifier(member: &str, id: &str) -> Result<(), ApiError> {
    let length = id.chars().count();
    if length > 0 && length <= ID_CHARACTERS_MAX && !id.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ApiError::field(member, "1 to 64 characters", &format!("{length} of them")))
}
