//! What a UserSig says about itself, and whether a key made it. The input may be anything.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_PAD_INDIFFERENT;
use flate2::read::ZlibDecoder;
use hmac::Mac as _;
use jiff::Timestamp;
use secrecy::SecretString;
use secrecy::zeroize::{Zeroize as _, Zeroizing};
use serde::{Deserialize, Serialize};

use super::Grant;

/// The longest signature that is looked at, in bytes: one with the longest names and a userbuf of
/// several kilobytes is shorter.
pub(crate) const SIGNATURE_MAX: usize = 16 * 1024;

/// The longest document that is unpacked, in bytes. zlib can blow its input up a thousandfold.
const DOCUMENT_MAX: u64 = 64 * 1024;

/// What a UserSig says about itself. Nobody has checked it unless [`verify`] returned it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Claims {
    /// The version of the signature's form; `2.0` is the one in use.
    pub(crate) version: String,
    /// The app that the signature is for.
    pub(crate) sdk_app_id: u64,
    /// The account that it acts as.
    pub(crate) identifier: String,
    /// When it was made.
    pub(crate) issued_at: Timestamp,
    /// The last moment at which it is good.
    pub(crate) expires_at: Timestamp,
    /// Whether it carries a userbuf.
    pub(crate) has_userbuf: bool,
}

/// Why a text cannot be read as a UserSig. Never repeats any part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InspectError {
    /// Nothing there.
    #[error("the UserSig is empty")]
    Empty,
    /// Longer than any UserSig is.
    #[error("the UserSig is {found} bytes long, and none is longer than {SIGNATURE_MAX}")]
    TooLong {
        /// The length found, in bytes.
        found: usize,
    },
    /// A character outside the alphabet, or a wrong number of them.
    #[error("the UserSig is not spelt in the UserSig alphabet, or a part of it is missing")]
    Alphabet,
    /// The bytes are not a complete zlib stream.
    #[error("the UserSig does not unpack: it is damaged or a part of it is missing")]
    Compression,
    /// The zlib stream is a bomb.
    #[error("the UserSig unpacks to more than {DOCUMENT_MAX} bytes")]
    Explosive,
    /// The unpacked bytes are not the JSON object of a UserSig.
    #[error("the UserSig unpacks to something other than a version 2 signature")]
    Document,
    /// A time outside the years that a calendar has.
    #[error("the UserSig's times are out of range")]
    Time,
}

/// Why a UserSig is not one of a given key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum VerifyError {
    /// It cannot even be read.
    #[error(transparent)]
    Inspect(#[from] InspectError),
    /// Another key made it, or it was changed afterwards.
    #[error("the UserSig was not made with this secret key, or it was changed afterwards")]
    Key,
}

/// What stands against using a signature for a target. The server would refuse it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Objection {
    /// Its time is over.
    #[error("the UserSig expired at {at}")]
    Expired {
        /// When it expired.
        at: Timestamp,
    },
    /// It is for another app.
    #[error("the UserSig is for SDKAppID `{found}`")]
    App {
        /// The app it is for.
        found: u64,
    },
    /// It is for another account.
    #[error("the UserSig is for the identifier `{found}`")]
    Identifier {
        /// The account it is for, shortened and safe to print.
        found: String,
    },
}

impl Claims {
    /// What stands against using the signature now, for this app and account.
    pub(crate) fn objections(
        &self,
        sdk_app_id: u64,
        identifier: &str,
        now: Timestamp,
    ) -> Vec<Objection> {
        let expired = (now > self.expires_at).then_some(Objection::Expired {
            at: self.expires_at,
        });
        let app = (self.sdk_app_id != sdk_app_id).then_some(Objection::App {
            found: self.sdk_app_id,
        });
        let other = (self.identifier != identifier).then(|| Objection::Identifier {
            found: crate::tencent::printable::shortened(&self.identifier, 40),
        });
        expired.into_iter().chain(app).chain(other).collect()
    }
}

/// Reads what a UserSig says, without believing it.
pub(crate) fn inspect(signature: &str) -> Result<Claims, InspectError> {
    open(signature)?.claims()
}

/// Reads a UserSig and checks that the key made it. Its times, app and account are for
/// [`Claims::objections`] to judge.
pub(crate) fn verify(signature: &str, secret_key: &SecretString) -> Result<Claims, VerifyError> {
    let document = open(signature)?;
    let claims = document.claims()?;
    let grant = Grant {
        sdk_app_id: document.sdk_app_id,
        identifier: &document.identifier,
        issued_at: document.issued_at,
        lifetime: document.lifetime,
        userbuf: None,
    };
    let Ok(sig) = STANDARD_PAD_INDIFFERENT.decode(&document.sig) else {
        return Err(VerifyError::Key);
    };
    let mac = super::mac(secret_key, &grant, document.userbuf.as_deref());
    if mac.verify_slice(&sig).is_ok() {
        Ok(claims)
    } else {
        Err(VerifyError::Key)
    }
}

/// The JSON object inside a signature. Members that are not named here do not matter.
#[derive(Deserialize)]
struct Document {
    #[serde(rename = "TLS.ver")]
    version: String,
    #[serde(rename = "TLS.identifier")]
    identifier: String,
    #[serde(rename = "TLS.sdkappid")]
    sdk_app_id: u64,
    #[serde(rename = "TLS.expire")]
    lifetime: u64,
    #[serde(rename = "TLS.time")]
    issued_at: i64,
    #[serde(rename = "TLS.userbuf", default)]
    userbuf: Option<String>,
    #[serde(rename = "TLS.sig")]
    sig: String,
}

impl Drop for Document {
    fn drop(&mut self) {
        self.sig.zeroize();
    }
}

impl Document {
    fn claims(&self) -> Result<Claims, InspectError> {
        let end = self
            .issued_at
            .checked_add_unsigned(self.lifetime)
            .ok_or(InspectError::Time)?;
        let (Ok(issued_at), Ok(expires_at)) = (
            Timestamp::from_second(self.issued_at),
            Timestamp::from_second(end),
        ) else {
            return Err(InspectError::Time);
        };
        Ok(Claims {
            version: self.version.clone(),
            sdk_app_id: self.sdk_app_id,
            identifier: self.identifier.clone(),
            issued_at,
            expires_at,
            has_userbuf: self.userbuf.is_some(),
        })
    }
}

/// Unpacks a signature. The causes of a failure stay behind, since parsers quote their input.
fn open(signature: &str) -> Result<Document, InspectError> {
    let signature = signature.trim();
    match signature.len() {
        0 => return Err(InspectError::Empty),
        found if found > SIGNATURE_MAX => return Err(InspectError::TooLong { found }),
        _ => {}
    }
    let standard: Option<Zeroizing<Vec<u8>>> = signature
        .bytes()
        .map(from_url_alphabet)
        .collect::<Option<Vec<u8>>>()
        .map(Zeroizing::new);
    let Some(Ok(packed)) = standard.map(|text| STANDARD_PAD_INDIFFERENT.decode(&*text)) else {
        return Err(InspectError::Alphabet);
    };
    let mut json = Zeroizing::new(Vec::new());
    let mut reader = ZlibDecoder::new(&*packed).take(DOCUMENT_MAX + 1);
    let Ok(length) = reader.read_to_end(&mut json) else {
        return Err(InspectError::Compression);
    };
    if u64::try_from(length).is_ok_and(|length| length > DOCUMENT_MAX) {
        return Err(InspectError::Explosive);
    }
    let Ok(document) = serde_json::from_slice(&json) else {
        return Err(InspectError::Document);
    };
    Ok(document)
}

/// The character of standard base64 behind one of the UserSig alphabet.
fn from_url_alphabet(byte: u8) -> Option<u8> {
    match byte {
        b'*' => Some(b'+'),
        b'-' => Some(b'/'),
        b'_' => Some(b'='),
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => Some(byte),
        _ => None,
    }
}
