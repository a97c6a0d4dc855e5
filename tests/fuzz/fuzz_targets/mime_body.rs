//! Messages of any bytes: every form of the body keeps its promises, at every truncation.

#![no_main]

use horde_eas::mime::Message;
use horde_eas::mime::body::{Form, Preference, Source};
use horde_eas::mime::text::is_xml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, raw)) = bytes.split_first() else { return };
    let message = Message::whole(raw);
    for form in [Form::Plain, Form::Html] {
        let all = Preference { form, truncation: None, all_or_none: false, preview: 255 };
        let whole = message.text_body(&[all]);
        assert!(!whole.truncated);
        assert_eq!(usize::try_from(whole.size), Ok(whole.content.len()));
        let text = String::from_utf8(whole.content).expect("a body is UTF-8");
        assert!(text.chars().all(is_xml));
        let part = message.text_body(&[Preference { truncation: Some(u32::from(size)), ..all }]);
        assert!(part.content.len() <= usize::from(size));
        assert!(text.as_bytes().starts_with(&part.content));
        assert_eq!(part.truncated, part.content.len() < text.len());
        assert!(std::str::from_utf8(&part.content).is_ok());
    }
    let source = Preference { form: Form::Mime, truncation: None, all_or_none: false, preview: 0 };
    let source_size = u32::try_from(raw.len()).expect("inputs are small");
    let body = message.source_body(&source, Source { bytes: raw, size: source_size });
    assert_eq!(body.content, raw);
    for attachment in message.attachments() {
        assert!(!attachment.name.is_empty() && attachment.name.chars().all(is_xml));
    }
    assert!(message.headers.subject.chars().all(is_xml));
    let _ = message.class();
});
