//! HTML to plain text, in one pass over the document.

use mail_parser::decoders::html::add_html_token;

/// The text of an HTML document, for those that cannot show HTML.
#[must_use]
pub fn to_text(html: &str) -> String {
    let mut writer = Writer { text: String::with_capacity(html.len() / 2), ..Writer::default() };
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        writer.words(before);
        rest = match Tag::read(from) {
            Some((tag, after)) => {
                writer.tag(&tag);
                if !tag.closing && HIDDEN.contains(&tag.name.as_str()) {
                    after_element(after, &tag.name)
                } else {
                    after
                }
            }
            None => {
                writer.words("<");
                from.get(1..).unwrap_or_default()
            }
        };
    }
    writer.words(rest);
    writer.text.truncate(writer.text.trim_end().len());
    writer.text
}

struct Tag {
    name: String,
    closing: bool,
}

impl Tag {
    /// Reads a tag or a comment at the start of a text, and answers it with what follows.
    fn read(from: &str) -> Option<(Self, &str)> {
        let inner = from.strip_prefix('<')?;
        if let Some(comment) = inner.strip_prefix("!--") {
            let after = comment.split_once("-->").map_or("", |(_, after)| after);
            return Some((Self { name: String::new(), closing: false }, after));
        }
        let (inner, closing) = match inner.strip_prefix('/') {
            Some(inner) => (inner, true),
            None => (inner, false),
        };
        if !inner.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?')) {
            return None;
        }
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(inner.len());
        let (name, mut rest) = inner.split_at(end);
        let tag = Self { name: name.to_ascii_lowercase(), closing };
        let mut quote = None;
        let after = loop {
            let Some(at) = rest.find(['"', '\'', '>']) else {
                break "";
            };
            let (mark, after) = rest.get(at..)?.split_at(1);
            rest = after;
            quote = match quote {
                None if mark == ">" => break after,
                None => Some(mark),
                Some(open) if open == mark => None,
                open => open,
            };
        };
        Some((tag, after))
    }
}

/// What follows the end of an element whose content is no text.
fn after_element<'a>(html: &'a str, name: &str) -> &'a str {
    let mut rest = html;
    while let Some((_, from)) = rest.split_once("</") {
        if from.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return from.split_once('>').map_or("", |(_, after)| after);
        }
        rest = from;
    }
    ""
}

#[derive(Default)]
struct Writer {
    text: String,
    /// White space was seen since the last word.
    space: bool,
    preformatted: bool,
}

impl Writer {
    fn tag(&mut self, tag: &Tag) {
        match tag.name.as_str() {
            "br" => self.text.push_str("\r\n"),
            "li" if !tag.closing => {
                self.line_ends(1);
                self.text.push_str("* ");
            }
            "td" | "th" => self.space = true,
            "div" | "tr" | "li" | "dt" | "dd" | "section" | "article" | "header" | "footer"
            | "center" | "form" | "address" => self.line_ends(1),
            "pre" => {
                self.line_ends(1);
                self.preformatted = !tag.closing;
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "blockquote" | "ul" | "ol"
            | "table" | "dl" => self.line_ends(2),
            "hr" => {
                self.line_ends(1);
                self.text.push_str("----------\r\n");
            }
            _ => return,
        }
        if !matches!(tag.name.as_str(), "td" | "th") {
            self.space = false;
        }
    }

    /// Ends the line, and leaves an empty one for two.
    fn line_ends(&mut self, n_wanted: usize) {
        let end = self.text.trim_end_matches(['\r', '\n']).len();
        if end == 0 {
            return;
        }
        let n_there = self.text.get(end..).unwrap_or_default().matches('\n').count();
        for _ in n_there..n_wanted {
            self.text.push_str("\r\n");
        }
    }

    fn words(&mut self, html: &str) {
        let mut rest = html;
        while let Some(first) = rest.chars().next() {
            if first.is_ascii_whitespace() && !self.preformatted {
                self.space = true;
                rest = rest.trim_ascii_start();
                continue;
            }
            if self.space && !self.text.is_empty() && !self.text.ends_with(['\n', ' ']) {
                self.text.push(' ');
            }
            self.space = false;
            if first == '&' {
                let end = rest.bytes().take(MAX_ENTITY).position(|byte| byte == b';');
                let (entity, after) = rest.split_at(end.map_or(1, |end| end.saturating_add(1)));
                add_html_token(&mut self.text, entity.as_bytes(), false);
                rest = after;
                continue;
            }
            let end = rest
                .find(|c: char| c == '&' || (c.is_ascii_whitespace() && !self.preformatted))
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            self.text.push_str(word);
            rest = after;
        }
    }
}

/// Elements whose content nobody reads.
const HIDDEN: [&str; 5] = ["script", "style", "template", "title", "noscript"];
const MAX_ENTITY: usize = 34;
