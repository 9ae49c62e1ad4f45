//! A log in memory against a model: whatever is appended, merged, trimmed and read, in whatever order, numbers are dense
//! and every event that is stored is what was appended.

use arbitrary::{Result, Unstructured};
use everbus::log::Retention;
use everbus::{
    Batch, EntityEvent, Error, EventEnvelope, EventLog, Filter, Json, Query, SeqNo, StoredLog,
    Timestamp, Uuid,
};
use futures::executor::block_on;
use std::collections::BTreeMap;

/// The most operations and the most events of one input.
const MOST_STEPS: usize = 60;
const MOST_EVENTS: u64 = 12_000;

pub fn check(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let mut run =
        Run { log: StoredLog::default(), events: Vec::new(), first: 1, payloads: payloads() };
    let mut steps = 0;
    while !input.is_empty() && steps < MOST_STEPS && run.last() < MOST_EVENTS {
        // What is missing at the end of the input is no step.
        let _ = run.step(&mut input);
        steps += 1;
    }
    run.check_all();
}

/// Texts of three sizes: of the large ones a few fill a segment.
fn payloads() -> [Json; 3] {
    [0, 50, 300_000].map(|length| Json::new(&"x".repeat(length)).expect("it is JSON"))
}

struct Run {
    log: StoredLog,
    /// Every event that was ever appended: the one with the number n is at n - 1.
    events: Vec<EventEnvelope>,
    /// The first stored number, or the next one if nothing is stored.
    first: u64,
    payloads: [Json; 3],
}

impl Run {
    fn last(&self) -> u64 {
        self.events.len() as u64
    }

    fn stored(&self) -> &[EventEnvelope] {
        &self.events[self.first as usize - 1..]
    }

    fn step(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        match input.int_in_range(0..=9)? {
            0..=2 => self.append(input)?,
            3 => self.append_again(input)?,
            4 => self.append_on_condition(input)?,
            5 => self.merge(),
            6 => self.trim(input)?,
            7 => self.retain(input)?,
            8 => self.read(input)?,
            _ => self.find_time(input)?,
        }
        self.check_bounds();
        Ok(())
    }

    /// Events that the log doesn't know; of one size, with or without a meta, at times that needn't grow.
    fn fresh(&self, input: &mut Unstructured<'_>) -> Result<Vec<EventEnvelope>> {
        let payload = input.choose(&self.payloads)?;
        let most = if payload.as_str().len() > 1000 { 8 } else { 1001 };
        let count = (*input.choose(&[1, 1, 2, 7, 70, 400, 1000, 1001])?).min(most);
        let has_meta = input.arbitrary::<bool>()?;
        let second = i64::from(input.arbitrary::<u8>()?);
        let envelope = |n: u64| {
            let entity_type = if n.is_multiple_of(3) { "wanted" } else { "other" };
            let entity_id = Uuid::from_u64_pair(1, n % 50);
            let meta = || Json::new(&BTreeMap::from([("meta", payload)])).expect("it is JSON");
            let data =
                if has_meta { Json::parse("1").expect("it is JSON") } else { payload.clone() };
            EventEnvelope {
                id: Uuid::from_u64_pair(0, n),
                timestamp: Timestamp::from_second(second + n as i64 % 3).expect("it is a time"),
                event: EntityEvent::Created { entity_type: entity_type.into(), entity_id, data }
                    .into(),
                seq_no: None,
                origin: None,
                meta: has_meta.then(meta),
            }
        };
        Ok((self.last() + 1..=self.last() + count).map(envelope).collect())
    }

    fn append(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let fresh = self.fresh(input)?;
        // In one piece, or as small segments.
        for piece in fresh.chunks(*input.choose(&[fresh.len(), 1, 3])?) {
            let appended = block_on(self.log.append_batch(batch(piece))).expect("it works");
            let numbers = self.last() + 1..=self.last() + piece.len() as u64;
            assert!(appended.seq_nos.iter().map(|n| n.get()).eq(numbers));
            self.events.extend_from_slice(piece);
        }
        Ok(())
    }

    /// Appends events of which the log knows some.
    fn append_again(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let mut envelopes = self.fresh(input)?;
        envelopes.truncate(20);
        let mut expected: Vec<u64> = (self.last() + 1..).take(envelopes.len()).collect();
        let mut fresh = envelopes.clone();
        if !self.events.is_empty() {
            for at in 0..envelopes.len() {
                let back = input.int_in_range(0..=self.last().min(9_999) - 1)?;
                let known = self.last() - back;
                envelopes.insert(at * 2, self.events[known as usize - 1].clone());
                expected.insert(at * 2, known);
            }
        }
        // Once more within the batch.
        envelopes.extend(envelopes.first().cloned());
        expected.extend(expected.first().copied());
        let appended = block_on(self.log.append_batch(batch(&envelopes).idempotent()));
        let seq_nos = appended.expect("it works").seq_nos;
        assert!(seq_nos.iter().map(|n| n.get()).eq(expected));
        self.events.append(&mut fresh);
        Ok(())
    }

    fn append_on_condition(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let fresh = self.fresh(input)?;
        let expected = input.int_in_range(0..=self.last() + 1)?;
        let batch = match SeqNo::new(expected) {
            Ok(last) => batch(&fresh).expecting(last),
            Err(_) => batch(&fresh).expecting_empty(),
        };
        match block_on(self.log.append_batch(batch)) {
            Ok(_) => {
                assert_eq!(expected, self.last());
                self.events.extend(fresh);
            }
            Err(Error::Conflict { actual, .. }) => {
                assert_eq!(actual, self.last());
                assert_ne!(expected, actual);
            }
            Err(error) => panic!("{error}"),
        }
        Ok(())
    }

    /// Merges until there is nothing more to do, which comes to an end, and makes no more segments.
    fn merge(&mut self) {
        let before = block_on(self.log.stats()).expect("it works");
        let mut steps = 0;
        while block_on(self.log.merge()).expect("it works") {
            steps += 1;
            assert!(steps <= before.segments, "merging doesn't end");
        }
        let after = block_on(self.log.stats()).expect("it works");
        assert!(after.segments <= before.segments);
        assert_eq!(after.events, before.events);
    }

    fn trim(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let before = input.int_in_range(1..=self.last() + 2)?;
        self.trim_before(before);
        Ok(())
    }

    fn trim_before(&mut self, before: u64) {
        match block_on(self.log.trim(SeqNo::new(before).expect("it is a number"))) {
            Ok(bounds) => {
                assert!(before <= self.last() + 1);
                let first = bounds.first.map_or(self.last() + 1, SeqNo::get);
                assert!(self.first <= first && first <= before.max(self.first));
                // All that is asked for can go.
                assert!(before <= self.last() || first == before);
                self.first = first;
            }
            Err(Error::InvalidPosition(_)) => assert_eq!(before, self.last() + 2),
            Err(error) => panic!("{error}"),
        }
    }

    /// Trims to a retention; then it is kept, unless by the newest segment.
    fn retain(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let retention = Retention {
            max_events: input.arbitrary::<Option<u16>>()?.map(u64::from),
            max_bytes: input.arbitrary::<Option<u32>>()?.map(|bytes| u64::from(bytes) % 4_000_000),
            max_age: None,
        };
        let surplus = block_on(self.log.surplus(&retention, Timestamp::UNIX_EPOCH));
        if let Some(surplus) = surplus.expect("it works") {
            self.trim_before(surplus.before.get());
            assert_eq!(self.first, surplus.before.get(), "a surplus is whole segments");
        }
        let stats = block_on(self.log.stats()).expect("it works");
        let is_last = stats.segments <= 1;
        assert!(is_last || retention.max_bytes.is_none_or(|most| stats.bytes <= most));
        let oldest = self.pages(&Query::default()).first().map_or(0, |chunk| chunk.len() as u64);
        let without = stats.events - oldest.min(stats.events);
        assert!(is_last || retention.max_events.is_none_or(|most| without < most));
        Ok(())
    }

    fn read(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let filter = match input.arbitrary()? {
            true => Filter { entity_type: Some(vec!["wan*".into()]), ..Filter::default() },
            false => Filter::default(),
        };
        let query = Query {
            from: input.int_in_range(0..=self.last() + 2)?,
            to: input.int_in_range(0..=self.last() + 2)?,
            limit: *input.choose(&[1, 3, 1000, 100_000])?,
            filter,
            reverse: input.arbitrary()?,
        };
        let page = block_on(self.log.read(&query)).expect("it works");
        let mut expected: Vec<_> = (self.first..)
            .zip(self.stored())
            .filter(|(n, envelope)| {
                (query.from..=query.to).contains(n) && query.filter.matches(envelope)
            })
            .collect();
        if query.reverse {
            expected.reverse();
        }
        let got: Vec<_> = page.envelopes().collect();
        assert!(got.len() <= query.limit);
        let expected_now = &expected[..got.len().min(expected.len())];
        assert!(
            got.iter().map(numberless).eq(expected_now.iter().map(|(n, e)| (*n, (*e).clone())))
        );
        // What is left out is beyond where the page ends.
        let left = expected.get(got.len()).map(|(n, _)| *n);
        match page.resume.map(SeqNo::get) {
            None => assert_eq!(left, None),
            Some(resume) if query.reverse => assert!(left.is_none_or(|left| left <= resume)),
            Some(resume) => assert!(left.is_none_or(|left| left >= resume)),
        }
        assert!(got.len() == query.limit || left.is_none() || page.resume.is_some());
        Ok(())
    }

    fn find_time(&mut self, input: &mut Unstructured<'_>) -> Result<()> {
        let time =
            Timestamp::from_second(i64::from(input.arbitrary::<u8>()?)).expect("it is a time");
        let found = block_on(self.log.find_time(time)).expect("it works").map(SeqNo::get);
        let mut stored = (self.first..).zip(self.stored());
        let expected = stored.find(|(_, envelope)| envelope.timestamp >= time).map(|(n, _)| n);
        assert_eq!(found, expected);
        Ok(())
    }

    fn check_bounds(&self) {
        let stats = block_on(self.log.stats()).expect("it works");
        let stored = self.stored().len() as u64;
        assert_eq!(stats.events, stored);
        assert_eq!(stats.bounds.last.map_or(0, SeqNo::get), self.last());
        assert_eq!(stats.bounds.first.map(SeqNo::get), (stored > 0).then_some(self.first));
        assert_eq!((stats.segments == 0, stats.bytes == 0), (stored == 0, stored == 0));
    }

    /// Every chunk of what matches, over as many pages as it takes.
    fn pages(&self, query: &Query) -> Vec<everbus::log::Chunk> {
        let mut query = query.clone();
        let mut chunks = Vec::new();
        loop {
            let page = block_on(self.log.read(&query)).expect("it works");
            chunks.extend(page.chunks);
            match page.resume {
                Some(resume) if query.reverse => query.to = resume.get(),
                Some(resume) => query.from = resume.get(),
                None => return chunks,
            }
        }
    }

    /// Reads everything, forwards and backwards.
    fn check_all(&self) {
        let stats = block_on(self.log.stats()).expect("it works");
        for reverse in [false, true] {
            let chunks = self.pages(&Query { limit: usize::MAX, reverse, ..Query::default() });
            assert_eq!(chunks.len() as u64, stats.segments);
            let mut read: Vec<_> = chunks.iter().flat_map(|chunk| chunk.envelopes()).collect();
            if reverse {
                read.reverse();
            }
            let stored = (self.first..).zip(self.stored().iter().cloned());
            assert!(read.iter().map(numberless).eq(stored));
        }
    }
}

fn batch(envelopes: &[EventEnvelope]) -> Batch {
    Batch::of(envelopes).expect("the events are valid")
}

fn numberless(envelope: &EventEnvelope) -> (u64, EventEnvelope) {
    let number = envelope.seq_no.map_or(0, SeqNo::get);
    (number, EventEnvelope { seq_no: None, ..envelope.clone() })
}
