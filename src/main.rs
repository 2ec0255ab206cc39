//! The `im-unread` binary: everything it does is in the library's `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    im_unread::cli::main()
}
