//! What QuickBlox's refusals mean, for people.

use crate::reads::Refused;

/// What an HTTP status means from QuickBlox.
pub(crate) fn meaning(code: i64) -> String {
    let words = match code {
        401 => "the key or the session is not accepted",
        403 => "not allowed for this user",
        404 => "no such user, or no such API at this host",
        422 => "a field of the request is refused",
        429 => "too many calls",
        _ => return format!("HTTP {code}"),
    };
    format!("HTTP {code}: {words}")
}

/// What to do about a status.
pub(crate) fn advice(code: i64) -> &'static str {
    match code {
        401 => {
            "check the API key in QuickBlox's admin panel; a session ends two hours after its last call and has to be made anew"
        }
        403 => {
            "use an API key with full rights, which may act for users, or the session of a user, not of the application"
        }
        404 => "check --base-url (enterprise accounts have their own host) and the ids of users",
        422 => "check the ids in the lists of users and dialogs",
        _ => "QuickBlox's answer is above; its support may know more",
    }
}

/// A refusal of one call, with what to do about it.
pub(crate) fn refused_with_advice(why: &Refused) -> String {
    if why.code < 0 {
        return refused(why);
    }
    format!("{}; {}", refused(why), advice(why.code))
}

/// A refusal of one call, in words.
pub(crate) fn refused(refused: &Refused) -> String {
    match (refused.code, refused.info.as_str()) {
        (-1, info) => info.to_owned(),
        (code, "") => meaning(code),
        (code, info) => format!("{}: {info}", meaning(code)),
    }
}
