//! How does a lane get a thread of its own?

use crate::Error;
use std::thread::JoinHandle;

/// Starts the thread `name`, which runs `run` to its end.
///
/// # Errors
/// [`Error::Unavailable`] when the system has no thread left.
pub(crate) fn lane(name: String, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name(name)
        .spawn(run)
        .map_err(|error| Error::Unavailable(format!("no thread for a database lane: {error}")))
}
