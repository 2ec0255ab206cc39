//! `usersig`: signs one, or tells what one says.

use std::io::{self, Read as _, Write};
use std::path::Path;
use std::process::ExitCode;

use secrecy::SecretString;
use serde::Serialize;

use super::args::{self, OutputForm};
use super::clock;
use super::failure::{Failure, Kind};
use super::resolve::{Secrets, secret_file};
use crate::report::sanitised;
use crate::tencent::usersig::{Claims, Grant, SIGNATURE_MAX, inspect, sign, verify};

/// Runs the command.
pub(super) fn run(
    args: &args::Usersig,
    secrets: &Secrets,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    match &args.inspect {
        Some(path) => {
            let key = secrets.secret_key(args.secret_key_file.as_deref())?;
            tell(&read(path)?, key.as_ref(), args.result.output, out)
        }
        None => make(args, secrets, out),
    }
}

fn make(args: &args::Usersig, secrets: &Secrets, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let secret_key = secrets
        .secret_key(args.secret_key_file.as_deref())?
        .ok_or_else(|| {
            Failure::usage("no secret key")
                .hint("set IM_UNREAD_SECRET_KEY or name a file with --secret-key-file")
        })?;
    let sdk_app_id = args.sdk_app_id.ok_or_else(|| {
        Failure::usage("no app to sign for")
            .hint("give its --sdk-app-id, which the console shows beside the key")
    })?;
    let grant = Grant {
        sdk_app_id,
        identifier: &args.identifier,
        issued_at: clock().as_second(),
        lifetime: args.expire.as_secs(),
        userbuf: None,
    };
    // The signature is the result that was asked for, so here it goes to stdout.
    writeln!(out, "{}", sign(&secret_key, &grant).expose())
        .map_err(|error| Failure::from_output(&error))?;
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    // One byte more than the largest signature, so that a larger text is seen to be one.
    let limit = SIGNATURE_MAX as u64 + 1;
    let read = if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(limit).read_to_string(&mut text))
    };
    read.map_err(|source| {
        Failure::usage(format!("cannot read the UserSig in {}", secret_file(path)))
            .because(&source)
            .of_option("inspect")
    })?;
    Ok(text.trim().to_owned())
}

/// What a UserSig says; the signature inside is not among it.
#[derive(Serialize)]
struct Inspected<'a> {
    version: &'a str,
    sdk_app_id: u64,
    identifier: &'a str,
    issued_at: String,
    expires_at: String,
    expired: bool,
    has_userbuf: bool,
    /// Whether the secret key made it; null without the key.
    fits_key: Option<bool>,
}

fn tell(
    signature: &str,
    key: Option<&SecretString>,
    form: OutputForm,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let claims: Claims = inspect(signature).map_err(|error| {
        Failure::from_error(Kind::Usage, &error)
            .hint("a UserSig is what `im-unread usersig` or the console prints, on one line")
    })?;
    let expired = claims.expires_at < clock();
    let inspected = Inspected {
        version: &claims.version,
        sdk_app_id: claims.sdk_app_id,
        identifier: &claims.identifier,
        issued_at: claims.issued_at.to_string(),
        expires_at: claims.expires_at.to_string(),
        expired,
        has_userbuf: claims.has_userbuf,
        fits_key: key.map(|key| verify(signature, key).is_ok()),
    };
    let written = match form {
        OutputForm::Json => serde_json::to_writer(&mut *out, &inspected)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
        OutputForm::Text => writeln!(
            out,
            "version     {}\nSDKAppID    {}\nidentifier  {}\nissued      {}\nexpires     {}{}\nuserbuf     {}{}",
            sanitised(inspected.version),
            inspected.sdk_app_id,
            sanitised(inspected.identifier),
            inspected.issued_at,
            inspected.expires_at,
            if expired { " (expired)" } else { "" },
            if inspected.has_userbuf { "yes" } else { "no" },
            match inspected.fits_key {
                None => "",
                Some(true) => "\nkey         fits",
                Some(false) => "\nkey         does not fit: another key made it",
            },
        ),
    };
    written.map_err(|error| Failure::from_output(&error))?;
    Ok(ExitCode::from(u8::from(
        expired || inspected.fits_key == Some(false),
    )))
}
