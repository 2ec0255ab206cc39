//! A command on a pseudo-terminal: somebody who can be asked.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// How long a word of the command may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running command whose stdin and stderr are a terminal. Killed when dropped.
#[derive(Debug)]
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    seen: String,
}

impl Terminal {
    /// Starts `command` on a terminal.
    pub(crate) fn start(mut command: Command) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap();
        let theirs = || {
            let path = name.to_str().unwrap();
            OpenOptions::new()
                .read(true)
                .write(true)
                .open(path)
                .unwrap()
        };
        let child = command
            .stdin(theirs())
            .stderr(theirs())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let keyboard = File::from(ours);
        let mut reader = keyboard.try_clone().unwrap();
        let (sender, screen) = channel();
        // It ends when the command has closed its side.
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = reader.read(&mut piece) {
                if sender.send(piece[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keyboard,
            screen,
            seen: String::new(),
        }
    }

    /// Waits until the screen shows `text`.
    pub(crate) fn shows(mut self, text: &str) -> Self {
        while !self.seen.contains(text) {
            let piece = self.screen.recv_timeout(PATIENCE);
            let piece =
                piece.unwrap_or_else(|error| panic!("no `{text}` ({error}): {}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&piece));
        }
        self
    }

    /// Types a line.
    pub(crate) fn types(mut self, line: &str) -> Self {
        writeln!(self.keyboard, "{line}").unwrap();
        self
    }

    /// Waits for its end, which is `code`; all that the screen showed.
    pub(crate) fn exits(mut self, code: i32) -> String {
        while let Ok(piece) = self.screen.recv_timeout(PATIENCE) {
            self.seen.push_str(&String::from_utf8_lossy(&piece));
        }
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(code), "{}", self.seen);
        std::mem::take(&mut self.seen)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.child.try_wait().unwrap().is_none() {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
    }
}
