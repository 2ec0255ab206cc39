//! The README's transcripts are what the binary prints.

#[test]
fn what_the_readme_shows_is_what_happens() {
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .case("README.md")
        .run();
}
