//! Which settings are there, in which form, and which source of them wins?

mod form;
mod key;
mod load;

pub use key::{judge as judge_keys, resolve as resolve_keys};
pub use load::{FlagSetting, Flags, Loaded, Source, load};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// The documentation of every setting: the defaults as a file, carried inside the program.
pub const DEFAULT_FILE: &str = include_str!("../../../../stamgast.default.toml");

/// Which side of the two contracts this process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Both sides, sharing a database; they still talk over HTTP.
    All,
    /// The POS cloud.
    Platform,
    /// The integrator.
    Partner,
}

impl Role {
    /// As it is written in the settings.
    pub fn text(self) -> &'static str {
        match self {
            Role::All => "all",
            Role::Platform => "platform",
            Role::Partner => "partner",
        }
    }

    /// Whether the POS cloud runs here.
    pub fn is_platform(self) -> bool {
        self != Role::Partner
    }

    /// Whether the integrator runs here.
    pub fn is_partner(self) -> bool {
        self != Role::Platform
    }
}

/// Every setting. `stamgast.default.toml` says what each one means; a test holds the two together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://…`.
    pub database: String,
    /// Address and port to listen on.
    pub listen: String,
    /// Which side runs here.
    pub role: Role,
    /// Whether `serve` migrates by itself.
    pub migrate: bool,
    /// 0: one per core.
    pub worker_threads: usize,
    /// What is logged, and how.
    pub log: Log,
    /// The key that seals outbound secrets.
    pub secret: Secret,
    /// The database port's threads and queue.
    pub lanes: Lanes,
    /// Limits on what comes in.
    pub door: Door,
    /// How things go out.
    pub courier: Courier,
    /// The POS cloud's own settings.
    pub platform: Platform,
    /// The integrator's own settings.
    pub partner: Partner,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A level or a filter.
    pub level: String,
    /// `text` or `json`.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

/// `[secret]`
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// `<key id>:<64 hex digits or base64>`; empty: not given here.
    pub key: String,
    /// A file with the key; empty: the default of the database.
    pub key_file: String,
    /// Keys that may still open.
    pub old_keys: Vec<String>,
}

impl std::fmt::Debug for Secret {
    /// Never shows a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").field("key_file", &self.key_file).finish_non_exhaustive()
    }
}

/// `[lanes]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lanes {
    /// Reading connections.
    pub read: usize,
    /// Writing connections, PostgreSQL only.
    pub write: usize,
    /// Commands that may wait.
    pub queue_limit: usize,
    /// Commands in one SQLite commit.
    pub batch_limit: usize,
    /// Seconds until a caller is told that its command did not come to an end.
    pub wait_seconds_max: u64,
}

/// `[door]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Door {
    /// Seconds for the head of a request.
    pub header_read_seconds: u64,
    /// Seconds for the body of a request.
    pub body_read_seconds: u64,
    /// Seconds in which the client has to take something of an answer.
    pub write_seconds: u64,
    /// Seconds from the head of a request to the end of its answer.
    pub exchange_seconds: u64,
    /// Connections at once.
    pub connection_limit: usize,
    /// How long a connection that waits for its client keeps its place from others.
    pub place_patience_ms: u64,
    /// Time for accepted work to finish at the end.
    pub shutdown_seconds: u64,
}

/// `[courier]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Courier {
    /// Waits after the first attempt.
    pub schedule_seconds: Vec<u64>,
    /// Spread of each wait.
    pub jitter_percent: u8,
    /// Deadline of one call.
    pub deadline_seconds: u64,
    /// How much longer a claim lasts.
    pub lease_margin_seconds: u64,
    /// Calls under way at once.
    pub concurrency: usize,
    /// How often to look without a wake-up.
    pub poll_ms: u64,
    /// How often a subscription is served anyway.
    pub tick_seconds: u64,
    /// Wait for further changes.
    pub debounce_seconds: u64,
    /// Time for calls under way at the end.
    pub shutdown_seconds: u64,
    /// Hosts that may be called over plain http.
    pub plain_http_hosts: Vec<String>,
    /// Private networks that may be called.
    pub allow_networks: Vec<IpNet>,
}

impl Courier {
    /// Lets plain http calls to this machine through, for the demo and for tests.
    pub fn allow_loopback(&mut self) {
        use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
        self.plain_http_hosts.extend(["127.0.0.1", "::1", "localhost"].map(str::to_owned));
        self.allow_networks
            .extend([IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].map(IpNet::from));
    }
}

/// `[platform]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    /// Deadline of an offer.
    pub offer_deadline_ms: u64,
    /// Bytes of an offer's answer.
    pub offer_bytes_max: usize,
    /// Deadline of a validation error report.
    pub validation_report_deadline_ms: u64,
    /// Validation error reports under way at once.
    pub validation_reports_max: usize,
    /// Life of an API access token.
    pub access_token_seconds: i64,
    /// Days after which copies name no guest any more.
    pub copies_days: i64,
    /// Token requests per client and second.
    pub token_requests_per_second: NonZeroU32,
    /// Token requests of a client at once.
    pub token_requests_burst: NonZeroU32,
    /// Bytes of a register's body.
    pub pos_body_bytes_max: usize,
    /// Bytes of a set-up body.
    pub admin_body_bytes_max: usize,
}

/// `[partner]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partner {
    /// Bytes of an offer request or a usage report.
    pub loyalty_body_bytes_max: usize,
    /// Bytes of a DataSync request.
    pub datasync_body_bytes_max: usize,
    /// Most records of a DataSync request.
    pub datasync_records_max: usize,
    /// Bytes of a set-up body.
    pub admin_body_bytes_max: usize,
    /// How often ended holds are marked.
    pub sweep_seconds: u64,
    /// Holds marked in one transaction.
    pub sweep_slice_rows: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database: "sqlite:stamgast.sqlite".to_owned(),
            listen: "127.0.0.1:8080".to_owned(),
            role: Role::All,
            migrate: true,
            worker_threads: 0,
            log: Log { level: "info".to_owned(), format: LogFormat::Text },
            secret: Secret { key: String::new(), key_file: String::new(), old_keys: Vec::new() },
            lanes: Lanes { read: 4, write: 8, queue_limit: 1024, batch_limit: 128, wait_seconds_max: 30 },
            door: Door {
                header_read_seconds: 10,
                body_read_seconds: 30,
                write_seconds: 10,
                exchange_seconds: 60,
                connection_limit: 4096,
                place_patience_ms: 1000,
                shutdown_seconds: 30,
            },
            courier: Courier {
                schedule_seconds: vec![10, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 86_400],
                jitter_percent: 20,
                deadline_seconds: 30,
                lease_margin_seconds: 15,
                concurrency: 64,
                poll_ms: 1000,
                tick_seconds: 60,
                debounce_seconds: 2,
                shutdown_seconds: 10,
                plain_http_hosts: Vec::new(),
                allow_networks: Vec::new(),
            },
            platform: Platform {
                offer_deadline_ms: 10_000,
                offer_bytes_max: 1 << 20,
                validation_report_deadline_ms: 30_000,
                validation_reports_max: 64,
                access_token_seconds: 3600,
                copies_days: 90,
                token_requests_per_second: NonZeroU32::MIN,
                token_requests_burst: NonZeroU32::MIN.saturating_add(29),
                pos_body_bytes_max: 256 << 10,
                admin_body_bytes_max: 4 << 20,
            },
            partner: Partner {
                loyalty_body_bytes_max: 1 << 20,
                datasync_body_bytes_max: 8 << 20,
                datasync_records_max: 10_000,
                admin_body_bytes_max: 256 << 10,
                sweep_seconds: 30,
                sweep_slice_rows: 500,
            },
        }
    }
}

/// The path of every setting, dotted: `database`, `courier.tick_seconds`, …
pub(crate) fn paths() -> Vec<String> {
    fn walk(prefix: &str, table: &toml::Table, into: &mut Vec<String>) {
        for (name, value) in table {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match value {
                toml::Value::Table(inner) => walk(&path, inner, into),
                _ => into.push(path),
            }
        }
    }
    let mut paths = Vec::new();
    // the embedded file is a constant, and a test reads it; an unreadable one has no settings
    walk("", &DEFAULT_FILE.parse().unwrap_or_default(), &mut paths);
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_file_says_what_the_code_does() {
        let file: toml::Table = DEFAULT_FILE.parse().unwrap();
        let code = toml::Table::try_from(Config::default()).unwrap();
        assert_eq!(file, code, "stamgast.default.toml and Config::default() differ");
        let read: Config = DEFAULT_FILE.parse::<toml::Table>().unwrap().try_into().unwrap();
        assert_eq!(read, Config::default());
    }

    #[test]
    fn every_setting_of_the_file_has_its_meaning_above_it() {
        let lines: Vec<&str> = DEFAULT_FILE.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            if line.contains(" = ") && !line.starts_with('#') {
                assert!(lines[index - 1].starts_with('#'), "line {}: no meaning above {line}", index + 1);
            }
        }
    }

    #[test]
    fn a_key_is_never_shown() {
        let mut config = Config::default();
        config.secret.key = "5ecre7".repeat(10);
        assert!(!format!("{config:?}").contains("5ecre7"));
    }
}
