//! What is known of the API's codes, for people.

use crate::tencent;

/// What is known of a code of the API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Explained {
    /// What it means: a fragment.
    pub(crate) meaning: &'static str,
    /// What to do: sentences.
    pub(crate) advice: &'static str,
}

/// `10010 (group missing or dissolved)`: a code and its meaning.
pub(crate) fn meaning(code: i64) -> String {
    if code == -1 {
        return "no usable answer".to_owned();
    }
    tencent::explain(code).map_or_else(
        || format!("{code}"),
        |explanation| format!("{code} ({})", explanation.meaning),
    )
}

/// What to do about a code.
pub(crate) fn advice(code: i64) -> String {
    tencent::explain(code).map_or_else(
        || format!("the vendor's list of error codes may know {code}"),
        |explanation| explanation.advice.to_owned(),
    )
}

/// Meaning and advice for a report; `None` for a code that nobody has described.
pub(crate) fn explained(code: i64) -> Option<Explained> {
    if code == -1 {
        return Some(Explained {
            meaning: "no usable answer",
            advice: "The network or something in between failed each time. A resume sends these calls again.",
        });
    }
    tencent::explain(code).map(|known| Explained {
        meaning: known.meaning,
        advice: known.advice,
    })
}
