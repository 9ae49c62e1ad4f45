/**
 * Streams the data files as `created` events, in slices, at a pace that the eye can follow. Each slice is one atomic
 * append, and the next one waits until the last is in the picture, so that the page never falls behind.
 *
 * What the picture has already is left out: stopping, continuing and pressing twice never double anything. Ids follow from
 * the names, so that two tabs streaming at once agree.
 */
import { entity, link, type Bus, type FrameworkEvent, type Uuid } from "everbus";
import type { Source } from "./data.ts";
import { AIRPORT, ROUTE, type Atlas } from "./state.ts";

/** Events a second: the whole of it in about four and a half seconds. */
const PACE = 1950;
const LARGEST_SLICE = 250;
const BEAT_MS = 16;

export interface Progress {
  done: number;
  total: number;
  seconds: number;
}

export class Stream {
  readonly #source: Source;
  readonly #atlas: Atlas;
  #running: Promise<Progress> | undefined;
  #stopping = false;

  constructor(source: Source, atlas: Atlas) {
    this.#source = source;
    this.#atlas = atlas;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  /** How many airports and routes of the files the picture lacks. */
  missing(): { airports: number; routes: number } {
    return {
      airports: this.#source.airports.filter(({ code }) => !this.#atlas.byCode(code)).length,
      routes: this.#source.routes.filter(({ origin, destination }) => !this.#hasRoute(origin, destination)).length,
    };
  }

  /** Publishes what is missing, until it is done or stopped. Rejects with what the log rejects with. */
  async run(bus: Bus, report: (progress: Progress) => void): Promise<Progress> {
    this.#running ??= this.#publish(bus, report).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Resolves when the slice under way is committed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running?.catch(() => undefined);
  }

  async #publish(bus: Bus, report: (progress: Progress) => void): Promise<Progress> {
    this.#stopping = false;
    const { airports, routes } = this.missing();
    const started = performance.now();
    const progress: Progress = { done: 0, total: airports + routes, seconds: 0 };
    const pending = this.#pending();
    while (!this.#stopping) {
      const due = ((performance.now() - started) / 1000) * PACE - progress.done;
      const slice = take(pending, Math.min(Math.max(1, Math.ceil(due)), LARGEST_SLICE));
      if (slice.length === 0) break;
      const committed = (await bus.publishAll(slice).at(-1)?.committed) ?? 0;
      progress.done += slice.length;
      progress.seconds = (performance.now() - started) / 1000;
      report(progress);
      do await new Promise((resolve) => setTimeout(resolve, BEAT_MS));
      while (this.#atlas.lastSeqNo < committed && !this.#stopping);
    }
    return progress;
  }

  /** What is missing, one by one: whether it still is, is asked when its turn comes. */
  *#pending(): Generator<FrameworkEvent | undefined> {
    for (const airport of this.#source.airports) {
      if (!this.#atlas.byCode(airport.code)) yield entity.created(AIRPORT, airport, idOf(`airport ${airport.code}`));
    }
    yield undefined; // Routes need their airports in the picture: end the slice.
    for (const { origin, destination, flights } of this.#source.routes) {
      const from = this.#atlas.byCode(origin);
      const to = this.#atlas.byCode(destination);
      if (!from || !to || this.#atlas.routeBetween(from.id, to.id)) continue;
      yield link.created(ROUTE, from.id, to.id, { flights }, idOf(`route ${origin} ${destination}`));
    }
  }

  #hasRoute(origin: string, destination: string): boolean {
    const from = this.#atlas.byCode(origin);
    const to = this.#atlas.byCode(destination);
    return from !== undefined && to !== undefined && this.#atlas.routeBetween(from.id, to.id) !== undefined;
  }
}

/** The next `count` events at most; an `undefined` ends a slice that has begun. */
function take(events: Iterator<FrameworkEvent | undefined>, count: number): FrameworkEvent[] {
  const slice: FrameworkEvent[] = [];
  while (slice.length < count) {
    const { value, done } = events.next();
    if (done) break;
    if (value !== undefined) slice.push(value);
    else if (slice.length > 0) break;
  }
  return slice;
}

/** The UUID of a name: version 8 (RFC 9562), 122 bits of a hash of four 32-bit lanes. */
function idOf(name: string): Uuid {
  const lanes = new Uint32Array([0x9e3779b9, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f]);
  for (let round = 0; round < 2; round += 1) {
    for (let i = 0; i < name.length; i += 1) {
      for (let lane = 0; lane < 4; lane += 1) {
        const mixed = (lanes[lane] ?? 0) ^ (lanes[(lane + 1) % 4] ?? 0) ^ (name.charCodeAt(i) + lane);
        lanes[lane] = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d + 2 * lane);
      }
    }
  }
  const hex = [...lanes].map((lane) => lane.toString(16).padStart(8, "0")).join("");
  const variant = (8 + (Number.parseInt(hex.charAt(16), 16) % 4)).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
