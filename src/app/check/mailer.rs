//! The mail server that takes what phones send.

use std::io;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::backend::profile::Site;
use crate::finding::Finding;

/// Looks at Horde's mailer.
pub(super) async fn look(site: &Site) -> Vec<Finding> {
    let mailer = &site.mailer;
    if mailer.kind != "smtp" && mailer.kind != "lmtp" {
        let what = format!("Horde sends mail by `{}`: not tried", mailer.kind);
        return vec![Finding::note("smtp.untried", what)];
    }
    let place = format!("{}:{}", mailer.host, mailer.port);
    let cause = match timeout(PATIENCE, greeting(&place)).await {
        Ok(Ok(text)) if text.starts_with("220") => {
            return vec![Finding::ok("smtp", format!("SMTP: {place} greets"))];
        }
        Ok(Ok(_)) => "what answers there does not greet as a mail server".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer".to_owned(),
    };
    vec![
        Finding::error("smtp.reach", format!("SMTP: {place} can not be used"))
            .because(cause)
            .mend("start the mail server, or see Horde's mailer settings ($conf['mailer'])"),
    ]
}

async fn greeting(place: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(place).await?;
    let mut buffer = [0; 512];
    let n_read = stream.read(&mut buffer).await?;
    Ok(String::from_utf8_lossy(buffer.get(..n_read).unwrap_or_default()).into_owned())
}

const PATIENCE: Duration = Duration::from_secs(10);
