//! A relay between the sidecar and one of its parts (or a phone and the sidecar) that can fail in
//! the ways in which networks and servers do.
//!
//! It lives on a thread of its own, so that a test may block.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What a relay does to its connections, to those that stand and to new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// All goes through.
    Pass,
    /// The port is closed.
    Refuse,
    /// Connections stand, and nothing comes; those of this time stay so for ever.
    Hang,
    /// The same, but for the first so many bytes of the answer.
    HangAfter(usize),
    /// Each piece waits a little.
    Slow(Duration),
    /// The answer comes byte by byte, with this pause after each.
    Dribble(Duration),
    /// A connection is reset after so many bytes of the answer.
    Cut(usize),
    /// The same for one connection alone: all are reset then, and new ones are served again.
    CutOnce(usize),
    /// The answer is something else.
    Garble,
}

/// The relay.
pub(crate) struct Proxy {
    /// Its port of 127.0.0.1.
    pub(crate) port: u16,
    state: watch::Sender<State>,
    n_asked: Arc<AtomicU64>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    rule: Rule,
    /// Connections of an older one are reset.
    generation: u64,
    ends: bool,
}

/// Bytes that are replaced on their way back, by as many others.
pub(crate) type Edits = Vec<(String, String)>;

struct Relay {
    port: u16,
    target: u16,
    edits: Edits,
    state: watch::Sender<State>,
    /// Pieces that came from the near end.
    n_asked: Arc<AtomicU64>,
    /// Whether somebody was cut since the rule was given.
    cut: Mutex<u64>,
}

impl Proxy {
    /// Relays to a port of 127.0.0.1.
    pub(crate) fn new(target: u16) -> Self {
        Self::editing(target, Edits::new())
    }

    /// The same, and changes what comes back.
    pub(crate) fn editing(target: u16, edits: Edits) -> Self {
        assert!(edits.iter().all(|(from, to)| from.len() == to.len()), "{edits:?}");
        let (port, listener) = free_port(target);
        let (state, _) = watch::channel(State { rule: Rule::Pass, generation: 0, ends: false });
        let n_asked = Arc::new(AtomicU64::new(0));
        let relay = Relay {
            port,
            target,
            edits,
            state: state.clone(),
            n_asked: Arc::clone(&n_asked),
            cut: Mutex::new(0),
        };
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(Arc::new(relay).listen(listener));
        });
        Self { port, state, n_asked }
    }

    /// How many pieces of requests came so far.
    pub(crate) fn n_asked(&self) -> u64 {
        self.n_asked.load(Ordering::SeqCst)
    }

    /// Whether a fault that happens once has happened.
    pub(crate) fn has_struck(&self) -> bool {
        self.state.borrow().rule == Rule::Pass
    }

    /// What happens to bytes that are sent from now on.
    pub(crate) fn arm(&self, rule: Rule) {
        self.state.send_modify(|state| state.rule = rule);
    }

    /// Resets all connections, in a moment.
    pub(crate) fn cut(&self) {
        self.state.send_modify(|state| state.generation += 1);
    }

    /// What happens from now on; returns when it does.
    pub(crate) fn set(&self, rule: Rule) {
        self.state.send_modify(|state| {
            state.rule = rule;
            state.generation += u64::from(rule == Rule::Refuse);
        });
        settle();
    }

    /// Resets all connections that stand.
    pub(crate) fn reset(&self) {
        self.cut();
        settle();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.send_modify(|state| state.ends = true);
    }
}

impl Relay {
    async fn listen(self: Arc<Self>, first: std::net::TcpListener) {
        let mut listener = Some(TcpListener::from_std(first).unwrap());
        let mut changes = self.state.subscribe();
        loop {
            let state = *changes.borrow_and_update();
            if state.ends {
                return;
            }
            match (state.rule, &listener) {
                (Rule::Refuse, Some(_)) => listener = None,
                (Rule::Refuse, None) => {}
                (_, None) => {
                    let address = SocketAddr::from(([127, 0, 0, 1], self.port));
                    listener = Some(TcpListener::bind(address).await.unwrap());
                }
                (_, Some(_)) => {}
            }
            let accepted = async {
                match &listener {
                    Some(listener) => listener.accept().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = changes.changed() => {}
                accepted = accepted => {
                    if let Ok((stream, _)) = accepted {
                        tokio::spawn(Arc::clone(&self).serve(stream));
                    }
                }
            }
        }
    }

    async fn serve(self: Arc<Self>, mut near: TcpStream) {
        let mut changes = self.state.subscribe();
        let born = *changes.borrow_and_update();
        near.set_nodelay(true).unwrap();
        if born.rule == Rule::Hang {
            return hang(near).await;
        }
        if born.rule == Rule::Garble {
            drop(near.write_all(GARBAGE).await);
            return drop(near.shutdown().await);
        }
        let Ok(mut far) = TcpStream::connect(("127.0.0.1", self.target)).await else {
            return reset(near);
        };
        far.set_nodelay(true).unwrap();
        let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
        let (mut rule, mut n_back) = (born.rule, 0);
        loop {
            tokio::select! {
                biased;
                _ = changes.changed() => {
                    let now = *changes.borrow_and_update();
                    if now.ends || now.generation != born.generation {
                        reset(near);
                        return reset(far);
                    }
                    if now.rule != rule {
                        (rule, n_back) = (now.rule, 0);
                    }
                    if rule == Rule::Hang {
                        tokio::join!(hang(near), hang(far));
                        return;
                    }
                }
                sent = read(&mut near, &mut up) => {
                    if let Rule::Slow(pause) = rule {
                        tokio::time::sleep(pause).await;
                    }
                    let Some(sent) = sent else { return };
                    self.n_asked.fetch_add(1, Ordering::SeqCst);
                    if far.write_all(&up[..sent]).await.is_err() {
                        return reset(near);
                    }
                }
                got = read(&mut far, &mut down) => {
                    let Some(got) = got else { return drop(near.shutdown().await) };
                    self.edit(&mut down[..got]);
                    let piece = &down[..got];
                    if self.back(&mut near, piece, rule, &mut n_back).await.is_none() {
                        reset(near);
                        return reset(far);
                    }
                    if matches!(rule, Rule::HangAfter(most) if n_back >= most) {
                        tokio::join!(hang(near), hang(far));
                        return;
                    }
                }
            }
        }
    }

    /// Sends a piece of the answer; `None` when the connection is to be reset.
    async fn back(
        &self,
        near: &mut TcpStream,
        piece: &[u8],
        rule: Rule,
        n_back: &mut usize,
    ) -> Option<()> {
        match rule {
            Rule::Pass | Rule::Refuse | Rule::Hang => near.write_all(piece).await.ok(),
            Rule::Slow(pause) => {
                tokio::time::sleep(pause).await;
                near.write_all(piece).await.ok()
            }
            Rule::Dribble(pause) => {
                for byte in piece {
                    near.write_all(&[*byte]).await.ok()?;
                    tokio::time::sleep(pause).await;
                    if self.state.borrow().rule != rule {
                        return None;
                    }
                }
                Some(())
            }
            Rule::HangAfter(most) => {
                let left = most.saturating_sub(*n_back);
                *n_back += piece.len();
                near.write_all(&piece[..left.min(piece.len())]).await.ok()
            }
            Rule::Cut(most) => {
                let left = most.saturating_sub(*n_back);
                near.write_all(&piece[..left.min(piece.len())]).await.ok()?;
                *n_back += piece.len();
                (*n_back < most).then_some(())
            }
            Rule::CutOnce(most) => {
                let left = most.saturating_sub(*n_back);
                near.write_all(&piece[..left.min(piece.len())]).await.ok()?;
                *n_back += piece.len();
                if *n_back >= most {
                    *self.cut.lock().unwrap() += 1;
                    self.state.send_modify(|state| {
                        state.rule = Rule::Pass;
                        state.generation += 1;
                    });
                    return None;
                }
                Some(())
            }
            Rule::Garble => {
                drop(near.write_all(GARBAGE).await);
                None
            }
        }
    }

    fn edit(&self, piece: &mut [u8]) {
        for (from, to) in &self.edits {
            let at = piece.windows(from.len()).position(|part| part == from.as_bytes());
            if let Some(at) = at {
                piece[at..at + to.len()].copy_from_slice(to.as_bytes());
            }
        }
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin), into: &mut [u8]) -> Option<usize> {
    match stream.read(into).await {
        Ok(0) | Err(_) => None,
        Ok(read) => Some(read),
    }
}

/// Holds a connection and lets nothing through, until the other end gives up.
async fn hang(mut stream: TcpStream) {
    let mut ignored = [0; 4_096];
    while read(&mut stream, &mut ignored).await.is_some() {}
}

fn reset(stream: TcpStream) {
    drop(stream.set_zero_linger());
    drop(stream);
}

/// What is wished is done in a moment, by the thread that relays.
fn settle() {
    std::thread::sleep(Duration::from_millis(40));
}

/// A port with as many digits as the target's, below those that the system gives to clients.
fn free_port(target: u16) -> (u16, std::net::TcpListener) {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let (first, n_ports) = if target < 10_000 { (2_000, 5_000) } else { (12_000, 18_000) };
    let start = u16::try_from(std::process::id() % 65_536).unwrap();
    for _ in 0..n_ports {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = first + start.wrapping_mul(31).wrapping_add(step) % n_ports;
        if let Ok(listener) = std::net::TcpListener::bind(("127.0.0.1", port)) {
            listener.set_nonblocking(true).unwrap();
            return (port, listener);
        }
    }
    panic!("no free port");
}

const GARBAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 46\r\n\r\n\
    <html><body>A fatal error has occurred</body>\n";
