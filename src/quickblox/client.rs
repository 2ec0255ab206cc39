//! One request and its answer.

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use secrecy::{ExposeSecret as _, SecretString};

use super::answer::{Dialog, Page, Unread, User, dialog_of, trouble, user_of};
use crate::delivery::AttemptError;
use crate::tencent::{Endpoint, Transport};

/// The longest URL in bytes: what every proxy and server takes (RFC 9110 asks for 8,000 at least,
/// and old ones stop at 2,048).
const URL_MAX: usize = 2_000;

/// Users of a page: the most that `users.json` gives.
const USERS_PAGE: u64 = 100;

/// Dialogs of a page: what `Dialog.json` gives unless asked otherwise.
const DIALOGS_PAGE: u64 = 100;

/// The right to call.
#[derive(Debug)]
pub(crate) enum Access {
    /// The application's key, on behalf of any user.
    ApiKey(SecretString),
    /// One user's session.
    Token(SecretString),
}

/// Calls the endpoints of one application.
pub(crate) struct Client<T> {
    transport: T,
    base: Endpoint,
    access: Access,
}

impl<T> std::fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl<T: Transport> Client<T> {
    /// Joins the parts; nothing is sent yet.
    pub(crate) const fn new(transport: T, base: Endpoint, access: Access) -> Self {
        Self {
            transport,
            base,
            access,
        }
    }

    /// `dialogs` in parts that fit into one URL each, one at least.
    pub(crate) fn batches<'a, 'b>(&self, dialogs: &'a [&'b str]) -> Vec<&'a [&'b str]> {
        let room = URL_MAX.saturating_sub(self.unread_url(&[]).len());
        let mut batches = Vec::new();
        let mut rest = dialogs;
        while !rest.is_empty() {
            let mut length = 0;
            let fitting = rest
                .iter()
                .take_while(|id| {
                    length += encoded(id).len() + COMMA.len();
                    length <= room + COMMA.len()
                })
                .count();
            let (batch, others) = rest.split_at_checked(fitting.max(1)).unwrap_or((rest, &[]));
            batches.push(batch);
            rest = others;
        }
        batches
    }

    /// A user's counts in these dialogs.
    pub(crate) async fn unread(&self, user: u64, dialogs: &[&str]) -> Result<Unread, AttemptError> {
        let body = self.get(&self.unread_url(dialogs), Some(user)).await?;
        Unread::read(&body, dialogs)
    }

    /// A page of a user's dialogs, from `skip` on.
    pub(crate) async fn dialogs(&self, user: u64, skip: u64) -> Result<Page<Dialog>, AttemptError> {
        let path = format!("chat/Dialog.json?limit={DIALOGS_PAGE}&skip={skip}");
        let body = self.get(&self.url(&path), Some(user)).await?;
        Page::read(&body, dialog_of)
    }

    /// A page of all users, from 1.
    pub(crate) async fn users(&self, page: u64) -> Result<Page<User>, AttemptError> {
        let path = format!("users.json?page={page}&per_page={USERS_PAGE}");
        let body = self.get(&self.url(&path), None).await?;
        Page::read(&body, user_of)
    }

    /// How many pages so many users take.
    pub(crate) const fn pages(users: u64) -> u64 {
        users.div_ceil(USERS_PAGE)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    fn unread_url(&self, dialogs: &[&str]) -> String {
        let ids: Vec<String> = dialogs.iter().map(|id| encoded(id)).collect();
        let ids = ids.join(COMMA);
        self.url(&format!("chat/Message/unread.json?chat_dialog_ids={ids}"))
    }

    async fn get(&self, url: &str, user: Option<u64>) -> Result<Bytes, AttemptError> {
        let request = self.request(url, user)?;
        match self.transport.send(request).await {
            Err(failure) => Err(AttemptError::no_answer(failure.to_string())),
            Ok(response) => {
                let (head, body) = response.into_parts();
                if head.status.is_success() {
                    Ok(body)
                } else {
                    Err(trouble(head.status, &head.headers, &body))
                }
            }
        }
    }

    fn request(&self, url: &str, user: Option<u64>) -> Result<Request<Bytes>, AttemptError> {
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = Method::GET;
        *request.uri_mut() =
            Uri::try_from(url).map_err(|error| AttemptError::no_answer(error.to_string()))?;
        let (name, value) = match &self.access {
            Access::ApiKey(key) => (AUTHORIZATION, format!("ApiKey {}", key.expose_secret())),
            Access::Token(token) => (
                HeaderName::from_static("qb-token"),
                token.expose_secret().to_owned(),
            ),
        };
        let mut value = HeaderValue::try_from(value)
            .map_err(|_value| AttemptError::no_answer("the secret fits no header".to_owned()))?;
        value.set_sensitive(true);
        let headers = request.headers_mut();
        headers.insert(name, value);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let (Access::ApiKey(_), Some(user)) = (&self.access, user) {
            headers.insert("on-behalf-of", HeaderValue::from(user));
        }
        Ok(request)
    }
}

/// A comma as it stands in a URL.
const COMMA: &str = "%2C";

fn encoded(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Nowhere;

    impl Transport for Nowhere {
        async fn send(
            &self,
            _request: Request<Bytes>,
        ) -> Result<http::Response<Bytes>, crate::tencent::Failure> {
            std::future::pending().await
        }
    }

    fn client(access: Access) -> Client<Nowhere> {
        let base = Endpoint::parse("https://api.quickblox.com").unwrap();
        Client::new(Nowhere, base, access)
    }

    fn key() -> Access {
        Access::ApiKey("canary".into())
    }

    proptest! {
        #[test]
        fn every_dialog_is_asked_for_once_and_no_url_is_too_long(
            ids in prop::collection::vec("[0-9a-f]{24}", 0..400),
        ) {
            let client = client(key());
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            let batches = client.batches(&ids);
            prop_assert_eq!(batches.concat(), ids.clone());
            for batch in batches {
                prop_assert!(client.unread_url(batch).len() <= URL_MAX);
            }
        }
    }

    #[test]
    fn a_key_calls_on_behalf_of_a_user_and_a_session_for_its_own() {
        let request = client(key()).request("https://x/y", Some(7)).unwrap();
        assert_eq!(request.headers()["authorization"], "ApiKey canary");
        assert_eq!(request.headers()["on-behalf-of"], "7");
        assert!(!format!("{request:?}").contains("canary"));
        let token = client(Access::Token("canary".into()));
        let request = token.request("https://x/y", Some(7)).unwrap();
        assert_eq!(request.headers()["qb-token"], "canary");
        assert!(!request.headers().contains_key("on-behalf-of"));
        assert!(!request.headers().contains_key("authorization"));
    }
}
