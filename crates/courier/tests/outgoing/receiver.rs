//! A partner's server on this machine that records what it gets and answers as it is told.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What it answers.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Status(u16),
    /// Status, further head lines, body.
    Full(u16, String, Vec<u8>),
    /// After a while.
    Late(Duration, u16),
    /// Closes the connection without a word.
    Drop,
    /// A head and then one byte at a time, for ever.
    Dribble,
}

type Answer = Box<dyn FnMut(&Received) -> Reply + Send>;

#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    answer: Arc<Mutex<Answer>>,
}

impl Receiver {
    /// Listens on a free port and answers 200.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer: Answer = Box::new(|_| Reply::Status(200));
        let receiver = Self { url, received: Arc::default(), answer: Arc::new(Mutex::new(answer)) };
        let accepting = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let receiver = accepting.clone();
                tokio::spawn(async move { receiver.handle(stream).await });
            }
        });
        receiver
    }

    pub(crate) fn answers(&self, answer: impl FnMut(&Received) -> Reply + Send + 'static) {
        *self.answer.lock().unwrap() = Box::new(answer);
    }

    pub(crate) fn always(&self, status: u16) {
        self.answers(move |_| Reply::Status(status));
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    pub(crate) fn forget(&self) {
        self.received.lock().unwrap().clear();
    }

    /// Waits until so many requests have come.
    pub(crate) async fn until(&self, count: usize) {
        for _ in 0..1_000 {
            if self.count() >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("only {} of {count} requests came", self.count());
    }

    async fn handle(&self, mut stream: TcpStream) {
        while let Some(request) = read(&mut stream).await {
            self.received.lock().unwrap().push(request.clone());
            let reply = (self.answer.lock().unwrap())(&request);
            let (status, head, body) = match reply {
                Reply::Status(status) => (status, String::new(), Vec::new()),
                Reply::Full(status, head, body) => (status, head, body),
                Reply::Late(wait, status) => {
                    tokio::time::sleep(wait).await;
                    (status, String::new(), Vec::new())
                }
                Reply::Drop => return,
                Reply::Dribble => {
                    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
                    let mut open = stream.write_all(head).await.is_ok();
                    while open {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        open = stream.write_all(b"x").await.is_ok();
                    }
                    return;
                }
            };
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{head}\r\n", body.len());
            if stream.write_all(&[head.as_bytes(), &body].concat()).await.is_err() {
                return;
            }
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = bytes[head_end + 4..].to_vec();
    let have = body.len();
    body.resize(length, 0);
    stream.read_exact(&mut body[have..]).await.ok()?;
    Some(Received { method, path, headers, body })
}
