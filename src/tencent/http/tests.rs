//! A real socket on loopback, with answers written by hand.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const PROMPT: Timeouts = Timeouts {
    connect: Duration::from_secs(20),
    total: Duration::from_secs(20),
};

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn request(origin: &str) -> Request<Bytes> {
    let uri = format!("{origin}/v4/s/c?sdkappid=1&identifier=admin&usersig=canary&random=1");
    Request::post(uri).body(Bytes::from_static(b"{}")).unwrap()
}

/// Sends one request to a server that treats its one connection as `serve` says.
async fn send_to<F: Future<Output = ()>>(
    timeouts: Timeouts,
    serve: impl FnOnce(TcpStream) -> F,
) -> Result<Response<Bytes>, Failure> {
    let (listener, address) = listen().await;
    let origin = format!("http://{address}");
    let transport = HttpTransport::new(&Endpoint::parse(&origin).unwrap(), timeouts).unwrap();
    let server = async {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream).await;
        std::future::pending().await
    };
    // A call that never reaches the server ends the test all the same.
    let answer = tokio::select! {
        answer = transport.send(request(&origin)) => answer,
        never = server => never,
    };
    if let Err(failure) = &answer {
        assert_no_url(failure);
    }
    answer
}

fn assert_no_url(failure: &Failure) {
    let shown = format!("{failure} {failure:?}");
    for part in ["canary", "usersig", "sdkappid", "/v4/"] {
        assert!(!shown.contains(part), "{shown}");
    }
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n{}") {
        assert_ne!(
            stream.read_buf(&mut text).await.unwrap(),
            0,
            "the request is whole"
        );
    }
    String::from_utf8(text).unwrap()
}

/// Reads until the other side has closed or reset the connection.
async fn wait_for_the_end(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    while stream
        .read_buf(&mut rest)
        .await
        .is_ok_and(|count| count > 0)
    {}
}

/// A server that reads the request and answers with these bytes, then closes.
async fn answer_with(bytes: &'static [u8]) -> Result<Response<Bytes>, Failure> {
    send_to(PROMPT, |mut stream| async move {
        read_request(&mut stream).await;
        stream.write_all(bytes).await.unwrap();
    })
    .await
}

async fn kind_of(bytes: &'static [u8]) -> FailureKind {
    let failure = answer_with(bytes).await.unwrap_err();
    failure.kind
}

#[tokio::test]
async fn a_request_arrives_whole_and_its_answer_comes_back_whole() {
    let answer = send_to(PROMPT, |mut stream| async move {
        let text = read_request(&mut stream).await;
        let line = "POST /v4/s/c?sdkappid=1&identifier=admin&usersig=canary&random=1 HTTP/1.1\r\n";
        assert!(text.starts_with(line), "{text}");
        let agent = format!("user-agent: im-unread/{}\r\n", env!("CARGO_PKG_VERSION"));
        assert!(
            text.contains(&agent) && text.contains("content-length: 2\r\n"),
            "{text}"
        );
        let bytes = b"HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: 4\r\n\r\nbody";
        stream.write_all(bytes).await.unwrap();
    })
    .await
    .unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "3");
    assert_eq!(answer.body().as_ref(), b"body");
}

/// Whether a test of this file passes in a process of its own with these variables.
fn passes_with(test: &str, variables: &[(&str, &Path)]) -> bool {
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("tencent::http::tests::{test}")])
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&run.stdout);
    assert!(shown.contains("running 1 test"), "{shown}");
    run.status.success()
}

#[test]
fn a_machine_without_root_certificates_can_rehearse_on_loopback_but_not_use_https() {
    let nowhere = tempfile::tempdir().unwrap();
    let none = nowhere.path().join("none");
    let variables = [
        ("SSL_CERT_FILE", none.as_path()),
        ("SSL_CERT_DIR", nowhere.path()),
    ];
    let plain = "a_request_arrives_whole_and_its_answer_comes_back_whole";
    assert!(passes_with(plain, &variables));
    assert!(!passes_with(
        "a_server_without_tls_cannot_be_connected_to_by_https",
        &variables
    ));
}

#[test]
fn a_proxy_of_the_environment_does_not_see_what_goes_to_loopback() {
    let nobody = Path::new("http://127.0.0.1:1");
    let variables = ["HTTP_PROXY", "http_proxy", "ALL_PROXY"].map(|name| (name, nobody));
    let plain = "a_request_arrives_whole_and_its_answer_comes_back_whole";
    assert!(passes_with(plain, &variables));
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_a_timeout() {
    let short = Timeouts {
        total: Duration::from_millis(30),
        ..PROMPT
    };
    let answer = send_to(short, |mut stream| async move {
        wait_for_the_end(&mut stream).await;
    });
    assert_eq!(answer.await.unwrap_err().kind, FailureKind::Timeout);
}

#[tokio::test]
async fn a_body_that_stops_halfway_in_time_is_a_timeout() {
    let short = Timeouts {
        total: Duration::from_millis(100),
        ..PROMPT
    };
    let answer = send_to(short, |mut stream| async move {
        read_request(&mut stream).await;
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
        stream.write_all(bytes).await.unwrap();
        wait_for_the_end(&mut stream).await;
    });
    assert_eq!(answer.await.unwrap_err().kind, FailureKind::Timeout);
}

#[tokio::test]
async fn a_connection_that_ends_early_is_closed() {
    assert_eq!(kind_of(b"").await, FailureKind::Closed);
    assert_eq!(
        kind_of(b"HTTP/1.1 200 OK\r\nContent-Le").await,
        FailureKind::Closed
    );
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf";
    assert_eq!(kind_of(half).await, FailureKind::Closed);
}

#[tokio::test]
async fn a_connection_that_is_reset_is_closed() {
    let answer = send_to(PROMPT, |stream| async move {
        // Closing with the request unread makes the kernel send a reset.
        stream.readable().await.unwrap();
    });
    assert_eq!(answer.await.unwrap_err().kind, FailureKind::Closed);
}

#[tokio::test]
async fn bytes_that_are_not_http_are_an_unusable_answer() {
    assert_eq!(
        kind_of(b"SSH-2.0-OpenSSH_9.2\r\n\r\n").await,
        FailureKind::Body
    );
    let chunks = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
    assert_eq!(kind_of(chunks).await, FailureKind::Body);
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_cannot_be_connected_to() {
    let (listener, address) = listen().await;
    drop(listener);
    let origin = format!("http://{address}");
    let transport = HttpTransport::new(&Endpoint::parse(&origin).unwrap(), PROMPT).unwrap();
    let failure = transport.send(request(&origin)).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connect);
    assert!(failure.detail.contains("onnection refused"), "{failure}");
    assert_no_url(&failure);
}

#[tokio::test]
async fn a_server_without_tls_cannot_be_connected_to_by_https() {
    let (listener, address) = listen().await;
    let origin = format!("https://{address}");
    let transport = HttpTransport::new(&Endpoint::parse(&origin).unwrap(), PROMPT).unwrap();
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
    };
    let (answer, ()) = tokio::join!(transport.send(request(&origin)), server);
    let failure = answer.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connect);
    assert_no_url(&failure);
}

#[tokio::test]
async fn plain_http_to_another_machine_is_not_even_tried() {
    let endpoint = Endpoint::parse("https://example.com").unwrap();
    let transport = HttpTransport::new(&endpoint, PROMPT).unwrap();
    let failure = transport
        .send(request("http://example.com"))
        .await
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connect);
    assert_no_url(&failure);
}

#[tokio::test]
async fn an_answer_above_the_limit_is_refused_before_it_fills_the_memory() {
    let answer = send_to(PROMPT, |mut stream| async move {
        read_request(&mut stream).await;
        let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(head).await.unwrap();
        let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 0x10000], b"\r\n"].concat();
        let mut sent = 0;
        while stream.write_all(&chunk).await.is_ok() {
            sent += 0x10000;
            assert!(sent < 10 * BODY_MAX, "the client goes on reading");
        }
    });
    let failure = answer.await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Body);
    assert_eq!(failure.detail, "the answer is larger than 4194304 bytes");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (elsewhere, address) = listen().await;
    let answer = send_to(PROMPT, |mut stream| async move {
        read_request(&mut stream).await;
        let text = format!(
            "HTTP/1.1 307 Elsewhere\r\nLocation: http://{address}/\r\nContent-Length: 0\r\n\r\n"
        );
        stream.write_all(text.as_bytes()).await.unwrap();
    });
    assert_eq!(answer.await.unwrap().status(), 307);
    let visit = elsewhere.accept();
    let visited =
        tokio::select! { biased; _ = visit => true, () = tokio::task::yield_now() => false };
    assert!(!visited, "nobody connects to where the redirect points");
}

#[tokio::test]
async fn the_connection_is_used_again_for_the_next_call() {
    let (listener, address) = listen().await;
    let origin = format!("http://{address}");
    let transport = HttpTransport::new(&Endpoint::parse(&origin).unwrap(), PROMPT).unwrap();
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        for _ in 0..3 {
            read_request(&mut stream).await;
            let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
            stream.write_all(bytes).await.unwrap();
        }
    };
    let calls = async {
        for _ in 0..3 {
            let answer = transport.send(request(&origin)).await.unwrap();
            assert_eq!(answer.body().as_ref(), b"ok");
        }
    };
    tokio::join!(calls, server);
}

#[tokio::test]
async fn a_departure_is_over_when_the_request_is_written_and_before_its_answer() {
    let (listener, address) = listen().await;
    let origin = format!("http://{address}");
    let transport = HttpTransport::new(&Endpoint::parse(&origin).unwrap(), PROMPT).unwrap();
    let (departure, departed) = DepartureNotice::watched();
    let mut request = request(&origin);
    request.extensions_mut().insert(departure);
    let mut departed = Box::pin(departed);
    let mut sending = Box::pin(transport.send(request));
    tokio::select! {
        biased;
        answer = &mut sending => panic!("nobody answered: {answer:?}"),
        () = &mut departed => {}
    }
    let (mut stream, _) = listener.accept().await.unwrap();
    let text = read_request(&mut stream).await;
    assert!(text.contains("content-length: 2\r\n"), "{text}");
}

#[tokio::test]
async fn a_request_without_a_connection_departs_no_later_than_it_fails() {
    let (listener, address) = listen().await;
    drop(listener);
    let origin = format!("http://{address}");
    let transport = HttpTransport::new(&Endpoint::parse(&origin).unwrap(), PROMPT).unwrap();
    let (departure, departed) = DepartureNotice::watched();
    let mut request = request(&origin);
    request.extensions_mut().insert(departure);
    let failure = transport.send(request).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Connect);
    departed.await;
}
