//! A log that somebody else has written, outside the crate and over no store: what everybody uses of a log, by its public
//! types alone. It passes the suite of logs.

use async_trait::async_trait;
use everbus::log::conformance::{self, Harness};
use everbus::log::segment::MAX_EVENTS;
use everbus::log::{
    Appended, Bounds, CommitSender, Commits, Page, PageBuilder, Retention, Segment, Stats, Surplus,
};
use everbus::{
    Batch, ConsumerInfo, Cursor, CursorChange, CursorMove, Error, EventEnvelope, EventLog, Query,
    Result, SeqNo, Timestamp, Uuid,
};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

#[derive(Clone, Debug, Default)]
struct Foreign {
    records: Arc<Mutex<Records>>,
    commits: CommitSender,
}

#[derive(Debug, Default)]
struct Records {
    segments: Vec<Arc<Segment>>,
    last: u64,
    /// Up to this number segments are full.
    settled: u64,
    known: HashMap<Uuid, SeqNo>,
    consumers: BTreeMap<String, Cursor>,
    epoch: u64,
}

fn span(segment: &Segment) -> u64 {
    segment.last().get() - segment.first().get() + 1
}

fn bytes(segments: &[Arc<Segment>]) -> u64 {
    segments.iter().map(|segment| segment.as_bytes().len() as u64).sum()
}

impl Records {
    fn bounds(&self) -> Bounds {
        let first = self.segments.first().map(|segment| segment.first());
        Bounds { first, last: SeqNo::new(self.last).ok() }
    }

    /// Adds events at the end, as segments; all but the last are full.
    fn add(&mut self, batch: Batch) -> Result<Vec<Arc<Segment>>> {
        let first = self.segments.last().map_or(self.last, |segment| segment.last().get()) + 1;
        let are_settled = self.settled + 1 == first || self.segments.is_empty();
        let mut added = Vec::new();
        for segment in batch.into_segments(SeqNo::new(first)?)? {
            let segment = match self.segments.last() {
                Some(previous) => segment.following(previous),
                None => segment,
            };
            self.segments.push(Arc::new(segment));
            added.extend(self.segments.last().cloned());
        }
        if are_settled && let [.., last] = &*added {
            let is_full = span(last) == MAX_EVENTS as u64;
            self.settled = if is_full { last.last().get() } else { last.first().get() - 1 };
        }
        self.last = added.last().map_or(self.last, |segment| segment.last().get());
        Ok(added)
    }

    /// Where the segments begin that aren't full, if they are to be merged.
    fn loose(&self) -> Option<usize> {
        let at = self.segments.partition_point(|segment| segment.last().get() <= self.settled);
        let loose = &self.segments[at..];
        let tiny = loose.iter().filter(|segment| span(segment) < 64).count();
        let events: u64 = loose.iter().map(|segment| span(segment)).sum();
        let is_much = events >= 1000 || bytes(loose) >= 2 << 20;
        (tiny > 64 || is_much && loose.len() > 1).then_some(at)
    }

    fn surplus(&self, retention: &Retention, now: Timestamp) -> Option<Surplus> {
        let (newest, older) = self.segments.split_last()?;
        let stored = self.last + 1 - self.segments[0].first().get();
        let (mut events, mut size) = (stored, bytes(&self.segments));
        let mut goes = 0;
        let mut too_old = 0;
        for segment in older {
            let is_many = retention.max_events.is_some_and(|most| events - span(segment) >= most);
            if !is_many && retention.max_bytes.is_none_or(|most| size <= most) {
                break;
            }
            (events, size) = (events - span(segment), size - segment.as_bytes().len() as u64);
            goes += 1;
        }
        if let Some(age) = retention.max_age
            && let Ok(oldest) = now.checked_sub(age)
        {
            for (segment, count) in older.iter().zip(1..).skip(goes) {
                let mut times =
                    segment.envelopes().map(|e| e.timestamp).filter(|time| *time <= now);
                match times.next() {
                    Some(time) if time >= oldest || times.any(|time| time >= oldest) => break,
                    Some(_) => too_old = count,
                    None => {}
                }
            }
        }
        let goes = goes.max(too_old);
        let before = older.get(goes).unwrap_or(newest).first();
        let bounds = self.bounds();
        let infos = self.consumers.iter().map(|(name, cursor)| cursor.info(name, bounds));
        let is_behind = |c: &ConsumerInfo| c.last_acked.map_or(0, SeqNo::get) + 1 < before.get();
        let overtaken = infos.filter(is_behind).collect();
        let is_all_too_old = too_old == older.len() && too_old > 0;
        (goes > 0).then_some(Surplus { before, overtaken, is_all_too_old })
    }
}

impl Foreign {
    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().expect("nobody has panicked")
    }
}

#[async_trait]
impl EventLog for Foreign {
    async fn append_batch(&self, batch: Batch) -> Result<Appended> {
        let mut records = self.records();
        let (expected, is_idempotent) = (batch.expected_last(), batch.is_idempotent());
        let segments = batch.into_segments(SeqNo::FIRST)?;
        let envelopes = segments.iter().flat_map(|segment| segment.envelopes());
        let (mut new, mut seq_nos, mut next) = (Batch::default(), Vec::new(), records.last);
        let mut known = if is_idempotent { records.known.clone() } else { HashMap::new() };
        for envelope in envelopes {
            let known_as = known.get(&envelope.id).copied().filter(|_| is_idempotent);
            seq_nos.push(match known_as {
                Some(number) => number,
                None => {
                    new.push(&envelope)?;
                    next += 1;
                    let number = SeqNo::new(next)?;
                    known.insert(envelope.id, number);
                    number
                }
            });
        }
        if let Some(expected) = expected.filter(|last| *last != records.last)
            && (!new.is_empty() || seq_nos.is_empty())
        {
            return Err(Error::Conflict { expected, actual: records.last });
        }
        records.known.extend(known);
        let added = records.add(new)?;
        added.iter().for_each(|segment| self.commits.announce(segment));
        Ok(Appended { first_new: added.first().map(|segment| segment.first()), seq_nos })
    }

    async fn bounds(&self) -> Result<Bounds> {
        Ok(self.records().bounds())
    }

    async fn read(&self, query: &Query) -> Result<Page> {
        let records = self.records();
        let within = |segment: &&Arc<Segment>| {
            segment.last().get() >= query.from && segment.first().get() <= query.to
        };
        let mut segments: Vec<_> = records.segments.iter().filter(within).collect();
        if query.reverse {
            segments.reverse();
        }
        let mut page = PageBuilder::new(query);
        for segment in segments {
            if page.push(segment.clone()).is_break() {
                break;
            }
        }
        Ok(page.finish(records.bounds()))
    }

    async fn stats(&self) -> Result<Stats> {
        let records = self.records();
        let segments = &records.segments;
        let events = segments.iter().map(|segment| span(segment)).sum();
        let (bytes, bounds) = (bytes(segments), records.bounds());
        let mut stats = Stats::default();
        (stats.events, stats.segments) = (events, segments.len() as u64);
        (stats.bytes, stats.bounds) = (bytes, bounds);
        Ok(stats)
    }

    async fn trim(&self, before: SeqNo) -> Result<Bounds> {
        let mut records = self.records();
        if before.get() > records.last + 1 {
            return Err(Error::InvalidPosition(format!("the log ends at {}", records.last)));
        }
        records.segments.retain(|segment| segment.last() >= before);
        Ok(records.bounds())
    }

    async fn merge(&self) -> Result<bool> {
        let mut records = self.records();
        if let Some(at) = records.loose() {
            let loose = records.segments.split_off(at);
            let envelopes: Vec<EventEnvelope> =
                loose.iter().flat_map(|segment| segment.envelopes()).collect();
            records.settled = loose[0].first().get() - 1;
            records.last = records.settled;
            records.add(Batch::of(&envelopes)?)?;
        }
        Ok(false)
    }

    async fn move_cursors(&self, moves: Vec<CursorMove>) -> Result<Vec<Result<Cursor>>> {
        let mut records = self.records();
        let bounds = records.bounds();
        let change = |CursorMove { consumer, change }| {
            if !(1..=255).contains(&consumer.len()) {
                return Err(Error::InvalidOption("a name has 1 to 255 bytes".into()));
            }
            let stored = records.consumers.get(&consumer).copied();
            let cursor = Cursor::change(stored, change, bounds, records.epoch + 1)?;
            if let CursorChange::Claim { .. } = change {
                records.epoch += 1;
            }
            records.consumers.insert(consumer, cursor);
            Ok(cursor)
        };
        Ok(moves.into_iter().map(change).collect())
    }

    async fn consumers(&self) -> Result<Vec<ConsumerInfo>> {
        let records = self.records();
        let info = |(name, cursor): (&String, &Cursor)| cursor.info(name, records.bounds());
        Ok(records.consumers.iter().map(info).collect())
    }

    async fn delete_consumer(&self, consumer: &str) -> Result<bool> {
        Ok(self.records().consumers.remove(consumer).is_some())
    }

    async fn surplus(&self, retention: &Retention, now: Timestamp) -> Result<Option<Surplus>> {
        Ok(self.records().surplus(retention, now))
    }

    fn commits(&self) -> Commits {
        self.commits.listen()
    }

    fn handle(&self) -> Arc<dyn EventLog> {
        Arc::new(self.clone())
    }
}

struct Fresh;

impl Harness for Fresh {
    async fn open(&self) -> Arc<dyn EventLog> {
        Arc::new(Foreign::default())
    }

    async fn reopen(&self, log: Arc<dyn EventLog>) -> Arc<dyn EventLog> {
        log
    }
}

macro_rules! scenarios {
    ($($scenario:ident)*) => {
        $(#[test]
        fn $scenario() {
            futures::executor::block_on(conformance::$scenario(Fresh));
        })*
    };
}
everbus::for_each_scenario!(scenarios);
