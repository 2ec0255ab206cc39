//! What README and manual show of a terminal is what happens.
//!
//! Every block of `console` in a document is run from top to bottom in one directory, so that a
//! later command finds the files of an earlier one. A line that is only `…` stands for any lines,
//! `…` within a line for any text. `<!-- exit N -->` above a block is the exit code of its last
//! command; no reader sees it. `TRANSCRIPTS=overwrite` writes down what happens instead.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// One block: where it stands, its lines, and how its last command ends.
struct Block {
    line: usize,
    lines: Vec<String>,
    exit: i32,
}

#[test]
fn what_the_readme_shows_is_what_happens() {
    replay(Path::new("README.md"));
}

#[test]
fn what_the_manual_shows_is_what_happens() {
    let chapters = Path::new(ROOT).join("src/cli/guide");
    let mut files: Vec<PathBuf> = std::fs::read_dir(chapters)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "md"))
        .collect();
    files.sort();
    assert!(files.len() > 10, "{files:?}");
    for file in files {
        replay(&file);
    }
}

#[test]
fn the_readme_leads_to_every_chapter_and_every_chapter_is_shown() {
    let readme = std::fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let (listed, code) = shell("im-unread guide", Path::new(ROOT));
    assert_eq!(code, Some(0));
    for chapter in std::fs::read_dir(Path::new(ROOT).join("src/cli/guide")).unwrap() {
        let path = chapter.unwrap().path();
        let Some(name) = path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .strip_suffix(".md")
        else {
            continue;
        };
        assert!(
            readme.contains(&format!("(src/cli/guide/{name}.md)")),
            "{name}"
        );
        assert!(
            listed
                .lines()
                .any(|line| line.split(' ').next() == Some(name)),
            "{listed}"
        );
        let (page, code) = shell(&format!("im-unread man guide-{name}"), Path::new(ROOT));
        assert!(
            code == Some(0) && page.contains(".TH IM-UNREAD-GUIDE-"),
            "{page}"
        );
    }
}

fn replay(document: &Path) {
    let path = Path::new(ROOT).join(document);
    let text = std::fs::read_to_string(&path).unwrap();
    let directory = tempfile::tempdir().unwrap();
    symlink(
        Path::new(ROOT).join("samples"),
        directory.path().join("samples"),
    )
    .unwrap();
    let overwrite = std::env::var_os("TRANSCRIPTS").is_some_and(|word| word == "overwrite");
    let mut actual = text.clone();
    for block in blocks(&text) {
        let happened = run(&block, directory.path());
        if matches(&block.lines, &happened) {
            continue;
        }
        let (shown, happened) = (block.lines.join("\n"), happened.join("\n"));
        let place = format!("{}:{}", document.display(), block.line);
        assert!(
            overwrite,
            "{place} shows\n{shown}\n\nwhat happens is\n{happened}"
        );
        actual = actual.replacen(&shown, &happened, 1);
    }
    if overwrite {
        std::fs::write(path, actual).unwrap();
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut exit = 0;
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        match &mut open {
            Some(_) if line == "```" => blocks.extend(open.take()),
            Some(block) => block.lines.push(line.to_owned()),
            None if line == "```console" => {
                let (line, lines) = (number + 1, Vec::new());
                open = Some(Block { line, lines, exit });
                exit = 0;
            }
            None => {
                let marker = line.strip_prefix("<!-- exit ");
                let code = marker.and_then(|rest| rest.strip_suffix(" -->"));
                exit = code.map_or(exit, |code| code.parse().unwrap());
            }
        }
    }
    blocks
}

/// The block as it would have to read.
fn run(block: &Block, directory: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let commands = block.lines.iter().filter(|line| line.starts_with("$ "));
    let last = commands.clone().count();
    for (at, command) in commands.enumerate() {
        let (text, code) = shell(command.trim_start_matches("$ "), directory);
        let expected = if at + 1 == last { block.exit } else { 0 };
        assert_eq!(
            code,
            Some(expected),
            "line {}: {command}\n{text}",
            block.line
        );
        lines.push(command.clone());
        lines.extend(text.lines().map(|line| line.trim_end().to_owned()));
    }
    // A blank line before the end of a block says nothing.
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn shell(command: &str, directory: &Path) -> (String, Option<i32>) {
    let binary = Path::new(env!("CARGO_BIN_EXE_im-unread")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    // Both streams in the order of a terminal.
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(directory)
        .env_clear()
        .env("PATH", format!("{}:{}", binary.display(), path.display()))
        .env("HOME", directory)
        .env("TZ", "UTC")
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (text, output.status.code())
}

/// Whether `actual` is what `shown` says, with its gaps.
fn matches(shown: &[String], actual: &[String]) -> bool {
    match shown.split_first() {
        None => actual.is_empty(),
        Some((gap, rest)) if gap == "…" => {
            (0..=actual.len()).any(|skipped| matches(rest, &actual[skipped..]))
        }
        Some((line, rest)) => actual
            .split_first()
            .is_some_and(|(first, others)| fits(line, first) && matches(rest, others)),
    }
}

fn fits(shown: &str, actual: &str) -> bool {
    match shown.split_once('…') {
        None => shown == actual,
        Some((before, after)) => actual.strip_prefix(before).is_some_and(|rest| {
            let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
            ends.into_iter()
                .any(|at| rest.get(at..).is_some_and(|rest| fits(after, rest)))
        }),
    }
}

#[test]
fn gaps_match_any_lines_and_any_text_and_nothing_else_does() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let fit = |shown, actual| matches(&lines(shown), &lines(actual));
    assert!(fit("a\n…\nd", "a\nb\nc\nd"));
    assert!(fit("at … s, … left", "at 12 s, 3 left"));
    assert!(fit("…", ""));
    assert!(!fit("a\n…\nd", "a\nb\nc"));
    assert!(!fit("at … s", "at 12 ms"));
    assert!(!fit("a", "a\nb"));
}
