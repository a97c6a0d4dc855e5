//! A mail server that does as it is told: for faults that a real one can not be made to show.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does; everything else goes well.
#[derive(Clone, Default)]
pub(crate) struct Script {
    /// What it says to a command that begins so, instead of 250.
    pub(crate) replies: Vec<(&'static str, &'static str)>,
    /// What it says to the mail.
    pub(crate) to_mail: Option<&'static str>,
    /// It hangs up instead of saying anything to the mail.
    pub(crate) hangs_up: bool,
    /// How long it thinks about a mail.
    pub(crate) thinks: Duration,
    /// What it does once it has taken a mail, before it says so.
    pub(crate) on_mail: Option<Arc<dyn Fn() + Send + Sync>>,
    /// What it does when it is told of a recipient, before it says anything.
    pub(crate) on_recipient: Option<Arc<dyn Fn() + Send + Sync>>,
    /// It lets nobody in without this login.
    pub(crate) login: Option<(&'static str, &'static str)>,
}

/// A mail that the server took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// MAIL and RCPT, as they came.
    pub(crate) envelope: Vec<String>,
    /// The message, dots undone.
    pub(crate) message: Vec<u8>,
}

impl Taken {
    /// A field of its header.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.message).into_owned();
        let header = text.split("\r\n\r\n").next().unwrap();
        let line = header.lines().find(|line| {
            line.split(':').next().is_some_and(|field| field.eq_ignore_ascii_case(name))
        });
        line.map(|line| line.split_once(':').unwrap().1.trim().to_owned())
    }
}

/// The server.
pub(crate) struct Stub {
    /// Its port of 127.0.0.1.
    pub(crate) port: u16,
    script: Arc<Mutex<Script>>,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Stub {
    /// Starts one, on a thread of its own.
    pub(crate) fn new(script: Script) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let stub = Self { port, script: Arc::new(Mutex::new(script)), taken: Arc::default() };
        let (script, taken) = (Arc::clone(&stub.script), Arc::clone(&stub.taken));
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    let script = script.lock().unwrap().clone();
                    tokio::spawn(serve(stream, script, Arc::clone(&taken)));
                }
            });
        });
        stub
    }

    /// Gives it another script, for connections to come.
    pub(crate) fn set(&self, script: Script) {
        *self.script.lock().unwrap() = script;
    }

    /// The mails it took.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

async fn serve(stream: TcpStream, script: Script, taken: Arc<Mutex<Vec<Taken>>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    say(&mut stream, "220 stub").await?;
    let mut mail = Taken::default();
    let mut is_in = script.login.is_none();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.starts_with("RCPT")
            && let Some(act) = &script.on_recipient
        {
            act();
        }
        if let Some((_, reply)) = script.replies.iter().find(|(verb, _)| line.starts_with(verb)) {
            if *reply == "hang" {
                std::future::pending::<()>().await;
            }
            say(&mut stream, reply).await?;
            continue;
        }
        match line.split([' ', ':']).next().unwrap() {
            "EHLO" => {
                say(&mut stream, "250-stub\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN").await?;
            }
            "AUTH" => {
                let (user, password) = script.login.unwrap_or_default();
                let wanted = STANDARD.encode(format!("\0{user}\0{password}"));
                is_in = line == format!("AUTH PLAIN {wanted}");
                say(&mut stream, if is_in { "235 2.7.0 in" } else { "535 5.7.8 no" }).await?;
            }
            "MAIL" if !is_in => say(&mut stream, "530 5.7.0 login first").await?,
            "MAIL" | "RCPT" => {
                mail.envelope.push(line);
                say(&mut stream, "250 2.1.0 well").await?;
            }
            "DATA" => {
                say(&mut stream, "354 go on").await?;
                mail.message = message(&mut stream).await?;
                taken_by(&script, &taken, &mail);
                if let Some(act) = &script.on_mail {
                    act();
                }
                tokio::time::sleep(script.thinks).await;
                if script.hangs_up {
                    return None;
                }
                say(&mut stream, script.to_mail.unwrap_or("250 2.0.0 taken")).await?;
                mail = Taken::default();
            }
            "QUIT" => return say(&mut stream, "221 bye").await,
            _ => say(&mut stream, "500 what?").await?,
        }
    }
}

/// A mail that is refused in the end was not taken.
fn taken_by(script: &Script, taken: &Mutex<Vec<Taken>>, mail: &Taken) {
    if script.to_mail.is_none() {
        taken.lock().unwrap().push(mail.clone());
    }
}

async fn message(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    while !all.ends_with(b"\r\n.\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.ok()?;
        all.push(byte[0]);
    }
    all.truncate(all.len() - 3);
    let mut message = Vec::new();
    for line in all.split_inclusive(|byte| *byte == b'\n') {
        message.extend(line.strip_prefix(b".").unwrap_or(line));
    }
    Some(message)
}

async fn say(stream: &mut BufReader<TcpStream>, reply: &str) -> Option<()> {
    stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await.ok()
}
