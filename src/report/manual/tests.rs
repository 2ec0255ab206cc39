//! What a reader sees of a chapter.

use super::*;

const CHAPTER: &str = "\
# A chapter

Text with `code`, a [chapter](input.md) and a word that does not fit any more.
<!-- exit 3 -->

## Part

1. first
2. second, which is long enough that it has to be broken somewhere
   - inner

```console
$ im-unread a very long command that is never broken whatever the width of the terminal is
```

| code | meaning |
| --- | --- |
| `0` | everything went well, and nothing else has to be done about it |
";

fn text(width: usize) -> String {
    let mut out = Vec::new();
    write_text(&mut out, CHAPTER, width).unwrap();
    anstream::adapter::strip_str(std::str::from_utf8(&out).unwrap()).to_string()
}

#[test]
fn a_chapter_is_laid_out_in_columns() {
    let expected = "\
A chapter

Text with `code`, a chapter (im-unread
guide input) and a word that does not fit
any more.

Part

1. first
2. second, which is long enough that it has
   to be broken somewhere
  • inner

  $ im-unread a very long command that is never broken whatever the width of the terminal is

code  meaning
────  ──────────────────────────────────────
`0`   everything went well, and nothing else
      has to be done about it
";
    assert_eq!(text(44), expected);
}

#[test]
fn no_line_but_code_is_wider_than_the_terminal() {
    for width in [40, 60, 80, 120, 200] {
        for line in text(width).lines().filter(|line| !line.contains('$')) {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn chinese_is_broken_although_it_has_no_spaces() {
    let lines = wrap::wrap("每个人都有一个未读计数，这一行必须在某处断开。", 20);
    assert!(lines.len() > 2, "{lines:?}");
}

#[test]
fn a_man_page_keeps_code_as_it_stands_and_escapes_what_roff_would_read() {
    let mut out = Vec::new();
    let chapter = "# T\n\n`--flag` \\n\n\n```text\n.SH no heading\n'quoted\n```\n";
    write_man_page(&mut out, "t", chapter).unwrap();
    let page = String::from_utf8(out).unwrap();
    assert!(
        page.contains(".nf\n\\&.SH no heading\n\\*(Aqquoted\n.fi"),
        "{page}"
    );
    assert!(page.contains("\\fB\\-\\-flag\\fR"), "{page}");
    assert_eq!(title(chapter), "T");
}
