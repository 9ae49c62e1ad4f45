//! Whether what the calls of a round have told is what the log has then.

use super::{Call, Left, World, is_in_doubt, numbered};
use everbus::log::{Appended, Page};
use everbus::{Error, Query, Result};

impl World {
    /// Everything new was appended or left behind by somebody, and what was left behind is in its order.
    pub(super) fn check_explained(&self, last: u64, calls: &[(usize, Call)], gone: &[Left]) {
        let mut adopted = Vec::new();
        for event in gone.iter().flat_map(|(events, _)| events) {
            let number = self.numbers.get(event).copied().filter(|number| *number > last);
            let is_appended = calls.iter().any(|(_, call)| call.events().contains(event));
            if let Some(number) = number.filter(|_| !is_appended)
                && !adopted.contains(&number)
            {
                adopted.push(number);
            }
        }
        assert!(adopted.is_sorted(), "what was left behind is in another order");
        for event in &self.log[last as usize..] {
            let is_appended = calls.iter().any(|(_, call)| call.events().contains(event));
            let is_left = gone.iter().any(|(events, _)| events.contains(event));
            assert!(is_appended || is_left, "nobody has appended event {event}");
        }
        for (events, condition) in gone {
            let is_stored = events.iter().all(|event| self.numbers.contains_key(event));
            assert!(is_stored || condition.is_some(), "what was left behind is lost");
        }
    }

    /// `last` was the last number before the round; `is_alone` says that nobody else has tried to store these events.
    pub(super) fn check_append(
        &mut self,
        handle: usize,
        events: &[u64],
        expected: Option<u64>,
        last: u64,
        is_alone: bool,
        outcome: &Result<Appended>,
    ) {
        let numbers: Vec<Option<u64>> =
            events.iter().map(|event| self.numbers.get(event).copied()).collect();
        let mut new: Vec<u64> = numbers.iter().flatten().copied().filter(|n| *n > last).collect();
        new.dedup();
        let is_whole = new.windows(2).all(|pair| pair[1] == pair[0] + 1 || pair[1] < pair[0]);
        match outcome {
            Ok(appended) => {
                let told: Vec<_> = appended.seq_nos.iter().map(|n| Some(n.get())).collect();
                assert_eq!(told, numbers, "it was told that they are stored");
                assert!(appended.first_new.is_none_or(|first| new.contains(&first.get())));
                assert!(is_whole || !is_alone, "something came in between: {new:?}");
                let begin = new.iter().min().filter(|_| is_alone);
                assert!(
                    begin.is_none_or(|begin| expected.is_none_or(|last| last + 1 == *begin)),
                    "its condition isn't met"
                );
                self.sometimes.known += u64::from(new.is_empty());
            }
            Err(Error::Conflict { expected: told, actual }) => {
                assert!(Some(*told) == expected && told != actual);
                assert!((last..=self.last()).contains(actual));
                assert!(new.is_empty() || !is_alone, "it was refused, and is stored");
                self.sometimes.conflicts += 1;
            }
            Err(error) if is_in_doubt(error) => {
                let is_nothing = new.is_empty();
                let is_all = numbers.iter().all(Option::is_some);
                assert!(is_nothing || is_all && is_whole || !is_alone, "a part is stored: {new:?}");
                self.unsure[handle] = Some(events.to_vec());
                self.sometimes.stored += u64::from(!is_nothing);
                self.sometimes.not_stored += u64::from(is_nothing);
            }
            Err(_) => assert!(new.is_empty() || !is_alone, "it has failed, and is stored"),
        }
    }

    /// A page is what the log has there; `first` and `last` were its numbers before the round.
    pub(super) fn check_page(&self, query: &Query, page: &Page, first: u64, last: u64) {
        let found = numbered(page.envelopes());
        let (mut from, mut to) = (query.from.max(first), query.to.min(page.last));
        match page.resume {
            Some(resume) if query.reverse => from = from.max(resume.get() + 1),
            Some(resume) => to = to.min(resume.get() - 1),
            None => {}
        }
        let events = self.log.iter().copied();
        let matches = |event: u64| query.filter.is_empty() || event.is_multiple_of(3);
        let mut expected: Vec<(u64, u64)> = (1..)
            .zip(events)
            .filter(|(number, event)| (from..=to).contains(number) && matches(*event))
            .collect();
        if query.reverse {
            expected.reverse();
        }
        // What was trimmed or appended while it was read may be missing, as the page's first number tells; not in between.
        let is_missing = |number: u64| number < page.first || query.reverse && number > last;
        expected.retain(|each| found.contains(each) || !is_missing(each.0));
        assert_eq!(found, expected, "{query:?}, {page:?}");
        assert!(found.len() <= query.limit);
        assert!((first..=self.first).contains(&page.first));
        assert!((last..=self.last()).contains(&page.last));
    }
}
