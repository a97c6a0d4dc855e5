//! Mails of the probe's own, and a mail server that takes one: what wakes a waiting phone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::probe::Error;

/// Delivers a short mail by plain SMTP to `host:port`.
///
/// # Errors
/// When the server can not be reached or refuses.
pub(super) async fn deliver(server: &str, to: &str, subject: &str) -> Result<(), Error> {
    let stream = TcpStream::connect(server).await.map_err(Error::Smtp)?;
    let mut stream = BufReader::new(stream);
    expect(&mut stream, '2').await?;
    let lines = [
        ("EHLO localhost".to_owned(), '2'),
        (format!("MAIL FROM:<{to}>"), '2'),
        (format!("RCPT TO:<{to}>"), '2'),
        ("DATA".to_owned(), '3'),
        (format!("{}\r\n.", message(to, subject)), '2'),
        ("QUIT".to_owned(), '2'),
    ];
    for (line, wanted) in lines {
        stream.write_all(format!("{line}\r\n").as_bytes()).await.map_err(Error::Smtp)?;
        expect(&mut stream, wanted).await?;
    }
    Ok(())
}

/// A short mail of the user to the user.
pub(super) fn message(to: &str, subject: &str) -> String {
    format!("{}\r\nSent by horde-eas probe.", header(to, subject))
}

/// The same with a file.
pub(super) fn message_with_file(to: &str, subject: &str, bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    let mut lines = String::new();
    for (n, letter) in encoded.chars().enumerate() {
        if n > 0 && n % LINE == 0 {
            lines.push_str("\r\n");
        }
        lines.push(letter);
    }
    format!(
        "{}Content-Type: multipart/mixed; boundary=horde-eas-probe\r\n\r\n\
        --horde-eas-probe\r\nContent-Type: text/plain\r\n\r\nSent by horde-eas probe.\r\n\
        --horde-eas-probe\r\nContent-Type: application/octet-stream; name=\"probe.bin\"\r\n\
        Content-Disposition: attachment; filename=\"probe.bin\"\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n{lines}\r\n--horde-eas-probe--\r\n",
        header(to, subject)
    )
}

fn header(to: &str, subject: &str) -> String {
    let date = jiff::Zoned::now().strftime("%a, %d %b %Y %H:%M:%S %z").to_string();
    let who = format!("From: <{to}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n");
    format!("{who}Date: {date}\r\nMIME-Version: 1.0\r\n")
}

async fn expect(stream: &mut BufReader<TcpStream>, wanted: char) -> Result<(), Error> {
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.map_err(Error::Smtp)?;
        if !line.starts_with(wanted) {
            return Err(Error::SmtpRefused(line.trim().to_owned()));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}

/// Letters of base64 in a line.
const LINE: usize = 76;
