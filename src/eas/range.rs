//! Ranges of bytes, as ItemOperations writes them: `0-1023`.
//!
//! [MS-ASCMD] §2.2.3.143.2

/// The first and the last byte; `None` when it is no range.
#[must_use]
pub fn parse(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.trim().split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

/// Digits alone: no sign, which Rust would read.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use crate::eas::range::parse;

    #[test]
    fn a_range_is_two_numbers_in_order() {
        assert_eq!(parse("0-0"), Some((0, 0)));
        assert_eq!(parse(" 10 - 1023 "), Some((10, 1_023)));
        assert_eq!(parse("0-18446744073709551615"), Some((0, u64::MAX)));
        for bad in
            ["", "-", "5", "5-", "-5", "6-5", "1-2-3", "a-b", "+1-+2", "0-99999999999999999999999"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
