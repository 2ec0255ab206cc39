//! Where secrets come from: a variable or a file, never an argument.

use std::path::Path;

use secrecy::SecretString;

use super::args::CredentialArgs;
use super::failure::Failure;
use super::resolve::{QUICKBLOX_API_KEY, QUICKBLOX_TOKEN, SECRET_KEY, USER_SIG};
use crate::tencent::usersig::UserSig;
use crate::tencent::{Credential, LIFETIME_DEFAULT};

/// Keys and signatures are far shorter; a larger file is another file.
const LONGEST_SECRET: usize = 16 * 1024;

/// The credential of the target. A file that is still named here beats every variable: `resolve`
/// has dropped those that a variable beats.
pub(super) fn resolve(args: &CredentialArgs) -> Result<Credential, Failure> {
    let key = |secret_key| Credential::Key {
        secret_key,
        lifetime: LIFETIME_DEFAULT,
    };
    let signature = |text| Credential::Signature(UserSig::from_text(text));
    if let Some(path) = &args.secret_key_file {
        return from_file(path).map(key);
    }
    if let Some(path) = &args.user_sig_file {
        return from_file(path).map(signature);
    }
    if let Some(secret_key) = from_variable(SECRET_KEY)? {
        return Ok(key(secret_key));
    }
    if let Some(text) = from_variable(USER_SIG)? {
        return Ok(signature(text));
    }
    Err(Failure::usage("no credential for the target app")
        .known_as("no_credential")
        .hint(format!(
            "set {SECRET_KEY} or name a file with --secret-key-file (the tool then signs), or \
         set {USER_SIG} or --user-sig-file; or rehearse with --simulator, which needs none"
        )))
}

/// The secret key, if one is given.
pub(super) fn secret_key(file: Option<&Path>) -> Result<Option<SecretString>, Failure> {
    match file {
        Some(path) => from_file(path).map(Some),
        None => from_variable(SECRET_KEY),
    }
}

/// QuickBlox's application key, if one is given.
pub(super) fn quickblox_api_key(file: Option<&Path>) -> Result<Option<SecretString>, Failure> {
    match file {
        Some(path) => from_file(path).map(Some),
        None => from_variable(QUICKBLOX_API_KEY),
    }
}

/// A session token of one QuickBlox user, if one is given.
pub(super) fn quickblox_token(file: Option<&Path>) -> Result<Option<SecretString>, Failure> {
    match file {
        Some(path) => from_file(path).map(Some),
        None => from_variable(QUICKBLOX_TOKEN),
    }
}

fn from_variable(name: &'static str) -> Result<Option<SecretString>, Failure> {
    let Some(value) = std::env::var_os(name).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let text = value.into_string().map_err(|_bytes| {
        Failure::usage(format!("{name} is not text"))
            .hint("secret keys and UserSigs are plain ASCII; copy it from the console once more")
    })?;
    checked(&text, name).map(Some)
}

fn from_file(path: &Path) -> Result<SecretString, Failure> {
    let text = std::fs::read_to_string(path).map_err(|source| {
        Failure::usage(format!("cannot read the secret in `{}`", path.display()))
            .because(&source)
            .hint("name a text file that holds the secret and nothing else")
    })?;
    checked(&text, &path.display().to_string())
}

/// A secret is one word; its value is never part of a message.
fn checked(text: &str, origin: &str) -> Result<SecretString, Failure> {
    let text = text.trim();
    let word = !text.is_empty()
        && text.len() <= LONGEST_SECRET
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if word {
        return Ok(SecretString::from(text));
    }
    Err(Failure::usage(format!("`{origin}` does not hold a secret"))
        .hint("it has to be one word of printable ASCII; line ends around it do not matter"))
}
