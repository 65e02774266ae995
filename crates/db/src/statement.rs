//! Where are the SQL texts of the program, and how does a test reach every one of them?
//!
//! [`statement!`](crate::statement) gives a text a name next to the code that uses it, and registers it in
//! [`STATEMENTS`] when the program is linked. [`Db::prepare_all`](crate::Db::prepare_all) prepares each.

/// One SQL text with a name; made by [`statement!`](crate::statement) only. Its address is its identity:
/// a connection prepares it once.
#[derive(Debug)]
pub struct Statement {
    /// The name of the static, for messages and metrics.
    pub name: &'static str,
    /// The Rust module it is written in.
    pub module: &'static str,
    /// The text, in the shared dialect, with `$1` parameters.
    pub sql: &'static str,
}

#[doc(hidden)]
pub mod private {
    //! What the expansion of `statement!` reaches for.
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

/// Names SQL texts: `statement! { /// Doc. NAME = "SELECT …"; … }`. Each becomes a private (or
/// `pub(crate)`) static of type [`Statement`].
#[macro_export]
macro_rules! statement {
    ($($(#[$meta:meta])* $vis:vis $name:ident = $sql:expr;)+) => { $(
        $(#[$meta])*
        $vis static $name: $crate::Statement =
            $crate::Statement { name: stringify!($name), module: module_path!(), sql: $sql };
        const _: () = {
            #[$crate::private::linkme::distributed_slice($crate::STATEMENTS)]
            #[linkme(crate = $crate::private::linkme)]
            #[allow(unsafe_code, reason = "linkme names a link section; nothing here is unsafe to call")]
            static REGISTERED: &'static $crate::Statement = &$name;
        };
    )+ };
}
