//! A disk that is full: nothing recorded is lost, and there is a way on.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{Checkpoint, Sim, TestEnv, rows, write_csv};

/// The variable that lets the tests of full disks be left out.
const SKIP: &str = "SKIP_DISK_TESTS";

/// A small file system of its own in memory. Unmounted when dropped.
struct Tmpfs(PathBuf);

impl Tmpfs {
    /// `None` where this user may not mount one, and the environment says that these tests may be
    /// left out; else that is a failure.
    fn mount(path: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir(path).unwrap();
        if mount(&format!("size={size}"), path) {
            return Some(Self(path.to_owned()));
        }
        let skip = std::env::var_os(SKIP).is_some_and(|value| value == "1");
        assert!(
            skip,
            "this user may not mount a tmpfs: run the tests as root, or set {SKIP}=1 to leave those of full disks out"
        );
        None
    }

    /// Makes room.
    fn grow(&self, size: &str) {
        assert!(mount(&format!("remount,size={size}"), &self.0));
    }
}

fn mount(options: &str, path: &Path) -> bool {
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", options, "im-unread-test"])
        .arg(path)
        .output();
    mounted.is_ok_and(|mounted| mounted.status.success())
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

#[test]
fn a_full_disk_ends_with_exit_5_and_a_resume_after_making_room_finishes() {
    let env = TestEnv::new();
    let Some(disk) = Tmpfs::mount(&env.path("disk"), "32k") else {
        println!("skipped: this user may not mount a tmpfs");
        return;
    };
    let rows = rows(300);
    let input = write_csv(&env, "in.csv", &rows);
    let sim = Sim::start(&env, &input, "");
    let log = Checkpoint::new(&env, "disk/run.jsonl");
    sim.import(&env, &input)
        .arg("--checkpoint")
        .arg(&log.path)
        .run()
        .exits(5)
        .says(&[
            "run.jsonl",
            "No space left",
            "make room",
            "continue with\n  im-unread import",
        ]);
    let recorded = log.with_status("succeeded");
    assert!(recorded.len() > 50, "{} outcomes", recorded.len());
    let before = sim.unread();
    // Without room there is no going on, and nothing is lost by trying.
    Sim::resume(&env, &log.path)
        .run()
        .exits(5)
        .says(&["run.jsonl"]);
    assert_eq!(log.with_status("succeeded"), recorded);
    disk.grow("1m");
    Sim::resume(&env, &log.path).run().exits(0);
    let after = sim.unread();
    for key in recorded {
        assert_eq!(
            after[&key], before[&key],
            "{key:?} was sent again though recorded"
        );
    }
    sim.holds(&rows, 3);
    assert_eq!(log.calls(&env)["succeeded"], 300);
}

#[test]
fn what_decompresses_to_more_than_the_disk_holds_is_refused_and_room_is_left() {
    let env = TestEnv::new();
    let Some(disk) = Tmpfs::mount(&env.path("disk"), "33m") else {
        println!("skipped: this user may not mount a tmpfs");
        return;
    };
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(b"group,user,count\n").unwrap();
    for _ in 0..64 << 10 {
        gzip.write_all(&[b'0'; 1 << 10]).unwrap();
    }
    env.write("bomb.csv.gz", gzip.finish().unwrap());
    env.command(["validate", "bomb.csv.gz"])
        .env("TMPDIR", &disk.0)
        .run()
        .exits(3)
        .says(&[
            "the temporary copy of `bomb.csv.gz` would fill the disk",
            "free some space",
        ]);
}
