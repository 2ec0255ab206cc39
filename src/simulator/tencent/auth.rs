//! Who calls: the query of the URL and the signature in it.
//!
//! The form of a signature is that of the vendor's second generation (`TLS.ver` 2.0): JSON members
//! `TLS.…` whose HMAC-SHA256 is `TLS.sig`, compressed with zlib, in base64 with `+/=` written
//! `*-_`. An account's right to call and its signature are checked here; the body is not looked at.

use std::collections::HashMap;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use sha2::Sha256;

use super::error::{self, Refusal};
use crate::simulator::options::Options;

/// A signature is some 200 bytes; one that inflates to more than this is no signature.
const LONGEST_SIGNATURE: u64 = 16 * 1_024;

#[derive(Debug, Deserialize)]
struct Signature {
    #[serde(rename = "TLS.ver")]
    version: String,
    #[serde(rename = "TLS.identifier")]
    identifier: String,
    #[serde(rename = "TLS.sdkappid")]
    sdk_app_id: u64,
    #[serde(rename = "TLS.expire")]
    lifetime: u64,
    #[serde(rename = "TLS.time")]
    made_at: u64,
    #[serde(rename = "TLS.userbuf")]
    user_buffer: Option<String>,
    #[serde(rename = "TLS.sig")]
    code: String,
}

/// The moments, in Unix seconds, that decide whether a signature has run out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    /// The present.
    pub(super) now: u64,
    /// Signatures made before this moment have run out whatever their lifetime.
    pub(super) void_before: u64,
}

/// The longest lifetime of a signature, 50 years (vendor FAQ of authentication).
const LONGEST_LIFETIME: u64 = 50 * 31_556_952;

/// A signature may be so many seconds younger than the present: clocks differ.
const CLOCKS_DIFFER: u64 = 60;

/// So many bad signatures of one account block it. The number is not documented.
const BAD_SIGNATURES: u32 = 10;

/// How long an account is blocked, in seconds (vendor's error table: one minute).
const BLOCKED: u64 = 60;

/// Remembers bad signatures, by account.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Guard {
    /// Bad signatures, and when they began.
    bad: HashMap<String, (u32, u64)>,
    blocked_until: HashMap<String, u64>,
}

impl Guard {
    /// Checks the caller; an account with too many bad signatures is refused for a while.
    pub(super) fn check(
        &mut self,
        query: &str,
        options: &Options,
        clock: Clock,
    ) -> Result<(), Refusal> {
        let (identifier, signature) = caller(query, options)?;
        let until = self.blocked_until.get(&identifier).copied().unwrap_or(0);
        if clock.now < until {
            return Err(Refusal::of(error::BLOCKED));
        }
        let checked = check_signature(&signature, &identifier, options, clock);
        let code = checked.as_ref().map_or_else(|refusal| refusal.code, |()| 0);
        if error::BAD_SIGNATURES.contains(&code) {
            self.note(identifier, clock.now);
        }
        checked
    }

    fn note(&mut self, identifier: String, now: u64) {
        let (count, since) = self.bad.entry(identifier.clone()).or_insert((0, now));
        if now.saturating_sub(*since) >= BLOCKED {
            (*count, *since) = (0, now);
        }
        *count += 1;
        if *count >= BAD_SIGNATURES {
            self.bad.remove(&identifier);
            self.blocked_until.insert(identifier, now + BLOCKED);
        }
    }
}

/// Checks that the query names the app, one of its administrators and a signature; gives both.
fn caller(query: &str, options: &Options) -> Result<(String, String), Refusal> {
    let query: HashMap<_, _> = url::form_urlencoded::parse(query.as_bytes()).collect();
    let given = |name: &str| {
        query
            .get(name)
            .map(AsRef::as_ref)
            .filter(|value: &&str| !value.is_empty())
    };
    let app = given("sdkappid").ok_or_else(|| Refusal::of(error::NO_APP))?;
    if app.parse() != Ok(options.sdk_app_id) {
        return Err(Refusal::of(error::UNKNOWN_APP));
    }
    // A caller that leaves `random` out is served, as it only keeps caches from answering.
    if given("random").is_some_and(|random| random.parse::<u32>().is_err()) {
        return Err(Refusal::of(error::BAD_HTTP));
    }
    let identifier = given("identifier").ok_or_else(|| Refusal::of(error::NO_ACCOUNT))?;
    if !options
        .administrators
        .iter()
        .any(|administrator| administrator == identifier)
    {
        return Err(Refusal::of(error::NOT_ADMIN));
    }
    let signature = given("usersig").ok_or_else(|| Refusal::of(error::NO_SIGNATURE))?;
    Ok((identifier.to_owned(), signature.to_owned()))
}

/// Checks that the signature is one of the account that is valid now.
fn check_signature(
    signature: &str,
    identifier: &str,
    options: &Options,
    clock: Clock,
) -> Result<(), Refusal> {
    let signature = decode(signature).ok_or_else(|| Refusal::of(error::BROKEN_SIGNATURE))?;
    signature.check(identifier, options, clock)
}

fn decode(text: &str) -> Option<Signature> {
    let base64: String = text
        .chars()
        .map(|letter| match letter {
            '*' => '+',
            '-' => '/',
            '_' => '=',
            other => other,
        })
        .collect();
    let compressed = STANDARD.decode(base64).ok()?;
    let mut json = Vec::new();
    ZlibDecoder::new(compressed.as_slice())
        .take(LONGEST_SIGNATURE)
        .read_to_end(&mut json)
        .ok()?;
    let signature: Signature = serde_json::from_slice(&json).ok()?;
    (signature.version == "2.0").then_some(signature)
}

impl Signature {
    fn check(&self, identifier: &str, options: &Options, clock: Clock) -> Result<(), Refusal> {
        if self.identifier != identifier {
            return Err(Refusal::of(error::OTHER_ACCOUNT));
        }
        if self.sdk_app_id != options.sdk_app_id {
            return Err(Refusal::of(error::OTHER_APP));
        }
        if !self.fits(options.secret_key.expose_secret().as_bytes()) {
            return Err(Refusal::of(error::WRONG_SIGNATURE));
        }
        if self.lifetime > LONGEST_LIFETIME || self.made_at > clock.now + CLOCKS_DIFFER {
            return Err(Refusal::of(error::IMPOSSIBLE_SIGNATURE));
        }
        let ends = self.made_at.saturating_add(self.lifetime);
        if clock.now > ends || self.made_at < clock.void_before {
            return Err(Refusal::of(error::EXPIRED));
        }
        Ok(())
    }

    fn signed_text(&self) -> String {
        let mut text = format!(
            "TLS.identifier:{}\nTLS.sdkappid:{}\nTLS.time:{}\nTLS.expire:{}\n",
            self.identifier, self.sdk_app_id, self.made_at, self.lifetime
        );
        if let Some(buffer) = &self.user_buffer {
            text = format!("{text}TLS.userbuf:{buffer}\n");
        }
        text
    }

    fn fits(&self, key: &[u8]) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
        mac.update(self.signed_text().as_bytes());
        STANDARD
            .decode(&self.code)
            .is_ok_and(|code| mac.verify_slice(&code).is_ok())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;
    use std::time::Duration;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;
    use serde_json::json;

    use super::*;

    const ALWAYS: Clock = Clock {
        now: 1_700_000_000,
        void_before: 0,
    };

    fn options() -> Options {
        Options::new(1_400_000_001, "example-secret-key".into(), Duration::ZERO)
    }

    /// Packs the JSON of a signature as the vendor's libraries do.
    pub(crate) fn pack(json: &serde_json::Value) -> String {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(json.to_string().as_bytes()).unwrap();
        let base64 = STANDARD.encode(encoder.finish().unwrap());
        base64.replace('+', "*").replace('/', "-").replace('=', "_")
    }

    fn published() -> serde_json::Value {
        json!({
            "TLS.ver": "2.0", "TLS.identifier": "administrator", "TLS.sdkappid": 1_400_000_001,
            "TLS.expire": 86_400, "TLS.time": 1_700_000_000,
            "TLS.sig": "n/WYc014rupCL1fzKgTzdNHAm6gsxTCrnJA8fgt1ORQ=",
        })
    }

    fn published_with_buffer() -> serde_json::Value {
        let mut signature = published();
        signature["TLS.userbuf"] = json!(STANDARD.encode("abc"));
        signature["TLS.sig"] = json!("ECukqx7OykKugrfQVnB0gNWfeRP9Ujyh3SBu2+Ubfc0=");
        signature
    }

    fn query(signature: &str) -> String {
        format!(
            "sdkappid=1400000001&identifier=administrator&usersig={signature}&random=7&\
             contenttype=json"
        )
    }

    fn code(query: &str, clock: Clock) -> u32 {
        let checked = Guard::default().check(query, &options(), clock);
        checked.map_or_else(|refusal| refusal.code, |()| 0)
    }

    #[test]
    fn the_published_signatures_verify() {
        for signature in [published(), published_with_buffer()] {
            assert_eq!(code(&query(&pack(&signature)), ALWAYS), 0, "{signature}");
        }
    }

    #[test]
    fn changing_any_signed_part_is_noticed() {
        let changes = [
            ("TLS.identifier", json!("admin2"), error::OTHER_ACCOUNT),
            ("TLS.sdkappid", json!(1_400_000_002), error::OTHER_APP),
            ("TLS.expire", json!(86_401), error::WRONG_SIGNATURE),
            ("TLS.time", json!(1_700_000_001), error::WRONG_SIGNATURE),
            ("TLS.userbuf", json!("eHl6"), error::WRONG_SIGNATURE),
            ("TLS.sig", json!("?"), error::WRONG_SIGNATURE),
            ("TLS.ver", json!("1.0"), error::BROKEN_SIGNATURE),
        ];
        for (member, value, expected) in changes {
            let mut signature = published_with_buffer();
            signature[member] = value;
            assert_eq!(
                code(&query(&pack(&signature)), ALWAYS),
                expected,
                "{member}"
            );
        }
    }

    #[test]
    fn a_signature_runs_out_after_its_lifetime_or_when_it_is_made_void() {
        let query = query(&pack(&published()));
        let clock = |now, void_before| Clock { now, void_before };
        assert_eq!(code(&query, clock(1_700_086_400, 0)), 0);
        assert_eq!(code(&query, clock(1_700_086_401, 0)), error::EXPIRED);
        assert_eq!(code(&query, clock(1_700_000_005, 1_700_000_000)), 0);
        assert_eq!(
            code(&query, clock(1_700_000_005, 1_700_000_001)),
            error::EXPIRED
        );
    }

    fn signed(made_at: u64, lifetime: u64) -> String {
        let mut signature = published();
        signature["TLS.time"] = json!(made_at);
        signature["TLS.expire"] = json!(lifetime);
        let mut parsed: Signature = serde_json::from_value(signature.clone()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(b"example-secret-key").unwrap();
        mac.update(parsed.signed_text().as_bytes());
        parsed.code = STANDARD.encode(mac.finalize().into_bytes());
        signature["TLS.sig"] = json!(parsed.code);
        pack(&signature)
    }

    #[test]
    fn a_signature_begins_by_now_and_lasts_fifty_years_at_most() {
        let now = ALWAYS.now;
        for (made_at, lifetime, expected) in [
            (now, 50 * 365 * 86_400, 0),
            (now, 51 * 365 * 86_400, error::IMPOSSIBLE_SIGNATURE),
            (now + 60, 86_400, 0),
            (now + 61, 86_400, error::IMPOSSIBLE_SIGNATURE),
            (u64::MAX, u64::MAX, error::IMPOSSIBLE_SIGNATURE),
            (now - 86_401, 86_400, error::EXPIRED),
        ] {
            let found = code(&query(&signed(made_at, lifetime)), ALWAYS);
            assert_eq!(found, expected, "{made_at} {lifetime}");
        }
    }

    #[test]
    fn many_bad_signatures_block_their_account_for_a_minute() {
        let mut guard = Guard::default();
        let (good, bad) = (query(&pack(&published())), query("A"));
        let mut code = |query: &str, second: u64| {
            let clock = Clock {
                now: ALWAYS.now + second,
                void_before: 0,
            };
            let checked = guard.check(query, &options(), clock);
            checked.map_or_else(|refusal| refusal.code, |()| 0)
        };
        for second in 0..9 {
            assert_eq!(code(&bad, second), error::BROKEN_SIGNATURE);
        }
        assert_eq!(code(&good, 9), 0);
        assert_eq!(code(&bad, 9), error::BROKEN_SIGNATURE);
        assert_eq!(code(&good, 10), error::BLOCKED);
        assert_eq!(code(&good, 68), error::BLOCKED);
        assert_eq!(code(&good, 69), 0);
        // Those of more than a minute ago are forgotten.
        for second in 100..109 {
            assert_eq!(code(&bad, second), error::BROKEN_SIGNATURE);
        }
        for second in 170..179 {
            assert_eq!(code(&bad, second), error::BROKEN_SIGNATURE);
        }
        assert_eq!(code(&good, 179), 0);
    }

    #[test]
    fn each_missing_or_wrong_part_of_the_query_has_its_code() {
        let good = query(&pack(&published()));
        let cases = [
            ("sdkappid=1400000001&", "", error::NO_APP),
            ("sdkappid=1400000001", "sdkappid=", error::NO_APP),
            (
                "sdkappid=1400000001",
                "sdkappid=1400000002",
                error::UNKNOWN_APP,
            ),
            ("sdkappid=1400000001", "sdkappid=mine", error::UNKNOWN_APP),
            ("identifier=administrator&", "", error::NO_ACCOUNT),
            (
                "identifier=administrator",
                "identifier=bob",
                error::NOT_ADMIN,
            ),
            ("usersig=", "usersig=&other=", error::NO_SIGNATURE),
            ("usersig=", "usersig=A", error::BROKEN_SIGNATURE),
            ("random=7&", "", 0),
            ("random=7", "random=4294967296", error::BAD_HTTP),
        ];
        for (part, replacement, expected) in cases {
            assert_eq!(
                code(&good.replace(part, replacement), ALWAYS),
                expected,
                "{replacement}"
            );
        }
    }
}
