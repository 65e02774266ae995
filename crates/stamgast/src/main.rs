//! How does the program begin and end? Words in, one command, an exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    stamgast::command::main()
}
