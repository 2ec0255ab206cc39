//! The table of the fact sheet as expectations, code by code.

use std::collections::BTreeMap;

use super::*;

const EXPECTED: &[(Class, &[i64])] = &[
    (
        Class::Bug,
        &[
            60002, 60003, 60009, 60012, 60015, 70206, 10003, 10005, 10011,
        ],
    ),
    (
        Class::Bug,
        &[
            90001, 90002, 90005, 90006, 90007, 90010, 90011, 90018, 90030,
        ],
    ),
    (
        Class::Fatal,
        &[60004, 60005, 60006, 60010, 60016, 60017, 60020, 60021],
    ),
    (
        Class::Fatal,
        &[
            70002, 70003, 70005, 70009, 70013, 70014, 70016, 70020, 70050, 70051,
        ],
    ),
    (
        Class::Fatal,
        &[
            70398, 70403, 10012, 10026, 10036, 10058, 10059, 20002, 50003, 90009,
        ],
    ),
    (Class::FatalAfterRetry, &[10008]),
    (
        Class::Rate,
        &[429, 60007, 60011, 60018, 60019, 10006, 10023],
    ),
    (Class::Credential, &[70001, 70052]),
    (
        Class::Retry,
        &[
            60008, 60013, 60014, 70169, 70202, 70500, 10002, 20004, 20005,
        ],
    ),
    (Class::Retry, &[50004, 50005, 90992, 90994, 90995, 91000]),
    (
        Class::Row,
        &[
            70107, 70114, 70402, 80001, 80002, 80004, 10004, 10007, 10010,
        ],
    ),
    (
        Class::Row,
        &[
            10014, 10037, 10038, 10015, 10016, 10017, 10019, 10020, 10021, 10025,
        ],
    ),
    (Class::Row, &[11000, 110_003, 20001, 20003, 50001, 50002]),
    (Class::Row, &[90003, 90008, 90012, 90048, 93000]),
    (Class::Split, &[10018, 10054]),
    (
        Class::Unknown,
        &[71000, 72001, 10009, 10013, 10024, 91101, 10070, 10071],
    ),
    (
        Class::Unknown,
        &[10030, 10031, 10032, 10033, 10034, 10035, 10041],
    ),
    (
        Class::Unknown,
        &[
            10045, 10046, 10047, 10048, 10049, 10050, 10051, 10052, 10053, 10056,
        ],
    ),
];

fn expected() -> BTreeMap<i64, Class> {
    EXPECTED
        .iter()
        .flat_map(|(class, codes)| codes.iter().map(|code| (*code, *class)))
        .collect()
}

#[test]
fn every_code_of_the_fact_sheet_has_its_class_and_no_other_code_is_listed() {
    let listed: BTreeMap<i64, Class> = explanations()
        .flat_map(|e| e.codes.iter().map(|code| (*code, e.class)))
        .collect();
    assert_eq!(listed, expected());
}

#[test]
fn no_code_is_explained_twice() {
    let count: usize = explanations()
        .map(|explanation| explanation.codes.len())
        .sum();
    assert_eq!(count, expected().len());
}

#[test]
fn a_code_that_nobody_documents_is_unknown() {
    for code in [1, -1, 200, 70032, 10001, 999_999, i64::MAX, i64::MIN] {
        assert_eq!(class(code), Class::Unknown, "{code}");
        assert!(explain(code).is_none(), "{code}");
    }
}

#[test]
fn every_class_says_in_a_sentence_of_its_own_what_is_done() {
    let mut actions: Vec<_> = EXPECTED.iter().map(|(class, _)| class.action()).collect();
    actions.sort_unstable();
    actions.dedup();
    assert_eq!(actions.len(), 9, "{actions:?}");
    assert!(
        actions.iter().all(|action| action.ends_with('.')),
        "{actions:?}"
    );
}

#[test]
fn meanings_are_fragments_and_advice_is_whole_sentences() {
    for Explanation {
        codes,
        meaning,
        advice,
        class: _,
    } in explanations()
    {
        assert!(
            !meaning.ends_with('.') && meaning.len() < 100,
            "{codes:?}: {meaning}"
        );
        assert!(
            advice.ends_with('.') && advice.len() < 200,
            "{codes:?}: {advice}"
        );
        assert!(
            advice.starts_with(|c: char| c.is_ascii_uppercase()),
            "{codes:?}: {advice}"
        );
    }
}
