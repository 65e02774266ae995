//! Where on this machine are the server's binaries?

use crate::ClusterError;
use std::path::{Path, PathBuf};

/// The folder that holds `initdb` and `postgres`: `STAMGAST_PG_BIN`, else the newest version where Debian,
/// Red Hat and Homebrew put it, else `PATH`.
pub(crate) fn find() -> Result<PathBuf, ClusterError> {
    if let Some(named) = std::env::var_os("STAMGAST_PG_BIN") {
        let folder = PathBuf::from(named);
        return if is_complete(&folder) {
            Ok(folder)
        } else {
            Err(ClusterError::NoBinaries { looked_in: format!("STAMGAST_PG_BIN={}", folder.display()) })
        };
    }
    let mut versions: Vec<(u32, PathBuf)> =
        ["/usr/lib/postgresql", "/usr", "/opt/homebrew/opt", "/usr/local/opt"]
            .into_iter()
            .flat_map(|parent| std::fs::read_dir(parent).into_iter().flatten().flatten())
            .filter_map(|entry| Some((version(entry.file_name().to_str()?)?, entry.path().join("bin"))))
            .filter(|(_, folder)| is_complete(folder))
            .collect();
    versions.sort();
    if let Some((_, newest)) = versions.pop() {
        return Ok(newest);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).find(|folder| is_complete(folder)).ok_or_else(|| ClusterError::NoBinaries {
        looked_in: "/usr/lib/postgresql/*/bin, /usr/pgsql-*/bin and PATH".to_owned(),
    })
}

/// `16` of `16`, `pgsql-16`, `postgresql@16`; others hold no server.
fn version(folder: &str) -> Option<u32> {
    let number = ["pgsql-", "postgresql@"]
        .into_iter()
        .find_map(|prefix| folder.strip_prefix(prefix))
        .unwrap_or(folder);
    number.parse().ok()
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|binary| folder.join(binary).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_folder() {
        let cases = [("16", Some(16)), ("pgsql-9", Some(9)), ("postgresql@17", Some(17)), ("lib", None)];
        for (folder, expected) in cases {
            assert_eq!(version(folder), expected);
        }
    }
}
