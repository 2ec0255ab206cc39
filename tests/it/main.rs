//! Integration tests: the binary, the files it writes and the simulator, as a user has them.
//!
//! A module a topic; `support` holds what they share. Nothing here reaches into the crate.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of a test fails the test"
)]

mod architecture;
mod browser;
mod changed;
mod cli;
mod consent;
mod continued;
mod crash;
mod cycles;
mod disk;
mod failed;
mod faults;
mod forms;
mod import;
mod limits;
mod meanwhile;
mod outputs;
mod pasted;
mod presets;
mod preview;
mod quickblox;
mod readback;
mod report;
mod resume;
mod secrets;
mod settings;
mod signals;
mod support;
mod transcripts;
mod verify;

/// A module that nobody declares is a test that never runs.
#[test]
fn no_file_of_this_directory_is_forgotten() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    let declared = include_str!("main.rs");
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(
            name == "main" || declared.contains(&format!("\nmod {name};\n")),
            "`{}` is no module of this binary",
            path.display()
        );
    }
}
