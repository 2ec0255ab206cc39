//! Codes of the REST gateway, 60002 to 60021, and the HTTP status that says the same.

use super::{Class, Explanation};

pub(super) const TABLE: &[Explanation] = &[
    Explanation {
        codes: &[429],
        class: Class::Rate,
        meaning: "HTTP 429: too many requests",
        advice: "A gateway in front of the service limits the calls. The import slows down by itself; if this goes on, lower `--qps`.",
    },
    Explanation {
        codes: &[60002],
        class: Class::Bug,
        meaning: "the server could not parse the URL of the request",
        advice: "A proxy or firewall on the way that rewrites requests is the usual cause. Try from another network, and report it if it stays.",
    },
    Explanation {
        codes: &[60003],
        class: Class::Bug,
        meaning: "the server could not parse the request body as JSON",
        advice: "The body is made by this tool and is always JSON, so something on the way changed it. Try from another network, and report it if it stays.",
    },
    Explanation {
        codes: &[60004],
        class: Class::Fatal,
        meaning: "the admin account or the UserSig in the URL is not right",
        advice: "The server did not accept the identifier and the signature together. Check `--identifier` and that the secret key or UserSig belongs to this app.",
    },
    Explanation {
        codes: &[60005],
        class: Class::Fatal,
        meaning: "an account or UserSig of the request is not right",
        advice: "The server did not accept the identifier and the signature together. Check `--identifier` and that the secret key or UserSig belongs to this app.",
    },
    Explanation {
        codes: &[60006],
        class: Class::Fatal,
        meaning: "the SDKAppID is not valid",
        advice: "No app of that number answers at this host. Check `--sdk-app-id`, and that `--region` is the region of the app.",
    },
    Explanation {
        codes: &[60007],
        class: Class::Rate,
        meaning: "the REST API was called too often",
        advice: "The app's quota of calls per second is used up, perhaps by another program too. The import slows down by itself; if this goes on, lower `--qps`.",
    },
    Explanation {
        codes: &[60008],
        class: Class::Retry,
        meaning: "the backend did not answer in time, or the request arrived damaged",
        advice: "This is nearly always a short disturbance and is tried again. If it goes on for minutes, look at the service's status page.",
    },
    Explanation {
        codes: &[60009],
        class: Class::Bug,
        meaning: "the server knows no such URL",
        advice: "The endpoint does not serve this command. Check `--endpoint` if one was given, and report it otherwise.",
    },
    Explanation {
        codes: &[60010],
        class: Class::Fatal,
        meaning: "the identifier is not an admin of the app",
        advice: "Only an app admin may call the REST API. Make the account an admin in the console, or name one that is with `--identifier`.",
    },
    Explanation {
        codes: &[60011],
        class: Class::Rate,
        meaning: "the app called the REST API too often",
        advice: "The quota counts all programs of the app together. The import slows down by itself; stop the other callers or lower `--qps` if this goes on.",
    },
    Explanation {
        codes: &[60012],
        class: Class::Bug,
        meaning: "the URL of the request lacks the SDKAppID",
        advice: "The tool always sends it, so something on the way cut the URL. Try from another network, and report it if it stays.",
    },
    Explanation {
        codes: &[60013],
        class: Class::Retry,
        meaning: "the gateway could not read its backend's answer",
        advice: "This is a short disturbance inside the service and is tried again. If it goes on for minutes, look at the service's status page.",
    },
    Explanation {
        codes: &[60014],
        class: Class::Retry,
        meaning: "the service timed out while it looked up the account",
        advice: "This is a short disturbance inside the service and is tried again. If it goes on for minutes, look at the service's status page.",
    },
    Explanation {
        codes: &[60015],
        class: Class::Bug,
        meaning: "an account in the request body is not a string",
        advice: "The tool sends accounts as strings only, so something on the way changed the body. Report it.",
    },
    Explanation {
        codes: &[60016],
        class: Class::Fatal,
        meaning: "the app is disabled",
        advice: "The service has switched the SDKAppID off. Look at the app's state and bills in the console, then `resume`.",
    },
    Explanation {
        codes: &[60017],
        class: Class::Fatal,
        meaning: "requests of this kind are disabled",
        advice: "The service refuses the command for this app. Ask the vendor's support to enable it, then `resume`.",
    },
    Explanation {
        codes: &[60018, 60019],
        class: Class::Rate,
        meaning: "requests come too often, and the server asks to wait",
        advice: "The import slows down by itself. Lower `--qps` if this goes on.",
    },
    Explanation {
        codes: &[60020],
        class: Class::Fatal,
        meaning: "the app has no valid package",
        advice: "The package has ended, or was bought less than five minutes ago. Look at the app's package in the console, wait five minutes, then `resume`.",
    },
    Explanation {
        codes: &[60021],
        class: Class::Fatal,
        meaning: "calls from this IP address are not allowed",
        advice: "The app accepts REST calls from listed addresses only. Add this machine's public address in the console, or run from a listed one, then `resume`.",
    },
];
