//! Whole numbers in as few bytes as they need: seven bits a byte, the lowest first.

/// Most bytes of one number.
pub(super) const LONGEST: usize = 10;

/// Appends `number`.
pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(low_byte(number) | 0x80);
        number >>= 7;
    }
    out.push(low_byte(number));
}

const fn low_byte(number: u64) -> u8 {
    number.to_le_bytes()[0]
}

/// Takes a number off the front of `bytes`; `None` when it is cut or too long.
pub(super) fn get(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for (at, &byte) in bytes.iter().enumerate().take(LONGEST) {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            *bytes = bytes.get(at + 1..)?;
            return Some(number);
        }
    }
    None
}

/// Appends the difference of two numbers, either of which may be the larger.
pub(super) fn put_difference(out: &mut Vec<u8>, number: u64, base: u64) {
    let difference = number.wrapping_sub(base).cast_signed();
    put(
        out,
        ((difference << 1) ^ (difference >> 63)).cast_unsigned(),
    );
}

/// Takes what `put_difference` wrote.
pub(super) fn get_difference(bytes: &mut &[u8], base: u64) -> Option<u64> {
    let zigzag = get(bytes)?;
    let difference = (zigzag >> 1) ^ (zigzag & 1).wrapping_neg();
    Some(base.wrapping_add(difference))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_and_differences_read_back(number: u64, base: u64) {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            put_difference(&mut bytes, number, base);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(get(&mut rest), Some(number));
            prop_assert_eq!(get_difference(&mut rest, base), Some(number));
            prop_assert!(rest.is_empty());
        }
    }
}
