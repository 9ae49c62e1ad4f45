// Whether what actors have recorded is what was promised: each check returns the promises that were broken, as sentences.
import { exclusives, matches } from "./events.js";
import { allSubscriptions, describe, some, survey } from "./survey.js";
import { exclusiveWork, isLive, isOpenWork, latestStart, passedOver } from "./wanted.js";

/**
 * Of an outcome, `records` are those of the actors that were there at the end, and `left` how many receivers each had after
 * it had closed all; `journal` is what all have told, `stored` the log as another page finds it, `end` the number of the last
 * event that was published, and `isFaulty` whether the platform was.
 */
export function broken(outcome) {
  const world = { ...outcome, ...survey(outcome) };
  return checks.flatMap((check) => [...check(world)]);
}

/** What is refused although nothing is wrong: an expectation, a queue's limit, a position that is gone or was never there. */
const USUAL = ["conflict", "queue_full", "trimmed", "invalid_position"];
const FAILURES = ["storage", "unavailable"];
/** The consumers that nobody seeks or deletes. */
const movesForwardOnly = new Set(["kept", ...Object.keys(exclusives)]);

/** Guarantees 1 and 2: all see one order, in which no number and no id is there twice. */
function* agreesOnTheOrder({ sightings, stored }) {
  const ids = new Map();
  const numbers = new Map();
  for (const { number, id, where } of sightings) {
    const before = ids.get(number);
    if (before && before.id !== id) yield `${number} is ${before.id} for ${before.where}, and ${id} for ${where}`;
    const other = numbers.get(id);
    // Once it was trimmed an id isn't known any more.
    if (other && other.number !== number && Math.min(other.number, number) >= stored.first) {
      yield `${id} is ${other.number} for ${other.where}, and ${number} for ${where}`;
    }
    if (!before) ids.set(number, { id, where });
    numbers.set(id, { number, where });
  }
}

/** Guarantee 1: what one page publishes is stored in the order in which it did. */
function* keepsThePublishingOrder({ records }) {
  for (const { name, published } of records) {
    let last = 0;
    for (const { number, isRetry } of published) {
      if (number === undefined || isRetry) continue;
      if (number <= last) yield `${name} published ${number} after ${last}`;
      last = number;
    }
  }
}

/** Guarantees 3 and 4: what is stored, and whatever anybody gets, is what was published. */
function* changesNothing({ sightings, known }) {
  for (const { number, kind, where } of sightings) {
    if (kind === null || kind !== known.get(number)) yield `${number} has been changed for ${where}`;
  }
}

/** Guarantee 2: numbers are dense, and the log says how many there are. */
function* numbersDensely({ stored: { rows, first, last, events } }) {
  for (const [i, [number]] of rows.entries()) if (number !== first + i) yield `the log has ${number} where ${first + i} belongs`;
  if (rows.at(-1)?.[0] !== last) yield `the log ends with ${rows.at(-1)?.[0]}, and says ${last}`;
  if (events !== rows.length) yield `the log has ${rows.length} events, and says ${events}`;
}

/** Guarantee 3: what was reported committed is stored, or was trimmed since. */
function* keepsWhatItReported({ reported, stored }) {
  const ids = new Map(stored.rows.map(([number, id]) => [number, id]));
  for (const { number, id, where } of reported) {
    const now = ids.get(number);
    if (number >= stored.first && now !== id) yield `${id} was committed as ${number} for ${where}, which is now ${now}`;
  }
}

/** Guarantee 6: what is refused isn't stored, unless the platform fails: it may have stored what it says has failed. */
function* storesNothingThatItRefused({ records, sightings, reported }) {
  const seen = new Map(sightings.map(({ id, number }) => [id, number]));
  const committed = new Set(reported.map(({ id }) => id));
  for (const { name, published } of records) {
    const inDoubt = new Set(published.filter(({ code }) => FAILURES.includes(code)).map(({ id }) => id));
    for (const { id, number, code, message } of published) {
      if (number === undefined && code === undefined) yield `${name} never learnt what became of ${id}`;
      // What is refused may be published again, and be stored then.
      const isRefused = code !== undefined && !inDoubt.has(id) && !committed.has(id);
      if (isRefused && seen.has(id)) yield `${name}: ${id} was refused with ${code}: ${message}, but it is ${seen.get(id)}`;
    }
  }
}

/** Guarantee 6: nothing fails by itself, nothing but the storage fails if the platform does, and all of it has its code. */
function* failsForAReason({ records, isFaulty }) {
  const known = new Set(isFaulty ? [...USUAL, ...FAILURES] : USUAL);
  for (const { name, published, reported, refused, subscriptions, uncaught } of records) {
    for (const error of uncaught) yield `${name}: uncaught: ${error}`;
    for (const { code, message } of reported) if (!known.has(code)) yield `${name}: onError was told ${code}: ${message}`;
    for (const { id, code, message } of published) {
      if (code && !known.has(code)) yield `${name}: ${id} was refused with ${code}: ${message}`;
    }
    for (const { what, code, message } of refused) {
      // It was asked of a bus that was closed meanwhile.
      if (!known.has(code) && code !== "closed") yield `${name}: ${what} was refused with ${code}: ${message}`;
    }
    for (const subscription of subscriptions) {
      const { ended, failure, onTrimmed } = subscription;
      const isUsual = (failure?.code === "trimmed" && onTrimmed !== "skip") || (isFaulty && FAILURES.includes(failure?.code));
      if (failure && !isUsual) yield `${describe(name, subscription)} ended with ${failure.code}: ${failure.message}`;
      if (ended === "by itself") yield `${describe(name, subscription)} ended by itself`;
    }
  }
}

/** Guarantee 4: each event once, in the log's order, and only what the filter takes. (An exclusive consumer's come again.) */
function* givesEachOnceAndInOrder({ records }) {
  for (const { name, subscription } of allSubscriptions(records)) {
    const who = describe(name, subscription);
    let last = 0;
    for (const [number, , kind] of subscription.got) {
      if (kind !== null && !matches(subscription.filter, kind)) yield `${who} got ${number}, which its filter doesn't take`;
      if (number <= last && subscription.kind !== "exclusive") yield `${who} got ${number} after ${last}`;
      last = number;
    }
  }
}

/** Guarantee 4: a live subscription begins after what was known at the call, or where it was told to. */
function* beginsNotTooEarly({ records }) {
  for (const { name, subscription } of allSubscriptions(records)) {
    const { kind, isShared, before, position, got } = subscription;
    const first = got[0]?.[0];
    const earliest = position?.sequence ?? (isLive(subscription) ? before.known + 1 : 0);
    // A page that isn't told of others' commits gives a handler all since its own last one.
    const isTooEarly = first < earliest && (isShared || kind !== "handler");
    if (isTooEarly) yield `${describe(name, subscription)} began with ${first}, before ${earliest}`;
  }
}

/** Guarantees 4 and 5: nothing is missing, from where a subscription must have begun up to the end, or to where it was left. */
function* missesNothing({ records, known, publishers, stored, end }) {
  const numbers = [...known.keys()].sort((a, b) => a - b);
  for (const { name, subscription, record } of allSubscriptions(records)) {
    if (subscription.kind === "exclusive") continue;
    const { filter, got, ended } = subscription;
    const from = latestStart(subscription, record, publishers, stored.first);
    const to = ended ? (got.at(-1)?.[0] ?? 0) : end;
    const passed = passedOver(subscription, record, stored.first);
    const has = new Set(got.map(([number]) => number));
    const wants = (n) => from <= n && n <= to && matches(filter, known.get(n));
    const missed = numbers.filter((n) => wants(n) && !has.has(n) && !passed(n));
    if (missed.length > 0) yield `${describe(name, subscription)} misses ${some(missed)} of ${from} to ${to}`;
  }
}

/** Exclusive consumers: no event is acknowledged by two, and none is skipped. */
function* sharesOutWork({ records, journal, known, stored, end }) {
  const open = allSubscriptions(records).filter(({ subscription }) => isOpenWork(subscription));
  for (const [consumer, { given, acknowledged, filter }] of exclusiveWork(journal)) {
    for (const [number, buses] of acknowledged) {
      if (buses.size > 1) yield `${number} was acknowledged for ${consumer} by ${[...buses].join(" and ")}`;
    }
    const isOpen = open.some(({ subscription }) => subscription.consumer === consumer);
    const from = Math.max(Math.min(...given), stored.first);
    const to = isOpen ? end : Math.max(0, ...acknowledged.keys());
    const wants = (n) => from <= n && n <= to && matches(filter, known.get(n));
    const skipped = [...known.keys()].filter((n) => wants(n) && !given.has(n));
    if (skipped.length > 0) yield `nobody was given ${some(skipped)} for ${consumer}`;
  }
}

/** Guarantee 7: what was acknowledged stays so, and is no more than the log has. */
function* keepsPositions({ journal, stored }) {
  const positions = new Map(stored.consumers.map(({ name, lastAcked = 0 }) => [name, lastAcked]));
  for (const [name, position] of positions) {
    if (position > stored.last) yield `${name} has acknowledged ${position}, but the log ends with ${stored.last}`;
  }
  for (const { by, acknowledged, consumer } of journal) {
    if (acknowledged === undefined || !movesForwardOnly.has(consumer)) continue;
    const now = positions.get(consumer);
    if (!(now >= acknowledged)) yield `${by} has acknowledged ${acknowledged} for ${consumer}, which is now at ${now}`;
  }
}

/** Guarantee 11: what is closed leaves nothing. */
function* leavesNothing({ records, left }) {
  for (const [i, receivers] of left.entries()) {
    if (receivers > 0) yield `${records[i].name} has closed all, but ${receivers} receivers are left`;
  }
}

const checks = [
  agreesOnTheOrder, keepsThePublishingOrder, changesNothing, numbersDensely, keepsWhatItReported, storesNothingThatItRefused,
  failsForAReason, givesEachOnceAndInOrder, beginsNotTooEarly, missesNothing, sharesOutWork, keepsPositions,
  leavesNothing,
];
