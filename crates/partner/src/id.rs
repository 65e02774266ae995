//! Which ids from outside can be kept?

use door::ApiError;

/// Longest id or code, in bytes: what an index of either engine takes, also beside others.
pub(crate) const ID_BYTES_MAX: usize = 200;

/// Refuses an id that no table can hold.
///
/// # Errors
/// 400 that names the member.
pub(crate) fn id_fits(path: &str, id: &str) -> Result<(), ApiError> {
    if id.len() > ID_BYTES_MAX || id.contains('\0') {
        return Err(ApiError::field(
            path,
            &format!("an id of at most {ID_BYTES_MAX} bytes without U+0000"),
            &format!("{} bytes", id.len()),
        ));
    }
    Ok(())
}
