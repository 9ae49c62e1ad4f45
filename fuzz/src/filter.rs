//! Filters: reading a log gives exactly the events that match, whatever segments it passes over.
//!
//! The input is a filter as JSON, a line feed, and bytes that say which events there are. They have the ids and types that
//! the filter asks for, and a few others.

use arbitrary::{Result, Unstructured};
use everbus::{
    Batch, EntityEvent, EventEnvelope, EventLog, Filter, FrameworkEvent, Json, LinkEvent, Query,
    StoredLog, Timestamp, Uuid,
};
use futures::executor::block_on;

pub fn check(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (text, rest) = input.split_at(end);
    let Ok(filter) = serde_json::from_slice::<Filter>(text) else { return };
    let value = serde_json::from_slice(text).expect("a filter is JSON");
    assert_eq!(serde_json::from_value::<Filter>(value).expect("it is the same one"), filter);
    assert!(!filter.is_empty() || text.trim_ascii().starts_with(b"{"));

    let batches = Events::of(&filter).batches(&mut Unstructured::new(rest));
    let log = StoredLog::default();
    let mut wanted = Vec::new();
    for (n, event) in batches.iter().flatten().enumerate() {
        if filter.matches_event(event) {
            wanted.push(n as u64 + 1);
        }
    }
    let mut next = 0;
    for batch in &batches {
        let envelopes: Vec<_> = batch
            .iter()
            .map(|event| {
                next += 1;
                envelope(next, event.clone())
            })
            .collect();
        // The filter's types may be longer than an event's.
        let Ok(batch) = Batch::of(&envelopes) else { return };
        block_on(log.append_batch(batch)).expect("a log in memory takes what is valid");
    }
    assert_eq!(read(&log, Query { filter: filter.clone(), ..Query::default() }), wanted);
    wanted.reverse();
    assert_eq!(read(&log, Query { filter, reverse: true, ..Query::default() }), wanted);
}

fn read(log: &StoredLog, query: Query) -> Vec<u64> {
    let page = block_on(log.read(&query)).expect("it can be read");
    page.envelopes().filter_map(|envelope| envelope.seq_no).map(u64::from).collect()
}

fn envelope(n: u128, event: FrameworkEvent) -> EventEnvelope {
    let (id, timestamp) = (Uuid::from_u128(n), Timestamp::UNIX_EPOCH);
    EventEnvelope { id, timestamp, event, seq_no: None, origin: None, meta: None }
}

/// What events are made of.
struct Events {
    ids: Vec<Uuid>,
    types: Vec<String>,
}

impl Events {
    fn of(filter: &Filter) -> Events {
        let mut ids: Vec<Uuid> = (1..4).map(Uuid::from_u128).collect();
        for wanted in [&filter.entity_id, &filter.source_id, &filter.target_id, &filter.touches] {
            ids.extend(wanted.iter().flatten());
        }
        let mut types = vec!["order".to_owned(), "owns".to_owned()];
        for pattern in [&filter.entity_type, &filter.link_type].into_iter().flatten().flatten() {
            let prefix = pattern.trim_end_matches('*');
            types.extend([pattern.clone(), prefix.to_owned(), format!("{prefix}s")]);
        }
        types.retain(|name| !name.is_empty());
        Events { ids, types }
    }

    fn batches(&self, input: &mut Unstructured<'_>) -> Vec<Vec<FrameworkEvent>> {
        let mut batches = Vec::new();
        while !input.is_empty() && batches.len() < 50 {
            let events = (0..=input.int_in_range(0..=7).unwrap_or(0)).map(|_| self.event(input));
            batches.extend(events.collect::<Result<Vec<_>>>());
        }
        batches
    }

    fn event(&self, input: &mut Unstructured<'_>) -> Result<FrameworkEvent> {
        let name = input.choose(&self.types)?.clone();
        let mut id = || input.choose(&self.ids).copied();
        let (subject, source_id, target_id) = (id()?, id()?, id()?);
        let json = || Json::parse("{}").expect("it is JSON");
        Ok(match input.int_in_range(0..=5)? {
            0 => {
                EntityEvent::Created { entity_type: name, entity_id: subject, data: json() }.into()
            }
            1 => {
                EntityEvent::Updated { entity_type: name, entity_id: subject, data: json() }.into()
            }
            2 => EntityEvent::Deleted { entity_type: name, entity_id: subject }.into(),
            3 => LinkEvent::Created {
                link_type: name,
                link_id: subject,
                source_id,
                target_id,
                metadata: None,
            }
            .into(),
            4 => LinkEvent::Updated {
                link_type: name,
                link_id: subject,
                source_id,
                target_id,
                metadata: Some(json()),
            }
            .into(),
            _ => LinkEvent::Deleted { link_type: name, link_id: subject, source_id, target_id }
                .into(),
        })
    }
}
