//! Answers in several parts: a table of places, then the parts, the document first.
//!
//! [MS-ASCMD] §2.2.1.10.1

/// Document and parts as one body.
#[must_use]
pub fn join(document: &[u8], parts: &[Vec<u8>]) -> Vec<u8> {
    let all = || std::iter::once(document).chain(parts.iter().map(Vec::as_slice));
    let n_parts = parts.len().saturating_add(1);
    let mut place = n_parts.saturating_mul(8).saturating_add(4);
    let n_bytes = all().map(<[u8]>::len).fold(place, usize::saturating_add);
    let mut body = Vec::with_capacity(n_bytes);
    body.extend(number(n_parts));
    for part in all() {
        body.extend(number(place));
        body.extend(number(part.len()));
        place = place.saturating_add(part.len());
    }
    all().for_each(|part| body.extend_from_slice(part));
    body
}

/// The parts of a body, the document first; `None` when a place lies outside.
#[must_use]
pub fn split(body: &[u8]) -> Option<Vec<&[u8]>> {
    let read = |at: usize| {
        let bytes: [u8; 4] = body.get(at..at.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    };
    let n_parts = read(0)?;
    let mut parts = Vec::new();
    for part in 0..n_parts {
        let at = part.checked_mul(8)?.checked_add(4)?;
        let (from, size) = (read(at)?, read(at.checked_add(4)?)?);
        parts.push(body.get(from..from.checked_add(size)?)?);
    }
    Some(parts)
}

fn number(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use crate::eas::multipart::{join, split};

    #[test]
    fn parts_come_back() {
        let body = join(b"document", &[b"one".to_vec(), Vec::new(), vec![0; 3]]);
        assert_eq!(body[..12], [4, 0, 0, 0, 36, 0, 0, 0, 8, 0, 0, 0]);
        let parts = split(&body).unwrap();
        assert_eq!(parts, [b"document".as_slice(), b"one", b"", &[0; 3]]);
        assert_eq!(split(&body[..body.len() - 1]), None);
        assert_eq!(split(&[0xff; 16]), None);
        assert_eq!(split(b""), None);
    }
}
