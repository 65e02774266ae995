//! Do the committed API descriptions say what the code says?

use anyhow::Context as _;
use std::path::{Path, PathBuf};

/// File names below `openapi/` with what belongs into them.
fn documents(root: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut documents = Vec::new();
    for (name, document) in stamgast::openapi::documents() {
        let mut text =
            serde_json::to_string_pretty(&document).with_context(|| format!("the {name} document"))?;
        text.push('\n');
        documents.push((root.join("openapi").join(format!("{name}.json")), text));
    }
    Ok(documents)
}

/// Writes every document.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(root: &Path) -> anyhow::Result<()> {
    for (path, text) in documents(root)? {
        std::fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))?;
        crate::say(&format!("wrote {}", path.display()));
    }
    Ok(())
}

/// Compares every document with its file.
///
/// # Errors
/// When one is missing or differs; the first differing line is named.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    for (path, text) in documents(root)? {
        let found = std::fs::read_to_string(&path).with_context(|| {
            format!("{} is missing: run `cargo xtask openapi` and commit it", path.display())
        })?;
        if let Some((line, ours, theirs)) = first_difference(&text, &found) {
            anyhow::bail!(
                "{}:{line} differs from the code: run `cargo xtask openapi` and commit the result\n  code: {ours}\n  file: {theirs}",
                path.display()
            );
        }
        crate::say(&format!("{} is up to date", path.display()));
    }
    Ok(())
}

/// The number of the first line that differs, counted from 1, with both texts.
fn first_difference<'a>(ours: &'a str, theirs: &'a str) -> Option<(usize, &'a str, &'a str)> {
    if ours == theirs {
        return None;
    }
    let (mut one, mut other) = (ours.lines(), theirs.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (one.next(), other.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return Some((number, "(end of file)", "(end of file without a newline)")),
            (a, b) => return Some((number, a.unwrap_or("(end of file)"), b.unwrap_or("(end of file)"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some((2, "b", "c")));
        assert_eq!(first_difference("a\n", "a\nc\n"), Some((2, "(end of file)", "c")));
        assert!(first_difference("a\n", "a").is_some());
    }
}
