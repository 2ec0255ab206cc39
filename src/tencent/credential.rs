//! The right to call: a secret key that signs as often as needed, or one signature made elsewhere.
//!
//! The state changes behind a shared reference, since many calls of one thread hold it at once.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use jiff::Timestamp;
use secrecy::SecretString;

use super::endpoint::Target;
use super::usersig::{self, Grant, UserSig};

/// How long a signature of ours lasts, in seconds, unless the user says otherwise: one day, which
/// is the least that the vendor's error table advises.
pub(crate) const LIFETIME_DEFAULT: u64 = 86_400;

/// The longest time before its end at which a signature is replaced, in seconds: ten minutes, so
/// that a server whose clock runs ahead does not see the end first.
const MARGIN_MAX: u64 = 600;

/// What the user gave to authenticate with.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// The app's secret key: signatures are made as needed.
    Key {
        /// The key as the console shows it.
        secret_key: SecretString,
        /// How long each signature lasts, in seconds, 1 to [`usersig::LIFETIME_MAX`].
        lifetime: u64,
    },
    /// One signature, which cannot be renewed.
    Signature(UserSig),
}

impl Credential {
    /// When the credential stops working by itself: never for a key, and unknown, thus `None` as
    /// well, for a signature that cannot be read.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Key { .. } => None,
            Self::Signature(signature) => usersig::inspect(signature.expose())
                .ok()
                .map(|claims| claims.expires_at),
        }
    }
}

/// Which of a run's signatures a call carried, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Generation(u32);

/// What came of asking for a new signature after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewed {
    /// A signature is in place that the refused call did not carry.
    Yes,
    /// The refused signature was itself made after a refusal, and none was accepted in between.
    AlreadyTried,
    /// There is no key to sign with.
    NoKey,
}

/// The signature in use, and the means to replace it.
#[derive(Debug)]
pub(super) struct Signer {
    credential: Credential,
    current: RefCell<Option<Current>>,
    /// Whether a signature made after a refusal waits for its first success.
    on_probation: Cell<bool>,
}

#[derive(Debug, Clone)]
struct Current {
    signature: Rc<UserSig>,
    generation: Generation,
    /// When to sign anew, in seconds since 1970; never for a signature made elsewhere.
    renew_at: Option<i64>,
}

impl Signer {
    pub(super) fn new(credential: Credential) -> Self {
        Self {
            credential,
            current: RefCell::new(None),
            on_probation: Cell::new(false),
        }
    }

    /// A signature that is good now, as far as the clock here can tell.
    pub(super) fn current(&self, target: &Target, now: Timestamp) -> (Rc<UserSig>, Generation) {
        let mut current = self.current.borrow_mut();
        let due = |current: &Current| current.renew_at.is_some_and(|at| now.as_second() >= at);
        let current = match current.take() {
            Some(usable) if !due(&usable) => current.insert(usable),
            outdated => {
                let generation = outdated.map_or(0, |old| old.generation.0.saturating_add(1));
                current.insert(self.make(target, now, Generation(generation)))
            }
        };
        (Rc::clone(&current.signature), current.generation)
    }

    /// Answers a refusal for expiry of a call that carried `refused`. A run signs anew as often
    /// as its signatures expire, but never twice without an acceptance in between: a key that
    /// makes signatures which expire at once has a clock beside it that is wrong.
    pub(super) fn renew(&self, target: &Target, now: Timestamp, refused: Generation) -> Renewed {
        if matches!(self.credential, Credential::Signature(_)) {
            return Renewed::NoKey;
        }
        let (_, latest) = self.current(target, now);
        if latest > refused {
            return Renewed::Yes;
        }
        if self.on_probation.replace(true) {
            return Renewed::AlreadyTried;
        }
        let next = Generation(latest.0.saturating_add(1));
        *self.current.borrow_mut() = Some(self.make(target, now, next));
        Renewed::Yes
    }

    /// Notes that the server took a call that carried `generation`.
    pub(super) fn accepted(&self, generation: Generation) {
        let latest = self
            .current
            .borrow()
            .as_ref()
            .map(|current| current.generation);
        if latest == Some(generation) {
            self.on_probation.set(false);
        }
    }

    fn make(&self, target: &Target, now: Timestamp, generation: Generation) -> Current {
        match &self.credential {
            Credential::Signature(signature) => Current {
                signature: Rc::new(signature.clone()),
                generation,
                renew_at: None,
            },
            Credential::Key {
                secret_key,
                lifetime,
            } => {
                let grant = Grant {
                    sdk_app_id: target.sdk_app_id(),
                    identifier: target.identifier(),
                    issued_at: now.as_second(),
                    lifetime: *lifetime,
                    userbuf: None,
                };
                let margin = (lifetime / 10).min(MARGIN_MAX);
                let renew_at = now
                    .as_second()
                    .saturating_add_unsigned(lifetime.saturating_sub(margin));
                let signature = Rc::new(usersig::sign(secret_key, &grant));
                Current {
                    signature,
                    generation,
                    renew_at: Some(renew_at),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::Endpoint;
    use super::super::region::Region;
    use super::*;

    fn target() -> Target {
        Target::new(Endpoint::of(Region::China), 1_400_000_001, "administrator").unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn key(lifetime: u64) -> Credential {
        Credential::Key {
            secret_key: "example-secret-key".into(),
            lifetime,
        }
    }

    fn issued(signer: &Signer, now: Timestamp) -> (i64, Generation) {
        let (signature, generation) = signer.current(&target(), now);
        let claims = usersig::inspect(signature.expose()).unwrap();
        (claims.issued_at.as_second() - 1_700_000_000, generation)
    }

    #[test]
    fn one_signature_serves_until_a_tenth_of_its_life_is_left() {
        let signer = Signer::new(key(1000));
        assert_eq!(issued(&signer, at(0)), (0, Generation(0)));
        assert_eq!(issued(&signer, at(899)), (0, Generation(0)));
        assert_eq!(issued(&signer, at(900)), (900, Generation(1)));
        assert_eq!(issued(&signer, at(901)), (900, Generation(1)));
    }

    #[test]
    fn a_long_lived_signature_is_replaced_ten_minutes_before_its_end() {
        let signer = Signer::new(key(LIFETIME_DEFAULT));
        assert_eq!(issued(&signer, at(0)), (0, Generation(0)));
        assert_eq!(issued(&signer, at(85_799)), (0, Generation(0)));
        assert_eq!(issued(&signer, at(85_800)), (85_800, Generation(1)));
    }

    #[test]
    fn a_refusal_is_answered_with_one_new_signature_for_all_calls_that_carried_the_old_one() {
        let signer = Signer::new(key(1000));
        let (_, first) = issued(&signer, at(0));
        assert_eq!(signer.renew(&target(), at(5), first), Renewed::Yes);
        assert_eq!(signer.renew(&target(), at(6), first), Renewed::Yes);
        assert_eq!(issued(&signer, at(7)), (5, Generation(1)));
    }

    #[test]
    fn a_second_refusal_is_final_unless_the_new_signature_was_accepted_before() {
        let signer = Signer::new(key(1000));
        let (_, first) = issued(&signer, at(0));
        assert_eq!(signer.renew(&target(), at(1), first), Renewed::Yes);
        signer.accepted(first);
        let (_, second) = issued(&signer, at(1));
        assert_eq!(
            signer.renew(&target(), at(2), second),
            Renewed::AlreadyTried
        );
        signer.accepted(second);
        assert_eq!(signer.renew(&target(), at(3), second), Renewed::Yes);
    }

    #[test]
    fn a_signature_made_elsewhere_is_never_renewed_and_says_when_it_ends() {
        let made = Signer::new(key(1000)).current(&target(), at(0)).0;
        let credential = Credential::Signature(UserSig::clone(&made));
        assert_eq!(credential.expires_at(), Some(at(1000)));
        let signer = Signer::new(credential);
        let (_, generation) = issued(&signer, at(9999));
        assert_eq!(
            signer.renew(&target(), at(9999), generation),
            Renewed::NoKey
        );
        assert_eq!(key(1000).expires_at(), None);
        let unreadable = Credential::Signature(UserSig::from_text("?".into()));
        assert_eq!(unreadable.expires_at(), None);
    }

    #[test]
    fn debug_output_shows_neither_key_nor_signature() {
        let signer = Signer::new(Credential::Key {
            secret_key: "canary".into(),
            lifetime: 9,
        });
        let (signature, _) = signer.current(&target(), at(0));
        let shown = format!("{signer:?}");
        assert!(
            !shown.contains("canary") && !shown.contains(signature.expose()),
            "{shown}"
        );
    }
}
