//! Requests that make no sense, in great number: each has an answer, and the connection stays.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::net::TcpStream;

use super::*;

/// How many requests are sent.
const REQUESTS: usize = 10_000;

/// Pieces that requests are made of.
const PATHS: [&str; 12] = [
    "/v4/group_open_http_svc/set_unread_msg_num",
    "/v4/group_open_http_svc/import_group_member",
    "/v4/openim/admin_getroammsg",
    "/v4/openim/importmsg",
    "/v4/%ff/%00",
    "/v4//x/y/z",
    "/v9",
    "/chat/Message/unread.json",
    "/chat/Message/unread.xml",
    "/simulator/unread",
    "/simulator/nothing",
    "/%c3%28",
];
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"];
const VALUES: [&str; 16] = [
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551616",
    "\"\"",
    "\"ann\"",
    "\"\\ud800\"",
    "[]",
    "[[[[]]]]",
    "{}",
    "[{}]",
    "[{\"Member_Account\":1}]",
    "\"Public\"",
    "1.5",
    "4294967295",
];
const NAMES: [&str; 14] = [
    "GroupId",
    "Member_Account",
    "UnreadMsgNum",
    "MemberList",
    "MsgList",
    "From_Account",
    "To_Account",
    "Operator_Account",
    "Peer_Account",
    "MaxCnt",
    "MinTime",
    "MaxTime",
    "SyncFromOldSystem",
    "MsgBody",
];

fn pick<'a>(random: &mut fastrand::Rng, list: &[&'a str]) -> &'a str {
    list[random.usize(..list.len())]
}

fn junk(random: &mut fastrand::Rng, most: usize) -> Vec<u8> {
    let length = random.usize(..most);
    std::iter::repeat_with(|| random.u8(..))
        .take(length)
        .collect()
}

fn json_text(random: &mut fastrand::Rng) -> Vec<u8> {
    let mut members = Vec::new();
    for _ in 0..random.usize(..7) {
        members.push(format!(
            "\"{}\":{}",
            pick(random, &NAMES),
            pick(random, &VALUES)
        ));
    }
    let mut text = format!("{{{}}}", members.join(",")).into_bytes();
    if random.u8(..4) == 0 {
        text.truncate(random.usize(..=text.len()));
    }
    text
}

fn request(random: &mut fastrand::Rng, good: &str) -> Vec<u8> {
    let query = match random.u8(..5) {
        0 => "sdkappid=%%%&&==&usersig=%ff".to_owned(),
        1 => String::new(),
        2 => format!("{good}&{good}"),
        _ => good.to_owned(),
    };
    let body = if random.bool() {
        json_text(random)
    } else {
        junk(random, 200)
    };
    let (method, path) = (pick(random, &METHODS), pick(random, &PATHS));
    let header = pick(
        random,
        &[
            "content-type: x",
            "on-behalf-of: \u{e9}",
            "qb-token: a",
            "range: bytes=9-1",
        ],
    );
    let length = body.len();
    let head = format!(
        "{method} {path}?{query} HTTP/1.1\r\nhost: x\r\n{header}\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.into_bytes(), body].concat()
}

/// Reads one answer with its body, and gives its status.
fn answer(reader: &mut BufReader<&TcpStream>) -> Option<u16> {
    let mut head = String::new();
    let mut length = None;
    let mut chunked = false;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let lower = line.to_lowercase();
        length = length.or(lower
            .strip_prefix("content-length: ")
            .map(|n| n.trim().parse().unwrap()));
        chunked |= lower.starts_with("transfer-encoding: chunked");
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    if chunked {
        read_chunks(reader)?;
    }
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    head.split(' ').nth(1)?.parse().ok()
}

fn read_chunks(reader: &mut BufReader<&TcpStream>) -> Option<()> {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; length + 2];
        reader.read_exact(&mut chunk).ok()?;
        if length == 0 {
            return Some(());
        }
    }
}

#[test]
fn ten_thousand_requests_without_sense_are_all_answered_on_one_connection() {
    let mut world = World::new();
    world
        .add_member("Public", Some("Public"), "ann", 10)
        .unwrap();
    let mut options = options();
    options.quickblox = Some(QuickBloxAccess {
        api_key: None,
        sessions: Vec::new(),
        session_lifetime: SESSION_LIFETIME,
        per_second: u32::MAX,
    });
    for command in tencent::COMMANDS {
        options
            .quota_per_second
            .insert(command.name.to_owned(), u32::MAX);
    }
    let server = Server::bind(options, world, "127.0.0.1:0".parse().unwrap()).unwrap();
    let running = server.spawn_thread().unwrap();
    let stream = TcpStream::connect(running.local_addr()).unwrap();
    let mut reader = BufReader::new(&stream);
    let mut random = fastrand::Rng::with_seed(13);
    let good = query(&sign("administrator", NOW));
    let mut statuses = std::collections::BTreeMap::new();
    for number in 0..REQUESTS {
        let request = request(&mut random, &good);
        io::Write::write_all(&mut &stream, &request).unwrap();
        let status = answer(&mut reader);
        let text = String::from_utf8_lossy(&request);
        let status = status.unwrap_or_else(|| panic!("no answer to {number}: {text}"));
        assert!((200..500).contains(&status), "{status} to {text}");
        *statuses.entry(status).or_insert(0) += 1;
    }
    assert!(statuses[&200] > REQUESTS / 4, "{statuses:?}");
    running.stop().unwrap();
}
