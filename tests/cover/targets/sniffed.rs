//! Any bytes at all, guided by coverage.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| im_unread::fuzz::sniffed(bytes));
