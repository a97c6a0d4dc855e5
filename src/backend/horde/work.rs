//! What is still to be done of a batch, and how much of it goes into one call.
//!
//! PHP may die over one item, and takes the whole call with it: then less is sent, until that one is
//! found and answered alone. An operation may be sent again as it is: what was done is recognised.

use serde_json::{Value, json};

use crate::backend::horde::items::{AppliedAnswer, ExportAnswer};
use crate::backend::horde::rpc::is_broken;
use crate::backend::{Error, Kind};

/// A batch on its way.
#[derive(Default)]
pub(super) struct Work {
    /// Operations that are to be done.
    pub(super) operations: Vec<Value>,
    /// Items that are to be read after them.
    pub(super) wanted: Vec<Value>,
    /// What came of the operations so far.
    pub(super) applied: Vec<AppliedAnswer>,
    /// What was read so far.
    pub(super) read: Vec<ExportAnswer>,
    /// How much is sent at once, when that is less than a page.
    most: Option<usize>,
    /// Whether the one that is sent alone was so before.
    again: bool,
    n_broken: usize,
}

/// How much goes into one call.
pub(super) struct Portion {
    /// Operations.
    pub(super) operations: usize,
    /// Items to be read.
    pub(super) wanted: usize,
}

/// What the bridge answered to one call.
pub(super) struct Answers {
    /// One for each operation, perhaps not to all of them.
    pub(super) applied: Vec<AppliedAnswer>,
    /// One for each item, perhaps not to all of them.
    pub(super) read: Vec<ExportAnswer>,
}

impl Work {
    pub(super) fn new(operations: Vec<Value>, wanted: Vec<Value>) -> Self {
        Self { operations, wanted, ..Self::default() }
    }

    /// What is to be sent next; `None` when all is done.
    pub(super) fn portion(&self) -> Option<Portion> {
        let most = self.most.unwrap_or(2 * PAGE);
        let operations = self.operations.len().min(PAGE).min(most);
        let is_last = operations == self.operations.len();
        let wanted = if is_last { self.wanted.len().min(PAGE).min(most - operations) } else { 0 };
        (operations + wanted > 0).then_some(Portion { operations, wanted })
    }

    /// Takes the answer to a portion.
    ///
    /// # Errors
    /// When the call failed as a whole and not over one of its items.
    pub(super) fn settle(
        &mut self,
        portion: &Portion,
        answer: Result<Answers, Error>,
    ) -> Result<(), Error> {
        match answer {
            Ok(answers) if !answers.are_all_broken() => self.take(answers),
            Ok(_) => self.narrow(portion, "each of its items failed"),
            Err(error) if is_broken(&error) => self.narrow(portion, &error.message),
            Err(error) => Err(error),
        }
    }

    fn take(&mut self, answers: Answers) -> Result<(), Error> {
        let Answers { applied, read } = answers;
        let progress = !applied.is_empty() || !read.is_empty();
        // The bridge stops when its time or size is spent; what it left is asked for again.
        if !progress || applied.len() > self.operations.len() || read.len() > self.wanted.len() {
            let what = "bridge.sync answered with another number of results";
            return Err(Error::new(Kind::Unavailable, what));
        }
        self.operations.drain(..applied.len());
        self.wanted.drain(..read.len());
        self.applied.extend(applied);
        self.read.extend(read);
        self.again = false;
        self.most = self.most.map(|most| most * 2).filter(|most| *most < 2 * PAGE);
        Ok(())
    }

    /// Sends less the next time; what fails alone, and again, is broken.
    fn narrow(&mut self, portion: &Portion, why: &str) -> Result<(), Error> {
        let n_sent = portion.operations + portion.wanted;
        if n_sent > 1 {
            self.most = Some(n_sent / 2);
            return Ok(());
        }
        if !std::mem::replace(&mut self.again, true) {
            return Ok(());
        }
        self.again = false;
        self.n_broken += 1;
        if self.n_broken > MOST_BROKEN {
            return Err(Error::new(Kind::Unavailable, format!("too many items fail: {why}")));
        }
        let error = Some(json!({"kind": BROKEN, "message": why}));
        let named =
            |of: &Value, name| of.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        if portion.operations > 0 {
            let sent = self.operations.remove(0);
            let (uid, share) = (named(&sent, "uid"), named(&sent, "share"));
            self.applied.push(AppliedAnswer { uid, share, error, ..AppliedAnswer::default() });
        } else {
            let share = named(&self.wanted.remove(0), "share");
            self.read.push(ExportAnswer { share, error, ..ExportAnswer::default() });
        }
        Ok(())
    }

    /// Where all of several items failed, it is hardly for what they are.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(super) fn judge(&self) -> Result<(), Error> {
        let errors = self.applied.iter().map(|one| &one.error);
        let mut errors = errors.chain(self.read.iter().map(|one| &one.error));
        let is_one = self.applied.len() + self.read.len() < 2;
        if is_one || !errors.all(|error| error.as_ref().is_some_and(is_of_one)) {
            return Ok(());
        }
        Err(Error::new(Kind::Unavailable, "each of several items failed in PHP; see Horde's log"))
    }
}

impl Answers {
    /// Whether there are several, and all say that the work itself failed.
    fn are_all_broken(&self) -> bool {
        let errors = self.applied.iter().map(|one| &one.error);
        let mut errors = errors.chain(self.read.iter().map(|one| &one.error));
        self.applied.len() + self.read.len() > 1
            && errors.all(|error| error.as_ref().is_some_and(is_of_one))
    }
}

/// Whether an error object says that the work on the item itself failed.
fn is_of_one(error: &Value) -> bool {
    error.get("kind").and_then(Value::as_str) == Some(BROKEN)
}

/// An item that PHP can not work on is broken alone, and will be the next time.
pub(super) fn of_one(error: Error) -> Error {
    if is_broken(&error) { Error { kind: Kind::Invalid, ..error } } else { error }
}

/// Operations, and items, in one call at most.
const PAGE: usize = 200;
/// Items of a batch that may fail alone.
const MOST_BROKEN: usize = 50;
/// The bridge's word for an error that nobody expected.
const BROKEN: &str = "internal";

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::backend::horde::items::{AppliedAnswer, ExportAnswer};
    use crate::backend::horde::rpc::described;
    use crate::backend::horde::work::{Answers, Portion, Work, of_one};
    use crate::backend::{Error, Kind};

    fn batch(n_operations: usize, n_wanted: usize) -> Work {
        let uids = |n: usize| (0..n).map(|at| json!({"uid": at.to_string()})).collect();
        Work::new(uids(n_operations), uids(n_wanted))
    }

    /// A PHP that dies over some of the operations and items; answers how often it was asked.
    fn run(work: &mut Work, dies: impl Fn(usize) -> bool) -> Result<usize, Error> {
        let at = |value: &Value| value["uid"].as_str().unwrap().parse::<usize>().unwrap();
        let mut n_calls = 0;
        while let Some(portion) = work.portion() {
            n_calls += 1;
            let Portion { operations, wanted } = portion;
            let mut sent = work.operations[..operations].iter().chain(&work.wanted[..wanted]);
            let answer = if sent.any(|one| dies(at(one))) {
                Err(described(
                    "bridge.sync",
                    &json!({"kind": "internal", "message": "fatal error"}),
                ))
            } else {
                let applied = (0..operations).map(|_| AppliedAnswer::default()).collect();
                Ok(Answers {
                    applied,
                    read: (0..wanted).map(|_| ExportAnswer::default()).collect(),
                })
            };
            work.settle(&portion, answer)?;
        }
        work.judge().map(|()| n_calls)
    }

    fn broken(work: &Work) -> Vec<usize> {
        let errors = work.applied.iter().map(|one| one.error.is_some());
        let errors = errors.chain(work.read.iter().map(|one| one.error.is_some()));
        errors.enumerate().filter_map(|(at, is_broken)| is_broken.then_some(at)).collect()
    }

    #[test]
    fn a_whole_batch_is_few_calls() {
        assert_eq!(run(&mut batch(150, 150), |_| false).unwrap(), 1);
        assert_eq!(run(&mut batch(450, 10), |_| false).unwrap(), 3);
        assert_eq!(run(&mut batch(0, 0), |_| false).unwrap(), 0);
    }

    #[test]
    fn the_one_that_php_dies_over_is_found_and_the_others_flow() {
        for bad in [0, 1, 77, 149] {
            let mut work = batch(150, 0);
            let n_calls = run(&mut work, |at| at == bad).unwrap();
            assert_eq!((broken(&work), work.applied.len()), (vec![bad], 150));
            assert!(n_calls < 30, "{n_calls}");
        }
        let mut work = batch(2, 100);
        run(&mut work, |at| at == 60 || at == 61).unwrap();
        assert_eq!((broken(&work), work.read.len()), (vec![62, 63], 100));
        let mut alone = batch(1, 0);
        assert_eq!(run(&mut alone, |_| true).unwrap(), 2);
        let error = described("x", alone.applied[0].error.as_ref().unwrap());
        assert_eq!(of_one(error).kind, Kind::Invalid);
    }

    #[test]
    fn what_fails_over_everything_is_an_outage() {
        let failed = run(&mut batch(5, 0), |_| true).unwrap_err();
        assert_eq!(failed.kind, Kind::Unavailable);
        let failed = run(&mut batch(0, 400), |at| at < 390).unwrap_err();
        assert_eq!(failed.kind, Kind::Unavailable);
        let mut work = batch(3, 0);
        let portion = work.portion().unwrap();
        let away = Err(described("x", &json!({"kind": "temporary"})));
        assert_eq!(work.settle(&portion, away).unwrap_err().kind, Kind::Unavailable);
    }
}
