/**
 * Live traffic: the flights of `vega-datasets`, one after the other and around again. A flight is a link that is created
 * when it departs and deleted when it lands. A slider sets how many events a second are wanted; how many it gets to be
 * is measured elsewhere.
 *
 * Each beat is one atomic append of what is due. A few of them may be on their way through the log; the next one waits
 * until the first of those is in the picture, so that the page never falls behind, whatever is asked of it.
 */
import { link, type Bus, type FrameworkEvent, type SeqNo, type Uuid } from "everbus";
import type { FlightRow } from "./data.ts";
import { sentNow } from "./sent.ts";
import { FLIGHT, type Atlas } from "../picture/state.ts";

/** The slider's steps, in events a second. The last is whatever the machine takes. */
export const PACES = [2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, Infinity];

const BEAT_MS = 16;
/** The largest append: small enough that a frame holds its way through the log and into the picture. */
const LARGEST_SLICE = 500;
const MOST_ON_THEIR_WAY = 3;
/** More in the air would be a cloud: above this they fly faster. */
const MOST_IN_THE_AIR = 2000;
/** In the air for this long, and for so much longer a mile. */
const LEAST_MS = 2000;
const MS_PER_MILE = 2;
/** Events a second at which the shortest flights are reckoned. */
const FASTEST = 20_000;
/** A flight that its own tab hasn't landed so long after it was due is landed by another. */
const OVERDUE_MS = 3000;
const ADOPT_EVERY_MS = 1000;

interface InTheAir {
  id: Uuid;
  from: Uuid;
  to: Uuid;
  /** When to land it, in milliseconds since the epoch. */
  due: number;
  /** It isn't this tab's, and lands only if nobody else has landed it. */
  adopted: boolean;
}

export class Traffic {
  readonly #rows: readonly FlightRow[];
  readonly #atlas: Atlas;
  /** Events a second. */
  pace = 50;
  #next = 0;
  #running: Promise<void> | undefined;
  #departing = false;
  /** What this tab is to land, in the order of departure. */
  readonly #air = new Map<Uuid, InTheAir>();

  constructor(rows: readonly FlightRow[], atlas: Atlas) {
    this.#rows = rows;
    this.#atlas = atlas;
  }

  /** Whether flights depart; those in the air land after it has stopped, too. */
  get departing(): boolean {
    return this.#departing;
  }

  /** Publishes until it is stopped and what it has in the air has landed. Rejects with what the log rejects with. */
  run(bus: Bus): Promise<void> {
    this.#departing = true;
    this.#running ??= this.#publish(bus).finally(() => {
      this.#running = undefined;
      this.#departing = false;
      this.#air.clear();
    });
    return this.#running;
  }

  /** No more flights depart. */
  stop(): void {
    this.#departing = false;
  }

  async #publish(bus: Bus): Promise<void> {
    let beat = performance.now();
    let adopted = -Infinity;
    let due = 1;
    const onTheirWay: Promise<SeqNo | undefined>[] = [];
    while (!bus.closed) {
      if (this.#departing && beat - adopted > ADOPT_EVERY_MS) {
        this.#adopt();
        adopted = beat;
      }
      const events = this.#slice(Math.floor(due));
      const last = bus.publishAll(events, sentNow()).at(-1);
      if (last !== undefined) onTheirWay.push(last.committed);
      if (onTheirWay.length > MOST_ON_THEIR_WAY) await this.#isInThePicture(bus, await onTheirWay.shift());
      if (!this.#departing && this.#air.size === 0) break;
      await pause(this.pace === Infinity ? 0 : BEAT_MS);
      const now = performance.now();
      const wanted = this.pace === Infinity ? LARGEST_SLICE : ((now - beat) / 1000) * this.pace;
      due = Math.min(due - events.length + wanted, LARGEST_SLICE);
      beat = now;
    }
    await Promise.all(onTheirWay);
  }

  async #isInThePicture(bus: Bus, seqNo = 0): Promise<void> {
    while (this.#atlas.lastSeqNo < seqNo && !bus.closed) await pause(0);
  }

  /** At most `most` events: first what lands, then what departs. */
  #slice(most: number): FrameworkEvent[] {
    const now = Date.now();
    const events: FrameworkEvent[] = [];
    for (const { id, from, to } of this.#landing(now, most)) events.push(link.deleted(FLIGHT, id, from, to));
    for (let tried = 0; this.#departing && events.length < most && tried < this.#rows.length; tried += 1) {
      const event = this.#departure(now);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  /** Takes what is due to land, and the oldest where there are too many in the air. */
  #landing(now: number, most: number): InTheAir[] {
    const crowd = this.#air.size - MOST_IN_THE_AIR;
    const landing: InTheAir[] = [];
    let seen = 0;
    for (const flight of this.#air.values()) {
      seen += 1;
      if (landing.length >= most) break;
      if (flight.due > now && seen > crowd) continue;
      this.#air.delete(flight.id);
      if (!flight.adopted || this.#atlas.flights.get(flight.id) !== undefined) landing.push(flight);
    }
    return landing;
  }

  /** Sees to it that what another tab, or this one before a reload, has in the air will land. */
  #adopt(): void {
    for (const { id, from, to, departed, ms } of this.#atlas.flights.values()) {
      if (!this.#air.has(id)) this.#air.set(id, { id, from, to, due: departed + ms + OVERDUE_MS, adopted: true });
    }
  }

  #departure(now: number): FrameworkEvent | undefined {
    const row = this.#rows[this.#next % this.#rows.length];
    this.#next += 1;
    if (row === undefined) return undefined;
    const [from, to] = [this.#atlas.byCode(row.origin), this.#atlas.byCode(row.destination)];
    if (from === undefined || to === undefined || from === to) return undefined;
    const { date, delay, distance } = row;
    const departures = Math.min(this.pace, FASTEST) / 2;
    const ms = Math.round(Math.min(LEAST_MS + distance * MS_PER_MILE, (MOST_IN_THE_AIR / departures) * 1000));
    const event = link.created(FLIGHT, from.id, to.id, { date, delay, distance, ms });
    this.#air.set(event.link_id, { id: event.link_id, from: from.id, to: to.id, due: now + ms, adopted: false });
    return event;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
