//! How do defaults, a file, the environment and flags become one configuration?

use super::{Config, Role, paths};
use anyhow::Context as _;
use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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
        refuse_unreadable(path, &text)?;
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

/// Says where in the file it is no TOML. The line itself is not shown: it may hold a key or a password.
fn refuse_unreadable(path: &Path, text: &str) -> anyhow::Result<()> {
    let Err(error) = text.parse::<toml::Table>() else { return Ok(()) };
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    anyhow::bail!(
        "the configuration file {} cannot be read, line {line}: {}",
        path.display(),
        error.message()
    )
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
    for bound in bounds(config) {
        let Bound { path, value, least, most } = bound;
        anyhow::ensure!(
            (least..=most).contains(&value),
            "the setting {path} is wrong: expected a number from {least} to {most}, found {value}"
        );
    }
    Ok(())
}

/// What a number may be. A deadline of a thousand years is a typing error, and no clock can add it up.
struct Bound {
    path: &'static str,
    value: i128,
    least: i128,
    most: i128,
}

const MINUTE: i128 = 60;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;
const MIB: i128 = 1 << 20;

fn bounds(config: &Config) -> Vec<Bound> {
    let Config { worker_threads, lanes, door, courier, platform, partner, .. } = config;
    // A count that does not fit is as good as the largest: both are out of bounds.
    let count = |value: usize| i128::try_from(value).unwrap_or(i128::MAX);
    let mut bounds: Vec<Bound> = [
        ("worker_threads", count(*worker_threads), 0, 1024),
        ("lanes.read", count(lanes.read), 1, 1024),
        ("lanes.write", count(lanes.write), 1, 1024),
        ("lanes.queue_limit", count(lanes.queue_limit), 1, 1_000_000),
        ("lanes.batch_limit", count(lanes.batch_limit), 1, 100_000),
        ("door.header_read_seconds", door.header_read_seconds.into(), 1, HOUR),
        ("door.connection_limit", count(door.connection_limit), 1, 1_000_000),
        ("door.shutdown_seconds", door.shutdown_seconds.into(), 0, HOUR),
        ("courier.jitter_percent", courier.jitter_percent.into(), 0, 100),
        ("courier.deadline_seconds", courier.deadline_seconds.into(), 1, HOUR),
        ("courier.lease_margin_seconds", courier.lease_margin_seconds.into(), 1, HOUR),
        ("courier.concurrency", count(courier.concurrency), 1, 10_000),
        ("courier.poll_ms", courier.poll_ms.into(), 1, HOUR * 1000),
        ("courier.tick_seconds", courier.tick_seconds.into(), 1, DAY),
        ("courier.debounce_seconds", courier.debounce_seconds.into(), 0, HOUR),
        ("courier.shutdown_seconds", courier.shutdown_seconds.into(), 0, HOUR),
        ("platform.offer_deadline_ms", platform.offer_deadline_ms.into(), 1, 10 * MINUTE * 1000),
        ("platform.offer_bytes_max", count(platform.offer_bytes_max), 1, 1024 * MIB),
        (
            "platform.validation_report_deadline_ms",
            platform.validation_report_deadline_ms.into(),
            1,
            10 * MINUTE * 1000,
        ),
        ("platform.validation_reports_max", count(platform.validation_reports_max), 0, 100_000),
        ("platform.access_token_seconds", platform.access_token_seconds.into(), 1, 366 * DAY),
        ("platform.pos_body_bytes_max", count(platform.pos_body_bytes_max), 1, 1024 * MIB),
        ("platform.admin_body_bytes_max", count(platform.admin_body_bytes_max), 1, 1024 * MIB),
        ("partner.loyalty_body_bytes_max", count(partner.loyalty_body_bytes_max), 1, 1024 * MIB),
        ("partner.datasync_body_bytes_max", count(partner.datasync_body_bytes_max), 1, 1024 * MIB),
        ("partner.admin_body_bytes_max", count(partner.admin_body_bytes_max), 1, 1024 * MIB),
        ("partner.sweep_seconds", partner.sweep_seconds.into(), 1, DAY),
        ("partner.sweep_slice_rows", partner.sweep_slice_rows.into(), 1, 1_000_000),
    ]
    .into_iter()
    .map(|(path, value, least, most)| Bound { path, value, least, most })
    .collect();
    bounds.extend(courier.schedule_seconds.iter().map(|seconds| Bound {
        path: "courier.schedule_seconds",
        value: (*seconds).into(),
        least: 0,
        most: 31 * DAY,
    }));
    bounds
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
    fn a_number_out_of_bounds_is_refused_with_them() {
        for (name, value, path) in [
            ("COURIER_TICK_SECONDS", "18446744073709551615", "courier.tick_seconds"),
            ("COURIER_DEBOUNCE_SECONDS", "18446744073709551615", "courier.debounce_seconds"),
            ("COURIER_LEASE_MARGIN_SECONDS", "18446744073709551615", "courier.lease_margin_seconds"),
            ("COURIER_SCHEDULE_SECONDS", "[1, 18446744073709551615]", "courier.schedule_seconds"),
            ("COURIER_TICK_SECONDS", "0", "courier.tick_seconds"),
            ("COURIER_JITTER_PERCENT", "101", "courier.jitter_percent"),
            ("DOOR_HEADER_READ_SECONDS", "18446744073709551615", "door.header_read_seconds"),
            ("DOOR_CONNECTION_LIMIT", "18446744073709551615", "door.connection_limit"),
            ("PLATFORM_ACCESS_TOKEN_SECONDS", "9223372036854775807", "platform.access_token_seconds"),
            ("PLATFORM_ACCESS_TOKEN_SECONDS", "-1", "platform.access_token_seconds"),
            ("PLATFORM_OFFER_DEADLINE_MS", "18446744073709551615", "platform.offer_deadline_ms"),
            ("PLATFORM_VALIDATION_REPORTS_MAX", "18446744073709551615", "platform.validation_reports_max"),
            ("PARTNER_SWEEP_SECONDS", "0", "partner.sweep_seconds"),
            ("PARTNER_SWEEP_SLICE_ROWS", "-1", "partner.sweep_slice_rows"),
            ("LANES_READ", "0", "lanes.read"),
            ("LANES_WRITE", "1000000", "lanes.write"),
            ("WORKER_THREADS", "1000000", "worker_threads"),
        ] {
            let variable = (format!("STAMGAST_{name}"), value.to_owned());
            let error = load(&Flags::default(), std::iter::once(variable)).unwrap_err().to_string();
            assert!(
                error.contains(path) && error.contains("expected a number from"),
                "{name} {value}: {error}"
            );
        }
    }

    /// What has no bound is either no number or bounded by its type (a rate of 32 bits).
    #[test]
    fn every_number_has_bounds() {
        let defaults: toml::Table = crate::config::DEFAULT_FILE.parse().unwrap();
        let bounded: Vec<&str> = bounds(&Config::default()).iter().map(|bound| bound.path).collect();
        for path in paths() {
            let mut parts = path.split('.');
            let first = &defaults[parts.next().unwrap()];
            let value = parts.next().map_or(first, |name| &first[name]);
            let list = value.as_array().is_some_and(|list| list.first().is_some_and(toml::Value::is_integer));
            let rate = path.starts_with("platform.token_requests_");
            assert_eq!(value.is_integer() || list, bounded.contains(&path.as_str()) || rate, "{path}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_is_named_with_its_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (text, line) in [
            ("listen = \"a\"\n[secret]\nkey = \"topsecret\n", "line 3"),
            ("listen = = topsecret", "line 1"),
            ("listen = \"a\"\nlisten = \"topsecret\"\n", "line 2"),
        ] {
            std::fs::write(file.path(), text).unwrap();
            let flags = Flags { config: Some(file.path().into()), ..Flags::default() };
            let error = load(&flags, environment(&[])).unwrap_err().to_string();
            let named = error.contains(line) && error.contains(&file.path().display().to_string());
            assert!(named && !error.contains("topsecret"), "{text}: {error}");
        }
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
