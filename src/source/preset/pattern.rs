//! Patterns over texts: `*` is anything, `?` one character, `{}` or `{name}` what is wanted.
//!
//! One small language for all that a preset takes apart: ids (`sg_{}`, `*|2|{}`), values that a
//! rule is about, and names of files (`dumps/{user}.json`).

use serde::Deserialize;

/// Most holes of a pattern: a file's name has a user and a group.
const HOLES: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Literal(String),
    /// `*`.
    Any,
    /// `?`.
    One,
    /// What is wanted, at least one character: its number.
    Hole(usize),
}

/// What stood in the holes of a pattern.
pub(crate) type Holes<'t> = [Option<&'t str>; HOLES];

/// One pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    tokens: Vec<Token>,
    /// Names of the holes, in their order; a plain `{}` has an empty one.
    names: Vec<String>,
}

impl Pattern {
    /// Reads a pattern; the error is a fragment that says what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut names = Vec::new();
        let mut literal = String::new();
        let mut rest = text.chars();
        while let Some(character) = rest.next() {
            let token = match character {
                '*' => Token::Any,
                '?' => Token::One,
                '{' => {
                    let (name, behind) = rest
                        .as_str()
                        .split_once('}')
                        .ok_or_else(|| format!("`{text}` has a `{{` without a `}}`"))?;
                    rest = behind.chars();
                    names.push(name.to_owned());
                    Token::Hole(names.len() - 1)
                }
                other => {
                    literal.push(other);
                    continue;
                }
            };
            if !literal.is_empty() {
                tokens.push(Token::Literal(std::mem::take(&mut literal)));
            }
            tokens.push(token);
        }
        if names.len() > HOLES {
            return Err(format!("`{text}` has more than {HOLES} `{{}}`"));
        }
        if !literal.is_empty() {
            tokens.push(Token::Literal(literal));
        }
        Ok(Self { tokens, names })
    }

    /// The names of its holes.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// What stands in the holes, if the whole of `text` fits. A `*` and a hole take as little as
    /// they can, from the left.
    pub(crate) fn holes<'t>(&self, text: &'t str) -> Option<Holes<'t>> {
        let mut holes = [None; HOLES];
        fits(&self.tokens, text, &mut holes).then_some(holes)
    }

    /// Whether the whole of `text` fits.
    pub(super) fn fits(&self, text: &str) -> bool {
        match self.tokens.as_slice() {
            [Token::Literal(literal)] => literal == text,
            tokens => fits(tokens, text, &mut [None; HOLES]),
        }
    }

    /// The first hole's text, or all of `text` if there is no hole.
    pub(super) fn wanted<'t>(&self, text: &'t str) -> Option<&'t str> {
        let [first, _] = self.holes(text)?;
        Some(first.unwrap_or(text))
    }
}

fn fits<'t>(tokens: &[Token], text: &'t str, holes: &mut Holes<'t>) -> bool {
    let Some((token, others)) = tokens.split_first() else {
        return text.is_empty();
    };
    match token {
        Token::Literal(literal) => text
            .strip_prefix(literal.as_str())
            .is_some_and(|rest| fits(others, rest, holes)),
        Token::One => {
            let mut rest = text.chars();
            rest.next().is_some() && fits(others, rest.as_str(), holes)
        }
        Token::Any | Token::Hole(_) if others.is_empty() => {
            fill(token, text, holes);
            *token == Token::Any || !text.is_empty()
        }
        Token::Any | Token::Hole(_) => {
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            let from = usize::from(*token != Token::Any);
            for end in ends.skip(from) {
                let (part, rest) = text.split_at(end);
                if fits(others, rest, holes) {
                    fill(token, part, holes);
                    return true;
                }
            }
            false
        }
    }
}

fn fill<'t>(token: &Token, part: &'t str, holes: &mut Holes<'t>) {
    if let Token::Hole(number) = token
        && let Some(hole) = holes.get_mut(*number)
    {
        *hole = Some(part);
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pattern_finds_what_is_wanted() {
        for (pattern, text, wanted) in [
            ("sg_{}", "sg_123", Some("123")),
            ("sg_{}", "g_123", None),
            ("sg_{}", "sg_", None),
            ("*|2|{}", "acc|2|team|x", Some("team|x")),
            ("{}|*", "acc|2|team", Some("acc")),
            (
                "*#*_{}@conference.*",
                "org#app_12_3@conference.easemob.com",
                Some("12_3"),
            ),
            ("x", "x", Some("x")),
            ("*", "", Some("")),
            ("??", "é中", Some("é中")),
            ("??", "abc", None),
            ("*ab*", "xaab", Some("xaab")),
        ] {
            let pattern = Pattern::parse(pattern).unwrap();
            assert_eq!(pattern.wanted(text), wanted, "{pattern:?} {text}");
            assert_eq!(pattern.fits(text), wanted.is_some());
        }
    }

    #[test]
    fn holes_have_names() {
        let pattern = Pattern::parse("dumps/{user}/{group}.json").unwrap();
        assert_eq!(pattern.names(), ["user", "group"]);
        let holes = pattern.holes("dumps/ada/r.1.json");
        assert_eq!(holes, Some([Some("ada"), Some("r.1")]));
        assert!(Pattern::parse("{user").is_err());
        assert!(Pattern::parse("{}{}{}").is_err());
    }

    proptest! {
        #[test]
        fn a_pattern_of_plain_text_fits_that_text_alone(text in "[a-z|_@#中]{0,9}", other in "[a-z|_]{0,9}") {
            let pattern = Pattern::parse(&text).unwrap();
            prop_assert!(pattern.fits(&text));
            prop_assert_eq!(pattern.fits(&other), text == other);
        }
    }
}
