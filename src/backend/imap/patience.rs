//! A connection that does not wait for ever: neither for the next byte, nor for the last one of an
//! answer that comes byte by byte.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A TCP connection whose answers must come to an end.
#[derive(Debug)]
pub(super) struct Patient {
    tcp: TcpStream,
    patience: Patience,
}

/// How long the answer to one command may take; shared by who sends and who reads.
#[derive(Clone, Debug)]
pub(super) struct Patience {
    limit: Duration,
    since: Arc<Mutex<(Instant, usize)>>,
}

impl Patience {
    /// Twice the limit for an answer, and a second more for each 64 KiB of it.
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit: limit * 2, since: Arc::new(Mutex::new((Instant::now(), 0))) }
    }

    /// A command begins.
    pub(super) fn renew(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), 0);
    }

    fn spend(&self, n_bytes: usize) -> io::Result<()> {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.1 = since.1.saturating_add(n_bytes);
        let more = u64::try_from(since.1 / BYTES_A_SECOND).unwrap_or(u64::MAX);
        if since.0.elapsed() > self.limit.saturating_add(Duration::from_secs(more)) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the answer does not end"));
        }
        Ok(())
    }
}

impl Patient {
    /// A connection whose socket has its own time-outs.
    pub(super) const fn new(tcp: TcpStream, patience: Patience) -> Self {
        Self { tcp, patience }
    }
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.tcp.read(buffer)?;
        self.patience.spend(n_bytes)?;
        Ok(n_bytes)
    }
}

impl Write for Patient {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.tcp.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// Slower than this is no answer.
const BYTES_A_SECOND: usize = 65_536;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::backend::imap::patience::{BYTES_A_SECOND, Patience};

    #[test]
    fn bytes_buy_time_and_a_new_command_has_all_of_it() {
        let patience = Patience::new(Duration::from_millis(5));
        patience.spend(1).unwrap();
        std::thread::sleep(Duration::from_millis(15));
        assert!(patience.spend(1).is_err());
        patience.spend(BYTES_A_SECOND).unwrap();
        patience.renew();
        patience.spend(1).unwrap();
    }
}
