//! One mail handed to a mail server: what wakes a waiting phone.

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
    let headers = format!("From: <{to}>\r\nTo: <{to}>\r\nSubject: {subject}\r\n");
    let date = jiff::Zoned::now().strftime("%a, %d %b %Y %H:%M:%S %z").to_string();
    format!("{headers}Date: {date}\r\nMIME-Version: 1.0\r\n\r\nSent by horde-eas probe.")
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
