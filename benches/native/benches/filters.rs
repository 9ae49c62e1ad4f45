//! Filters against a thousand envelopes.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use everbus::{Action, EventKind, Filter};
use everbus_benches::{airport_id, envelopes};
use std::hint::black_box;

fn filters(criterion: &mut Criterion) {
    let envelopes = envelopes();
    let many = (0..100).map(|number| airport_id(number * 7)).collect();
    let filters = [
        ("everything", Filter::default(), 1000),
        ("a type", Filter { entity_type: Some(vec!["airport".into()]), ..Filter::default() }, 500),
        ("a prefix", Filter { entity_type: Some(vec!["air*".into()]), ..Filter::default() }, 500),
        (
            "a kind and an action",
            Filter {
                kind: Some(EventKind::Link),
                event_type: Some(vec![Action::Created]),
                ..Filter::default()
            },
            500,
        ),
        ("one id", Filter { touches: Some(vec![airport_id(2)]), ..Filter::default() }, 11),
        ("a hundred ids", Filter { entity_id: Some(many), ..Filter::default() }, 50),
    ];
    let mut group = criterion.benchmark_group("a filter on 1000 events");
    group.throughput(Throughput::Elements(envelopes.len() as u64));
    for (name, filter, matching) in filters {
        let count =
            || envelopes.iter().filter(|envelope| filter.matches(black_box(envelope))).count();
        assert_eq!(count(), matching, "{name}");
        group.bench_function(name, |bencher| bencher.iter(count));
    }
    group.finish();
}

criterion_group!(benches, filters);
criterion_main!(benches);
