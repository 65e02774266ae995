//! How do defaults, a file, the environment and flags become one configuration?

use super::{Config, Role, paths};
use anyhow::Context as _;
use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the command line says of the configuration; what it does not say stays as it was.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// A TOML file with the settings that differ from the defaults
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// sqlite:PATH or postgres://… [env: STAMGAST_DATABASE]
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// A file with the key that seals outbound secrets [env: STAMGAST_SECRET_KEY_FILE; the key itself: STAMGAST_SECRET_KEY]
    #[arg(long, value_name = "FILE")]
    pub secret_key_file: Option<String>,
    /// error, warn, info, debug, trace or a filter [env: STAMGAST_LOG_LEVEL]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

impl Flags {
    /// The flags as settings by path.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = Vec::new();
        settings.extend(self.database.clone().map(|value| ("database", value)));
        settings.extend(self.secret_key_file.clone().map(|value| ("secret.key_file", value)));
        settings.extend(self.log_level.clone().map(|value| ("log.level", value)));
        settings
    }
}

/// Reads the configuration: the defaults, then the file of `flags`, then `environment` (the
/// variables that begin with `STAMGAST_`), then the flags.
///
/// # Errors
/// When the file cannot be read, a name is no setting, or a value has the wrong form; the message
/// names the source and the setting.
pub fn load(flags: &Flags, environment: impl Iterator<Item = (String, String)>) -> anyhow::Result<Config> {
    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(path) = &flags.config {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the configuration file {} cannot be read", path.display()))?;
        figment = figment.merge(Toml::string(&text));
    }
    let names: BTreeMap<String, String> = paths().into_iter().map(|path| (variable(&path), path)).collect();
    for (name, value) in environment.filter(|(name, _)| name.starts_with("STAMGAST_")) {
        if name.starts_with("STAMGAST_TEST_") {
            continue; // the test suite's own
        }
        let Some(path) = names.get(&name) else {
            anyhow::bail!(
                "the environment variable {name} is no setting; the settings are:\n  {}",
                list(&names)
            );
        };
        figment = figment.merge((path.as_str(), from_text(path, &value)));
    }
    for (path, value) in flags.settings() {
        figment = figment.merge((path, value));
    }
    let config: Config = figment.extract().map_err(|error| {
        let place = error.path.join(".");
        anyhow::anyhow!(
            "the setting {} is wrong: {}",
            if place.is_empty() { "?" } else { &place },
            error.kind
        )
    })?;
    judge(&config)?;
    Ok(config)
}

/// `courier.tick_seconds` → `STAMGAST_COURIER_TICK_SECONDS`
fn variable(path: &str) -> String {
    format!("STAMGAST_{}", path.replace('.', "_").to_uppercase())
}

fn list(names: &BTreeMap<String, String>) -> String {
    names.keys().map(String::as_str).collect::<Vec<_>>().join("\n  ")
}

/// A value of the environment: text where the default is text, else as figment reads it (`8`, `true`, `[1, 2]`).
fn from_text(path: &str, text: &str) -> figment::value::Value {
    let defaults = figment::value::Value::serialize(Config::default()).ok();
    let is_text =
        defaults.as_ref().and_then(|all| all.find_ref(path)).is_some_and(|value| value.as_str().is_some());
    if is_text {
        return figment::value::Value::from(text);
    }
    // this parse cannot fail: what is nothing else is text
    text.parse().unwrap_or_else(|never: std::convert::Infallible| match never {})
}

/// What the forms alone do not say.
fn judge(config: &Config) -> anyhow::Result<()> {
    let known = ["sqlite:", "postgres://", "postgresql://"];
    anyhow::ensure!(
        known.iter().any(|start| config.database.starts_with(start)),
        "the setting database is wrong: expected sqlite:PATH or postgres://…, found {:?}",
        scheme(&config.database)
    );
    anyhow::ensure!(config.lanes.read > 0, "the setting lanes.read is wrong: at least 1 lane has to read");
    anyhow::ensure!(config.lanes.write > 0, "the setting lanes.write is wrong: at least 1 lane has to write");
    anyhow::ensure!(config.lanes.queue_limit > 0, "the setting lanes.queue_limit is wrong: at least 1");
    anyhow::ensure!(config.lanes.batch_limit > 0, "the setting lanes.batch_limit is wrong: at least 1");
    anyhow::ensure!(
        config.courier.jitter_percent <= 100,
        "the setting courier.jitter_percent is wrong: at most 100"
    );
    anyhow::ensure!(
        config.partner.sweep_seconds > 0,
        "the setting partner.sweep_seconds is wrong: at least 1"
    );
    Ok(())
}

/// The part of a database URL that can be shown: it may hold a password.
fn scheme(url: &str) -> &str {
    url.split_once(':').map_or(url, |(scheme, _)| scheme)
}

/// What only `serve` may say of the configuration, on top of [`load`].
pub fn apply_serve(config: &mut Config, listen: Option<&str>, role: Option<Role>, no_migrate: bool) {
    if let Some(listen) = listen {
        listen.clone_into(&mut config.listen);
    }
    if let Some(role) = role {
        config.role = role;
    }
    config.migrate &= !no_migrate;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> + use<> {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        pairs.into_iter()
    }

    #[test]
    fn later_sources_win() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "listen = \"file:1\"\ndatabase = \"sqlite:file\"\n[courier]\ntick_seconds = 5\npoll_ms = 7\n",
        )
        .unwrap();
        let flags = Flags {
            config: Some(file.path().into()),
            database: Some("sqlite:flag".to_owned()),
            ..Flags::default()
        };
        let variables = [
            ("STAMGAST_DATABASE", "sqlite:environment"),
            ("STAMGAST_COURIER_POLL_MS", "9"),
            ("STAMGAST_COURIER_ALLOW_NETWORKS", "[\"10.1.0.0/16\"]"),
            ("STAMGAST_COURIER_SCHEDULE_SECONDS", "[1, 2]"),
            ("STAMGAST_ROLE", "partner"),
            ("STAMGAST_SECRET_KEY", "0123456789"),
            ("STAMGAST_TEST_ENGINES", "sqlite"),
            ("HOME", "/root"),
        ];
        let config = load(&flags, environment(&variables)).unwrap();
        assert_eq!(config.database, "sqlite:flag");
        assert_eq!(config.listen, "file:1");
        assert_eq!((config.courier.tick_seconds, config.courier.poll_ms), (5, 9));
        assert_eq!(config.courier.schedule_seconds, [1, 2]);
        assert_eq!(config.role, Role::Partner);
        assert_eq!(config.secret.key, "0123456789", "text that looks like a number stays text");
        assert_eq!(config.courier.debounce_seconds, Config::default().courier.debounce_seconds);
        assert_eq!(config.courier.allow_networks, ["10.1.0.0/16".parse().unwrap()]);
    }

    #[test]
    fn what_is_no_setting_is_named() {
        let wrong =
            |pairs: &[(&str, &str)]| load(&Flags::default(), environment(pairs)).unwrap_err().to_string();
        assert!(wrong(&[("STAMGAST_TYCK", "1")]).contains("STAMGAST_TYCK is no setting"));
        assert!(wrong(&[("STAMGAST_COURIER_TICK_SECONDS", "soon")]).contains("courier.tick_seconds"));
        assert!(wrong(&[("STAMGAST_ROLE", "waiter")]).contains("role"));
        let shown = wrong(&[("STAMGAST_DATABASE", "mysql://a:topsecret@b")]);
        assert!(shown.contains("mysql") && !shown.contains("topsecret"), "{shown}");
    }

    #[test]
    fn an_unknown_key_of_the_file_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[door]\nwidth = 3\n").unwrap();
        let flags = Flags { config: Some(file.path().into()), ..Flags::default() };
        let error = load(&flags, environment(&[])).unwrap_err().to_string();
        assert!(error.contains("width"), "{error}");
    }
}
