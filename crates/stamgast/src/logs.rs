//! Where do log lines go, in which form, and which of them? To standard error, as text or as one JSON object a
//! line; of libraries nothing below `info`, because there they print what goes through them.

use crate::config::{Log, LogFormat};
use anyhow::Context as _;
use std::io::IsTerminal as _;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The crates of this program: what they log is written with care. Whatever else logs is a library, and a
/// database driver, say, prints every parameter at `debug`: names, telephone numbers, codes.
const OURS: [&str; 9] =
    ["courier", "db", "door", "money", "outside", "partner", "platform", "stamgast", "wire"];

/// What a level or a filter is, for whoever wrote another word.
const EXPECTED: &str = "expected error, warn, info, debug, trace or off, or a filter of such levels like \"warn,platform=debug\"";

/// Starts logging for the whole process.
///
/// # Errors
/// When the level is no level and no filter, or logging has already been started.
pub(crate) fn start(log: &Log) -> anyhow::Result<()> {
    // colours are for a terminal, not for a file
    lines(log, std::io::stderr, std::io::stderr().is_terminal())?
        .try_init()
        .map_err(|error| anyhow::anyhow!("logging cannot be started: {error}"))
}

/// Refuses what [`start`] would refuse; starts nothing.
///
/// # Errors
/// When the level is no level and no filter.
pub(crate) fn check(log: &Log) -> anyhow::Result<()> {
    filter(&log.level).map(|_| ())
}

/// Everything that becomes a line, on its way to `writer`.
fn lines<W>(log: &Log, writer: W, colours: bool) -> anyhow::Result<Box<dyn Subscriber + Send + Sync>>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let wanted = tracing_subscriber::registry().with(filter(&log.level)?).with(filter_fn(is_safe));
    let form = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colours);
    Ok(match log.format {
        LogFormat::Text => Box::new(wanted.with(form)),
        LogFormat::Json => Box::new(wanted.with(form.json().flatten_event(true))),
    })
}

/// Whether a line may be written, whatever the filter says.
fn is_safe(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || line.target().split("::").next().is_some_and(|name| OURS.contains(&name))
}

/// Reads a level or a filter. The library's own reading takes any word for the name of a module, so a level with
/// a typing error would silence everything.
fn filter(text: &str) -> anyhow::Result<EnvFilter> {
    for part in text.split(',').map(str::trim) {
        let level = part.rsplit_once('=').map_or(part, |(_, level)| level.trim());
        let is_level = ["off", "error", "warn", "info", "debug", "trace"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(level));
        anyhow::ensure!(is_level, "the setting log.level is wrong: {EXPECTED}; found {part:?} in {text:?}");
    }
    EnvFilter::builder()
        .parse(text.replace(' ', ""))
        .with_context(|| format!("the setting log.level is wrong: {EXPECTED}; found {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is logged at a level while `work` runs.
    fn logged(level: &str, format: LogFormat, work: impl FnOnce()) -> String {
        let (kept, log) = (Kept::default(), Log { level: level.to_owned(), format });
        let writer = kept.clone();
        let lines = lines(&log, move || writer.clone(), false).unwrap();
        tracing::subscriber::with_default(lines, work);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_library_never_tells_what_goes_through_it() {
        for level in ["debug", "trace", "info,driver=trace", "driver::query=debug"] {
            for format in [LogFormat::Text, LogFormat::Json] {
                let text = logged(level, format, || {
                    tracing::debug!(target: "driver::query", "executing INSERT with {:?}", ["Jana Nova"]);
                    tracing::trace!(target: "driver", "Jana Nova");
                    tracing::debug!(target: "platformer", "Jana Nova");
                    tracing::info!(target: "driver::query", "a notice");
                });
                assert!(!text.contains("Jana"), "{level}: {text}");
                assert!(text.contains("a notice"), "{level}: {text}");
            }
        }
    }

    #[test]
    fn our_own_lines_follow_the_level() {
        let work = || {
            tracing::debug!(target: "platform::till::pay", "fine");
            tracing::info!(target: "partner", "rough");
        };
        // level, whether the finer line is seen, whether the rougher one is
        for (level, fine, rough) in [
            ("debug", true, true),
            ("DEBUG", true, true),
            ("info", false, true),
            ("warn, platform = debug", true, false),
            ("off", false, false),
        ] {
            let text = logged(level, LogFormat::Text, work);
            assert_eq!((text.contains("fine"), text.contains("rough")), (fine, rough), "{level}: {text}");
        }
    }

    #[test]
    fn a_word_that_is_no_level_is_refused_with_those_that_are() {
        for wrong in ["inof", "", ",", "bogus=,,", "info,", "platform", "info,platform=loud", "warn,,info"] {
            let message = format!("{:#}", filter(wrong).unwrap_err());
            for word in ["log.level", "error, warn, info, debug, trace or off", wrong] {
                assert!(message.contains(word), "{wrong:?}: {message}");
            }
        }
        for right in ["info", "Warn", "off", "warn,platform::till=debug,door=off", "platform[request]=debug"]
        {
            assert!(filter(right).is_ok(), "{right}");
        }
    }

    #[test]
    fn every_crate_of_the_program_is_ours() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut found: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        found.sort();
        assert_eq!(found, OURS);
    }
}
