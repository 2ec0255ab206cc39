//! Where secrets come from: a variable or a file, never an argument.

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};

use super::environment::Environment;
use super::rules::{QUICKBLOX_API_KEY, QUICKBLOX_TOKEN, SECRET_KEY, USER_SIG};
use crate::cli::args::{CredentialArgs, QuickbloxArgs};
use crate::cli::failure::Failure;
use crate::quickblox::Access;
use crate::record::is_perhaps_secret;
use crate::tencent::usersig::UserSig;
use crate::tencent::{Credential, LIFETIME_DEFAULT};

/// Keys and signatures are far shorter; a larger file is another file.
const LONGEST_SECRET: usize = 16 * 1024;

/// The variables that hold secrets. Their values are looked at when a command needs them.
#[derive(Debug, Default)]
pub(in crate::cli) struct Secrets {
    variables: Vec<(&'static str, Option<SecretString>)>,
}

impl Secrets {
    /// Those of the environment. One that is no text has no value.
    pub(super) fn of(environment: &Environment) -> Self {
        let names = [SECRET_KEY, USER_SIG, QUICKBLOX_API_KEY, QUICKBLOX_TOKEN];
        let variables = names.into_iter().filter_map(|name| {
            let value = environment.get(name)?;
            Some((name, value.to_str().map(SecretString::from)))
        });
        Self {
            variables: variables.collect(),
        }
    }

    /// The credential of the target. A file that is still named here beats every variable: those
    /// that a variable beats were dropped.
    pub(in crate::cli) fn credential(&self, args: &CredentialArgs) -> Result<Credential, Failure> {
        let key = |secret_key| Credential::Key {
            secret_key,
            lifetime: LIFETIME_DEFAULT,
        };
        let signature = |text| Credential::Signature(UserSig::from_text(text));
        if let Some(path) = &args.secret_key_file {
            return from_file("secret-key-file", path).map(key);
        }
        if let Some(path) = &args.user_sig_file {
            return from_file("user-sig-file", path).map(signature);
        }
        if let Some(secret_key) = self.variable(SECRET_KEY)? {
            return Ok(key(secret_key));
        }
        if let Some(text) = self.variable(USER_SIG)? {
            return Ok(signature(text));
        }
        Err(Failure::usage("no credential for the target app")
            .known_as("no_credential")
            .hint(format!(
                "set {SECRET_KEY} or name a file with --secret-key-file (the tool then signs), or \
                 set {USER_SIG} or --user-sig-file; or rehearse with --simulator, which needs none"
            )))
    }

    /// The right to ask QuickBlox, as [`Secrets::credential`].
    pub(in crate::cli) fn access(&self, args: &QuickbloxArgs) -> Result<Access, Failure> {
        if args.token_file.is_none()
            && let Some(key) =
                self.quickblox_api_key("api-key-file", args.api_key_file.as_deref())?
        {
            return Ok(Access::ApiKey(key));
        }
        if let Some(token) = self.quickblox_token("token-file", args.token_file.as_deref())? {
            return Ok(Access::Token(token));
        }
        Err(Failure::usage("no credential for QuickBlox").hint(format!(
            "set {QUICKBLOX_API_KEY} or name a file with --api-key-file; for one user alone, \
             {QUICKBLOX_TOKEN} or --token-file"
        )))
    }

    /// The secret key, if one is given.
    pub(in crate::cli) fn secret_key(
        &self,
        file: Option<&Path>,
    ) -> Result<Option<SecretString>, Failure> {
        self.either("secret-key-file", file, SECRET_KEY)
    }

    /// QuickBlox's application key, if one is given.
    pub(in crate::cli) fn quickblox_api_key(
        &self,
        option: &'static str,
        file: Option<&Path>,
    ) -> Result<Option<SecretString>, Failure> {
        self.either(option, file, QUICKBLOX_API_KEY)
    }

    /// A session token of one QuickBlox user, if one is given.
    pub(in crate::cli) fn quickblox_token(
        &self,
        option: &'static str,
        file: Option<&Path>,
    ) -> Result<Option<SecretString>, Failure> {
        self.either(option, file, QUICKBLOX_TOKEN)
    }

    fn either(
        &self,
        option: &'static str,
        file: Option<&Path>,
        variable: &'static str,
    ) -> Result<Option<SecretString>, Failure> {
        match file {
            Some(path) => from_file(option, path).map(Some),
            None => self.variable(variable),
        }
    }

    fn variable(&self, name: &'static str) -> Result<Option<SecretString>, Failure> {
        let mut variables = self.variables.iter();
        let Some((_, value)) = variables.find(|(known, _)| *known == name) else {
            return Ok(None);
        };
        let text = value.as_ref().map_or("", |value| value.expose_secret());
        checked(text, &format!("`{name}`")).map(Some)
    }
}

fn from_file(option: &'static str, path: &Path) -> Result<SecretString, Failure> {
    let file = secret_file(path);
    let text = std::fs::read_to_string(path).map_err(|source| {
        let failure = Failure::usage(format!("cannot read the secret in {file} (--{option})"))
            .known_as("unreadable_secret")
            .because(&source)
            .hint("name a text file that holds the secret and nothing else");
        failure.of_option(option)
    })?;
    checked(&text, &format!("{file} (--{option})")).map_err(|failure| failure.of_option(option))
}

/// The file's name, unless somebody gave the secret itself instead: a path whose directory exists
/// is one.
pub(in crate::cli) fn secret_file(path: &Path) -> String {
    let is_path = path
        .parent()
        .is_some_and(|parent| !parent.as_os_str().is_empty() && parent.is_dir());
    if !is_path && is_perhaps_secret(path.as_os_str().as_encoded_bytes()) {
        return "a file whose name is not shown, since it may be the secret itself".to_owned();
    }
    format!("`{}`", path.display())
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
    Err(Failure::usage(format!("{origin} does not hold a secret"))
        .hint("it has to be one word of printable ASCII; line ends around it do not matter"))
}
