//! How do the demo and the tests call a server? As a stranger would: JSON over HTTP, nothing shared.

use anyhow::Context as _;
use http::{HeaderMap, Method};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Looks at an answer: the request's method, its path with the query, what came.
pub type Look = Arc<dyn Fn(&Method, &str, &Answer) + Send + Sync>;

/// An HTTP client for one server, as one caller.
#[derive(Clone)]
pub struct JsonClient {
    look: Option<Look>,
    http: reqwest::Client,
    base: String,
    authorization: Option<String>,
    headers: HeaderMap,
}

impl std::fmt::Debug for JsonClient {
    /// Never shows the credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsonClient").field("base", &self.base).finish_non_exhaustive()
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub json: Value,
}

/// An HTTP client to be: it asks no proxy, and speaks TLS as the courier does.
///
/// # Errors
/// When TLS cannot be set up.
pub fn builder() -> anyhow::Result<reqwest::ClientBuilder> {
    let tls = courier::call::tls().map_err(anyhow::Error::msg)?;
    Ok(reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy())
}

impl JsonClient {
    /// A caller without credentials. `base` is `http://HOST:PORT`.
    ///
    /// # Errors
    /// When the client cannot be built.
    pub fn new(base: &str) -> anyhow::Result<Self> {
        let http = builder()?
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(60))
            .build()
            .context("the HTTP client cannot be built")?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            authorization: None,
            headers: HeaderMap::new(),
            look: None,
        })
    }

    /// The same caller, whose answers are all looked at before it sees them.
    #[must_use]
    pub fn looked_at(&self, look: Look) -> Self {
        Self { look: Some(look), ..self.clone() }
    }

    /// The same server, called with `Authorization: Bearer TOKEN`.
    #[must_use]
    pub fn bearer(&self, token: &str) -> Self {
        self.authorization(&format!("Bearer {token}"))
    }

    /// The same server, called with this `Authorization`.
    #[must_use]
    pub fn authorization(&self, text: &str) -> Self {
        Self { authorization: Some(text.to_owned()), ..self.clone() }
    }

    /// The same server, called with one more header. A name or value that is none is left out.
    #[must_use]
    pub fn header(&self, name: &'static str, value: &str) -> Self {
        let mut headers = self.headers.clone();
        if let Ok(value) = http::HeaderValue::from_str(value) {
            headers.append(http::HeaderName::from_static(name), value);
        }
        Self { headers, ..self.clone() }
    }

    /// The same caller of the server at another address, `http://HOST:PORT`.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), ..self.clone() }
    }

    /// The address of the server.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Sends bytes as they are and gives the answer, whatever its status.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn send(&self, method: Method, path: &str, body: Option<Vec<u8>>) -> anyhow::Result<Answer> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        request = request.headers(self.headers.clone());
        if let Some(authorization) = &self.authorization {
            request = request.header(http::header::AUTHORIZATION, authorization);
        }
        if let Some(body) = body {
            request = request.header(http::header::CONTENT_TYPE, "application/json").body(body);
        }
        let answer = request.send().await.with_context(|| format!("{method} {path} got no answer"))?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.with_context(|| format!("the answer to {method} {path} broke off"))?;
        // an answer that is no JSON is shown as its text
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let answer = Answer { status, headers, text, json };
        if let Some(look) = &self.look {
            look(&method, path, &answer);
        }
        Ok(answer)
    }

    /// As [`JsonClient::send`], but any status other than 2xx is an error.
    async fn succeed(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let answer = self.send(method.clone(), path, body.map(|body| body.to_string().into_bytes())).await?;
        anyhow::ensure!(
            (200..300).contains(&answer.status),
            "{method} {path}: expected a success, found {}: {}",
            answer.status,
            answer.text
        );
        Ok(answer.json)
    }

    /// `GET`, a success expected.
    ///
    /// # Errors
    /// When no answer or another status than 2xx comes; so for all below.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.succeed(Method::GET, path, None).await
    }

    /// `POST` with a body, a success expected.
    ///
    /// # Errors
    /// As [`JsonClient::get`].
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.succeed(Method::POST, path, Some(body)).await
    }

    /// `PUT` with a body, a success expected.
    ///
    /// # Errors
    /// As [`JsonClient::get`].
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.succeed(Method::PUT, path, Some(body)).await
    }

    /// `DELETE`, a success expected.
    ///
    /// # Errors
    /// As [`JsonClient::get`].
    pub async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.succeed(Method::DELETE, path, None).await
    }
}
