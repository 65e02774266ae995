//! Where are the SQL texts of the program, and how does a test reach every one of them?
//!
//! [`statement!`](crate::statement!) gives a text a name next to the code that uses it, and registers it in
//! [`STATEMENTS`] when the program is linked. [`Db::prepare_all`](crate::Db::prepare_all) prepares each.

use crate::{Columns, FromRow, Row};
use std::marker::PhantomData;
use std::path::Path;

/// One SQL text with a name; made by [`statement!`](crate::statement!) only, but for tests. Its address is its identity:
/// a connection prepares it once.
#[derive(Debug)]
pub struct Statement {
    /// The name of the static, for messages and metrics.
    pub name: &'static str,
    /// The Rust module it is written in.
    pub module: &'static str,
    /// The text, in the shared dialect, with `$1` parameters.
    pub sql: &'static str,
    /// Gives the columns that its rows are read from.
    pub columns: fn() -> Columns,
}

impl Statement {
    /// A statement that gives no rows, or rows that are only compared and shown as a whole.
    pub const fn new(name: &'static str, module: &'static str, sql: &'static str) -> Self {
        Self { name, module, sql, columns: Row::columns }
    }

    /// Itself.
    pub const fn statement(&'static self) -> &'static Statement {
        self
    }
}

/// A [`Statement`] whose rows are read as `R`.
#[derive(Debug)]
pub struct Query<R> {
    statement: Statement,
    rows: PhantomData<fn() -> R>,
}

impl<R: FromRow> Query<R> {
    /// A statement whose rows are `R`.
    pub const fn new(name: &'static str, module: &'static str, sql: &'static str) -> Self {
        Self { statement: Statement { name, module, sql, columns: R::columns }, rows: PhantomData }
    }

    /// The statement without the type of its rows.
    pub const fn statement(&'static self) -> &'static Statement {
        &self.statement
    }
}

/// What gives rows: a [`Query`], or a [`Statement`] whose rows are only compared and shown as a whole.
pub trait Asks {
    /// What one row is read as.
    type Row: FromRow;
    /// The statement itself.
    fn statement(&'static self) -> &'static Statement;
}

impl Asks for Statement {
    type Row = Row;

    fn statement(&'static self) -> &'static Statement {
        self
    }
}

impl<R: FromRow + 'static> Asks for Query<R> {
    type Row = R;

    fn statement(&'static self) -> &'static Statement {
        &self.statement
    }
}

#[doc(hidden)]
pub mod private {
    //! What the expansions of `statement!` and `text_enum!` reach for.
    pub use crate::row::word;
    pub use linkme;
}

/// Every statement of every crate that is linked into this program.
#[linkme::distributed_slice]
pub static STATEMENTS: [&'static Statement];

/// The statements that the crate `krate` (`partner`, as in `partner::loyalty::…`) has written.
pub fn statements_of(krate: &str) -> impl Iterator<Item = &'static Statement> + '_ {
    STATEMENTS.iter().copied().filter(move |statement| {
        statement.module.strip_prefix(krate).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    })
}

/// The names of the statements written in the Rust files below `folder`, sorted: what a test compares with
/// [`statements_of`] to see that the linker has dropped none.
///
/// # Errors
/// When the folder cannot be read.
pub fn statements_in_source(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                names.extend(names_in(&std::fs::read_to_string(path)?));
            }
        }
    }
    names.sort();
    Ok(names)
}

/// The names inside the `statement!` blocks of one file: each begins a line, in capitals, before ` =` or ` -> … =`.
fn names_in(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in source.lines().map(str::trim) {
        if line.ends_with("statement! {") && !line.starts_with("//") {
            inside = true;
        } else if line == "}" {
            inside = false;
        } else if inside && let Some((head, _)) = line.split_once(" =") {
            let head = head.split_once(" ->").map_or(head, |(head, _)| head);
            let name = head.rsplit(' ').next().unwrap_or(head);
            let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
            let visibility = head.strip_suffix(name).unwrap_or_default().trim_end();
            if name.chars().all(is_name) && (visibility.is_empty() || visibility.starts_with("pub")) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// Names SQL texts: `statement! { /// Doc. NAME = "UPDATE …"; /// Doc. OTHER -> OtherRow = "SELECT …"; … }`. Each
/// becomes a private (or `pub(crate)`) static: a [`Query`] of its rows where they are named after `->` (a struct of
/// [`row!`](crate::row!), or the type of the only column), else a [`Statement`].
#[macro_export]
macro_rules! statement {
    ($($(#[$meta:meta])* $vis:vis $name:ident $(-> $row:ty)? = $sql:expr;)+) => { $(
        $(#[$meta])*
        $vis static $name: $crate::asked!($($row)?) =
            <$crate::asked!($($row)?)>::new(stringify!($name), module_path!(), $sql);
        const _: () = {
            #[$crate::private::linkme::distributed_slice($crate::STATEMENTS)]
            #[linkme(crate = $crate::private::linkme)]
            #[allow(unsafe_code, reason = "linkme names a link section; nothing here is unsafe to call")]
            static REGISTERED: &'static $crate::Statement = $name.statement();
        };
    )+ };
}

/// The type of a statement with or without rows of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! asked {
    () => { $crate::Statement };
    ($row:ty) => { $crate::Query<$row> };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_their_blocks_only() {
        let source = "//! db::statement! {\nOUTSIDE = 1;\ndb::statement! {\n    /// A = b\n    FIRST_1 = \"SELECT a\n      \
                      WHERE A = $1\";\n    pub(crate) SECOND =\n        \"UPDATE t SET B = 1\";\n    pub(super) THIRD -> \
                      Option<String> = \"SELECT c = 1\";\n}\nLATER = 2;";
        assert_eq!(names_in(source), ["FIRST_1", "SECOND", "THIRD"]);
    }
}
