//! Where requests go, and as whom: an origin that is safe to use and to print, and the app.

use std::fmt;

use url::{Host, Url};

use super::printable;
use super::region::Region;

/// The origin of the REST API: scheme, host and optional port, nothing else.
///
/// Plain `http` exists for loopback addresses only, since the signature travels in the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    origin: String,
    loopback: bool,
}

/// Why a text is not an endpoint. Never repeats what stands before an `@` or after a `?`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EndpointError {
    /// Not a URL at all.
    #[error("the endpoint is not a URL: {cause}")]
    NotAUrl {
        /// What the parser says; it repeats nothing of the input.
        cause: url::ParseError,
    },
    /// Neither `https` nor `http`.
    #[error("the endpoint's scheme is `{scheme}`, and only `https` is known")]
    Scheme {
        /// The scheme found.
        scheme: String,
    },
    /// `http` to another machine.
    #[error(
        "`http` to `{host}` would send the signature unencrypted; only a loopback address may be plain `http`"
    )]
    Unencrypted {
        /// The host found.
        host: String,
    },
    /// Something beyond scheme, host and port.
    #[error(
        "the endpoint has {part}; it is a scheme, a host and perhaps a port, as in `https://console.tim.qq.com`"
    )]
    Superfluous {
        /// What is too much.
        part: &'static str,
    },
}

impl Endpoint {
    /// The main host of a region.
    pub(crate) fn of(region: Region) -> Self {
        Self {
            origin: format!("https://{}", region.host()),
            loopback: false,
        }
    }

    /// Reads an endpoint as a user types it.
    pub(crate) fn parse(text: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(text.trim()).map_err(|cause| EndpointError::NotAUrl { cause })?;
        if let Some(part) = superfluous(&url) {
            return Err(EndpointError::Superfluous { part });
        }
        let host = url.host();
        let loopback = host.as_ref().is_some_and(is_loopback);
        let host = host.map(|host| host.to_string()).unwrap_or_default();
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err(EndpointError::Unencrypted {
                    host: printable::shortened(&host, 100),
                });
            }
            other => {
                return Err(EndpointError::Scheme {
                    scheme: printable::shortened(other, 40),
                });
            }
        }
        Ok(Self {
            origin: url.origin().ascii_serialization(),
            loopback,
        })
    }

    /// Whether requests travel by TLS.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.origin.starts_with("https:")
    }

    /// Whether the host is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

fn superfluous(url: &Url) -> Option<&'static str> {
    if !url.username().is_empty() || url.password().is_some() {
        Some("a user name or password")
    } else if url.query().is_some() {
        Some("a query")
    } else if url.fragment().is_some() {
        Some("a fragment")
    } else if matches!(url.scheme(), "https" | "http") && url.path() != "/" {
        Some("a path")
    } else {
        None
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// The app that is written to, and the admin account it is done as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    endpoint: Endpoint,
    sdk_app_id: u64,
    identifier: String,
}

/// Why a target cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    /// `SDKAppID` 0.
    #[error("the SDKAppID is `0`, and apps are numbered from 1")]
    SdkAppId,
    /// An identifier that no account can have.
    #[error("the identifier `{found}` is not 1–32 bytes of printable ASCII")]
    Identifier {
        /// What was given, shortened and safe to print.
        found: String,
    },
}

impl Target {
    /// The longest identifier, in bytes (use-limits page, 2025).
    pub(crate) const IDENTIFIER_MAX: usize = 32;

    /// Whether an account can have this identifier.
    pub(crate) fn is_identifier(text: &str) -> bool {
        (1..=Self::IDENTIFIER_MAX).contains(&text.len())
            && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
    }

    /// Joins the parts of a target. The identifier has to be an admin of the app, which only the
    /// server knows.
    pub(crate) fn new(
        endpoint: Endpoint,
        sdk_app_id: u64,
        identifier: &str,
    ) -> Result<Self, TargetError> {
        if !Self::is_identifier(identifier) {
            return Err(TargetError::Identifier {
                found: printable::shortened(identifier, 40),
            });
        }
        if sdk_app_id == 0 {
            return Err(TargetError::SdkAppId);
        }
        Ok(Self {
            endpoint,
            sdk_app_id,
            identifier: identifier.to_owned(),
        })
    }

    /// Where the app's API is.
    pub(crate) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The number of the app, at least 1.
    pub(crate) fn sdk_app_id(&self) -> u64 {
        self.sdk_app_id
    }

    /// The admin account that calls are made as.
    pub(crate) fn identifier(&self) -> &str {
        &self.identifier
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_goes_anywhere_and_plain_http_to_loopback_only() {
        for (text, origin, loopback) in [
            (
                "https://console.tim.qq.com",
                "https://console.tim.qq.com",
                false,
            ),
            (
                "https://Example.COM:8443/",
                "https://example.com:8443",
                false,
            ),
            ("https://example.com:443", "https://example.com", false),
            ("https://127.0.0.1:9", "https://127.0.0.1:9", true),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", true),
            ("http://127.8.9.1", "http://127.8.9.1", true),
            ("http://[::1]:8080/", "http://[::1]:8080", true),
            ("http://localhost:80", "http://localhost", true),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(
                (endpoint.to_string().as_str(), endpoint.is_loopback()),
                (origin, loopback)
            );
        }
    }

    #[test]
    fn plain_http_to_anything_that_only_resembles_loopback_is_refused() {
        for text in [
            "http://console.tim.qq.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://128.0.0.1",
            "http://0.0.0.0",
            "http://[::2]",
            "http://[::ffff:10.0.0.1]",
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert!(
                matches!(error, EndpointError::Unencrypted { .. }),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn everything_beyond_scheme_host_and_port_is_refused_without_being_repeated() {
        for (text, part) in [
            (
                "https://canary:canary@example.com",
                "a user name or password",
            ),
            ("https://canary@example.com", "a user name or password"),
            ("https://example.com/v4/canary", "a path"),
            ("https://example.com/?usersig=canary", "a query"),
            ("https://example.com/?", "a query"),
            ("https://example.com/#canary", "a fragment"),
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert_eq!(error, EndpointError::Superfluous { part });
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
    }

    #[test]
    fn other_schemes_and_texts_that_are_no_url_are_refused() {
        for text in [
            "ftp://example.com",
            "file:///etc/passwd",
            "javascript:1",
            "ws://127.0.0.1",
        ] {
            assert!(
                matches!(Endpoint::parse(text), Err(EndpointError::Scheme { .. })),
                "{text}"
            );
        }
        for text in [
            "",
            "console.tim.qq.com",
            "https://",
            "https://a b",
            "//example.com",
        ] {
            assert!(
                matches!(Endpoint::parse(text), Err(EndpointError::NotAUrl { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn the_endpoint_of_each_region_is_one_that_a_user_could_have_typed() {
        for region in Region::ALL {
            let endpoint = Endpoint::of(region);
            assert_eq!(Endpoint::parse(&endpoint.to_string()), Ok(endpoint));
        }
    }

    #[test]
    fn an_identifier_is_1_to_32_bytes_of_printable_ascii() {
        let target = |identifier: &str| {
            Target::new(Endpoint::of(Region::China), 1_400_000_001, identifier).map(|_| ())
        };
        assert_eq!(target("administrator"), Ok(()));
        assert_eq!(target(&"a".repeat(32)), Ok(()));
        for bad in ["", "a\nTLS.time:1", "ä", &"a".repeat(33)] {
            assert!(
                matches!(target(bad), Err(TargetError::Identifier { .. })),
                "{bad:?}"
            );
        }
        let none = Target::new(Endpoint::of(Region::China), 0, "administrator");
        assert_eq!(none, Err(TargetError::SdkAppId));
    }
}
