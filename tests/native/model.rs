//! Logs over one store that fails in every way, at the same time, against a model: one order, dense numbers, each id
//! once, what was told is true, and what isn't known happened once or not at all.
//!
//! Every draw comes from one seed: `MODEL_SEED=n` plays one schedule, the one that a failure names.

mod checks;
mod consumers;
mod rough;

use crate::fuzz::{Told, setting};
use crate::tables::records;
use everbus::log::store::{MemoryStore, Table};
use everbus::log::{Appended, Bounds, Looked, Page, Retention};
use everbus::{
    Batch, Claim, Cursor, EntityEvent, Error, EventEnvelope, EventLog, Filter, Query, Result,
    SeqNo, StoredLog, Timestamp, Uuid,
};
use futures::executor::block_on;
use futures::future::join_all;
use rough::{Clock, Dice, Rough};
use std::collections::{BTreeMap, HashMap};

const SCHEDULES: u64 = 300;
const ROUNDS: usize = 40;

#[test]
fn what_was_told_is_true_whatever_fails_and_whoever_else_writes() {
    let seeds = setting("MODEL_SEED").map_or(1..=SCHEDULES, |seed| seed..=seed);
    let mut sometimes = Sometimes::default();
    let is_one = seeds.clone().count() == 1;
    for seed in seeds {
        let _told = Told(format!("MODEL_SEED={seed}"));
        let mut world = World::of(seed);
        for _ in 0..ROUNDS {
            block_on(world.round());
        }
        sometimes.add(world.sometimes);
    }
    let counts = sometimes.all().map(|count| *count);
    assert!(is_one || counts.iter().all(|count| *count > 10), "too little happened: {counts:?}");
}

/// How often there was what is to be survived.
#[derive(Default)]
struct Sometimes {
    /// Appends in doubt, by what had become of them.
    stored: u64,
    not_stored: u64,
    /// Appends of what was stored already.
    known: u64,
    conflicts: u64,
    /// What was left behind, by what became of it.
    adopted: u64,
    refused: u64,
    trimmed: u64,
    merged: u64,
}

impl Sometimes {
    fn all(&mut self) -> [&mut u64; 8] {
        let Sometimes { stored, not_stored, known, conflicts, adopted, refused, trimmed, merged } =
            self;
        [stored, not_stored, known, conflicts, adopted, refused, trimmed, merged]
    }

    fn add(&mut self, mut other: Sometimes) {
        for (sum, count) in self.all().into_iter().zip(other.all()) {
            *sum += *count;
        }
    }
}

/// Events by their place among all that were ever made.
type Events = Vec<u64>;

/// What was left behind, with its condition.
type Left = (Events, Option<u64>);

struct World {
    random: Dice,
    env: Clock,
    store: Rough,
    handles: Vec<StoredLog>,
    /// One that nothing happens to.
    sound: StoredLog,
    /// How many events were ever made, and what a handle has appended last if nobody knows whether it is stored.
    made: u64,
    unsure: Vec<Option<Events>>,
    /// The log: the event with the number n is at n - 1. And where each event is.
    log: Events,
    numbers: HashMap<u64, u64>,
    first: u64,
    /// What was left behind and isn't numbered, in order.
    left: Vec<Left>,
    consumers: BTreeMap<String, Cursor>,
    claims: Vec<(String, Claim)>,
    /// The highest epoch that was ever seen.
    epoch: u64,
    sometimes: Sometimes,
}

#[derive(Clone, Debug)]
enum Call {
    Append { events: Events, is_idempotent: bool, expected: Option<u64> },
    Read(Query),
    Trim(u64),
    Merge,
    Look,
}

#[derive(Debug)]
enum Outcome {
    Appended(Result<Appended>),
    Read(Result<Page>),
    Trimmed(Result<Bounds>),
    Merged(Result<bool>),
    Looked(Result<Looked>),
}

fn envelope(event: u64) -> EventEnvelope {
    let entity_type = if event.is_multiple_of(3) { "wanted" } else { "other" }.into();
    let entity_id = Uuid::from_u64_pair(1, event % 20);
    EventEnvelope {
        id: Uuid::from_u64_pair(0, event),
        timestamp: Timestamp::UNIX_EPOCH,
        event: EntityEvent::Deleted { entity_type, entity_id }.into(),
        seq_no: None,
        origin: None,
        meta: None,
    }
}

fn batch(events: &[u64], expected: Option<u64>) -> Batch {
    let envelopes: Vec<_> = events.iter().copied().map(envelope).collect();
    let batch = Batch::of(&envelopes).expect("the events are valid");
    match expected {
        Some(0) => batch.expecting_empty(),
        Some(last) => batch.expecting(seq(last)),
        None => batch,
    }
}

fn seq(number: u64) -> SeqNo {
    SeqNo::new(number).expect("it is a number")
}

fn numbered(envelopes: impl Iterator<Item = EventEnvelope>) -> Vec<(u64, u64)> {
    let number = |e: EventEnvelope| (e.seq_no.map_or(0, SeqNo::get), e.id.as_u64_pair().1);
    envelopes.map(number).collect()
}

/// The first stored number, or the next one if nothing is stored.
fn first_of(bounds: &Bounds) -> u64 {
    bounds.first.map_or(bounds.last.map_or(0, SeqNo::get) + 1, SeqNo::get)
}

/// Whether nobody knows what has become of it.
fn is_in_doubt(error: &Error) -> bool {
    check_failure(error);
    matches!(error, Error::Storage { .. })
}

/// Nothing fails but by the store.
fn check_failure(error: &Error) {
    let is_of_store = matches!(error, Error::Storage { .. } | Error::QuotaExceeded { .. });
    assert!(is_of_store, "nothing leads to this: {error}");
}

impl World {
    fn of(seed: u64) -> World {
        let random = Dice::of(seed);
        let env = Clock::of(random.clone());
        let odds = [0, 4, 12, 32][random.below(4)];
        let store = Rough { memory: MemoryStore::default(), random: random.clone(), odds };
        let sound = block_on(StoredLog::open(store.memory.clone(), &env)).expect("it works");
        let mut world = World {
            handles: Vec::new(),
            unsure: vec![None; 3],
            made: 0,
            log: Vec::new(),
            numbers: HashMap::new(),
            first: 1,
            left: Vec::new(),
            consumers: BTreeMap::new(),
            claims: Vec::new(),
            epoch: 0,
            sometimes: Sometimes::default(),
            random,
            env,
            store,
            sound,
        };
        world.handles = (0..3).map(|_| block_on(world.opened())).collect();
        if world.random.below(2) == 0 {
            // So many that there is something to merge.
            world.made = 60;
            for event in 1..=world.made {
                block_on(world.sound.append_batch(batch(&[event], None))).expect("it works");
            }
            block_on(world.look_at_log());
        }
        world
    }

    /// Another handle, once opening it works.
    async fn opened(&self) -> StoredLog {
        loop {
            match StoredLog::open(self.store.clone(), &self.env).await {
                Ok(log) => return log,
                Err(error) => check_failure(&error),
            }
        }
    }

    fn last(&self) -> u64 {
        self.log.len() as u64
    }

    async fn round(&mut self) {
        let handle = self.random.below(self.handles.len());
        match self.random.below(20) {
            0 => {
                self.handles[handle] = self.opened().await;
                self.unsure[handle] = None;
            }
            1 | 2 => self.part(handle),
            3..=5 => self.move_cursors(handle).await,
            6 => self.delete_consumer(handle).await,
            7 => self.retain(handle).await,
            _ => self.together().await,
        }
    }

    /// A few events: new ones, and some of the first `known`, which were appended before, or were to be.
    fn events(&mut self, known: u64) -> Events {
        let count = 1 + self.random.up_to(3);
        let mut events: Events = (self.made + 1..=self.made + count).collect();
        if known > 0 {
            if self.random.below(2) == 0 {
                events.clear();
            }
            for _ in 0..=self.random.below(3) {
                events.push(1 + self.random.up_to(known - 1));
            }
        }
        self.made = events.iter().copied().fold(self.made, u64::max);
        events
    }

    fn condition(&self) -> Option<u64> {
        match self.random.below(6) {
            0 => Some(self.random.up_to(self.last() + 1)),
            1 => Some(self.last()),
            _ => None,
        }
    }

    /// Calls of several handles at once.
    async fn together(&mut self) {
        let (mut calls, known) = (Vec::new(), self.made);
        for handle in 0..self.handles.len() {
            if self.random.below(2) == 0 {
                calls.push((handle, self.call(handle, known)));
            }
        }
        let segments = self.sound.stats().await.expect("it works").segments;
        let handles = &self.handles;
        let run = async |(handle, call): &(usize, Call)| run(&handles[*handle], call).await;
        let outcomes = join_all(calls.iter().map(run)).await;

        let (first, last) = (self.first, self.last());
        self.look_at_log().await;
        let gone = self.look_at_left();
        self.check_explained(last, &calls, &gone);
        for (index, ((handle, call), outcome)) in calls.iter().zip(&outcomes).enumerate() {
            match (call, outcome) {
                (Call::Append { events, expected, .. }, Outcome::Appended(outcome)) => {
                    let others = calls.iter().enumerate().filter(|(other, _)| *other != index);
                    let mut taken: Vec<u64> = gone.iter().flat_map(|(e, _)| e.clone()).collect();
                    taken.extend(others.flat_map(|(_, (_, call))| call.events().to_vec()));
                    let is_alone = events.iter().all(|event| !taken.contains(event));
                    self.unsure[*handle] = None;
                    self.check_append(*handle, events, *expected, last, is_alone, outcome);
                }
                (Call::Read(query), Outcome::Read(Ok(page))) => {
                    self.check_page(query, page, first, last);
                }
                (Call::Trim(before), Outcome::Trimmed(Ok(bounds))) => {
                    let left = first_of(bounds);
                    assert!(first <= left && left <= self.first && *before <= self.last() + 1);
                }
                (Call::Trim(before), Outcome::Trimmed(Err(Error::InvalidPosition(_)))) => {
                    assert!(*before > last + 1, "there was an end");
                }
                (Call::Look, Outcome::Looked(Ok(looked))) => {
                    assert!(looked.bounds.last.map_or(0, SeqNo::get) >= last);
                }
                (_, outcome) => outcome.check_failure(),
            }
        }
        let before = calls.iter().filter_map(|(_, call)| match call {
            Call::Trim(before) => Some(*before),
            _ => None,
        });
        assert!(self.first <= before.fold(first, u64::max), "too much was trimmed");
        let fewer = self.sound.stats().await.expect("it works").segments < segments;
        self.sometimes.trimmed += u64::from(self.first > first);
        self.sometimes.merged += u64::from(self.first == first && fewer);
        let unmet = |(events, condition): &&Left| {
            condition.is_some() && events.iter().any(|event| !self.numbers.contains_key(event))
        };
        let unmet = gone.iter().filter(unmet).count();
        let refused: usize = outcomes.iter().map(Outcome::refused).sum();
        let conditions = gone.iter().filter(|(_, condition)| condition.is_some()).count();
        // Two that look at once, and don't know whose transaction was made, both tell.
        let looks = calls.iter().filter(|(_, call)| matches!(call, Call::Look)).count();
        let most = if self.store.odds > 0 { conditions * looks } else { conditions };
        assert!(refused <= most && (refused >= unmet || self.store.odds > 0), "not told");
        self.sometimes.adopted += (gone.len() - unmet) as u64;
        self.sometimes.refused += refused as u64;
    }

    fn call(&mut self, handle: usize, known: u64) -> Call {
        match self.random.below(12) {
            0..=4 => match self.unsure[handle].take() {
                // Who retries at once needn't ask for the ids.
                Some(events) if self.random.below(2) == 0 => {
                    Call::Append { events, is_idempotent: false, expected: None }
                }
                _ => {
                    let is_idempotent = self.random.below(2) == 0;
                    let known = if is_idempotent { known } else { 0 };
                    let (events, expected) = (self.events(known), self.condition());
                    Call::Append { events, is_idempotent, expected }
                }
            },
            5..=7 => {
                let [from, to] =
                    [self.random.up_to(self.last()), self.random.up_to(self.last() + 9)];
                let (reverse, wanted) = (self.random.below(2) == 0, self.random.below(2) == 0);
                let entity_type = wanted.then(|| vec!["wanted".to_owned()]);
                let filter = Filter { entity_type, ..Filter::default() };
                let limit = [1, 3, 1000][self.random.below(3)];
                Call::Read(Query { from, to, limit, filter, reverse })
            }
            8 => Call::Trim(1 + self.random.up_to(self.last() + 1)),
            9 => Call::Merge,
            _ => Call::Look,
        }
    }

    /// Reads what was added to the log: with the numbers that follow, each id once.
    async fn look_at_log(&mut self) {
        let bounds = self.sound.bounds().await.expect("it works");
        let (first, end) = (first_of(&bounds), bounds.last.map_or(0, SeqNo::get));
        assert!(first >= self.first, "what was trimmed is back");
        let mut from = self.last() + 1;
        // What is new and trimmed already is found by its id, which changes nothing.
        while from < first {
            let gone = self.trimmed_event(from).await;
            self.add(gone);
            from += 1;
        }
        while from <= end {
            let query = Query { from, ..Query::default() };
            for (number, event) in
                numbered(self.sound.read(&query).await.expect("it works").envelopes())
            {
                assert_eq!(number, self.last() + 1, "a gap");
                self.add(event);
                from = number + 1;
            }
        }
        self.first = first;
    }

    fn add(&mut self, event: u64) {
        self.log.push(event);
        let before = self.numbers.insert(event, self.last());
        assert_eq!(before, None, "event {event} is stored twice");
    }

    async fn trimmed_event(&self, number: u64) -> u64 {
        for event in (1..=self.made).filter(|event| !self.numbers.contains_key(event)) {
            // The condition keeps what isn't known from being stored.
            let never = batch(&[event], Some(self.last() + 1_000)).idempotent();
            match self.sound.append_batch(never).await {
                Ok(Appended { seq_nos, .. }) if seq_nos == [seq(number)] => return event,
                Ok(_) | Err(Error::Conflict { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        panic!("the id of event {number} isn't known, which was trimmed");
    }

    /// What was left behind and isn't any more.
    fn look_at_left(&mut self) -> Vec<Left> {
        let left = records(&self.store.memory, Table::Parting).len();
        self.left.drain(..self.left.len() - left).collect()
    }

    /// Leaves events behind, and sometimes appends them later.
    fn part(&mut self, handle: usize) {
        let (events, condition) = (self.events(0), self.condition());
        let parted = self.handles[handle].part(batch(&events, condition), &self.env);
        parted.expect("memory can be written blind");
        self.unsure[handle] = None;
        self.left.push((events, condition));
    }

    async fn retain(&mut self, handle: usize) {
        let most = self.random.up_to(30);
        let retention = Retention { max_events: Some(most), ..Retention::default() };
        let surplus = match self.handles[handle].surplus(&retention, Timestamp::UNIX_EPOCH).await {
            Ok(surplus) => surplus,
            Err(error) => return check_failure(&error),
        };
        let Some(surplus) = surplus else { return };
        let before = surplus.before.get();
        assert!(before > self.first && before <= self.last());
        assert!(self.last() + 1 - before >= most, "too little would be kept");
        let overtaken: Vec<&String> = surplus.overtaken.iter().map(|c| &c.name).collect();
        let behind = self.consumers.iter().filter(|(_, cursor)| cursor.next.get() < before);
        assert_eq!(overtaken, behind.map(|(name, _)| name).collect::<Vec<_>>());
        let bounds = self.sound.trim(surplus.before).await.expect("it works");
        assert_eq!(bounds.first, Some(surplus.before), "a surplus is whole segments");
        self.first = before;
    }
}

async fn run(log: &StoredLog, call: &Call) -> Outcome {
    match call.clone() {
        Call::Append { events, is_idempotent, expected } => {
            let batch = batch(&events, expected);
            let batch = if is_idempotent { batch.idempotent() } else { batch };
            Outcome::Appended(log.append_batch(batch).await)
        }
        Call::Read(query) => Outcome::Read(log.read(&query).await),
        Call::Trim(before) => Outcome::Trimmed(log.trim(seq(before)).await),
        Call::Merge => Outcome::Merged(log.merge().await),
        Call::Look => Outcome::Looked(log.look().await),
    }
}

impl Call {
    fn events(&self) -> &[u64] {
        match self {
            Call::Append { events, .. } => events,
            _ => &[],
        }
    }
}

impl Outcome {
    fn refused(&self) -> usize {
        match self {
            Outcome::Looked(Ok(looked)) => looked.refused.len(),
            _ => 0,
        }
    }

    fn check_failure(&self) {
        let error = match self {
            Outcome::Appended(outcome) => outcome.as_ref().err(),
            Outcome::Read(outcome) => outcome.as_ref().err(),
            Outcome::Trimmed(outcome) => outcome.as_ref().err(),
            Outcome::Merged(outcome) => outcome.as_ref().err(),
            Outcome::Looked(outcome) => outcome.as_ref().err(),
        };
        error.into_iter().for_each(check_failure);
    }
}
