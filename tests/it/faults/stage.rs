//! A sidecar with its parts and phones, which one column after another may use.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::join;
use futures_util::stream;
use horde_eas::probe::phone::Phone;
use tokio::runtime::Runtime;

use crate::faults::cell::{Cell, Outcome};
use crate::faults::contents::{change_preference, contents, furnish, stir};
use crate::faults::table::{CASE_NAMES, Fault, Part};
use crate::faults::{FEW, LONGEST};
use crate::support::sidecar::{Parts, Sidecar, Ways};
use crate::support::world::World;

/// Everything that a column needs.
pub(super) struct Stage {
    pub(super) parts: Parts,
    pub(super) cells: Vec<Cell>,
    sidecar: Sidecar,
    world: World,
    /// Whose preferences change.
    fickle: World,
    /// A phone that is no cell.
    herald: Phone,
    n_uses: usize,
    n_news: usize,
}

impl Stage {
    /// One that is free, or a new one.
    pub(super) async fn take() -> Self {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(stage) = free {
            stage.sidecar.is_idle(false);
            return stage;
        }
        let began = Instant::now();
        let parts = Parts::new();
        let ways = Ways { is_leashed: true, ..Ways::default() };
        let sidecar = Sidecar::start_as(&parts, ways);
        let (mut world, mut fickle) = (World::new().await, World::new().await);
        furnish(&mut world).await;
        furnish(&mut fickle).await;
        let mut cells = Vec::new();
        for (case, _) in CASE_NAMES {
            let user = if case.is_fickle() { &fickle.user } else { &world.user };
            for version in case.versions() {
                cells.push(Cell::new(case, sidecar.phone(user, version)));
            }
        }
        for pair in together(FEW, cells.iter_mut().map(Cell::pair)).await {
            pair.unwrap();
        }
        let mut herald = sidecar.phone(&world.user, "14.1");
        herald.provision().await.unwrap();
        eprintln!("a stage was made in {:.1?}", began.elapsed());
        Self { parts, cells, sidecar, world, fickle, herald, n_uses: 0, n_news: 0 }
    }

    /// For the next column; mailboxes should not grow for ever.
    pub(super) fn give_back(mut self) {
        self.sidecar.assert_sound();
        self.n_uses += 1;
        if self.n_uses < USES {
            self.sidecar.is_idle(true);
            FREE.lock().unwrap_or_else(PoisonError::into_inner).push(self);
        }
    }

    /// Things happen on the server, and the phones make up their requests.
    pub(super) async fn set_the_scene(&mut self, part: Part, fault: Fault) {
        let tag = format!("{part:?} {fault:?}");
        stir(&mut self.world, &tag).await;
        for prepared in together(FEW, self.cells.iter_mut().map(|cell| cell.prepare(&tag))).await {
            prepared.unwrap();
        }
        change_preference(&self.fickle.user, &tag).await;
        match part {
            Part::Horde => self.know_by_heart().await,
            Part::HordeAtFirst => self.forget().await,
            Part::Database | Part::Mail | Part::Smtp => {}
        }
    }

    /// The service is started anew: it knows nothing.
    pub(super) async fn forget(&mut self) {
        self.sidecar.kill();
        self.sidecar.revive();
        // The phones see that their connections are gone.
        tokio::time::sleep(Duration::from_millis(30)).await;
    }

    /// Until Horde need not be asked for the user's folders: they are believed when nothing
    /// changed for two seconds.
    async fn know_by_heart(&mut self) {
        let began = Instant::now();
        loop {
            let n_asked = self.parts.php.n_asked();
            assert_eq!(self.herald.folder_sync().await.unwrap().status, 1);
            if self.parts.php.n_asked() == n_asked {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "the folders do not settle");
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
    }

    /// One cell's request; news come while it waits for some.
    pub(super) async fn ask_one(&mut self, n: usize, patience: Duration) -> Outcome {
        let Self { cells, world, n_news, .. } = self;
        let is_waiting = cells[n].case.is_waiting();
        let asking = cells[n].ask(patience);
        if is_waiting { join(asking, news(world, n_news)).await.0 } else { asking.await }
    }

    /// All requests, so many at once; news come meanwhile.
    pub(super) async fn ask_all(
        &mut self,
        n_at_once: usize,
        patience: impl Fn(&Cell) -> Duration,
    ) -> Vec<Outcome> {
        let Self { cells, world, n_news, .. } = self;
        let (waiting, others): (Vec<_>, Vec<_>) =
            cells.iter_mut().enumerate().partition(|(_, cell)| cell.case.is_waiting());
        let ask = async |(n, cell): (usize, &mut Cell)| {
            let patience = patience(cell);
            (n, cell.ask(patience).await)
        };
        // Those that wait all hear the same news.
        let waiting = together(waiting.len().max(1), waiting.into_iter().map(&ask));
        let others = together(n_at_once, others.into_iter().map(&ask));
        let ((mut all, others), ()) = join(join(waiting, others), news(world, n_news)).await;
        all.extend(others);
        all.sort_by_key(|(n, _)| *n);
        all.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// The part is back: the same requests work, and nothing is lost or doubled.
    pub(super) async fn is_well_again(&mut self, when: &str) {
        let repeated = self.ask_all(FEW, |_| LONGEST).await;
        for (cell, again) in self.cells.iter().zip(repeated) {
            assert!(again.is_well(), "{when}, after it: {cell}: {again:?}");
        }
        for settled in together(FEW, self.cells.iter_mut().map(Cell::settle)).await {
            settled.unwrap();
        }
        let wanted = contents(&mut self.world).await;
        for cell in &mut self.cells {
            cell.compare(&wanted, when);
        }
    }
}

/// A mail comes in a moment.
async fn news(world: &mut World, n_news: &mut usize) {
    tokio::time::sleep(Duration::from_millis(300)).await;
    *n_news += 1;
    world.mail("INBOX", &format!("news {n_news}"));
}

/// Runs futures, so many at once; answers in order.
pub(super) async fn together<F: Future>(
    n_at_once: usize,
    all: impl Iterator<Item = F>,
) -> Vec<F::Output> {
    stream::iter(all).buffered(n_at_once).collect().await
}

/// Stages that wait for their next column.
static FREE: Mutex<Vec<Stage>> = Mutex::new(Vec::new());
/// Phones and their connections outlive the tests.
pub(super) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
});

/// How many columns use a stage.
const USES: usize = 20;
