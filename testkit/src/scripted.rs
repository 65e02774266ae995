//! How does a partner behave that answers late, wrongly or not at all? As the script says, keeping what it got.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use stamgast::client::JsonClient;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// What to do with one request.
#[derive(Debug, Clone)]
pub enum Step {
    /// Answer with this status and body.
    Answer(u16, String),
    /// Wait, then go on with the other step.
    Late(Duration, Box<Step>),
    /// Read the request and close the connection without an answer.
    Drop,
    /// Hand the request on to this server and give its answer back.
    Forward(String),
    /// Hand the request on to this server, then close the connection without an answer.
    ForwardAndDrop(String),
}

impl Step {
    /// 200 with `{}`: what a usage report wants to hear.
    pub fn ok() -> Self {
        Step::Answer(200, "{}".to_owned())
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Its method.
    pub method: Method,
    /// Its path with query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Received {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    /// Sends the same request to another server.
    async fn hand_on(&self, url: &str) -> anyhow::Result<(u16, String)> {
        let mut caller = JsonClient::new(url)?;
        if let Some(authorization) = self.headers.get(http::header::AUTHORIZATION) {
            caller = caller.authorization(authorization.to_str()?);
        }
        let answer = caller.send(self.method.clone(), &self.path, Some(self.body.to_vec())).await?;
        Ok((answer.status, answer.text))
    }
}

/// Chooses what to do with a request; `None` leaves it to the script.
pub type Decide = Box<dyn Fn(&Received) -> Option<Step> + Send + Sync>;

#[derive(Default)]
struct State {
    decide: Option<Decide>,
    script: VecDeque<Step>,
    then: Option<Step>,
    received: Vec<Received>,
}

/// A partner on a port of its own that records and follows a script; when the script is over it goes on
/// with its last word (200 `{}` unless told otherwise).
#[derive(Clone)]
pub struct Scripted {
    url: String,
    state: Arc<Mutex<State>>,
    news: Arc<Notify>,
}

impl Scripted {
    /// Listens and begins with this script.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(script: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let state = State { script: script.into_iter().collect(), ..State::default() };
        let scripted = Self { url, state: Arc::new(Mutex::new(state)), news: Arc::default() };
        let server = scripted.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| server.clone().handle(request));
                    // a dropped connection ends with the error that the script asked for
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        scripted
    }

    /// `http://ADDRESS:PORT`
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What to do when the script is over, from now on.
    pub fn then(&self, step: Step) {
        self.lock().then = Some(step);
    }

    /// Chooses by request from now on.
    pub fn decide(&self, decide: Decide) {
        self.lock().decide = Some(decide);
    }

    /// Adds to the script.
    pub fn push(&self, step: Step) {
        self.lock().script.push_back(step);
    }

    /// Everything that came so far, in order.
    pub fn received(&self) -> Vec<Received> {
        self.lock().received.clone()
    }

    /// Waits until `count` requests have come.
    ///
    /// # Panics
    /// When they do not come within 20 seconds.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let enough = async {
            loop {
                let news = self.news.notified();
                let received = self.received();
                if received.len() >= count {
                    return received;
                }
                news.await;
            }
        };
        let found = tokio::time::timeout(Duration::from_secs(20), enough).await;
        found.unwrap_or_else(|_| panic!("expected {count} requests, found {}", self.received().len()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn handle(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Dropped> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
        let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let received = Received { method: head.method, path, headers: head.headers, body };
        let mut step = {
            let mut state = self.lock();
            let decided = state.decide.as_ref().and_then(|decide| decide(&received));
            state.received.push(received.clone());
            let last = state.then.clone().unwrap_or_else(Step::ok);
            decided.or_else(|| state.script.pop_front()).unwrap_or(last)
        };
        self.news.notify_waiters();
        loop {
            match step {
                Step::Answer(status, text) => {
                    let mut response = Response::new(Full::new(Bytes::from(text)));
                    *response.status_mut() = StatusCode::from_u16(status).map_err(|_| Dropped)?;
                    let json = http::HeaderValue::from_static("application/json");
                    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
                    return Ok(response);
                }
                Step::Late(wait, next) => {
                    tokio::time::sleep(wait).await;
                    step = *next;
                }
                Step::Drop => return Err(Dropped),
                Step::Forward(url) => {
                    let (status, text) = received.hand_on(&url).await.map_err(|_| Dropped)?;
                    step = Step::Answer(status, text);
                }
                Step::ForwardAndDrop(url) => {
                    received.hand_on(&url).await.map_err(|_| Dropped)?;
                    step = Step::Drop;
                }
            }
        }
    }
}

/// Closes the connection.
#[derive(Debug, thiserror::Error)]
#[error("the script says: no answer")]
struct Dropped;
