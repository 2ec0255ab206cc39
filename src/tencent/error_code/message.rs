//! Codes of the message and conversation services, 20001 to 93000.

use super::{Class, Explanation};

pub(super) const TABLE: &[Explanation] = &[
    Explanation {
        codes: &[20001],
        class: Class::Row,
        meaning: "the request is not a legal packet",
        advice: "The message service refused the request as a whole. Compare the row's values with the app, correct it and send it again.",
    },
    Explanation {
        codes: &[20002],
        class: Class::Fatal,
        meaning: "the message service does not accept the UserSig",
        advice: "Check the secret key or UserSig, the identifier and the SDKAppID against the console.",
    },
    Explanation {
        codes: &[20003],
        class: Class::Row,
        meaning: "an account of the request is not valid",
        advice: "The account does not exist or its id is mapped wrongly. Import the account or correct the id, then send the row again.",
    },
    Explanation {
        codes: &[20004],
        class: Class::Retry,
        meaning: "the message service had a network fault",
        advice: "This is a short disturbance inside the service and is tried again. If it goes on for minutes, look at the service's status page.",
    },
    Explanation {
        codes: &[20005],
        class: Class::Retry,
        meaning: "the message service failed inside",
        advice: "This is a short disturbance inside the service and is tried again. If it goes on for minutes, look at the service's status page.",
    },
    Explanation {
        codes: &[50001],
        class: Class::Row,
        meaning: "the conversation list was asked for an account that is not valid",
        advice: "The account does not exist or its id is mapped wrongly. Import the account or correct the id.",
    },
    Explanation {
        codes: &[50002],
        class: Class::Row,
        meaning: "the conversation list was asked with a parameter that is not valid",
        advice: "The server refuses a value of the request. Compare the row with what the app holds.",
    },
    Explanation {
        codes: &[50003],
        class: Class::Fatal,
        meaning: "the conversation list is for app admins only",
        advice: "Make the account an admin in the console, or name one that is with `--identifier`.",
    },
    Explanation {
        codes: &[50004],
        class: Class::Retry,
        meaning: "the conversation list failed inside",
        advice: "This is a short disturbance inside the service and is tried again. If it goes on for minutes, look at the service's status page.",
    },
    Explanation {
        codes: &[50005],
        class: Class::Retry,
        meaning: "the conversation list timed out",
        advice: "This is a short disturbance inside the service and is tried again. If it goes on for minutes, look at the service's status page.",
    },
    Explanation {
        codes: &[80001],
        class: Class::Row,
        meaning: "a text was refused by moderation",
        advice: "The service's content check refused a text of the request, which can only be an id here. Look at the app's moderation settings.",
    },
    Explanation {
        codes: &[80002],
        class: Class::Row,
        meaning: "the message is too long",
        advice: "It answers the import of messages, which this tool does not do. The row is reported as it was refused.",
    },
    Explanation {
        codes: &[80004],
        class: Class::Row,
        meaning: "an image was refused by moderation",
        advice: "It answers the sending of messages, which this tool does not do. The row is reported as it was refused.",
    },
    Explanation {
        codes: &[90001],
        class: Class::Bug,
        meaning: "the message service could not parse the request body as JSON",
        advice: "The body is made by this tool and is always JSON, so something on the way changed it. Try from another network, and report it if it stays.",
    },
    Explanation {
        codes: &[90002],
        class: Class::Bug,
        meaning: "a message body is malformed",
        advice: "It answers the sending of messages, which this tool does not do. Report it.",
    },
    Explanation {
        codes: &[90003],
        class: Class::Row,
        meaning: "the account asked about is missing or does not exist",
        advice: "The account was never imported into the app, or its id is mapped wrongly. Import the account or correct the id.",
    },
    Explanation {
        codes: &[90005, 90006, 90007, 90010],
        class: Class::Bug,
        meaning: "a field of a message is missing or of the wrong type",
        advice: "It answers the sending of messages, which this tool does not do. Report it.",
    },
    Explanation {
        codes: &[90008],
        class: Class::Row,
        meaning: "the sending account is missing or does not exist",
        advice: "The account was never imported into the app, or its id is mapped wrongly. Import the account or correct the id.",
    },
    Explanation {
        codes: &[90009],
        class: Class::Fatal,
        meaning: "the message service takes this call from app admins only",
        advice: "Make the account an admin in the console, or name one that is with `--identifier`.",
    },
    Explanation {
        codes: &[90011],
        class: Class::Bug,
        meaning: "a request for several accounts names too many",
        advice: "The size of each request is chosen by the tool. Report it.",
    },
    Explanation {
        codes: &[90012],
        class: Class::Row,
        meaning: "the receiving account is missing or does not exist",
        advice: "The account was never imported into the app, or its id is mapped wrongly. Import the account or correct the id.",
    },
    Explanation {
        codes: &[90018],
        class: Class::Bug,
        meaning: "the request names more accounts than one call takes",
        advice: "The size of each request is chosen by the tool. Report it.",
    },
    Explanation {
        codes: &[90030],
        class: Class::Bug,
        meaning: "the field that tells live from historic messages is missing or wrong",
        advice: "It answers the import of messages, which this tool does not do. Report it.",
    },
    Explanation {
        codes: &[90048],
        class: Class::Row,
        meaning: "an account of the request does not exist",
        advice: "The account was never imported into the app, or its id is mapped wrongly. Import the account or correct the id.",
    },
    Explanation {
        codes: &[90992, 90994, 90995, 91000],
        class: Class::Retry,
        meaning: "the message service failed inside",
        advice: "This is a short disturbance inside the service and is tried again. If it goes on for minutes, look at the service's status page.",
    },
    Explanation {
        codes: &[91101],
        class: Class::Unknown,
        meaning: "a web client was signed out elsewhere",
        advice: "It answers a call that this tool never makes. Look at what stands between the tool and the service.",
    },
    Explanation {
        codes: &[93000],
        class: Class::Row,
        meaning: "the request is larger than a message may be",
        advice: "It answers the sending of messages, which this tool does not do. The row is reported as it was refused.",
    },
];
