//! UserSig, version 2: signing, reading and checking the signature that each call carries.
//!
//! A UserSig is a zlib-compressed JSON object in an alphabet that needs no escaping in a URL; one
//! of its members is an HMAC-SHA256 over the others, made with the app's secret key (vendor's
//! signing libraries `tls-sig-api-v2` and the page on UserSig, editions of 2025).
//! Nothing here reads a clock, and no error repeats any part of a signature.

mod claims;

use std::fmt;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::Sha256;

pub(crate) use claims::{Claims, Objection, SIGNATURE_MAX, inspect, verify};

/// The longest lifetime that the vendor allows, in seconds: 50 years (page on UserSig, 2025).
pub(crate) const LIFETIME_MAX: u64 = 50 * 365 * 86_400;

/// A signature that acts as an admin of the app until it expires: never printed, wiped on drop.
#[derive(Clone)]
pub(crate) struct UserSig(SecretString);

impl UserSig {
    /// Takes a signature made elsewhere, as it is; the server is the one to judge it.
    pub(crate) fn from_text(text: SecretString) -> Self {
        Self(text)
    }

    /// The signature itself, for a URL, and for the command whose result it is.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for UserSig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserSig([hidden])")
    }
}

impl fmt::Display for UserSig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

/// What a signature grants: who, in which app, from when, for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant<'a> {
    /// The app's number.
    pub(crate) sdk_app_id: u64,
    /// The account that may act.
    pub(crate) identifier: &'a str,
    /// When it begins, in seconds since 1970.
    pub(crate) issued_at: i64,
    /// How long it lasts, in seconds; at most [`LIFETIME_MAX`].
    pub(crate) lifetime: u64,
    /// Bytes for the app's own use; a call to the REST API carries none.
    pub(crate) userbuf: Option<&'a [u8]>,
}

/// The members of the JSON object, in the order in which the vendor's libraries write them.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "TLS.ver")]
    version: &'static str,
    #[serde(rename = "TLS.identifier")]
    identifier: &'a str,
    #[serde(rename = "TLS.sdkappid")]
    sdk_app_id: u64,
    #[serde(rename = "TLS.expire")]
    lifetime: u64,
    #[serde(rename = "TLS.time")]
    issued_at: i64,
    #[serde(rename = "TLS.userbuf", skip_serializing_if = "Option::is_none")]
    userbuf: Option<&'a str>,
    #[serde(rename = "TLS.sig")]
    sig: &'a str,
}

/// Signs a grant with the app's secret key, the key's text being the bytes of the HMAC key.
pub(crate) fn sign(secret_key: &SecretString, grant: &Grant<'_>) -> UserSig {
    let userbuf = grant.userbuf.map(|bytes| STANDARD.encode(bytes));
    let mac = mac(secret_key, grant, userbuf.as_deref())
        .finalize()
        .into_bytes();
    let sig = Zeroizing::new(STANDARD.encode(mac));
    let document = Document {
        version: "2.0",
        identifier: grant.identifier,
        sdk_app_id: grant.sdk_app_id,
        lifetime: grant.lifetime,
        issued_at: grant.issued_at,
        userbuf: userbuf.as_deref(),
        sig: &sig,
    };
    let json = serde_json::to_vec(&document).expect("strings and numbers always serialise");
    UserSig(envelope(&Zeroizing::new(json)).into())
}

/// The HMAC over a grant, ready to be finalised or compared.
fn mac(secret_key: &SecretString, grant: &Grant<'_>, userbuf: Option<&str>) -> Hmac<Sha256> {
    let mut text = format!(
        "TLS.identifier:{}\nTLS.sdkappid:{}\nTLS.time:{}\nTLS.expire:{}\n",
        grant.identifier, grant.sdk_app_id, grant.issued_at, grant.lifetime,
    );
    if let Some(userbuf) = userbuf {
        text.extend(["TLS.userbuf:", userbuf, "\n"]);
    }
    let key = secret_key.expose_secret().as_bytes();
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.chain_update(text)
}

/// Compresses a document and spells it in the alphabet of URLs.
fn envelope(json: &[u8]) -> String {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json).expect("a Vec takes every write");
    let compressed = Zeroizing::new(encoder.finish().expect("a Vec takes every write"));
    let mut text = STANDARD.encode(&*compressed).into_bytes();
    for byte in &mut text {
        *byte = match *byte {
            b'+' => b'*',
            b'/' => b'-',
            b'=' => b'_',
            other => other,
        };
    }
    String::from_utf8(text).expect("base64 is ASCII")
}

#[cfg(test)]
use claims::{InspectError, VerifyError};
#[cfg(test)]
mod tests;
