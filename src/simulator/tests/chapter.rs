//! The manual's chapter of the simulator against the simulator: what one names the other has.

use super::*;
use crate::simulator::quirk::QUIRKS;

const CHAPTER: &str = include_str!("../../cli/guide/simulator.md");

#[test]
fn the_chapter_names_every_command_endpoint_and_quirk() {
    for command in tencent::COMMANDS {
        assert!(
            CHAPTER.contains(&format!("`{}`", command.name)),
            "{}",
            command.name
        );
    }
    let endpoints = crate::simulator::quickblox::ENDPOINTS
        .iter()
        .map(|endpoint| endpoint.path);
    for path in endpoints {
        assert!(CHAPTER.contains(&format!("`{path}`")), "{path}");
    }
    for path in admin::PATHS {
        assert!(CHAPTER.contains(&format!("| `GET {path}` |")), "{path}");
    }
    let mut rows = CHAPTER
        .lines()
        .skip_while(|line| !line.starts_with("| quirk |"))
        .skip(2);
    for quirk in &QUIRKS {
        let values: Vec<String> = quirk
            .values
            .iter()
            .map(|value| format!("`{value}`"))
            .collect();
        let row = format!(
            "| `{}` | {} | {} |",
            quirk.name,
            values.join(", "),
            quirk.about
        );
        assert_eq!(rows.next(), Some(row.as_str()));
    }
    assert_eq!(rows.next(), Some(""));
}
