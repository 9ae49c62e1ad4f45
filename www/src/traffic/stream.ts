/**
 * Streams the data files as `created` events, in slices, at a pace that the eye can follow. Each slice is one atomic
 * append, and the next one waits until the last is in the picture, so that the page never falls behind.
 *
 * What the picture has already is left out, so stopping, continuing and pressing twice never double anything. Nor do two
 * tabs that stream at once: a slice is appended only if the log has not moved since the picture was asked what it lacks.
 */
import { entity, link, type Bus, type FrameworkEvent, type SeqNo, type Uuid } from "everbus";
import type { Source } from "./data.ts";
import { sentNow } from "./sent.ts";
import { AIRPORT, ROUTE, type Atlas } from "../picture/state.ts";
import { codeOf } from "../page/status.ts";

/** Events a second: the whole of it in about four and a half seconds. */
const PACE = 1950;
const LARGEST_SLICE = 250;
const BEAT_MS = 16;

export interface Progress {
  /** Events that this run has committed, of those that were missing when it began. */
  done: number;
  total: number;
  seconds: number;
  /** How many appends these were, and how many of the seconds passed between asking for one and its commit. */
  commits: number;
  committing: number;
  stopped: boolean;
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

  /**
   * Publishes what is missing, until it is done or stopped. `catchUp` is called when another tab has written meanwhile:
   * it brings the picture up to date. Rejects with what the log rejects with.
   */
  async run(bus: Bus, catchUp: () => Promise<void>, report: (progress: Progress) => void): Promise<Progress> {
    this.#running ??= this.#publish(bus, catchUp, report).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Resolves when the slice under way is committed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running?.catch(() => undefined);
  }

  async #publish(bus: Bus, catchUp: () => Promise<void>, report: (progress: Progress) => void): Promise<Progress> {
    this.#stopping = false;
    const { airports, routes } = this.missing();
    const started = performance.now();
    const progress: Progress = { done: 0, total: airports + routes, seconds: 0, commits: 0, committing: 0, stopped: false };
    let position = 0;
    report(progress);
    while (!this.#stopping) {
      const due = ((performance.now() - started) / 1000) * PACE - progress.done;
      const slice = this.#slice(position, Math.min(Math.max(1, Math.ceil(due)), LARGEST_SLICE));
      if (slice.events.length === 0) break;
      const asked = performance.now();
      const committed = await append(bus, slice.events, this.#atlas.lastSeqNo);
      if (committed === undefined) await catchUp();
      else {
        position = slice.next;
        const now = performance.now();
        progress.done += slice.events.length;
        progress.seconds = (now - started) / 1000;
        progress.commits += 1;
        progress.committing += (now - asked) / 1000;
        report(progress);
      }
      do await new Promise((resolve) => setTimeout(resolve, BEAT_MS));
      while (this.#atlas.lastSeqNo < (committed ?? 0) && !this.#stopping);
    }
    return { ...progress, stopped: this.#stopping };
  }

  /** At most `count` events for what is missing from a position in the files on, and where the next slice starts. */
  #slice(position: number, count: number): { events: FrameworkEvent[]; next: number } {
    const { airports, routes } = this.#source;
    const events: FrameworkEvent[] = [];
    let next = position;
    while (next < airports.length + routes.length && events.length < count) {
      // A route needs its airports in the picture, so none shares a slice with them.
      if (next === airports.length && events.length > 0) break;
      const event = next < airports.length ? this.#airportAt(next) : this.#routeAt(next - airports.length);
      if (event !== undefined) events.push(event);
      next += 1;
    }
    return { events, next };
  }

  #airportAt(index: number): FrameworkEvent | undefined {
    const airport = this.#source.airports[index];
    if (airport === undefined || this.#atlas.byCode(airport.code)) return undefined;
    return entity.created(AIRPORT, airport, idOf(`airport ${airport.code}`));
  }

  #routeAt(index: number): FrameworkEvent | undefined {
    const route = this.#source.routes[index];
    if (route === undefined) return undefined;
    const { origin, destination, flights } = route;
    const from = this.#atlas.byCode(origin);
    const to = this.#atlas.byCode(destination);
    if (!from || !to || this.#atlas.routes.between(from.id, to.id)) return undefined;
    return link.created(ROUTE, from.id, to.id, { flights }, idOf(`route ${origin} ${destination}`));
  }

  #hasRoute(origin: string, destination: string): boolean {
    const from = this.#atlas.byCode(origin);
    const to = this.#atlas.byCode(destination);
    return from !== undefined && to !== undefined && this.#atlas.routes.between(from.id, to.id) !== undefined;
  }
}

/** Appends a slice; `undefined` if the log has moved on, and so the slice may not be what is missing any more. */
async function append(bus: Bus, events: FrameworkEvent[], expectedLastSeqNo: SeqNo): Promise<SeqNo | undefined> {
  try {
    return await bus.publishAll(events, { expectedLastSeqNo, ...sentNow() }).at(-1)?.committed;
  } catch (error) {
    if (codeOf(error) === "conflict") return undefined;
    throw error;
  }
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
