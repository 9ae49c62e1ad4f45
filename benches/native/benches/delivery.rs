//! Publishing to receivers that take every event: the bus, the channel inside it, and tokio's.
//!
//! All deliver the same envelopes, of which each receiver gets a clone. The channels are given them ready-made; the bus
//! makes each one while it is measured: an id, a time and an origin.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use everbus::{EventBus, EventEnvelope, env};
use everbus_benches::airport;
use futures::FutureExt;
use std::hint::black_box;

/// So many are published before the receivers take them: fewer than any of the channels keeps.
const RUN: usize = 100;
const CAPACITY: usize = 1024;

fn delivery(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("publish and receive");
    let env = env::system();
    let event = airport(1);
    let envelope = EventEnvelope::new(event.clone(), &*env);
    for receivers in [1, 16, 100] {
        group.throughput(Throughput::Elements((RUN * receivers) as u64));

        group.bench_function(BenchmarkId::new("everbus", receivers), |bencher| {
            let bus = EventBus::new(CAPACITY);
            let mut receiving: Vec<_> = (0..receivers).map(|_| bus.subscribe()).collect();
            bencher.iter(|| {
                for _ in 0..RUN {
                    assert_eq!(bus.publish(event.clone()), receivers);
                }
                for receiver in &mut receiving {
                    for _ in 0..RUN {
                        let received = receiver.recv().now_or_never().expect("it is there");
                        black_box(received.expect("none is missed"));
                    }
                }
            });
        });

        group.bench_function(BenchmarkId::new("async-broadcast", receivers), |bencher| {
            let (mut sender, first) = async_broadcast::broadcast(CAPACITY);
            sender.set_overflow(true);
            let mut receiving = vec![first];
            receiving.resize_with(receivers, || sender.new_receiver());
            bencher.iter(|| {
                for _ in 0..RUN {
                    sender.try_broadcast(envelope.clone()).expect("it is open");
                }
                for receiver in &mut receiving {
                    for _ in 0..RUN {
                        let received = receiver.recv().now_or_never().expect("it is there");
                        black_box(received.expect("none is missed"));
                    }
                }
            });
        });

        group.bench_function(BenchmarkId::new("tokio::sync::broadcast", receivers), |bencher| {
            let (sender, first) = tokio::sync::broadcast::channel(CAPACITY);
            let mut receiving = vec![first];
            receiving.resize_with(receivers, || sender.subscribe());
            bencher.iter(|| {
                for _ in 0..RUN {
                    assert_eq!(sender.send(envelope.clone()).expect("it is open"), receivers);
                }
                for receiver in &mut receiving {
                    for _ in 0..RUN {
                        let received = receiver.recv().now_or_never().expect("it is there");
                        black_box(received.expect("none is missed"));
                    }
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, delivery);
criterion_main!(benches);
