//! Following: subscriptions and consumers.

use super::{Harness, fill, numbers, sample, seq};
use crate::{
    Claim, ConsumerInfo, Cursor, CursorChange, CursorMove, Error, EventKind, EventLog, Filter,
    Result, SeekPosition, SeqNo, Subscription, Uuid,
};
use futures::future::join;

/// The beginning, the end, a number that is there and one that isn't yet.
pub async fn subscriptions_start_at_their_position(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 5).await;
    let cases = [
        (SeekPosition::Beginning, vec![1, 2, 3, 4, 5, 6]),
        (SeekPosition::LastAcknowledged, vec![1, 2, 3, 4, 5, 6]),
        (SeekPosition::Latest, vec![6, 7]),
        (SeekPosition::Sequence(0), vec![1, 2]),
        (SeekPosition::Sequence(4), vec![4, 5, 6]),
        (SeekPosition::Sequence(7), vec![7, 8]),
    ];
    let mut subscriptions = Vec::new();
    for (position, expected) in cases {
        let subscription = log.subscribe("reader", position).await.expect("it works");
        subscriptions.push((subscription, expected));
    }
    for n in 6..=8 {
        log.append(sample(n)).await.expect("it works");
    }
    for (subscription, expected) in &mut subscriptions {
        assert_eq!(numbers(subscription, expected.len()).await, *expected);
    }
    let error = log.subscribe("", SeekPosition::Latest).await.expect_err("the name is empty");
    assert_eq!(error.code(), "invalid_option");
    let beyond = SeekPosition::Sequence(SeqNo::MAX.get() + 1);
    let error = log.subscribe("refused", beyond).await.expect_err("no log has that number");
    assert_eq!(error.code(), "invalid_position");
    let consumers = log.consumers().await.expect("it works");
    assert!(consumers.iter().all(|consumer| consumer.name == "reader"), "{consumers:?}");
}

/// While a writer goes on, a reader gets each event once and in order, stored or live.
pub async fn stored_events_are_followed_by_live_ones(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 30).await;
    let mut subscription =
        log.subscribe("reader", SeekPosition::Beginning).await.expect("it works");
    let write = async {
        for n in 31..=60 {
            log.append(sample(n)).await.expect("it works");
        }
    };
    let (given, ()) = join(numbers(&mut subscription, 60), write).await;
    assert_eq!(given, (1..=60).collect::<Vec<_>>());
}

/// Reading up to the end ends there, whatever the filter passes over and wherever a segment ends, and goes on behind it.
pub async fn reading_up_to_a_number_ends_there(harness: impl Harness) {
    let log = harness.open().await;
    let kind = |kind| Filter { kind: Some(kind), ..Filter::default() };
    let nothing = Filter { entity_type: Some(vec!["nothing".into()]), ..Filter::default() };
    let cases = [
        (Filter::default(), SeekPosition::Beginning, (1..=13).collect(), Some(14)),
        (kind(EventKind::Link), SeekPosition::Beginning, vec![3, 4, 8, 9, 13], Some(14)),
        (nothing, SeekPosition::Beginning, vec![], None),
        (Filter::default(), SeekPosition::Sequence(16), vec![], Some(16)),
    ];
    let mut subscriptions = Vec::new();
    for (filter, position, expected, after) in cases {
        let subscription = Subscription::open(log.handle(), None, position, filter).await;
        subscriptions.push((subscription.expect("it works"), expected, after));
    }
    fill(&*log, 20).await;
    for (subscription, expected, after) in &mut subscriptions {
        let mut given = Vec::<u64>::new();
        while let Some(envelope) = subscription.next_up_to(seq(13)).await {
            given.push(envelope.expect("it works").seq_no.expect("it is stored").get());
        }
        assert_eq!(given, *expected);
        assert!(subscription.next_up_to(seq(13)).await.is_none());
        if let Some(after) = *after {
            assert_eq!(numbers(subscription, 1).await, [after]);
        }
    }
}

/// A subscription that sleeps through more commits than anybody keeps for it reads them up.
pub async fn a_slow_subscription_misses_nothing(harness: impl Harness) {
    let log = harness.open().await;
    let filter = Filter { kind: Some(EventKind::Entity), ..Filter::default() };
    let mut slow = Subscription::open(log.handle(), None, SeekPosition::Latest, filter)
        .await
        .expect("it works");
    log.append(sample(1)).await.expect("it works");
    assert_eq!(numbers(&mut slow, 1).await, [1]);
    for n in 2..=80 {
        log.append(sample(n)).await.expect("it works");
    }
    let expected: Vec<u64> = (2..=80).filter(|n| n % 5 < 3).collect();
    assert_eq!(numbers(&mut slow, expected.len()).await, expected);
}

/// An older acknowledgement changes nothing; one past the end is refused.
pub async fn acknowledging_is_monotonic_and_ends_with_the_log(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 5).await;
    log.ack("reader", seq(3)).await.expect("it works");
    log.ack("reader", seq(2)).await.expect("it works");
    let error = log.ack("reader", seq(6)).await.expect_err("the log ends at 5");
    assert_eq!(error.code(), "invalid_position");
    let mut next = log.subscribe("reader", SeekPosition::LastAcknowledged).await.expect("it works");
    assert_eq!(numbers(&mut next, 2).await, [4, 5]);
    let error = log.ack("", seq(1)).await.expect_err("the name is empty");
    assert_eq!(error.code(), "invalid_option");
}

/// Several changes are made in one transaction, in turn; one that is refused keeps no other from being made.
pub async fn positions_are_changed_together_and_refused_alone(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 5).await;
    let ack = |consumer: &str, n| CursorMove {
        consumer: consumer.into(),
        change: CursorChange::Ack(seq(n)),
    };
    let moves = [("b", 2), ("a", 6), ("b", 4), ("", 1), ("a", 3), ("b", 9), ("b", 1)]
        .map(|(c, n)| ack(c, n));
    let outcomes = log.move_cursors(moves.into()).await.expect("it works");
    let outcomes: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().map(|cursor| cursor.next.get()).map_err(Error::code))
        .collect();
    let (past, unnamed) = (Err("invalid_position"), Err("invalid_option"));
    assert_eq!(outcomes, [Ok(3), past, Ok(5), unnamed, Ok(4), past, Ok(5)]);
    let log = harness.reopen(log).await;
    let consumers = log.consumers().await.expect("it works");
    let acked: Vec<_> = consumers.iter().map(|c| (c.name.as_str(), c.last_acked)).collect();
    assert_eq!(acked, [("a", Some(seq(3))), ("b", Some(seq(4)))]);
    assert!(log.move_cursors(Vec::new()).await.expect("it works").is_empty());
}

/// A running subscription is unaffected; the next one starts where it was told.
pub async fn seeking_moves_the_next_subscription(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 5).await;
    log.ack("reader", seq(4)).await.expect("it works");
    let mut running =
        log.subscribe("reader", SeekPosition::LastAcknowledged).await.expect("it works");
    let cases = [
        (SeekPosition::Beginning, 1),
        (SeekPosition::Sequence(3), 3),
        (SeekPosition::LastAcknowledged, 3),
        (SeekPosition::Latest, 6),
    ];
    let mut moved = Vec::new();
    for (position, first) in cases {
        log.seek("reader", position).await.expect("it works");
        let next = log.subscribe("reader", SeekPosition::LastAcknowledged).await.expect("it works");
        moved.push((next, first));
    }
    log.append(sample(6)).await.expect("it works");
    assert_eq!(numbers(&mut running, 2).await, [5, 6]);
    for (next, first) in &mut moved {
        assert_eq!(numbers(next, 1).await, [*first]);
    }
}

/// Subscribing makes a consumer known; it is listed until it is deleted.
pub async fn consumers_are_listed_with_their_lag(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 5).await;
    drop(log.subscribe("b", SeekPosition::Latest).await.expect("it works"));
    log.ack("a", seq(3)).await.expect("it works");
    let info = |name: &str, acked: Option<u64>, lag| ConsumerInfo {
        name: name.into(),
        last_acked: acked.map(seq),
        lag,
        held_by: None,
    };
    let listed = log.consumers().await.expect("it works");
    assert_eq!(listed, [info("a", Some(3), 2), info("b", None, 5)]);
    assert!(log.delete_consumer("a").await.expect("it works"));
    assert!(!log.delete_consumer("a").await.expect("it works"));
    assert_eq!(log.consumers().await.expect("it works"), [info("b", None, 5)]);
}

/// Only the newest claim's acknowledgements count: those of earlier ones are refused, and while a claim
/// is held so are those without any. It outlives the log's handles.
pub async fn a_claim_fences_off_everybody_before_it(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 5).await;
    let refused = |outcome: Result<Cursor>| match outcome.expect_err("it is refused") {
        Error::Held { current } => (0, current),
        Error::TakenOver { epoch, current } => (epoch, current),
        other => panic!("{other}"),
    };
    let first = claim(&*log, 1).await;
    under(&*log, first, 1).await.expect("it is held");
    let second = claim(&*log, 2).await;
    // A claim of which nobody knows whether it was made is made again, under a higher one.
    let (one, two) = (first.epoch, second.epoch);
    assert!(0 < one && one < two, "{one}, {two}");
    assert_eq!(refused(under(&*log, first, 2).await), (one, two));
    assert_eq!(refused(plain(&*log, 2).await), (0, two));
    log.move_cursor("reader", CursorChange::Release(first)).await.expect("it does nothing");
    assert_eq!(log.consumers().await.expect("it works")[0].held_by, Some(second.holder));

    let log = harness.reopen(log).await;
    assert_eq!(refused(plain(&*log, 2).await), (0, two));
    under(&*log, second, 2).await.expect("it is held");
    let past = under(&*log, second, 6).await.expect_err("the log ends at 5");
    assert_eq!(past.code(), "invalid_position");
    log.move_cursor("reader", CursorChange::Release(second)).await.expect("it works");
    under(&*log, second, 3).await.expect("nobody has claimed it since");
    assert_eq!(refused(under(&*log, first, 4).await), (one, two));
    log.ack("reader", seq(4)).await.expect("nobody holds it");
    let reader = &log.consumers().await.expect("it works")[0];
    assert_eq!((reader.last_acked, reader.held_by), (Some(seq(4)), None));

    log.delete_consumer("reader").await.expect("it works");
    assert_eq!(refused(under(&*log, second, 5).await), (two, 0));
    assert!(log.consumers().await.expect("it works").is_empty());
}

/// Who held a consumer that was deleted meanwhile doesn't hold the one that has its name now, though it is the same holder.
pub async fn epochs_outlive_the_consumers(harness: impl Harness) {
    let mut log = harness.open().await;
    fill(&*log, 5).await;
    let mut before = claim(&*log, 1).await;
    for _ in 0..3 {
        assert!(log.delete_consumer("reader").await.expect("it works"));
        log = harness.reopen(log).await;
        let now = claim(&*log, 1).await;
        assert!(now.epoch > before.epoch, "{now:?} comes after {before:?}");
        let error = under(&*log, before, 5).await.expect_err("it is another one");
        assert_eq!(error.code(), "conflict");
        log.move_cursor("reader", CursorChange::Release(before)).await.expect("it does nothing");
        let reader = &log.consumers().await.expect("it works")[0];
        assert_eq!((reader.last_acked, reader.held_by), (None, Some(now.holder)));
        under(&*log, now, 2).await.expect("it is held");
        before = now;
    }
    // Also of a consumer of another name, and if it is claimed without a subscription.
    let claim = CursorChange::Claim { holder: before.holder, start: SeekPosition::Beginning };
    for _ in 0..2 {
        let other = log.move_cursor("other", claim).await.expect("it works");
        let other = other.claim.expect("it was claimed");
        assert!(other.epoch > before.epoch, "{other:?} comes after {before:?}");
        assert!(log.delete_consumer("other").await.expect("it works"));
        before = other;
    }
}

/// The position is where a new consumer starts. Once it has been claimed, sought or acknowledged, it
/// goes on from there, so that what one holder didn't get done the next one does.
pub async fn a_claim_goes_on_after_what_was_acknowledged(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 5).await;
    log.ack("acknowledged", seq(3)).await.expect("it works");
    log.ack("put back", seq(3)).await.expect("it works");
    log.seek("put back", SeekPosition::Beginning).await.expect("it works");
    log.seek("sought", SeekPosition::Sequence(0)).await.expect("it works");
    drop(log.subscribe("subscribed", SeekPosition::Beginning).await.expect("it works"));
    let latest = SeekPosition::Latest;
    let mut new = take_over(&*log, "new", 1, latest).await.expect("it works");
    log.append(sample(6)).await.expect("it works");
    log.append(sample(7)).await.expect("it works");
    assert_eq!(numbers(&mut new, 2).await, [6, 7]);
    let log = harness.reopen(log).await;
    let cases =
        [("new", 6), ("acknowledged", 4), ("put back", 1), ("sought", 1), ("subscribed", 8)];
    let mut taken = Vec::new();
    for (consumer, first) in cases {
        let position = if consumer == "new" { SeekPosition::Beginning } else { latest };
        taken.push((take_over(&*log, consumer, 2, position).await.expect("it works"), first));
    }
    log.append(sample(8)).await.expect("it works");
    for (subscription, first) in &mut taken {
        assert_eq!(numbers(subscription, 1).await, [*first]);
    }
    let error = take_over(&*log, "", 1, latest).await.expect_err("the name is empty");
    assert_eq!(error.code(), "invalid_option");
}

async fn take_over(
    log: &dyn EventLog,
    consumer: &str,
    holder: u64,
    position: SeekPosition,
) -> Result<Subscription> {
    let (holder, filter) = (Uuid::from_u64_pair(9, holder), Filter::default());
    Subscription::take_over(log.handle(), consumer, holder, position, filter).await
}

async fn claim(log: &dyn EventLog, holder: u64) -> Claim {
    let subscription = take_over(log, "reader", holder, SeekPosition::Beginning).await;
    subscription.expect("it works").claim().expect("it is exclusive")
}

async fn under(log: &dyn EventLog, claim: Claim, n: u64) -> Result<Cursor> {
    log.move_cursor("reader", CursorChange::AckUnder(claim, seq(n))).await
}

async fn plain(log: &dyn EventLog, n: u64) -> Result<Cursor> {
    log.move_cursor("reader", CursorChange::Ack(seq(n))).await
}

/// A cursor before the first stored event is told so, or skips what is gone if it asked to.
pub async fn resuming_before_the_trim_point_reports_both_numbers(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 2500).await;
    log.ack("reader", seq(700)).await.expect("it works");
    let mut slow = log.subscribe("slow", SeekPosition::Sequence(20)).await.expect("it works");
    log.trim(seq(1001)).await.expect("it works");
    let consumers = log.consumers().await.expect("it works");
    assert_eq!(consumers[0].lag, 1500);

    let last_acknowledged = SeekPosition::LastAcknowledged;
    let mut trimmed = log.subscribe("reader", last_acknowledged).await.expect("it works");
    for (subscription, wanted) in [(&mut trimmed, 701), (&mut slow, 20)] {
        let error = subscription.next().await.expect("the log is open").expect_err("it is gone");
        let Error::Trimmed { requested, first } = error else { panic!("{error}") };
        assert_eq!((requested, first), (wanted, 1001));
    }
    let mut beginning = log.subscribe("b", SeekPosition::Beginning).await.expect("it works");
    assert_eq!(numbers(&mut beginning, 2).await, [1001, 1002]);
    let skipping = log.subscribe("reader", last_acknowledged).await.expect("it works");
    assert_eq!(numbers(&mut skipping.skipping_trimmed(), 2).await, [1001, 1002]);
}

/// What was trimmed before a consumer came it has not lost: it begins at the first stored event. One that
/// was there before, and acknowledged nothing, has lost some.
pub async fn a_consumer_that_is_new_begins_at_the_first_stored_event(harness: impl Harness) {
    let log = harness.open().await;
    fill(&*log, 2500).await;
    let last_acknowledged = SeekPosition::LastAcknowledged;
    drop(log.subscribe("old", last_acknowledged).await.expect("it works"));
    log.trim(seq(1001)).await.expect("it works");
    let mut new = log.subscribe("new", last_acknowledged).await.expect("it works");
    assert_eq!(numbers(&mut new, 2).await, [1001, 1002]);
    let mut old = log.subscribe("old", last_acknowledged).await.expect("it works");
    let error = old.next().await.expect("the log is open").expect_err("it is gone");
    assert_eq!(error.code(), "trimmed");
    let start = SeekPosition::Latest;
    let claim = CursorChange::Claim { holder: Uuid::from_u64_pair(0, 1), start };
    for consumer in ["claimed", "new"] {
        let claimed = log.move_cursor(consumer, claim).await.expect("it works");
        assert_eq!(claimed.next, seq(2501), "a claim says itself where a new one starts");
    }
    log.trim(seq(2501)).await.expect("it works");
    let mut newest = log.subscribe("newest", last_acknowledged).await.expect("it works");
    log.append(sample(2501)).await.expect("it works");
    assert_eq!(numbers(&mut newest, 1).await, [2501]);
}
