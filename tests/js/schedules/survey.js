// What the records say together: which number is which event.

/** Everything that was seen of the log, and by whom. */
export function survey({ records, journal, stored }) {
  const told = journal.filter(({ committed }) => committed).map(({ by, committed }) => ({ by, ...committed }));
  const published = [...told, ...records.flatMap(({ name, published }) => published.map((each) => ({ by: name, ...each })))];
  const reported = published
    .filter(({ number }) => number !== undefined)
    .map((each) => ({ ...each, where: `${each.by}'s receipt` }));
  const sightings = [...reported];
  const saw = (where, rows) => {
    for (const [number, id, kind] of rows) sightings.push({ number, id, kind, where });
  };
  saw("the log", stored.rows);
  for (const { name, subscription } of allSubscriptions(records)) saw(describe(name, subscription), subscription.got);
  /** Of each number its event's kind: as it was published, if that is known. */
  const known = new Map();
  for (const { number, kind } of sightings) if (!known.has(number) && kind !== null) known.set(number, kind);
  /** And who published it when. A retry tells of the first one's number, but not when that was. */
  const publishers = new Map();
  for (const { number, by, at, isRetry } of reported) if (!isRetry) publishers.set(number, { by, at });
  return { reported, sightings, known, publishers };
}

export const allSubscriptions = (records) =>
  records.flatMap((record) => record.subscriptions.map((subscription) => ({ name: record.name, record, subscription })));

/** Who it was, with what tells it from others of its kind. */
export function describe(name, { kind, bus, consumer, filter, position, ended = "open", got }) {
  const range = got.length > 0 ? `${got.length} events from ${got[0][0]} to ${got.at(-1)[0]}` : "nothing";
  return `${name}'s ${kind} ${JSON.stringify({ consumer, position, filter })} (bus ${bus}, ${ended}, got ${range})`;
}

/** The first few of many. */
export const some = (numbers) => {
  const more = numbers.length - 5;
  return more > 0 ? `${numbers.slice(0, 5).join(", ")} and ${more} more` : numbers.join(", ");
};
