//! Signing against the vendor's test vectors, and reading hostile signatures.

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn key(text: &str) -> SecretString {
    SecretString::from(text)
}

fn vector(userbuf: Option<&[u8]>) -> Grant<'_> {
    Grant {
        sdk_app_id: 1_400_000_001,
        identifier: "administrator",
        issued_at: 1_700_000_000,
        lifetime: 86_400,
        userbuf,
    }
}

fn unpack(signature: &str) -> serde_json::Value {
    let standard = signature
        .replace('*', "+")
        .replace('-', "/")
        .replace('_', "=");
    let packed = STANDARD.decode(standard).unwrap();
    serde_json::from_reader(flate2::read::ZlibDecoder::new(&*packed)).unwrap()
}

#[test]
fn both_test_vectors_of_the_vendors_libraries_give_the_same_hmac() {
    for (userbuf, sig) in [
        (None, "n/WYc014rupCL1fzKgTzdNHAm6gsxTCrnJA8fgt1ORQ="),
        (
            Some(b"abc".as_slice()),
            "ECukqx7OykKugrfQVnB0gNWfeRP9Ujyh3SBu2+Ubfc0=",
        ),
    ] {
        let signature = sign(&key("example-secret-key"), &vector(userbuf));
        let document = unpack(signature.expose());
        assert_eq!(document["TLS.sig"], sig);
        assert_eq!(document["TLS.ver"], "2.0");
        assert_eq!(document["TLS.sdkappid"], 1_400_000_001_u64);
        assert_eq!(document["TLS.expire"], 86_400);
        assert_eq!(document["TLS.time"], 1_700_000_000);
        assert_eq!(document.get("TLS.userbuf").is_some(), userbuf.is_some());
    }
}

#[test]
fn a_signature_of_the_independent_python_library_is_read_and_verified() {
    let signature = include_str!("python-vector.txt").trim();
    let claims = verify(signature, &key("example-secret-key")).unwrap();
    assert_eq!(claims.identifier, "administrator");
    assert_eq!(claims.sdk_app_id, 1_400_000_001);
    assert_eq!(
        claims.expires_at,
        Timestamp::from_second(1_700_086_400).unwrap()
    );
    assert!(claims.has_userbuf);
}

#[test]
fn a_signature_verifies_with_its_own_key_only() {
    let signature = sign(&key("right"), &vector(None));
    assert!(verify(signature.expose(), &key("right")).is_ok());
    assert_eq!(
        verify(signature.expose(), &key("wrong")),
        Err(VerifyError::Key)
    );
}

#[test]
fn a_changed_claim_no_longer_verifies() {
    let signature = sign(&key("right"), &vector(None));
    let mut document = unpack(signature.expose());
    document["TLS.expire"] = 999_999.into();
    let forged = envelope(&serde_json::to_vec(&document).unwrap());
    assert_eq!(
        inspect(&forged).unwrap().expires_at.as_second(),
        1_700_999_999
    );
    assert_eq!(verify(&forged, &key("right")), Err(VerifyError::Key));
}

#[test]
fn a_signature_for_another_app_account_or_time_is_objected_to() {
    let claims = inspect(sign(&key("k"), &vector(None)).expose()).unwrap();
    let end = claims.expires_at;
    assert_eq!(claims.objections(1_400_000_001, "administrator", end), []);
    let late = end + jiff::Span::new().seconds(1);
    assert_eq!(
        claims.objections(1, "root", late),
        [
            Objection::Expired { at: end },
            Objection::App {
                found: 1_400_000_001
            },
            Objection::Identifier {
                found: "administrator".to_owned()
            },
        ]
    );
}

#[test]
fn texts_that_are_no_signature_are_named_for_what_is_wrong() {
    let bomb = envelope(&vec![b' '; 1 << 20]);
    let array = envelope(b"[1]");
    let far = br#"{"TLS.ver":"2.0","TLS.identifier":"a","TLS.sdkappid":1,"TLS.expire":18446744073709551615,"TLS.time":1,"TLS.sig":""}"#;
    let far = envelope(far);
    let whole = sign(&key("k"), &vector(None));
    let half = whole.expose().get(..80).unwrap();
    for (text, error) in [
        ("", InspectError::Empty),
        (" \n", InspectError::Empty),
        ("not base64!", InspectError::Alphabet),
        ("eJwrSS0uAQAEXQHB=", InspectError::Alphabet),
        ("AAAA", InspectError::Compression),
        (half, InspectError::Compression),
        (&*bomb, InspectError::Explosive),
        (&*array, InspectError::Document),
        (&*far, InspectError::Time),
        (
            &*"e".repeat(20_000),
            InspectError::TooLong { found: 20_000 },
        ),
    ] {
        assert_eq!(inspect(text), Err(error), "{text:.80}");
    }
}

#[test]
fn neither_debug_nor_display_shows_a_signature() {
    let signature = UserSig::from_text(key("canary"));
    assert_eq!(
        format!("{signature} {signature:?}"),
        "[hidden] UserSig([hidden])"
    );
}

proptest! {
    #[test]
    fn what_was_signed_reads_back_and_verifies(
        sdk_app_id in any::<u64>(),
        identifier in "[ -~]{1,32}",
        issued_at in 0_i64..4_000_000_000,
        lifetime in 0..LIFETIME_MAX,
        userbuf in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..64)),
    ) {
        let userbuf = userbuf.as_deref();
        let grant = Grant { sdk_app_id, identifier: &identifier, issued_at, lifetime, userbuf };
        let signature = sign(&key("k"), &grant);
        prop_assert!(signature.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b"*-_".contains(&b)));
        let claims = verify(signature.expose(), &key("k")).unwrap();
        prop_assert_eq!(claims.identifier, identifier);
        prop_assert_eq!(claims.sdk_app_id, sdk_app_id);
        prop_assert_eq!(claims.issued_at.as_second(), issued_at);
        prop_assert_eq!(claims.has_userbuf, userbuf.is_some());
    }

    #[test]
    fn no_input_makes_inspection_panic(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(inspect(&text).is_err());
        prop_assert!(inspect(&envelope(&bytes)).is_err());
    }
}
