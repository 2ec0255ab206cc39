use std::path::Path;

use super::IdMap;
use super::error::Error;

fn read(bytes: &str) -> Result<IdMap, Error> {
    IdMap::read(Path::new("map"), bytes.as_bytes(), false)
}

#[test]
fn every_form_of_a_map_reads_as_the_same_map() {
    for text in [
        "source,target\na,A\nb 1,B;\n",
        "\u{feff}Target;From\r\nA;a\r\n\"B;\";b 1\r\n",
        "old id\tname\tnew id\na\tAda\tA\nb 1\t\tB;\n",
        "to|from\nA|a\nB;|b 1\nA|a\n",
        r#"{"a":"A","b 1":"B;"}"#,
        r#"[{"source":"a","target":"A"},{"new_id":"B;","old_id":"b 1","name":null}]"#,
        "{\"from\":\"a\",\"to\":\"A\"}\n{\"from\":\"b 1\",\"to\":\"B;\"}\n",
    ] {
        let map = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(map.target("a"), Some("A"), "{text}");
        assert_eq!(map.target("b 1"), Some("B;"), "{text}");
        assert_eq!(map.target("b"), None, "{text}");
        assert_eq!(map.target("A"), None, "{text}");
        assert_eq!(map.ends.len(), 2, "{text}");
        assert_eq!(map.hash(), blake3::hash(text.as_bytes()).to_hex().as_str());
    }
}

#[test]
fn whole_numbers_are_ids_letter_by_letter() {
    let map = read(r#"[{"source":17,"target":18446744073709551615},{"source":-1,"target":"x"}]"#);
    let map = map.unwrap();
    assert_eq!(map.target("17"), Some("18446744073709551615"));
    assert_eq!(map.target("-1"), Some("x"));
}

#[test]
fn a_large_object_is_an_object_of_ids_whatever_its_names() {
    let members: Vec<String> = (0..100).map(|i| format!("\"{i}\":\"t{i}\"")).collect();
    let text = format!(
        "{{\"source\":\"s\",\"target\":\"t\",{}}}",
        members.join(",")
    );
    let map = read(&text).unwrap();
    assert_eq!(map.ends.len(), 102);
    assert_eq!(map.target("source"), Some("s"));
    assert_eq!(map.target("99"), Some("t99"));
}

#[test]
fn a_map_that_contradicts_itself_is_refused_with_the_ids_named() {
    for (text, message) in [
        (
            "source,target\na,x\nb,y\nc,x\n",
            "the id map `map` has one id for both `a` and `c`: `x`",
        ),
        (
            r#"{"a":"x","b":"x"}"#,
            "the id map `map` has one id for both `a` and `b`: `x`",
        ),
        (
            "source,target\na,x\na,y\n",
            "the id map `map` has two ids for `a`: `x` and `y`",
        ),
        ("", "the id map `map` has no entry"),
        ("source,target\n", "the id map `map` has no entry"),
        ("[]", "the id map `map` has no entry"),
        (
            "room,target\na,b\n",
            "the id map `map` has no column for the source ids",
        ),
        (
            "source,room\na,b\n",
            "the id map `map` has no column for the target ids",
        ),
        (
            "source,target\na,b\nc,\n",
            "line 3 of the id map `map` is no entry: the target is empty",
        ),
        (
            "source,target\na,b\nc\n",
            "line 3 of the id map `map` is no entry: the target is empty",
        ),
        (
            r#"{"a":null}"#,
            "the id map `map` is not the JSON of an id map",
        ),
        (
            r#"{"a":1.5}"#,
            "the id map `map` is not the JSON of an id map",
        ),
        (
            r#"{"a":"b""#,
            "the id map `map` is not the JSON of an id map",
        ),
        (
            r#"["a","b"]"#,
            "the id map `map` is not the JSON of an id map",
        ),
    ] {
        let error = read(text).map(drop).unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
    }
}

#[test]
fn two_sources_may_share_a_target_if_that_is_wanted() {
    let map = IdMap::read(Path::new("map"), &b"from,to\na,x\nb,x\n"[..], true).unwrap();
    assert_eq!((map.target("a"), map.target("b")), (Some("x"), Some("x")));
    let usage = map.usage(crate::record::Column::GroupId);
    assert_eq!(usage.merged, 1);
    let [merged] = &usage.merged_examples[..] else {
        panic!("{usage:?}");
    };
    let ids = [&merged.target, &merged.first, &merged.second];
    assert_eq!(ids, ["x", "a", "b"]);
}

#[test]
fn entries_that_nobody_asked_for_are_unused() {
    let members: Vec<String> = (0..1000).map(|i| format!("\"{i}\":\"t{i}\"")).collect();
    let map = read(&format!("{{{}}}", members.join(","))).unwrap();
    for id in ["0", "63", "64", "999", "999", "1000"] {
        map.target(id);
    }
    let usage = map.usage(crate::record::Column::GroupId);
    assert_eq!((usage.entries, usage.unused), (1000, 996));
    let unused: Vec<String> = (1..=10).map(|id: u32| id.to_string()).collect();
    assert_eq!(usage.unused_examples, unused);
}
