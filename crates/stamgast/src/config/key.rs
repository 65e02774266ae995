//! Where does the key come from that seals outbound secrets, and when is one made?

use super::Config;
use anyhow::Context as _;
use courier::Keyring;
use outside::Outside;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Finds the keys: the setting itself, else the named file, else beside a SQLite database the file
/// `PATH.key`, which is made now if it does not exist. Old keys open, but do not seal.
///
/// `None`: there is no key, which only PostgreSQL allows.
///
/// # Errors
/// When a key has another form, a named file cannot be read, or the default file can be neither read nor
/// made.
pub fn resolve(config: &Config, outside: &Outside) -> anyhow::Result<Option<Keyring>> {
    let Some((text, source)) = text(config, outside)? else { return Ok(None) };
    let mut texts = vec![text];
    texts.extend(config.secret.old_keys.iter().cloned());
    let keyring = Keyring::parse(&texts.join(","));
    keyring
        .map(Some)
        .with_context(|| format!("the secret key from {source} (or one of secret.old_keys) is wrong"))
}

/// Refuses a key that was given and cannot be used; makes and writes nothing.
///
/// # Errors
/// As [`resolve`].
pub fn judge(config: &Config, outside: &Outside) -> anyhow::Result<()> {
    let given = !config.secret.key.is_empty() || !config.secret.key_file.is_empty();
    let found = default_path(&config.database).is_some_and(|path| path.exists());
    if given || found {
        resolve(config, outside)?;
    }
    Ok(())
}

/// The sealing key's text, and where it came from.
fn text(config: &Config, outside: &Outside) -> anyhow::Result<Option<(String, String)>> {
    if !config.secret.key.is_empty() {
        return Ok(Some((config.secret.key.clone(), "the setting secret.key".to_owned())));
    }
    if !config.secret.key_file.is_empty() {
        let path = Path::new(&config.secret.key_file);
        return Ok(Some((read(path)?, path.display().to_string())));
    }
    let Some(path) = default_path(&config.database) else { return Ok(None) };
    let text = if path.exists() {
        read(&path)?
    } else {
        // the id is new as well, so that this key is never taken for a lost one of the same name
        let key_id = format!("k{}", outside::hex(&outside.random_bytes::<4>()));
        let text = Keyring::generate(outside, &key_id);
        make(&path, &text)?;
        tracing::info!(file = %path.display(), "made the key that seals outbound secrets: keep a copy, apart from the backups");
        text
    };
    Ok(Some((text, path.display().to_string())))
}

/// `sqlite:PATH` → `PATH.key`
fn default_path(database: &str) -> Option<PathBuf> {
    let path = database.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(PathBuf::from(format!("{path}.key")))
}

fn read(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| {
        format!(
            "the secret key file {} cannot be read: put it back, or name another with --secret-key-file",
            path.display()
        )
    })?;
    Ok(text.trim().to_owned())
}

/// Writes a new file that only its owner may read; another process that was faster is an error, not overwritten.
fn make(path: &Path, text: &str) -> anyhow::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(path)
        .with_context(|| format!("the secret key file {} cannot be made", path.display()))?;
    writeln!(file, "{text}")
        .and_then(|()| file.sync_all())
        .with_context(|| format!("the secret key file {} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(database: String) -> Config {
        Config { database, ..Config::default() }
    }

    #[test]
    fn the_default_key_is_made_once_and_only_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sqlite");
        let config = config(format!("sqlite:{}", path.display()));
        let outside = Outside::system();
        let first = text(&config, &outside).unwrap().unwrap().0;
        assert_eq!(text(&config, &outside).unwrap().unwrap().0, first);
        let keyring = resolve(&config, &outside).unwrap().unwrap();
        let sealed = keyring.seal(&outside, "row", b"secret").unwrap();
        assert_eq!(*resolve(&config, &outside).unwrap().unwrap().open("row", &sealed).unwrap(), b"secret");
        let mode = std::os::unix::fs::MetadataExt::mode(
            &std::fs::metadata(folder.path().join("a.sqlite.key")).unwrap(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_named_file_must_be_there_and_postgres_has_no_default() {
        let mut config = config("postgres://localhost/a".to_owned());
        let resolve = |config: &Config| resolve(config, &Outside::system());
        assert!(resolve(&config).unwrap().is_none());
        config.secret.key_file = "/nowhere/at/all.key".to_owned();
        let error = resolve(&config).unwrap_err().to_string();
        assert!(error.contains("/nowhere/at/all.key"), "{error}");
        config.secret.key = format!("new:{}", "02".repeat(32));
        config.secret.old_keys = vec![format!("old:{}", "01".repeat(32))];
        let sealed =
            Keyring::new("old", [1; 32]).unwrap().seal(&Outside::system(), "row", b"secret").unwrap();
        assert_eq!(*resolve(&config).unwrap().unwrap().open("row", &sealed).unwrap(), b"secret");
        config.secret.key = "02".repeat(32);
        let error = format!("{:#}", resolve(&config).unwrap_err());
        assert!(error.contains("secret.key") && !error.contains("0202"), "{error}");
    }
}
