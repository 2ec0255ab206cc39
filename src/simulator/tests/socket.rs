use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{self, ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::*;

fn world() -> World {
    let mut world = World::new();
    world.add_member("g", None, "ann", 10).unwrap();
    world
}

fn serve(faults: &[&str]) -> Running {
    let mut options = options();
    for fault in faults {
        options.behaviour.add_fault(fault.parse().unwrap()).unwrap();
    }
    let server = Server::bind(options, world(), "127.0.0.1:0".parse().unwrap()).unwrap();
    server.spawn_thread().unwrap()
}

/// Sends a request without a Content-Type, as some callers do, and reads until the end.
fn request(mut stream: impl io::Read + io::Write, head: &str, body: &str) -> io::Result<String> {
    let length = body.len();
    write!(
        stream,
        "{head} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn set(address: SocketAddr) -> io::Result<String> {
    set_over(TcpStream::connect(address)?)
}

fn set_over(stream: impl io::Read + io::Write) -> io::Result<String> {
    let query = query(&sign("administrator", NOW));
    request(
        stream,
        &format!("POST /v4/{SET}?{query}"),
        &set_body("g", "ann", 5).to_string(),
    )
}

fn unread(address: SocketAddr) -> String {
    request(
        TcpStream::connect(address).unwrap(),
        "GET /simulator/unread",
        "",
    )
    .unwrap()
}

#[test]
fn a_call_is_answered_over_a_socket() {
    let running = serve(&[]);
    let answer = set(running.local_addr()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.ends_with(r#"{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}"#),
        "{answer}"
    );
    assert!(unread(running.local_addr()).contains(r#""unread_num":5"#));
    running.stop().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_call_arrives_when_the_kernel_receives_it_however_late_the_simulator_comes_to_it() {
    let server = Server::bind(options(), world(), "127.0.0.1:0".parse().unwrap()).unwrap();
    let address = server.local_addr();
    let gap = Duration::from_millis(200);
    let callers: Vec<TcpStream> = (0..2)
        .map(|_| {
            let mut caller = TcpStream::connect(address).unwrap();
            let body = set_body("g", "ann", 5).to_string();
            let (length, query) = (body.len(), query(&sign("administrator", NOW)));
            let head = format!("POST /v4/{SET}?{query} HTTP/1.1\r\nhost: x");
            write!(caller, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
            // Nobody answers before the simulator runs.
            caller.set_read_timeout(Some(gap)).unwrap();
            caller.read_exact(&mut [0]).unwrap_err();
            caller
        })
        .collect();
    let running = server.spawn_thread().unwrap();
    for mut caller in callers {
        caller.set_read_timeout(None).unwrap();
        caller.read_exact(&mut [0]).unwrap();
    }
    let stream = TcpStream::connect(running.local_addr()).unwrap();
    let stats = request(stream, "GET /simulator/stats", "").unwrap();
    let (_, stats) = stats.split_once("\r\n\r\n").unwrap();
    let stats: Value = serde_json::from_str(stats).unwrap();
    let command = &stats["commands"]["set_unread_msg_num"];
    let moment = |name: &str| command[name].as_f64().unwrap();
    assert!(
        moment("last_call") - moment("first_call") >= gap.as_secs_f64(),
        "{stats}"
    );
}

#[test]
fn a_reset_is_a_reset_and_has_no_effect() {
    let running = serve(&["reset=1"]);
    let error = set(running.local_addr()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert!(unread(running.local_addr()).contains(r#""unread_num":0"#));
}

#[test]
fn a_lost_answer_ends_in_good_order_after_the_effect() {
    let running = serve(&["lost=1"]);
    assert_eq!(set(running.local_addr()).unwrap(), "");
    assert!(unread(running.local_addr()).contains(r#""unread_num":5"#));
}

#[test]
fn an_outage_resets_connections_before_a_request_is_read() {
    let mut options = options();
    options.behaviour.outages = vec!["0s+1h".parse().unwrap()];
    let server = Server::bind(options, world(), "127.0.0.1:0".parse().unwrap()).unwrap();
    let running = server.spawn_thread().unwrap();
    for _ in 0..2 {
        let error = set(running.local_addr()).unwrap_err();
        let kinds = [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
        assert!(kinds.contains(&error.kind()), "{error}");
    }
}

#[test]
fn only_addresses_of_this_machine_are_taken() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let refused = Server::bind(options(), World::new(), address.parse().unwrap()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    }
}

#[test]
fn the_port_is_free_again_after_the_end() {
    let running = serve(&[]);
    let address = running.local_addr();
    drop(running);
    assert!(TcpStream::connect(address).is_err());
    Server::bind(options(), World::new(), address).unwrap();
}

fn secure_stream(
    address: SocketAddr,
    trusted_pem: &str,
    name: &'static str,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(trusted_pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    StreamOwned::new(connection, TcpStream::connect(address).unwrap())
}

fn serve_secure(certificate: &Certificate, fault: Option<&str>) -> Running {
    let mut options = options();
    if let Some(fault) = fault {
        options.behaviour.add_fault(fault.parse().unwrap()).unwrap();
    }
    let server = Server::bind(options, world(), "127.0.0.1:0".parse().unwrap()).unwrap();
    server.secure(certificate).unwrap().spawn_thread().unwrap()
}

#[test]
fn with_a_certificate_calls_are_answered_over_https() {
    let certificate = Certificate::self_made().unwrap();
    let running = serve_secure(&certificate, None);
    // Somebody who connects and says nothing keeps nobody else waiting.
    let _silent = TcpStream::connect(running.local_addr()).unwrap();
    for name in ["localhost", "127.0.0.1"] {
        let stream = secure_stream(running.local_addr(), certificate.chain_pem(), name);
        let answer = set_over(stream).unwrap();
        assert!(answer.ends_with(r#""ErrorCode":0}"#), "{answer}");
    }
    let other = Certificate::self_made().unwrap();
    let stream = secure_stream(running.local_addr(), other.chain_pem(), "localhost");
    assert_eq!(
        set_over(stream).unwrap_err().kind(),
        io::ErrorKind::InvalidData
    );
}

#[test]
fn a_reset_is_a_reset_over_https_too() {
    let certificate = Certificate::self_made().unwrap();
    let running = serve_secure(&certificate, Some("reset=1"));
    let stream = secure_stream(running.local_addr(), certificate.chain_pem(), "localhost");
    assert_eq!(
        set_over(stream).unwrap_err().kind(),
        io::ErrorKind::ConnectionReset
    );
}
