//! What somebody has done to the tables who knows nothing of logs: what is damaged is told by number, all else is there.

use crate::fuzz::{Random, Told};
use crate::tables::records;
use everbus::log::Retention;
use everbus::log::store::{Key, Keys, MemoryStore, Request, Store, Table};
use everbus::{
    Batch, CursorChange, CursorMove, EntityEvent, Error, EventEnvelope, EventLog, Filter, Query,
    SeekPosition, SeqNo, StoredLog, Timestamp, Uuid,
};
use futures::executor::block_on;
use std::sync::Arc;

/// What happens to a record.
#[derive(Clone, Debug)]
enum Harm {
    /// A bit is another one, so far into it, in percent.
    Flip(usize),
    /// It ends so far into it.
    Cut(usize),
    Remove,
    /// It and another one take each other's place.
    Swap(Key),
}

/// Each kind but swapping.
const ALONE: [Harm; 9] = [
    Harm::Flip(0),
    Harm::Flip(3),
    Harm::Flip(10),
    Harm::Flip(50),
    Harm::Flip(99),
    Harm::Cut(0),
    Harm::Cut(50),
    Harm::Cut(99),
    Harm::Remove,
];

/// Harms the record under this key, if it is there.
fn harm(store: &MemoryStore, table: Table, key: &Key, harm: &Harm) {
    let records = records(store, table);
    let get = |key: &Key| Some(records.iter().find(|(known, _)| known == key)?.1.clone());
    let Some(value) = get(key) else { return };
    let mut bytes = value.to_vec();
    let writes = match harm {
        Harm::Flip(percent) => {
            let at = bytes.len() * percent / 100;
            bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (at % 8));
            vec![Request::Put(table, key.clone(), Arc::new(bytes))]
        }
        Harm::Cut(percent) => {
            bytes.truncate(bytes.len() * percent / 100);
            vec![Request::Put(table, key.clone(), Arc::new(bytes))]
        }
        Harm::Remove => vec![Request::Delete(table, Keys::One(key.clone()))],
        Harm::Swap(other) => match get(other) {
            Some(theirs) => vec![
                Request::Put(table, key.clone(), theirs),
                Request::Put(table, other.clone(), value),
            ],
            None => Vec::new(),
        },
    };
    store.write_blind(writes).expect("memory can be written blind");
}

/// Another store that holds the same.
fn copy(store: &MemoryStore) -> MemoryStore {
    let copied = MemoryStore::default();
    for table in Table::ALL {
        let puts =
            records(store, table).into_iter().map(|(key, value)| Request::Put(table, key, value));
        copied.write_blind(puts.collect()).expect("memory can be written blind");
    }
    copied
}

fn open(store: &MemoryStore) -> StoredLog {
    block_on(StoredLog::open(store.clone(), &*everbus::env::system())).expect("it works")
}

/// The `n`th event: every third is wanted by some.
fn envelope(n: u64) -> EventEnvelope {
    let entity_type = if n.is_multiple_of(3) { "wanted" } else { "other" }.into();
    EventEnvelope {
        id: Uuid::from_u64_pair(0, n),
        timestamp: Timestamp::from_second(n as i64).expect("it is a time"),
        event: EntityEvent::Deleted { entity_type, entity_id: Uuid::from_u64_pair(1, n) }.into(),
        seq_no: None,
        origin: None,
        meta: None,
    }
}

fn batch(numbers: impl Iterator<Item = u64>) -> Batch {
    let envelopes: Vec<_> = numbers.map(envelope).collect();
    Batch::of(&envelopes).expect("the events are valid")
}

fn seq(number: u64) -> SeqNo {
    SeqNo::new(number).expect("it is a number")
}

/// Appends the events from one to another, as segments of so many.
fn fill(log: &StoredLog, from: u64, to: u64, each: usize) {
    for first in (from..=to).step_by(each) {
        let last = to.min(first + each as u64 - 1);
        let appended = block_on(log.append_batch(batch(first..=last))).expect("appends go on");
        assert_eq!(appended.first_new, Some(seq(first)));
    }
}

/// The numbers that can be read, in order, and those of which reading tells that they can't.
fn read(log: &StoredLog, filter: Filter, reverse: bool) -> (Vec<u64>, Vec<u64>) {
    let (mut readable, mut lost) = (Vec::new(), Vec::new());
    let mut query = Query { filter, reverse, ..Query::default() };
    loop {
        let next = match block_on(log.read(&query)) {
            Ok(page) => {
                for envelope in page.envelopes() {
                    let number = envelope.seq_no.expect("it is stored").get();
                    assert_eq!(envelope.id, Uuid::from_u64_pair(0, number), "it is another one");
                    readable.push(number);
                }
                page.resume.map(SeqNo::get)
            }
            Err(Error::Corrupt { events: Some((first, last)), .. }) => {
                lost.extend(first.get()..=last.get());
                Some(if reverse { first.get() - 1 } else { last.get() + 1 })
            }
            Err(error) => panic!("it is told otherwise: {error}"),
        };
        match next {
            Some(0) | None => break,
            Some(to) if reverse => query.to = to,
            Some(from) => query.from = from,
        }
    }
    if reverse {
        readable.reverse();
    }
    lost.sort_unstable();
    (readable, lost)
}

/// Of the events from `first` to `last` just those can't be read, whichever way and with whatever filter.
fn check(log: &StoredLog, first: u64, last: u64, lost: &[u64]) {
    for reverse in [false, true] {
        for wanted in [false, true] {
            let entity_type = wanted.then(|| vec!["wanted".to_owned()]);
            let filter = Filter { entity_type, ..Filter::default() };
            let is_readable = |n: &u64| !lost.contains(n) && (!wanted || n.is_multiple_of(3));
            let readable: Vec<u64> = (first..=last).filter(is_readable).collect();
            let found = read(log, filter, reverse);
            assert_eq!(found, (readable, lost.to_vec()), "reverse: {reverse}, wanted: {wanted}");
        }
    }
}

/// Ten segments of three events are harmed, by their indices; then the log goes on.
fn survive(harms: &[(u64, Harm)]) {
    let _told = Told(format!("{harms:?}"));
    let store = MemoryStore::default();
    let before = open(&store);
    fill(&before, 1, 30, 3);
    let sound = records(&store, Table::Segments);
    for (index, each) in harms {
        harm(&store, Table::Segments, &segment(*index), each);
    }
    let now = records(&store, Table::Segments);
    let is_lost = |n: &u64| !now.contains(&sound[(*n as usize - 1) / 3]);
    let lost: Vec<u64> = (1..=30).filter(is_lost).collect();

    for log in [before, open(&store)] {
        check(&log, 1, 30, &lost);
    }
    let log = open(&store);
    fill(&log, 31, 130, 1);
    check(&log, 1, 130, &lost);
    let mut steps = 0;
    while block_on(log.merge()).expect("merging passes over what is damaged") {
        steps += 1;
        assert!(steps < 20, "merging doesn't end");
    }
    assert!(block_on(log.stats()).expect("it works").segments < 100, "nothing was merged");
    check(&log, 1, 130, &lost);
    check(&open(&store), 1, 130, &lost);
    assert_eq!(block_on(log.append(envelope(130))).expect("its id is known"), 130);

    let bounds = block_on(log.trim(seq(131))).expect("trimming forgets what is damaged");
    assert_eq!((bounds.first, bounds.last), (None, Some(seq(130))));
    fill(&log, 131, 140, 2);
    check(&open(&store), 131, 140, &[]);
}

/// The key of the segment with this index.
fn segment(index: u64) -> Key {
    Key::Number(3 * index + 1)
}

#[test]
fn a_damaged_segment_is_told_by_number_and_the_rest_stays() {
    for index in [0, 4, 9] {
        for harm in ALONE {
            survive(&[(index, harm)]);
        }
    }
    for (index, other) in [(0, 1), (3, 8), (9, 0)] {
        survive(&[(index, Harm::Swap(segment(other)))]);
    }
}

#[test]
fn however_many_segments_are_damaged_the_rest_stays() {
    for seed in 1..=40 {
        let mut random = Random(seed);
        let mut harms = Vec::new();
        for _ in 0..=random.below(6) {
            let index = random.below(10) as u64;
            let harm = ALONE.into_iter().nth(random.below(12));
            let harm = harm.unwrap_or_else(|| Harm::Swap(segment(random.below(10) as u64)));
            harms.push((index, harm));
        }
        survive(&harms);
    }
}

/// What chapters say is looked up in segments: without them it only takes longer.
#[test]
fn whatever_becomes_of_chapters_filters_find_everything() {
    let store = MemoryStore::default();
    let log = open(&store);
    fill(&log, 1, 33_000, 1000);
    while block_on(log.merge()).expect("it works") {}
    let chapters = records(&store, Table::Chapters);
    assert_eq!(chapters.len(), 2);
    let wanted = [1, 999, 15_000, 16_001, 17_500, 32_500];
    let touches = Some(wanted.map(|n| Uuid::from_u64_pair(1, n)).into());
    let filter = Filter { touches, ..Filter::default() };
    let swap = Harm::Swap(chapters[1].0.clone());
    for (harmed, each) in ALONE.into_iter().chain([swap]).enumerate() {
        let store = copy(&store);
        harm(&store, Table::Chapters, &chapters[harmed % 2].0, &each);
        let log = open(&store);
        for reverse in [false, true] {
            let found = read(&log, filter.clone(), reverse);
            assert_eq!(found, (wanted.into(), Vec::new()), "{each:?}, reverse: {reverse}");
        }
        fill(&log, 33_001, 33_003, 1);
        block_on(log.trim(seq(20_500))).expect("it works");
        let found = read(&log, filter.clone(), false);
        assert_eq!(found, (vec![32_500], Vec::new()), "{each:?}, trimmed");
    }
    // A chapter that says of its first segment that it has nothing of that type.
    let (key, bytes) = chapters[0].clone();
    let at = bytes.windows(6).position(|bytes| bytes == b"wanted").expect("the type is in it");
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1;
    let damaged = copy(&store);
    let put = vec![Request::Put(Table::Chapters, key, Arc::new(bytes))];
    damaged.write_blind(put).expect("memory can be written blind");
    let entity_type = Some(vec!["wanted".to_owned()]);
    let first =
        Query { filter: Filter { entity_type, ..Filter::default() }, limit: 1, ..Query::default() };
    let page = block_on(open(&damaged).read(&first)).expect("it works");
    assert_eq!(page.envelopes().next().and_then(|e| e.seq_no), Some(seq(3)));
    // A segment that a chapter sends its readers to is damaged.
    for each in ALONE {
        let store = copy(&store);
        harm(&store, Table::Segments, &Key::Number(16_001), &each);
        for reverse in [false, true] {
            let (readable, lost) = read(&open(&store), filter.clone(), reverse);
            assert_eq!(readable, [1, 999, 15_000, 17_500, 32_500], "{each:?}");
            assert_eq!(lost, (16_001..=17_000).collect::<Vec<_>>(), "{each:?}");
        }
    }
}

/// Then what was trimmed may be appended again, but only what was in that record.
#[test]
fn whatever_becomes_of_the_ids_of_trimmed_events_appends_go_on() {
    for (index, each) in ALONE.into_iter().chain([Harm::Swap(Key::Number(1))]).enumerate() {
        let _told = Told(format!("{each:?}"));
        let is_swapped = matches!(each, Harm::Swap(_));
        let store = MemoryStore::default();
        let log = open(&store);
        fill(&log, 1, 20, 5);
        block_on(log.trim(seq(if index % 2 == 0 { 16 } else { 21 }))).expect("it works");
        harm(&store, Table::Ids, &Key::Number(6), &each);
        for log in [log, open(&store)] {
            let append = |n| block_on(log.append(envelope(n))).expect("appends go on").get();
            assert_eq!([3, 12, 17].map(append), [3, 12, 17]);
            assert_eq!(append(7), if is_swapped { 7 } else { 21 });
        }
    }
}

#[test]
fn a_damaged_consumer_is_the_only_one_that_is_told() {
    let ack = |consumer: &str, n| CursorMove {
        consumer: consumer.into(),
        change: CursorChange::Ack(seq(n)),
    };
    for each in ALONE {
        let _told = Told(format!("{each:?}"));
        let store = MemoryStore::default();
        let log = open(&store);
        fill(&log, 1, 9, 3);
        let moves = vec![ack("a", 1), ack("b", 5), ack("c", 3)];
        block_on(log.move_cursors(moves)).expect("it works");
        harm(&store, Table::Consumers, &Key::from("b"), &each);
        let moves = vec![ack("a", 2), ack("b", 6), ack("c", 4)];
        let outcomes = block_on(log.move_cursors(moves)).expect("it works");
        let told: Vec<_> =
            outcomes.iter().map(|outcome| outcome.as_ref().err().map(Error::code)).collect();
        let retention = Retention { max_events: Some(2), ..Retention::default() };
        let surplus = block_on(log.surplus(&retention, Timestamp::UNIX_EPOCH));
        let surplus = surplus.expect("it works").expect("there is some");
        let overtaken: Vec<_> = surplus.overtaken.iter().map(|c| c.name.as_str()).collect();
        if let Harm::Remove = each {
            assert_eq!((told, overtaken), (vec![None; 3], vec!["a", "c"]));
            continue;
        }
        assert_eq!((told, overtaken), (vec![None, Some("corrupt"), None], vec!["a", "c"]));
        for told in [
            block_on(log.consumers()).map(drop),
            block_on(log.seek("b", SeekPosition::Beginning)),
            block_on(log.subscribe("b", SeekPosition::LastAcknowledged)).map(drop),
        ] {
            let error = told.expect_err("it is damaged");
            assert_eq!(error.code(), "corrupt");
            assert!(error.to_string().contains("\"b\""), "{error}");
        }
        assert!(block_on(log.delete_consumer("b")).expect("it can be deleted"));
        let left = block_on(log.consumers()).expect("it works");
        let left: Vec<_> = left.iter().map(|c| (c.name.as_str(), c.last_acked)).collect();
        assert_eq!(left, [("a", Some(seq(2))), ("c", Some(seq(4)))]);
    }
}

#[test]
fn what_was_left_behind_and_is_damaged_is_told_and_the_rest_numbered() {
    for each in ALONE {
        let _told = Told(format!("{each:?}"));
        let store = MemoryStore::default();
        let log = open(&store);
        fill(&log, 1, 3, 3);
        for n in 4..=6 {
            log.part(batch(n..=n), &*everbus::env::system()).expect("memory can be written blind");
        }
        let left = records(&store, Table::Parting);
        harm(&store, Table::Parting, &left[1].0, &each);
        let looked = block_on(open(&store).look()).expect("it works");
        let told: Vec<_> = looked.refused.iter().map(Error::code).collect();
        let is_gone = matches!(each, Harm::Remove);
        assert_eq!(told, if is_gone { vec![] } else { vec!["corrupt"] });
        assert_eq!(looked.bounds.last, Some(seq(5)));
        let page = block_on(log.read(&Query { from: 4, ..Query::default() })).expect("it works");
        let ids: Vec<_> = page.envelopes().map(|e| e.id.as_u64_pair().1).collect();
        assert_eq!(ids, [4, 6]);
        assert!(records(&store, Table::Parting).is_empty());
    }
}

/// Nothing is done to a log whose head is damaged: with the head all is there again.
#[test]
fn a_damaged_head_is_told_by_everything_and_nothing_is_written_over_it() {
    let store = MemoryStore::default();
    let log = open(&store);
    fill(&log, 1, 9, 3);
    block_on(log.ack("a", seq(2))).expect("it works");
    let (head, bytes) = records(&store, Table::Meta).remove(0);
    let flips = (0..100).map(Harm::Flip);
    for each in flips.chain([0, 1, 50, 99].map(Harm::Cut)).chain([Harm::Remove]) {
        let _told = Told(format!("{each:?}"));
        harm(&store, Table::Meta, &head, &each);
        let all = || Table::ALL.map(|table| records(&store, table));
        let before = all();
        let outcomes = block_on(async {
            let query = Query::default();
            [
                StoredLog::open(store.clone(), &*everbus::env::system()).await.map(drop),
                log.append(envelope(10)).await.map(drop),
                log.append_batch(batch(10..=11)).await.map(drop),
                log.read(&query).await.map(drop),
                log.bounds().await.map(drop),
                log.trim(seq(4)).await.map(drop),
                log.ack("a", seq(3)).await,
                log.consumers().await.map(drop),
                log.delete_consumer("a").await.map(drop),
                log.look().await.map(drop),
                log.find_time(Timestamp::UNIX_EPOCH).await.map(drop),
                log.surplus(&Retention::default(), Timestamp::UNIX_EPOCH).await.map(drop),
            ]
        });
        for (call, outcome) in outcomes.iter().enumerate() {
            let code = outcome.as_ref().err().map(Error::code);
            assert_eq!(code, Some("corrupt"), "call {call}");
        }
        assert_eq!(all(), before);
        let mend = vec![Request::Put(Table::Meta, head.clone(), bytes.clone())];
        store.write_blind(mend).expect("memory can be written blind");
    }
    check(&log, 1, 9, &[]);
    fill(&log, 10, 12, 3);
}
