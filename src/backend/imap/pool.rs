//! A bounded set of threads that speak IMAP, and the sessions kept between requests.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, oneshot};

use crate::backend::imap::session::{Fault, Opener, Session};
use crate::backend::imap::stream::Connector;
use crate::backend::imap::{Config, Counters};
use crate::backend::profile::MailProfile;
use crate::backend::{Account, Error, Kind};

/// Threads and sessions.
pub(super) struct Pool {
    jobs: Sender<Job>,
    shared: Arc<Shared>,
    sessions_per_user: usize,
    queue_timeout: Duration,
}

type Job = Box<dyn FnOnce() + Send>;

struct Shared {
    connector: Arc<Connector>,
    users: Mutex<BTreeMap<UserKey, Arc<User>>>,
    swept: Mutex<Instant>,
    kept_sessions: usize,
    idle: Duration,
    counters: Arc<Counters>,
}

/// A keyless hash of server, login and password: the sessions of other credentials are out of
/// reach.
type UserKey = [u8; 32];

struct User {
    permits: Arc<Semaphore>,
    kept: Mutex<Vec<Session>>,
}

impl Pool {
    /// Starts the threads.
    pub(super) fn new(config: &Config) -> Result<Self, Error> {
        let shared = Arc::new(Shared {
            connector: Arc::new(Connector::new(config)?),
            users: Mutex::default(),
            swept: Mutex::new(Instant::now()),
            kept_sessions: config.kept_sessions,
            idle: Duration::from_secs(config.idle_seconds),
            counters: Arc::default(),
        });
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..config.threads.max(1) {
            let (queue, shared) = (Arc::clone(&queue), Arc::clone(&shared));
            std::thread::Builder::new()
                .name(format!("imap-{number}"))
                .stack_size(STACK)
                .spawn(move || work(&queue, &shared))
                .map_err(|error| {
                    Error::because(Kind::Unavailable, "can not start a thread", error)
                })?;
        }
        Ok(Self {
            jobs,
            shared,
            sessions_per_user: config.sessions_per_user.max(1),
            queue_timeout: Duration::from_secs(config.queue_timeout.max(1)),
        })
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Does work in a session of the user, on a thread of the pool.
    ///
    /// A kept session that turns out to be dead is replaced once, unless the work had already
    /// sent what must not be sent twice.
    pub(super) async fn run<T, W>(&self, account: &Account, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: Fn(&mut Session) -> Result<T, Fault> + Send + 'static,
    {
        let Some(profile) = account.profile.mail.clone() else {
            return Err(Error::new(Kind::Unsupported, "the user has no mail"));
        };
        let password = match &profile.password {
            Some(password) => password.clone(),
            None => account.credentials.password.clone(),
        };
        let user = self.shared.user(key_of(&profile, password.expose()), self.sessions_per_user);
        let connector = Arc::clone(&self.shared.connector);
        let opener = Arc::new(Opener { connector, profile, password });
        let busy = || Error::new(Kind::Unavailable, "all IMAP threads are busy");
        let permit =
            tokio::time::timeout(self.queue_timeout, Arc::clone(&user.permits).acquire_owned())
                .await
                .map_err(|_| busy())?
                .map_err(|_| busy())?;
        let (tell, told) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        let queued = Instant::now();
        let queue_timeout = self.queue_timeout;
        let job: Job = Box::new(move || {
            // Nobody waits any more for what waited too long.
            if tell.is_closed() || queued.elapsed() > queue_timeout {
                let _ = tell.send(Err(Error::new(Kind::Unavailable, "all threads are busy")));
                return;
            }
            let result = shared.in_session(&user, &opener, &work);
            drop(permit);
            let _ = tell.send(result);
        });
        self.jobs.send(job).map_err(|_| busy())?;
        told.await.map_err(|_| Error::new(Kind::Unavailable, "an IMAP thread broke down"))?
    }
}

impl Shared {
    fn user(&self, key: UserKey, n_sessions: usize) -> Arc<User> {
        let mut users = lock(&self.users);
        let user = users.entry(key).or_insert_with(|| {
            Arc::new(User { permits: Arc::new(Semaphore::new(n_sessions)), kept: Mutex::default() })
        });
        Arc::clone(user)
    }

    fn in_session<T>(
        &self,
        user: &User,
        opener: &Arc<Opener>,
        work: &dyn Fn(&mut Session) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        let kept = self.take(user);
        let was_kept = kept.is_some();
        let mut session = match kept {
            Some(session) => session,
            None => Session::open(opener, &self.counters)?,
        };
        let mut result = work(&mut session);
        let may_repeat = was_kept && !session.committed && !session.late;
        if may_repeat && matches!(result, Err(Fault::Lost(_))) {
            log::debug!("kept IMAP session was dead, replaced");
            session = Session::open(opener, &self.counters)?;
            result = work(&mut session);
        }
        match result {
            Ok(value) => {
                self.keep(user, session);
                Ok(value)
            }
            Err(Fault::Refused(error)) => {
                self.keep(user, session);
                Err(error)
            }
            Err(fault) => Err(fault.into_error()),
        }
    }

    fn take(&self, user: &User) -> Option<Session> {
        let mut kept = lock(&user.kept);
        kept.retain(|session| session.used.elapsed() < self.idle);
        kept.pop()
    }

    fn keep(&self, user: &User, mut session: Session) {
        session.committed = false;
        session.used = Instant::now();
        if self.counters.open.load(Ordering::Relaxed) <= self.kept_sessions {
            lock(&user.kept).push(session);
        }
    }

    /// Closes sessions that nobody uses, and forgets users without any.
    fn sweep(&self) {
        let mut swept = lock(&self.swept);
        if swept.elapsed() < SWEEP {
            return;
        }
        *swept = Instant::now();
        drop(swept);
        let mut users = lock(&self.users);
        users.retain(|_, user| {
            let mut kept = lock(&user.kept);
            kept.retain(|session| session.used.elapsed() < self.idle);
            !kept.is_empty() || Arc::strong_count(user) > 1
        });
    }
}

fn work(queue: &Mutex<Receiver<Job>>, shared: &Shared) {
    loop {
        let next = lock(queue).recv_timeout(SWEEP);
        match next {
            Ok(job) => {
                // A job that panics must not take a thread with it.
                if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
                    log::error!("an IMAP job broke down");
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        shared.sweep();
    }
}

fn key_of(profile: &MailProfile, password: &str) -> UserKey {
    let mut hash = Sha256::new();
    let ignored = profile.ignored_capabilities.join(" ");
    let place = format!("{}:{} {:?}", profile.host, profile.port, profile.security);
    for text in [place.as_str(), &profile.login, password, &ignored] {
        hash.update(text.len().to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How often unused sessions are looked for.
const SWEEP: Duration = Duration::from_secs(5);
/// Answers nest as deep as messages do, and the parser descends with them.
const STACK: usize = 16 * 1_024 * 1_024;
