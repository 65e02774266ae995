//! How much room does the disk have for the database file and its log?

use std::path::{Path, PathBuf};

/// Looks at the disk of one database.
pub(super) struct Room {
    file: PathBuf,
    log: PathBuf,
    /// What file and log may have together, where the disk is to be taken for smaller than it is.
    bytes_max: Option<u64>,
}

impl Room {
    /// The room around the database `file`.
    pub(super) fn of(file: &Path, bytes_max: Option<u64>) -> Self {
        // Where the file is a link, the log lies beside what it leads to
        let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        let mut log = file.clone().into_os_string();
        log.push("-wal");
        Self { file, log: log.into(), bytes_max }
    }

    /// Bytes that are free for this program; `None` when the system does not say.
    pub(super) fn free_bytes(&self) -> Option<u64> {
        let disk = rustix::fs::statvfs(&self.file).ok()?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let Some(most) = self.bytes_max else { return Some(free) };
        let length = |path: &Path| path.metadata().map_or(0, |file| file.len());
        Some(free.min(most.saturating_sub(length(&self.file) + length(&self.log))))
    }
}
