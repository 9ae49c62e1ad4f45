//! What every store has to do, whatever is in it: tables, keys, transactions.
//!
//! A store's driver runs these beside the scenarios of the log, by
//! [`for_each_store_scenario!`](crate::for_each_store_scenario).

use crate::log::store::{
    Access, Answers, Before, Bytes, Found, Key, Keys, Operation, Request, Scan, Scope, Step, Store,
    Table, Want,
};
use crate::{Error, Result};
use futures::future::join_all;
use std::any::Any;
use std::sync::Arc;

/// Makes stores for the scenarios.
pub trait StoreHarness {
    /// A new, empty store.
    fn open(&self) -> impl Future<Output = Arc<dyn Store>>;

    /// The same store after everything that can be closed was closed; one that lives in memory as it is.
    fn reopen(&self, store: Arc<dyn Store>) -> impl Future<Output = Arc<dyn Store>>;
}

/// Calls a macro with the names of all scenarios of stores: `name!(first second …)`.
#[macro_export]
macro_rules! for_each_store_scenario {
    ($define:ident) => {
        $define! {
            what_is_put_is_found
            scans_go_both_ways_through_any_range
            every_table_is_one_of_its_own
            an_operation_that_fails_changes_nothing
            adding_what_is_there_changes_nothing
            requests_are_made_in_their_order
            an_operation_may_begin_anew
            an_operation_may_take_several_transactions
            transactions_come_one_after_the_other
            large_values_come_back_whole
        }
    };
}

/// What one step of a [`Script`] does.
type Play = Box<dyn FnMut(&mut Vec<Found>) -> Result<Step> + Send>;

/// An operation that plays steps, one after the other, and keeps what was found.
struct Script {
    access: Access,
    plays: std::vec::IntoIter<Play>,
    found: Vec<Found>,
    began: Vec<Before>,
}

impl Script {
    fn next(&mut self) -> Result<Step> {
        match self.plays.next() {
            Some(mut play) => play(&mut self.found),
            None => Ok(Step::Commit(Vec::new())),
        }
    }
}

impl Operation for Script {
    fn begin(&mut self, before: Before) -> Result<Step> {
        self.began.push(before);
        self.next()
    }

    fn scope(&self) -> Scope {
        Scope { tables: &Table::ALL, access: self.access }
    }

    fn go_on(&mut self, found: Answers) -> Result<Step> {
        self.found.extend(found.0);
        self.next()
    }
}

fn step(step: Step) -> Play {
    let mut step = Some(step);
    Box::new(move |_| Ok(step.take().unwrap_or(Step::Again)))
}

async fn play(store: &dyn Store, access: Access, plays: Vec<Play>) -> Result<Script> {
    let (found, began) = (Vec::new(), Vec::new());
    let script = Script { access, plays: plays.into_iter(), found, began };
    let done: Box<dyn Any> = store.run(Box::new(script)).await?;
    Ok(*done.downcast::<Script>().expect("a store gives back what it got"))
}

async fn write(store: &dyn Store, writes: Vec<Request>) -> Result<()> {
    play(store, Access::Write, vec![step(Step::Commit(writes))]).await.map(drop)
}

async fn ask(store: &dyn Store, requests: Vec<Request>) -> Vec<Found> {
    let script = play(store, Access::Read, vec![step(Step::Ask(requests))]).await;
    script.expect("reading works").found
}

fn bytes(text: &str) -> Bytes {
    Arc::new(text.as_bytes().to_vec())
}

fn value(text: &str) -> Found {
    Found::Value(Some(bytes(text)))
}

fn put(table: Table, key: impl Into<Key>, text: &str) -> Request {
    Request::Put(table, key.into(), bytes(text))
}

fn get(table: Table, key: impl Into<Key>) -> Request {
    Request::Get(table, key.into())
}

/// Under keys of both kinds, and again after reopening; what is put over something takes its place.
pub async fn what_is_put_is_found(harness: impl StoreHarness) {
    let store = harness.open().await;
    let largest = (1 << 53) - 1;
    let writes = vec![
        put(Table::Segments, 0, "zero"),
        put(Table::Segments, 7, "seven"),
        put(Table::Segments, largest, ""),
        put(Table::Consumers, "mailer", "one"),
        put(Table::Consumers, "", "empty"),
        put(Table::Consumers, "é☃𝄞 \"'%_", "odd"),
    ];
    write(&*store, writes).await.expect("it works");
    write(&*store, vec![put(Table::Segments, 7, "seven again")]).await.expect("it works");
    for reopens in [false, true] {
        let store = if reopens { harness.reopen(store.clone()).await } else { store.clone() };
        let requests = vec![
            get(Table::Segments, 0),
            get(Table::Segments, 7),
            get(Table::Segments, 8),
            get(Table::Segments, largest),
            get(Table::Consumers, "mailer"),
            get(Table::Consumers, ""),
            get(Table::Consumers, "é☃𝄞 \"'%_"),
            get(Table::Consumers, "Mailer"),
        ];
        let none = || Found::Value(None);
        let expected = [value("zero"), value("seven again"), none(), value(""), value("one")];
        let expected = expected.into_iter().chain([value("empty"), value("odd"), none()]);
        assert_eq!(ask(&*store, requests).await, expected.collect::<Vec<_>>());
    }
}

/// Keys, sizes and values, as far as the limit goes.
pub async fn scans_go_both_ways_through_any_range(harness: impl StoreHarness) {
    let store = harness.open().await;
    let numbers = [1, 2, 9, 10, 99, 100, 1 << 40];
    let record = |n: &u64| put(Table::Segments, *n, &"x".repeat(*n as usize % 100));
    write(&*store, numbers.iter().map(record).collect()).await.expect("it works");
    for (from, to) in
        [(0, u64::MAX >> 11), (2, 99), (3, 98), (10, 10), (11, 12), (5, 4), (101, 200)]
    {
        for (reverse, limit) in [(false, 100), (true, 100), (false, 2), (true, 2), (true, 1)] {
            let mut expected: Vec<u64> =
                numbers.iter().copied().filter(|n| (from..=to).contains(n)).collect();
            if reverse {
                expected.reverse();
            }
            expected.truncate(limit);
            let scan = |want| {
                let (keys, limit) = (Keys::Numbers(from, to), limit as u32);
                Request::Scan(Scan { table: Table::Segments, keys, reverse, limit, want })
            };
            let found =
                ask(&*store, [Want::Keys, Want::Sizes, Want::Values].map(scan).into()).await;
            let size = |n: &u64| *n % 100;
            let expected = [
                Found::Keys(expected.iter().copied().map(Key::Number).collect()),
                Found::Sizes(expected.iter().map(|n| (Key::Number(*n), size(n))).collect()),
                Found::Values(
                    expected.iter().map(|n| bytes(&"x".repeat(size(n) as usize))).collect(),
                ),
            ];
            assert_eq!(found, expected, "{from} to {to}, reverse: {reverse}, limit: {limit}");
        }
    }
    let names = ["a", "aa", "b", "ä", "☃"];
    let records = names.map(|name| put(Table::Consumers, name, name));
    write(&*store, records.into()).await.expect("it works");
    for reverse in [false, true] {
        let (table, keys) = (Table::Consumers, Keys::All);
        let scan = Request::Scan(Scan { table, keys, reverse, limit: u32::MAX, want: Want::Keys });
        let mut expected = names.map(Key::from).to_vec();
        if reverse {
            expected.reverse();
        }
        assert_eq!(ask(&*store, vec![scan]).await, [Found::Keys(expected)]);
    }
}

/// The same key in two tables is two records, and deleting takes the keys that it says and no others.
pub async fn every_table_is_one_of_its_own(harness: impl StoreHarness) {
    let store = harness.open().await;
    let numbered = [Table::Segments, Table::Chapters, Table::Ids];
    let mut writes: Vec<Request> = Vec::new();
    for table in numbered {
        writes.extend((1..=5).map(|n| put(table, n, table.name())));
    }
    write(&*store, writes).await.expect("it works");
    let deletes = vec![
        Request::Delete(Table::Segments, Keys::Numbers(2, 3)),
        Request::Delete(Table::Segments, Keys::Numbers(5, 4)),
        Request::Delete(Table::Chapters, Keys::One(Key::Number(5))),
        Request::Delete(Table::Chapters, Keys::One(Key::Number(6))),
        Request::Delete(Table::Ids, Keys::All),
    ];
    write(&*store, deletes).await.expect("it works");
    for (table, left) in numbered.iter().zip([&[1, 4, 5][..], &[1, 2, 3, 4], &[]]) {
        let (table, keys, limit) = (*table, Keys::All, u32::MAX);
        let scan =
            |want| Request::Scan(Scan { table, keys: keys.clone(), reverse: false, limit, want });
        let expected = Found::Keys(left.iter().copied().map(Key::Number).collect());
        assert_eq!(ask(&*store, vec![scan(Want::Keys)]).await, [expected], "{table:?}");
        let expected = Found::Values(vec![bytes(table.name()); left.len()]);
        assert_eq!(ask(&*store, vec![scan(Want::Values)]).await, [expected], "{table:?}");
    }
}

/// Neither what was asked for before it fails, nor what comes with it; and its error is the outcome.
pub async fn an_operation_that_fails_changes_nothing(harness: impl StoreHarness) {
    let store = harness.open().await;
    write(&*store, vec![put(Table::Meta, "head", "before")]).await.expect("it works");
    let asked = Step::Ask(vec![put(Table::Meta, "head", "after"), get(Table::Meta, "other")]);
    let fails: Play = Box::new(|_| Err(Error::InvalidOption("no".into())));
    let outcome = play(&*store, Access::Write, vec![step(asked), fails]).await;
    assert_eq!(outcome.err().map(|error| error.code()), Some("invalid_option"));
    assert_eq!(ask(&*store, vec![get(Table::Meta, "head")]).await, [value("before")]);
}

/// A record that is added where there is one fails the whole transaction.
pub async fn adding_what_is_there_changes_nothing(harness: impl StoreHarness) {
    let store = harness.open().await;
    let add = |key: u64, text: &str| Request::Add(Table::Segments, Key::Number(key), bytes(text));
    write(&*store, vec![add(1, "one")]).await.expect("it works");
    let writes =
        vec![put(Table::Meta, "head", "after"), add(2, "two"), add(1, "another"), add(3, "three")];
    assert!(write(&*store, writes).await.is_err(), "something was there");
    let requests = vec![
        get(Table::Meta, "head"),
        get(Table::Segments, 1),
        get(Table::Segments, 2),
        get(Table::Segments, 3),
    ];
    let none = || Found::Value(None);
    assert_eq!(ask(&*store, requests).await, [none(), value("one"), none(), none()]);
}

/// What is deleted may be added, and what is put twice is what was put last.
pub async fn requests_are_made_in_their_order(harness: impl StoreHarness) {
    let store = harness.open().await;
    let add = |key: u64, text: &str| Request::Add(Table::Segments, Key::Number(key), bytes(text));
    write(&*store, vec![add(1, "one"), add(2, "two")]).await.expect("it works");
    let writes = vec![
        Request::Delete(Table::Segments, Keys::Numbers(1, 2)),
        add(1, "both"),
        put(Table::Meta, "head", "first"),
        put(Table::Meta, "head", "last"),
    ];
    write(&*store, writes).await.expect("it works");
    let requests = vec![get(Table::Segments, 1), get(Table::Segments, 2), get(Table::Meta, "head")];
    assert_eq!(ask(&*store, requests).await, [value("both"), Found::Value(None), value("last")]);
}

/// Then what it had asked for is undone.
pub async fn an_operation_may_begin_anew(harness: impl StoreHarness) {
    let store = harness.open().await;
    let head = || get(Table::Meta, "head");
    let plays = vec![
        step(Step::Ask(vec![head(), put(Table::Meta, "head", "lost")])),
        step(Step::Again),
        step(Step::Ask(vec![head()])),
        step(Step::Commit(vec![put(Table::Meta, "other", "kept")])),
    ];
    let script = play(&*store, Access::Write, plays).await.expect("it works");
    assert_eq!(script.began, [Before::Nothing, Before::Undone]);
    assert_eq!(script.found, [Found::Value(None), Found::Value(None)]);
    let requests = vec![head(), get(Table::Meta, "other")];
    assert_eq!(ask(&*store, requests).await, [Found::Value(None), value("kept")]);
}

/// Each of them sees what the one before it has made, and an error undoes only the last one.
pub async fn an_operation_may_take_several_transactions(harness: impl StoreHarness) {
    let store = harness.open().await;
    let plays = vec![
        step(Step::Next(vec![put(Table::Meta, "head", "first")])),
        step(Step::Ask(vec![get(Table::Meta, "head")])),
        step(Step::Next(vec![put(Table::Meta, "head", "second")])),
        step(Step::Ask(vec![get(Table::Meta, "head"), put(Table::Meta, "head", "lost")])),
        Box::new(|found: &mut Vec<Found>| {
            assert_eq!(*found, [value("first"), value("second")]);
            Err(Error::InvalidOption("no".into()))
        }) as Play,
    ];
    let outcome = play(&*store, Access::Write, plays).await;
    assert_eq!(outcome.err().map(|error| error.code()), Some("invalid_option"));
    assert_eq!(ask(&*store, vec![get(Table::Meta, "head")]).await, [value("second")]);
}

/// Many at once that each read a number and write one more come to their sum.
pub async fn transactions_come_one_after_the_other(harness: impl StoreHarness) {
    let store = harness.open().await;
    let add_one = |_| {
        let count: Play = Box::new(|found: &mut Vec<Found>| {
            let Some(Found::Value(before)) = found.pop() else {
                return Err(Error::storage("the store has answered something else"));
            };
            let count = before.map_or(0, |bytes| bytes[0]) + 1;
            let put = Request::Put(Table::Meta, Key::from("count"), Arc::new(vec![count]));
            Ok(Step::Commit(vec![put]))
        });
        let plays = vec![step(Step::Ask(vec![get(Table::Meta, "count")])), count];
        play(&*store, Access::Write, plays)
    };
    for outcome in join_all((0..50).map(add_one)).await {
        outcome.expect("it works");
    }
    let count = Found::Value(Some(Arc::new(vec![50])));
    assert_eq!(ask(&*store, vec![get(Table::Meta, "count")]).await, [count]);
}

/// As large as a segment gets, with every byte there is.
pub async fn large_values_come_back_whole(harness: impl StoreHarness) {
    let store = harness.open().await;
    let large: Bytes =
        Arc::new((0..1_900_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect());
    let put = Request::Put(Table::Segments, Key::Number(1), large.clone());
    write(&*store, vec![put]).await.expect("it works");
    let store = harness.reopen(store).await;
    let found = ask(&*store, vec![get(Table::Segments, 1)]).await;
    assert!(found == [Found::Value(Some(large))], "it is another one");
}
