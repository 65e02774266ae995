//! How do defaults, a file, the environment and flags become one configuration, and which of them gave each value?

use super::{Config, form, paths};
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::Value;
use toml::de::{DeTable, DeValue};

/// What the command line says of the configuration; what it does not say stays as it was.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Flags {
    /// A TOML file with the settings that differ from the defaults
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// sqlite:PATH or postgres://… [env: STAMGAST_DATABASE]
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
    /// A file with the key that seals outbound secrets [env: STAMGAST_SECRET_KEY_FILE; the key itself: STAMGAST_SECRET_KEY]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub secret_key_file: Option<String>,
    /// error, warn, info, debug, trace or a filter [env: STAMGAST_LOG_LEVEL]
    #[arg(long, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

/// One flag that sets something: its name, the path of its setting, its value.
pub type FlagSetting = (&'static str, &'static str, String);

impl Flags {
    /// The flags that were given, as settings.
    fn settings(&self) -> Vec<FlagSetting> {
        let mut settings: Vec<FlagSetting> = Vec::new();
        settings.extend(self.database.clone().map(|value| ("--database", "database", value)));
        settings.extend(
            self.secret_key_file.clone().map(|value| ("--secret-key-file", "secret.key_file", value)),
        );
        settings.extend(self.log_level.clone().map(|value| ("--log-level", "log.level", value)));
        settings
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// A configuration file, at this line.
    File(PathBuf, usize),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::File(path, line) => write!(f, "{}, line {line}", path.display()),
            Source::Environment(name) => f.write_str(name),
            Source::Flag(name) => f.write_str(name),
        }
    }
}

/// A configuration, and who said what of it.
#[derive(Debug)]
pub struct Loaded {
    /// All settings.
    pub config: Config,
    /// The source of each setting that is not the default, by its path.
    pub sources: BTreeMap<String, Source>,
}

/// The values read so far, and what was wrong with the others.
struct Layers {
    table: toml::Table,
    sources: BTreeMap<String, Source>,
    faults: Vec<String>,
}

impl Layers {
    /// Puts a value over what an earlier source said, or notes what is wrong with it.
    fn put(&mut self, path: &str, value: Result<Value, String>, source: Source) {
        let value = match value {
            Ok(value) => value,
            Err(fault) => {
                let name = match &source {
                    Source::Flag(_) | Source::Environment(_) => source.to_string(),
                    Source::File(..) | Source::Default => format!("{source}: {path}"),
                };
                return self.faults.push(format!("{name}: {fault}"));
            }
        };
        match path.split_once('.') {
            Some((section, name)) => {
                if let Some(Value::Table(section)) = self.table.get_mut(section) {
                    section.insert(name.to_owned(), value);
                }
            }
            None => {
                self.table.insert(path.to_owned(), value);
            }
        }
        self.sources.insert(path.to_owned(), source);
    }

    /// Puts every setting of a configuration file.
    fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("the configuration file {} cannot be read", path.display()))?;
        let line = |offset: usize| text.get(..offset).unwrap_or_default().matches('\n').count() + 1;
        let table = DeTable::parse(&text).map_err(|error| {
            // the line itself is not shown: it may hold a key or a password
            let line = line(error.span().map_or(0, |span| span.start));
            anyhow::anyhow!(
                "the configuration file {} cannot be read, line {line}: {}",
                path.display(),
                error.message()
            )
        })?;
        let known = paths();
        let mut settings = Vec::new();
        for (name, value) in table.get_ref() {
            let line = line(name.span().start);
            match value.get_ref() {
                DeValue::Table(section) => settings.extend(section.iter().map(|(inner, value)| {
                    (
                        format!("{name}.{inner}", name = name.get_ref(), inner = inner.get_ref()),
                        inner.span().start,
                        value,
                    )
                })),
                _ => settings.push((name.get_ref().to_string(), name.span().start, value)),
            }
            let section = format!("{}.", name.get_ref());
            let is_known = known.iter().any(|path| path == name.get_ref() || path.starts_with(&section));
            if !is_known && matches!(value.get_ref(), DeValue::Table(empty) if empty.is_empty()) {
                self.faults.push(format!(
                    "{}, line {line}: no section is called {}",
                    path.display(),
                    name.get_ref()
                ));
            }
        }
        for (setting, offset, value) in settings {
            let source = Source::File(path.to_owned(), line(offset));
            if known.contains(&setting) {
                self.put(&setting, form::read(&setting, value.get_ref()), source);
            } else {
                self.faults.push(format!("{source}: {}", no_setting(&setting, &known)));
            }
        }
        Ok(())
    }
}

/// Reads the configuration: the defaults, then the file of `flags`, then `environment` (the
/// variables that begin with `STAMGAST_`), then the flags, and last those that only one command has.
///
/// # Errors
/// When the file cannot be read, a name is no setting, or a value has the wrong form; the message
/// names each source and setting at fault, one a line.
pub fn load(
    flags: &Flags,
    of_command: Vec<FlagSetting>,
    environment: impl Iterator<Item = (String, String)>,
) -> anyhow::Result<Loaded> {
    let defaults =
        toml::Table::try_from(Config::default()).context("the defaults cannot be written as TOML")?;
    let mut layers = Layers { table: defaults, sources: BTreeMap::new(), faults: Vec::new() };
    if let Some(path) = &flags.config {
        layers.file(path)?;
    }
    let names: BTreeMap<String, String> = paths().into_iter().map(|path| (variable(&path), path)).collect();
    for (name, value) in environment.filter(|(name, _)| name.starts_with("STAMGAST_")) {
        if name.starts_with("STAMGAST_TEST_") {
            continue; // the test suite's own
        }
        match names.get(&name) {
            Some(path) => layers.put(path, form::read_text(path, &value), Source::Environment(name)),
            None => layers.faults.push(no_variable(&name, &names)),
        }
    }
    for (flag, path, value) in flags.settings().into_iter().chain(of_command) {
        layers.put(path, form::read_text(path, &value), Source::Flag(flag));
    }
    anyhow::ensure!(layers.faults.is_empty(), "{}", layers.faults.join("\n"));
    let config: Config = Value::Table(layers.table).try_into().context("the settings do not fit together")?;
    anyhow::ensure!(
        config.door.exchange_seconds.saturating_mul(1000) > config.platform.offer_deadline_ms,
        "door.exchange_seconds: expected more than the {} ms of platform.offer_deadline_ms, which a register waits for an \
         offer within it, found {}",
        config.platform.offer_deadline_ms,
        config.door.exchange_seconds
    );
    anyhow::ensure!(
        config.door.exchange_seconds > config.door.body_read_seconds,
        "door.exchange_seconds: expected more than the {} s of door.body_read_seconds, so that a body that is late is \
         answered, found {}",
        config.door.body_read_seconds,
        config.door.exchange_seconds
    );
    Ok(Loaded { config, sources: layers.sources })
}

/// `courier.tick_seconds` → `STAMGAST_COURIER_TICK_SECONDS`
fn variable(path: &str) -> String {
    format!("STAMGAST_{}", path.replace('.', "_").to_uppercase())
}

/// What is said of a name in a file that is no setting.
fn no_setting(name: &str, known: &[String]) -> String {
    let meant = form::nearest(name, known.iter().map(String::as_str));
    let hint = meant.map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
    format!("no setting is called {name}{hint} (all: `stamgast config --show`)")
}

/// What is said of a variable that is no setting.
fn no_variable(name: &str, known: &BTreeMap<String, String>) -> String {
    let bare = |name: &str| name.trim_start_matches("STAMGAST_").to_owned();
    let bare_known: Vec<String> = known.keys().map(|name| bare(name)).collect();
    let meant = form::nearest(&bare(name), bare_known.iter().map(String::as_str));
    let hint = meant.map_or_else(String::new, |meant| format!("; did you mean STAMGAST_{meant}?"));
    format!(
        "the environment variable {name} is no setting{hint} (a variable is STAMGAST_ and the setting's path in capitals; all settings: `stamgast config --show`)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Role;

    fn environment(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> + use<> {
        let pairs: Vec<_> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        pairs.into_iter()
    }

    /// The message about a file with this text, its name replaced by FILE.
    fn wrong_file(text: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let flags = Flags { config: Some(file.path().into()), ..Flags::default() };
        let error = load(&flags, Vec::new(), environment(&[])).unwrap_err().to_string();
        error.replace(&file.path().display().to_string(), "FILE")
    }

    fn wrong(pairs: &[(&str, &str)]) -> String {
        load(&Flags::default(), Vec::new(), environment(pairs)).unwrap_err().to_string()
    }

    #[test]
    fn an_exchange_has_time_for_an_offer() {
        let variables = [("STAMGAST_DOOR_EXCHANGE_SECONDS", "10")];
        let error = load(&Flags::default(), Vec::new(), environment(&variables)).unwrap_err().to_string();
        assert!(error.contains("door.exchange_seconds") && error.contains("10000 ms"), "{error}");
    }

    #[test]
    fn an_exchange_has_time_for_a_body() {
        let error = wrong(&[("STAMGAST_DOOR_BODY_READ_SECONDS", "60")]);
        assert!(
            error.contains("door.exchange_seconds") && error.contains("60 s of door.body_read_seconds"),
            "{error}"
        );
    }

    #[test]
    fn later_sources_win_and_each_value_knows_its_source() {
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
        let of_command = vec![("--no-migrate", "migrate", "false".to_owned())];
        let Loaded { config, sources } = load(&flags, of_command, environment(&variables)).unwrap();
        assert_eq!(config.database, "sqlite:flag");
        assert_eq!(config.listen, "file:1");
        assert_eq!((config.courier.tick_seconds, config.courier.poll_ms), (5, 9));
        assert_eq!(config.courier.schedule_seconds, [1, 2]);
        assert_eq!(config.role, Role::Partner);
        assert!(!config.migrate);
        assert_eq!(config.secret.key, "0123456789", "text that looks like a number stays text");
        assert_eq!(config.courier.debounce_seconds, Config::default().courier.debounce_seconds);
        assert_eq!(config.courier.allow_networks, ["10.1.0.0/16".parse().unwrap()]);
        assert_eq!(sources["database"], Source::Flag("--database"));
        assert_eq!(sources["listen"], Source::File(file.path().into(), 1));
        assert_eq!(sources["courier.tick_seconds"], Source::File(file.path().into(), 4));
        assert_eq!(sources["courier.poll_ms"], Source::Environment("STAMGAST_COURIER_POLL_MS".to_owned()));
        assert_eq!(sources.get("courier.debounce_seconds"), None);
    }

    #[test]
    fn what_is_no_setting_is_named_with_what_was_meant() {
        let said = wrong(&[("STAMGAST_LISTN", "1")]);
        assert!(said.contains("STAMGAST_LISTN is no setting; did you mean STAMGAST_LISTEN?"), "{said}");
        assert!(!wrong(&[("STAMGAST_COLOUR", "1")]).contains("did you mean"));
        for (text, said) in [
            ("# a\nlisen = \"a:1\"\n", "FILE, line 2: no setting is called lisen; did you mean listen?"),
            (
                "[courier]\n\ntick_secs = 3\n",
                "FILE, line 3: no setting is called courier.tick_secs; did you mean courier.tick_seconds?",
            ),
            ("[door]\nwidth = 3\n", "FILE, line 2: no setting is called door.width (all:"),
            ("[dor]\n", "FILE, line 1: no section is called dor"),
        ] {
            let error = wrong_file(text);
            assert!(error.starts_with(said), "{text}: {error}");
        }
    }

    #[test]
    fn a_wrong_value_is_told_with_its_place_what_was_expected_and_what_came() {
        for (text, said) in [
            ("listen = 8080", "FILE, line 1: listen: expected text such as \"127.0.0.1:8080\", found 8080"),
            (
                "[courier]\ntick_seconds = -4",
                "FILE, line 2: courier.tick_seconds: expected a number from 1 to 86400, found -4",
            ),
            (
                "[courier]\nallow_networks = [\"10.0.0.0/99\"]",
                "FILE, line 2: courier.allow_networks: expected a network such as 10.0.0.0/8, found \"10.0.0.0/99\"",
            ),
            ("courier = 3", "FILE, line 1: no setting is called courier"),
            ("migrate = \"yes\"", "FILE, line 1: migrate: expected true or false, found \"yes\""),
        ] {
            let error = wrong_file(text);
            assert!(error.starts_with(said), "{text}: {error}");
        }
        for (name, value, said) in [
            ("ROLE", "xx", "expected all, platform or partner, found \"xx\""),
            ("LOG_FORMAT", "xml", "expected text or json, found \"xml\""),
            ("COURIER_TICK_SECONDS", "abc", "expected a number from 1 to 86400, found \"abc\""),
            (
                "COURIER_SCHEDULE_SECONDS",
                "10,30",
                "expected a list of numbers from 0 to 2678400 such as [10,30], found \"10,30\": write it [10,30]",
            ),
            ("COURIER_SCHEDULE_SECONDS", "[1, \"a\"]", "expected numbers from 0 to 2678400, found \"a\""),
            ("MIGRATE", "1\nlisten = 2", "expected true or false, found \"1\\nlisten = 2\""),
            ("DATABASE", "mysql://x", "expected sqlite:PATH or postgres://…, found \"mysql\""),
            (
                "DATABASE",
                "foo.sqlite",
                "expected sqlite:PATH or postgres://…, found \"foo.sqlite\"; did you mean sqlite:foo.sqlite?",
            ),
            ("LISTEN", "foo", "expected ADDRESS:PORT such as 127.0.0.1:8080, found \"foo\""),
            ("LISTEN", ":8080", "expected ADDRESS:PORT such as 127.0.0.1:8080, found \":8080\""),
            ("LISTEN", "a:80800", "expected ADDRESS:PORT such as 127.0.0.1:8080, found \"a:80800\""),
        ] {
            let name = format!("STAMGAST_{name}");
            assert_eq!(wrong(&[(&name, value)]), format!("{name}: {said}"));
        }
    }

    #[test]
    fn all_faults_are_told_at_once_and_no_secret_among_them() {
        let error =
            wrong_file("listen = 1\n[secret]\nkey = 3\nkey_fil = \"topsecret\"\nold_keys = \"topsecret\"\n");
        assert_eq!(error.lines().count(), 4, "{error}");
        let shown = wrong(&[
            ("STAMGAST_DATABASE", "mysql://a:topsecret@b"),
            ("STAMGAST_SECRET_OLD_KEYS", "topsecret"),
        ]);
        assert!(shown.contains("mysql"), "{shown}");
        assert!(!error.contains("topsecret") && !shown.contains("topsecret"), "{error} {shown}");
    }

    #[test]
    fn a_number_out_of_bounds_is_refused_with_them() {
        for (name, value, path) in [
            ("COURIER_TICK_SECONDS", "18446744073709551615", "COURIER_TICK_SECONDS"),
            ("COURIER_DEBOUNCE_SECONDS", "18446744073709551615", "COURIER_DEBOUNCE_SECONDS"),
            ("COURIER_SCHEDULE_SECONDS", "[1, 18446744073709551615]", "COURIER_SCHEDULE_SECONDS"),
            ("COURIER_TICK_SECONDS", "0", "COURIER_TICK_SECONDS"),
            ("COURIER_JITTER_PERCENT", "101", "COURIER_JITTER_PERCENT"),
            ("DOOR_CONNECTION_LIMIT", "18446744073709551615", "DOOR_CONNECTION_LIMIT"),
            ("PLATFORM_ACCESS_TOKEN_SECONDS", "-1", "PLATFORM_ACCESS_TOKEN_SECONDS"),
            ("PLATFORM_TOKEN_REQUESTS_PER_SECOND", "0", "PLATFORM_TOKEN_REQUESTS_PER_SECOND"),
            ("PARTNER_SWEEP_SLICE_ROWS", "-1", "PARTNER_SWEEP_SLICE_ROWS"),
            ("LANES_WRITE", "1000000", "LANES_WRITE"),
            ("WORKER_THREADS", "0x100000", "WORKER_THREADS"),
        ] {
            let error = wrong(&[(&format!("STAMGAST_{name}"), value)]);
            assert!(error.contains(path) && error.contains("from"), "{name} {value}: {error}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_is_named_with_its_line() {
        for (text, line) in [
            ("listen = \"a\"\n[secret]\nkey = \"topsecret\n", "line 3"),
            ("listen = = topsecret", "line 1"),
            ("listen = \"a\"\nlisten = \"topsecret\"\n", "line 2"),
        ] {
            let error = wrong_file(text);
            assert!(error.contains("FILE") && error.contains(line), "{text}: {error}");
            assert!(!error.contains("topsecret"), "{text}: {error}");
        }
    }
}
