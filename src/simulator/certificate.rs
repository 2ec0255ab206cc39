//! The certificate of a simulator that speaks https, for callers that know nothing else.

use std::sync::Arc;

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;
use tokio_rustls::rustls::crypto::aws_lc_rs as provider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

/// A certificate that cannot be used.
#[derive(Debug, Error)]
pub(crate) enum CertificateError {
    /// The chain is not PEM.
    #[error("the certificate chain is not PEM")]
    Chain(#[source] pem::Error),
    /// The key is not PEM.
    #[error("the private key is not PEM")]
    Key(#[source] pem::Error),
    /// Chain and key do not make a server.
    #[error("certificate and key cannot be used together")]
    Pair(#[source] rustls::Error),
    /// None could be made.
    #[error("no certificate could be made")]
    Make(#[source] Unspecified),
}

/// A certificate chain with its private key.
#[derive(Debug, Clone)]
pub(crate) struct Certificate {
    chain_pem: String,
    key_pem: SecretString,
}

impl Certificate {
    /// A chain, the server's own certificate first, and its key, both as PEM.
    pub(crate) fn from_pem(chain_pem: String, key_pem: SecretString) -> Self {
        Self { chain_pem, key_pem }
    }

    /// A new certificate for `localhost`, `127.0.0.1` and `::1`, which signs itself: callers are
    /// told to trust [`Self::chain_pem`].
    pub(crate) fn self_made() -> Result<Self, CertificateError> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let key =
            EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(CertificateError::Make)?;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref())
            .map_err(|_rejected| CertificateError::Make(Unspecified))?;
        let body = unsigned_certificate(pair.public_key().as_ref());
        let signature = pair.sign(&random, &body).map_err(CertificateError::Make)?;
        let signature = bit_string(signature.as_ref());
        let certificate = der(
            SEQUENCE,
            &[&body, &der(SEQUENCE, &[ECDSA_WITH_SHA256]), &signature],
        );
        let key_pem = pem_text("PRIVATE KEY", key.as_ref()).into();
        Ok(Self::from_pem(
            pem_text("CERTIFICATE", &certificate),
            key_pem,
        ))
    }

    /// Whether a file that begins with `head` is a certificate that [`Self::self_made`] made.
    pub(crate) fn is_self_made(head: &[u8]) -> bool {
        let name = SELF_MADE_NAME;
        CertificateDer::from_pem_slice(head)
            .is_ok_and(|der| der.windows(name.len()).any(|bytes| bytes == name))
    }

    /// The chain as PEM.
    pub(crate) fn chain_pem(&self) -> &str {
        &self.chain_pem
    }

    /// How callers are greeted with this certificate, over HTTP/1.1.
    pub(super) fn server_config(&self) -> Result<Arc<ServerConfig>, CertificateError> {
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(self.chain_pem.as_bytes()).collect();
        let chain = chain.map_err(CertificateError::Chain)?;
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.expose_secret().as_bytes());
        let key = key.map_err(CertificateError::Key)?;
        let config = ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(CertificateError::Pair)?;
        let config = config.with_no_client_auth().with_single_cert(chain, key);
        let mut config = config.map_err(CertificateError::Pair)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

// The one certificate that is made here has a fixed shape (RFC 5280), so a few tags and object
// identifiers stand in for a library of certificates.
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const UTF8_STRING: u8 = 0x0c;
const GENERALIZED_TIME: u8 = 0x18;
const UTC_TIME: u8 = 0x17;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const DNS_NAME: u8 = 0x82;
const IP_ADDRESS: u8 = 0x87;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const ECDSA_WITH_SHA256: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02";
const EC_PUBLIC_KEY: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";
const PRIME256V1: &[u8] = b"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const COMMON_NAME: &[u8] = b"\x06\x03\x55\x04\x03";
const SUBJECT_ALT_NAME: &[u8] = b"\x06\x03\x55\x1d\x11";

/// The common name of a certificate that is made here.
const SELF_MADE_NAME: &[u8] = b"im-unread simulator";

fn unsigned_certificate(public_key: &[u8]) -> Vec<u8> {
    let name = der(
        SEQUENCE,
        &[COMMON_NAME, &der(UTF8_STRING, &[SELF_MADE_NAME])],
    );
    let name = der(SEQUENCE, &[&der(SET, &[&name])]);
    let start = der(UTC_TIME, &[b"200101000000Z"]);
    let end = der(GENERALIZED_TIME, &[b"20991231235959Z"]);
    let key_kind = der(SEQUENCE, &[EC_PUBLIC_KEY, PRIME256V1]);
    let ip_v6 = std::net::Ipv6Addr::LOCALHOST.octets();
    let names = der(
        SEQUENCE,
        &[
            &der(DNS_NAME, &[b"localhost"]),
            &der(IP_ADDRESS, &[&[127, 0, 0, 1]]),
            &der(IP_ADDRESS, &[&ip_v6]),
        ],
    );
    let names = der(SEQUENCE, &[SUBJECT_ALT_NAME, &der(OCTET_STRING, &[&names])]);
    der(
        SEQUENCE,
        &[
            &der(VERSION, &[&der(INTEGER, &[&[2]])]),
            // Made once for each run and trusted by hand, so no two need to differ.
            &der(INTEGER, &[&[1]]),
            &der(SEQUENCE, &[ECDSA_WITH_SHA256]),
            &name,
            &der(SEQUENCE, &[&start, &end]),
            &name,
            &der(SEQUENCE, &[&key_kind, &bit_string(public_key)]),
            &der(EXTENSIONS, &[&der(SEQUENCE, &[&names])]),
        ],
    )
}

fn bit_string(bytes: &[u8]) -> Vec<u8> {
    der(BIT_STRING, &[&[0], bytes])
}

/// One element: its tag, its length and its content.
fn der(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|&byte| byte == 0).collect();
    let mut element = vec![tag];
    match significant.as_slice() {
        [] => element.push(0),
        [short] if *short < 0x80 => element.push(*short),
        long => {
            element.extend(u8::try_from(long.len()).map(|count| 0x80 | count));
            element.extend(long);
        }
    }
    element.extend(content);
    element
}

fn pem_text(label: &str, bytes: &[u8]) -> String {
    let base64 = STANDARD.encode(bytes);
    let lines: Vec<&str> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("base64 is ASCII"))
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_self_made_certificate_serves_and_another_key_does_not() {
        let (first, second) = (
            Certificate::self_made().unwrap(),
            Certificate::self_made().unwrap(),
        );
        first.server_config().unwrap();
        assert!(Certificate::is_self_made(first.chain_pem().as_bytes()));
        assert!(!Certificate::is_self_made(b"group,user,count"));
        let mixed = Certificate::from_pem(first.chain_pem, second.key_pem);
        assert!(matches!(
            mixed.server_config(),
            Err(CertificateError::Pair(_))
        ));
    }

    #[test]
    fn what_is_no_pem_is_named() {
        let good = Certificate::self_made().unwrap();
        let no_key = Certificate::from_pem(good.chain_pem.clone(), "key".into());
        assert!(matches!(
            no_key.server_config(),
            Err(CertificateError::Key(_))
        ));
        let no_chain = Certificate::from_pem("chain".to_owned(), good.key_pem);
        assert!(matches!(
            no_chain.server_config(),
            Err(CertificateError::Pair(_))
        ));
    }

    #[test]
    fn lengths_are_encoded_in_as_few_bytes_as_possible() {
        assert_eq!(der(INTEGER, &[]), [2, 0]);
        assert_eq!(der(INTEGER, &[&[7; 0x7f]])[..2], [2, 0x7f]);
        assert_eq!(der(INTEGER, &[&[7; 0x80]])[..3], [2, 0x81, 0x80]);
        assert_eq!(der(INTEGER, &[&[7; 0x1ff]])[..4], [2, 0x82, 0x01, 0xff]);
    }
}
