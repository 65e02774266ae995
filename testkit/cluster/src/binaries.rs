//! Where are PostgreSQL's server binaries, and as whom do they run?

use super::{Error, step};
use std::path::{Path, PathBuf};

/// The directory with `postgres`, `initdb`, `psql` and `pg_isready`: `$STAMGAST_PG_BIN`, else the newest
/// of Debian's, else the first on `$PATH`.
pub(crate) fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("STAMGAST_PG_BIN") {
        return Some(PathBuf::from(named)).filter(|directory| has_server(directory));
    }
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .filter(|(_, directory)| has_server(directory))
        .collect();
    installed.sort();
    installed.pop().map(|(_, directory)| directory).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|directory| has_server(directory))
    })
}

fn has_server(directory: &Path) -> bool {
    ["postgres", "initdb", "psql", "pg_isready"].iter().all(|name| directory.join(name).is_file())
}

/// The user and group for the server when this process is root; nothing when it is not.
pub(crate) fn unprivileged_user() -> Result<Option<(u32, u32)>, Error> {
    use std::os::unix::fs::MetadataExt;
    let me = std::fs::metadata("/proc/self").map_err(step("asking who this process is"))?.uid();
    if me != 0 {
        return Ok(None);
    }
    let passwd = std::fs::read_to_string("/etc/passwd").map_err(step("reading /etc/passwd"))?;
    let entry = |name: &str| {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let found = fields.next()? == name;
            let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            found.then_some((uid, gid))
        })
    };
    entry("postgres").or_else(|| entry("nobody")).map(Some).ok_or(Error::NoUser)
}
