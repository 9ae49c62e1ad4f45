// The application that every project here runs, wherever: publishes three orders, and replays all that there are.
export async function shop({ entity, openBus }) {
  const reported = [];
  const bus = await openBus("shop", { onError: (error) => reported.push(error.code) });
  const live = [];
  const delivered = new Promise((resolve) => {
    bus.subscribe({ entity_type: "order" }, ({ seq_no }) => {
      if (live.push(seq_no) === 3) resolve();
    });
  });
  const receipts = [1, 2, 3].map((total) => bus.publish(entity.created("order", { total })));
  const committed = await Promise.all(receipts.map((receipt) => receipt.committed));
  const replayed = [];
  for await (const { seq_no, event } of bus.log.subscribe("view", "beginning")) {
    replayed.push([seq_no, event.data.total]);
    if (seq_no === committed[2]) break;
  }
  await delivered;
  await bus.close();
  return { storage: bus.storage, reported, committed, live, replayed };
}
