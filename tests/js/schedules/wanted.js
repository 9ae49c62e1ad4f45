// What a subscription must have of all that is known, and need not have.
import { exclusives } from "./events.js";

/** The clock is one for all tabs, but not read to the millisecond, and a call takes a while. */
const CLOCK_MS = 50;

/** Whether it begins with what is committed after the call. */
export const isLive = ({ kind, position }) => kind === "handler" || kind === "iterator" || position === "latest";

/** Whether it is an exclusive one that was open to the end. */
export const isOpenWork = ({ kind, ended }) => kind === "exclusive" && !ended;

/** The first number that it must have, or a later one: where it begins depends on what its page knew, and what was trimmed. */
export function latestStart(subscription, record, publishers, firstStored) {
  const { position, got, before, isShared, kind } = subscription;
  const first = got[0]?.[0] ?? Infinity;
  if (position === "beginning") return Math.min(first, firstStored);
  if (position?.sequence !== undefined) return got.length > 0 ? position.sequence : Math.max(position.sequence, firstStored);
  if (!isLive(subscription)) return first;
  const own = record.published.slice(before.published).filter(({ number, isRetry }) => number !== undefined && !isRetry);
  // An iterator asks the log where it begins if nobody tells its page: others may commit meanwhile.
  const isPrompt = isShared || kind === "handler";
  const others = [...publishers].filter(([, { by, at }]) => isPrompt && by !== record.name && at > before.at + CLOCK_MS);
  return Math.min(first, ...own.map(({ number }) => number), ...others.map(([number]) => number));
}

/** Which numbers it need not have: what was trimmed before it came there, of which a handler's page is told. */
export function passedOver({ kind, onTrimmed }, { reported }, firstStored) {
  if (onTrimmed === "skip") return (number) => number < firstStored;
  const isTold = ({ message }) => message.endsWith("were trimmed before they were delivered");
  const ranges = reported.filter(isTold).map(({ range }) => range);
  return (number) => kind === "handler" && ranges.some(({ requested, first }) => requested <= number && number < first);
}

/** Of each exclusive consumer what was given out, and which buses acknowledged each number. */
export function exclusiveWork(journal) {
  const nothing = (filter) => ({ filter, given: new Set(), acknowledged: new Map() });
  const work = new Map(Object.entries(exclusives).map(([name, filter]) => [name, nothing(filter)]));
  for (const { by, consumer, given, acknowledged, bus } of journal) {
    const of = work.get(consumer);
    if (of === undefined) continue;
    if (given !== undefined) of.given.add(given);
    if (acknowledged === undefined) continue;
    // Iterators of one bus share its claim.
    const buses = of.acknowledged.get(acknowledged) ?? new Set();
    of.acknowledged.set(acknowledged, buses.add(`bus ${bus} of ${by}`));
  }
  return work;
}
