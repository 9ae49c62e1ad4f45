//! A segment of a thousand events: from envelopes to its bytes, which a log in memory takes, and back.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use everbus::log::{Commit, Segment};
use everbus::{Batch, EventEnvelope, EventLog, StoredLog};
use everbus_benches::envelopes;
use futures::executor::block_on;
use std::hint::black_box;

fn stored(envelopes: &[EventEnvelope]) -> Vec<u8> {
    let log = StoredLog::default();
    let mut commits = log.commits();
    block_on(async {
        log.append_batch(Batch::of(envelopes).expect("they are valid")).await.expect("it has room");
        match commits.recv().await {
            Ok(Commit::Stored(segment)) => segment.as_bytes().to_vec(),
            other => panic!("{other:?} instead of a segment"),
        }
    })
}

fn segments(criterion: &mut Criterion) {
    let envelopes = envelopes();
    let bytes = stored(&envelopes);
    let mut group = criterion.benchmark_group("a segment of 1000 events");
    group.throughput(Throughput::Elements(envelopes.len() as u64));

    group.bench_function("encode: the batch", |bencher| {
        bencher.iter(|| Batch::of(black_box(&envelopes)).expect("they are valid"));
    });
    group.bench_function("encode: the batch, and the append in memory", |bencher| {
        bencher.iter_batched_ref(
            StoredLog::default,
            |log| {
                let batch = Batch::of(black_box(&envelopes)).expect("they are valid");
                block_on(log.append_batch(batch)).expect("it has room")
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("decode: checked", |bencher| {
        bencher.iter_batched(
            || bytes.clone(),
            |bytes| Segment::decode(bytes).expect("it is sound"),
            BatchSize::SmallInput,
        );
    });
    group.bench_function("decode: checked, and every envelope", |bencher| {
        bencher.iter_batched(
            || bytes.clone(),
            |bytes| {
                let segment = Segment::decode(bytes).expect("it is sound");
                assert_eq!(segment.envelopes().map(black_box).count(), envelopes.len());
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, segments);
criterion_main!(benches);
