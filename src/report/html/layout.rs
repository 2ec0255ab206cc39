//! What every page has: the head with its content security policy, the style, the script, and the
//! small pieces that pages are made of.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use crate::report::document::{InputPart, Level, NextStep};
use crate::report::number::{count, duration};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// What stands at the top of a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head<'a> {
    /// The kind of report, for the title.
    pub(super) title: &'a str,
    /// What it is about.
    pub(super) subject: &'a str,
    /// How well it went.
    pub(super) level: Level,
    /// The same in a sentence.
    pub(super) verdict: &'a str,
    /// Version of the tool.
    pub(super) tool: &'a str,
    /// When the page was written.
    pub(super) generated_at: Timestamp,
}

/// By what a page is known as one of this tool.
pub(in crate::report) const GENERATOR: &str = "im-unread";

/// A whole page around `body`.
pub(super) fn page(head: &Head<'_>, body: &Markup) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="generator" content=(GENERATOR);
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                // Without it, a browser that gets the page from a server asks for /favicon.ico.
                link rel="icon" href="data:,";
                title { (head.title) ": " (head.subject) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header.top {
                    p.kind { "im-unread · " (head.title) }
                    h1 { (head.subject) }
                }
                main {
                    p.verdict.(head.level.name()) role="status" {
                        span.mark aria-hidden="true" { (head.level.mark()) }
                        span { (head.verdict) }
                    }
                    (body)
                }
                footer {
                    "Written by im-unread " (head.tool) " on " (moment(head.generated_at))
                    ". This page holds all it shows and asks no server for anything."
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    markup.into_string()
}

/// Nothing may be loaded, and only the page's own style and script may act.
fn policy() -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; \
         base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn hash(text: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(text.as_bytes()))
}

/// A section with a heading, and a sentence on what it shows.
pub(super) fn section(id: &str, heading: &str, note: &str, body: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby=(format!("{id}-heading")) {
            h2 id=(format!("{id}-heading")) { (heading) }
            @if !note.is_empty() { p.note { (words(note)) } }
            (body)
        }
    }
}

/// A number of the report; `path` is its place in the JSON form.
pub(super) fn number(path: &str, value: u64) -> Markup {
    html! { span data-number=(path) { (count(value)) } }
}

/// A card with one number.
pub(super) fn tile(name: &str, value: &Markup, note: &str) -> Markup {
    html! {
        div.tile {
            dt { (name) }
            dd.value { (value) }
            @if !note.is_empty() { dd.note { (note) } }
        }
    }
}

/// A length of time in words.
pub(super) fn span(seconds: f64) -> String {
    duration(Duration::try_from_secs_f64(seconds).unwrap_or_default())
}

/// The inputs, for a list of facts.
pub(super) fn inputs(inputs: &[InputPart]) -> Markup {
    html! {
        @for (index, input) in inputs.iter().enumerate() {
            dt { "Input" }
            dd { bdi { code { (input.path) } } ", " (number(&format!("inputs.{index}.bytes"), input.bytes)) " bytes" }
        }
    }
}

/// A right-aligned number in a table.
pub(super) fn number_cell(label: &str, path: &str, value: u64) -> Markup {
    html! { td.number data-label=(label) data-value=(value) { (number(path, value)) } }
}

/// Our own words, in which backticks mark what is to be typed or found.
pub(super) fn words(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Commands to go on with.
pub(super) fn next_steps(steps: &[NextStep]) -> Markup {
    html! {
        @if !steps.is_empty() {
            (section("next", "What to do next", "", &html! {
                dl.steps {
                    @for step in steps {
                        dt { (step.purpose) }
                        dd { code { (step.command) } }
                    }
                }
            }))
        }
    }
}

/// A moment, the same wherever the page is read.
pub(super) fn moment(at: Timestamp) -> Markup {
    let shown = at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    html! { time datetime=(at.to_string()) { (shown) } }
}

/// `part` of `whole` in percent, rounded down so that 100 % means all.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::new();
    }
    let tenths = u128::from(part) * 1000 / u128::from(whole);
    if tenths == 0 && part > 0 {
        return "under 0.1 %".to_owned();
    }
    format!("{}.{} %", tenths / 10, tenths % 10)
}
