//! Codes of the account service: signatures and accounts, 70001 to 72001.

use super::{Class, Explanation};

pub(super) const TABLE: &[Explanation] = &[
    Explanation {
        codes: &[70001],
        class: Class::Credential,
        meaning: "the UserSig has expired",
        advice: "With the secret key the tool signs anew by itself; if that is refused too, this machine's clock is wrong. A UserSig made elsewhere has to be made again.",
    },
    Explanation {
        codes: &[70002],
        class: Class::Fatal,
        meaning: "the UserSig is empty",
        advice: "No signature reached the server. Check the variable or file that holds it, or give the secret key instead.",
    },
    Explanation {
        codes: &[70003],
        class: Class::Fatal,
        meaning: "the UserSig is not valid, perhaps cut off",
        advice: "A part of it may have been lost when it was copied; `im-unread usersig --inspect` tells. Check the secret key or make the signature again.",
    },
    Explanation {
        codes: &[70005],
        class: Class::Fatal,
        meaning: "the UserSig does not verify, perhaps it was altered",
        advice: "A part of it may have been lost when it was copied; `im-unread usersig --inspect` tells. Check the secret key or make the signature again.",
    },
    Explanation {
        codes: &[70009],
        class: Class::Fatal,
        meaning: "the UserSig was not made with this app's secret key",
        advice: "Key and SDKAppID belong to different apps, or the key was replaced. Copy the key again from the console page of exactly this SDKAppID.",
    },
    Explanation {
        codes: &[70013],
        class: Class::Fatal,
        meaning: "the UserSig was made for another account",
        advice: "The signature names another account than `--identifier`. Make a signature for that identifier, or name the account it was made for.",
    },
    Explanation {
        codes: &[70014],
        class: Class::Fatal,
        meaning: "the UserSig was made for another app",
        advice: "The signature names another app than `--sdk-app-id`. Make a signature for that app, or give its own number.",
    },
    Explanation {
        codes: &[70016],
        class: Class::Fatal,
        meaning: "the server found no public key to check the UserSig with",
        advice: "The signature is of the older kind with a key pair, or the app has no key. Sign with the secret key that the console shows for the app.",
    },
    Explanation {
        codes: &[70020],
        class: Class::Fatal,
        meaning: "the server does not know the SDKAppID",
        advice: "No app of that number is known at this host. Check `--sdk-app-id`, and that `--region` is the region of the app.",
    },
    Explanation {
        codes: &[70050],
        class: Class::Fatal,
        meaning: "too many signatures failed, and the server refuses more for about a minute",
        advice: "The block follows repeated calls with a bad signature. Correct the credential first, wait a minute, then `resume`.",
    },
    Explanation {
        codes: &[70051],
        class: Class::Fatal,
        meaning: "the account is on a blocklist",
        advice: "The service refuses this identifier for its behaviour. Use another admin account or ask the vendor's support.",
    },
    Explanation {
        codes: &[70052],
        class: Class::Credential,
        meaning: "the UserSig is no longer valid",
        advice: "It was revoked. With the secret key the tool signs anew by itself; a UserSig made elsewhere has to be made again.",
    },
    Explanation {
        codes: &[70107],
        class: Class::Row,
        meaning: "the account does not exist",
        advice: "The account was never imported into the app, or its id is mapped wrongly. Import the account or correct the id, then send the row again.",
    },
    Explanation {
        codes: &[70114],
        class: Class::Row,
        meaning: "the account is blocked for security reasons",
        advice: "The service restricts this account. Ask the vendor's support about it; the other rows are not concerned.",
    },
    Explanation {
        codes: &[70169, 70202],
        class: Class::Retry,
        meaning: "the account service timed out",
        advice: "This is a short disturbance inside the service and is tried again. If it goes on for minutes, look at the service's status page.",
    },
    Explanation {
        codes: &[70206],
        class: Class::Bug,
        meaning: "the request has no accounts, or more than one call takes",
        advice: "The size of each request is chosen by the tool. Report it.",
    },
    Explanation {
        codes: &[70398],
        class: Class::Fatal,
        meaning: "the app has as many accounts as its edition allows",
        advice: "The free edition holds a hundred accounts. Move the app to a paid edition or remove accounts that are not needed.",
    },
    Explanation {
        codes: &[70402],
        class: Class::Row,
        meaning: "an account parameter is missing or not valid",
        advice: "The account's id breaks a rule of the server. Compare it with the id in the app, correct it and send the row again.",
    },
    Explanation {
        codes: &[70403],
        class: Class::Fatal,
        meaning: "the account service takes this call from app admins only",
        advice: "Make the account an admin in the console, or name one that is with `--identifier`.",
    },
    Explanation {
        codes: &[70500],
        class: Class::Retry,
        meaning: "the account service failed inside",
        advice: "This is a short disturbance inside the service and is tried again. If it goes on for minutes, look at the service's status page.",
    },
    Explanation {
        codes: &[71000],
        class: Class::Unknown,
        meaning: "the account cannot be deleted",
        advice: "It answers a call that this tool never makes. Look at what stands between the tool and the service.",
    },
    Explanation {
        codes: &[72001],
        class: Class::Unknown,
        meaning: "the online-status feature is switched off",
        advice: "It answers a call that this tool never makes. Look at what stands between the tool and the service.",
    },
];
