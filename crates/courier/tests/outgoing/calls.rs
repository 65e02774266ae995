//! What can come of one request?

use crate::receiver::{Receiver, Reply};
use courier::{CallError, CallRequest, Caller, TargetGuard, TargetRefusal};
use std::time::{Duration, Instant};

fn caller() -> Caller {
    Caller::new(TargetGuard::strict().allow_loopback())
}

#[tokio::test]
async fn an_answer_of_any_status_is_an_answer() {
    let receiver = Receiver::start().await;
    for status in [200, 204, 302, 404, 500] {
        let location = format!("location: {}/other\r\n", receiver.url);
        receiver.answers(move |_| Reply::Full(status, location.clone(), Vec::new()));
        let answer = caller().call(&CallRequest::post(&receiver.url, "{}")).await.unwrap();
        assert_eq!(answer.status, status);
    }
    assert!(receiver.received().iter().all(|request| request.path == "/"));
}

#[tokio::test]
async fn no_more_of_an_answer_is_read_than_asked_for() {
    let receiver = Receiver::start().await;
    receiver.answers(|_| Reply::Full(200, String::new(), vec![b'x'; 100_000]));
    let answer = caller().call(&CallRequest::post(&receiver.url, "{}")).await.unwrap();
    assert_eq!((answer.body.len(), answer.complete), (16 * 1024, false));
    let all = CallRequest { answer_bytes_max: 100_000, ..CallRequest::post(&receiver.url, "{}") };
    let answer = caller().call(&all).await.unwrap();
    assert_eq!((answer.body.len(), answer.complete), (100_000, true));
}

#[tokio::test]
async fn the_deadline_covers_head_and_body() {
    let receiver = Receiver::start().await;
    for reply in [Reply::Dribble, Reply::Late(Duration::from_secs(5), 200)] {
        receiver.answers(move |_| reply.clone());
        let deadline = Duration::from_millis(300);
        let request = CallRequest { deadline, ..CallRequest::post(&receiver.url, "{}") };
        let started = Instant::now();
        assert_eq!(caller().call(&request).await.unwrap_err(), CallError::Deadline(deadline));
        assert!(started.elapsed() < Duration::from_secs(2));
    }
}

#[tokio::test]
async fn each_way_to_fail_has_its_word() {
    let receiver = Receiver::start().await;
    receiver.answers(|_| Reply::Drop);
    let broken = caller().call(&CallRequest::post(&receiver.url, "{}")).await.unwrap_err();
    assert_eq!(broken.class(), "broken");

    // A port nobody listens on: bound, learned and given back.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = caller().call(&CallRequest::post(format!("http://{free}/"), "{}")).await.unwrap_err();
    assert_eq!(refused.class(), "connect");

    let guarded = Caller::new(TargetGuard::strict().allow_plain_http("localhost"));
    let port = receiver.url.rsplit(':').next().unwrap();
    let name = guarded.call(&CallRequest::post(format!("http://localhost:{port}/"), "{}")).await.unwrap_err();
    assert_eq!(name, CallError::Refused(TargetRefusal::Name("localhost".into())));
    let address = guarded.call(&CallRequest::post(&receiver.url, "{}")).await.unwrap_err();
    assert!(matches!(address, CallError::Refused(TargetRefusal::Scheme { .. })), "{address}");
    assert_eq!(receiver.count(), 1, "only the first of these reached anybody");
}

#[tokio::test]
async fn a_secret_in_a_request_is_not_shown() {
    let mut request = CallRequest::post("http://127.0.0.1/", "{}");
    request.authorization = Some(courier::Authorization::Bearer.header("s3cret").unwrap());
    assert!(!format!("{request:?}").contains("s3cret"));
}
