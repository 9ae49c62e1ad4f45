/** Fills the storage until the browser refuses, and makes room again. */
import { entity, type Bus } from "everbus";
import { find, number } from "../page/dom.ts";
import type { Part } from "../page/part.ts";
import { sentNow } from "../traffic/sent.ts";
import { codeOf, describe } from "../page/status.ts";
import { whileShown } from "../page/while-shown.ts";
import { ACCIDENT } from "./crash.ts";
import type { Trim } from "./trim.ts";
import { Verdict, bytes } from "./verdict.ts";

const EVENT_BYTES = 900_000;
/** index.html tells this number beforehand. */
const MOST_BYTES = 256_000_000;
const ASK_MS = 1000;
/** Browsers free the room of what was deleted in their own time. */
const TRY_FOR_MS = 60_000;
const TRY_EVERY_MS = 200;

export class Quota implements Part {
  readonly #fail: (error: unknown) => void;
  readonly #trim: Trim;
  readonly #usage = find("quota-usage", HTMLElement);
  readonly #room = find("quota-room", HTMLElement);
  readonly #fill = find("quota-fill", HTMLButtonElement);
  readonly #free = find("quota-free", HTMLButtonElement);
  readonly #verdict = new Verdict("quota-verdict");
  #bus: Bus | undefined;
  #isFilling = false;
  #stopAsking = (): void => {};

  constructor(trim: Trim, fail: (error: unknown) => void) {
    this.#trim = trim;
    this.#fail = fail;
    this.#fill.addEventListener("click", () => {
      if (this.#isFilling) this.#isFilling = false;
      else void this.#run((bus) => this.#fillUp(bus));
    });
    this.#free.addEventListener("click", () => void this.#run((bus) => this.#makeRoom(bus)));
  }

  opened(bus: Bus): void {
    this.#bus = bus;
    this.#stopAsking = whileShown("side-accidents", ASK_MS, () => void this.#estimate());
  }

  live(): void {
    this.#fill.disabled = false;
  }

  closed(): void {
    this.#stopAsking();
    this.#bus = undefined;
    this.#isFilling = false;
    this.#fill.disabled = true;
    this.#free.hidden = true;
  }

  async #run(work: (bus: Bus) => Promise<void>): Promise<void> {
    if (this.#bus === undefined) return;
    try {
      await work(this.#bus);
    } catch (error) {
      if (codeOf(error) !== "closed") this.#fail(error);
    }
    await this.#estimate();
  }

  async #estimate(): Promise<void> {
    const { usage, quota } = (await navigator.storage?.estimate()) ?? {};
    this.#usage.textContent = usage === undefined ? "unknown" : bytes(usage);
    this.#room.textContent = quota === undefined ? "unknown" : bytes(quota);
  }

  async #fillUp(bus: Bus): Promise<void> {
    this.#isFilling = true;
    this.#fill.textContent = "Stop";
    let written = 0;
    try {
      while (this.#isFilling && written < MOST_BYTES) {
        await write(bus);
        written += EVENT_BYTES;
        this.#verdict.say("busy", `Wrote ${bytes(written)} …`);
      }
      this.#verdict.say("well", `Stopped after ${bytes(written)}. The browser has refused nothing.`);
    } catch (error) {
      if (codeOf(error) !== "quota_exceeded") throw error;
      const { events } = await bus.log.stats();
      const readable = `That event was refused, and nothing else: all ${number(events)} events of the log are there.`;
      this.#verdict.say("error", `After ${bytes(written)} the bus reports: ${describe(error)}. ${readable}`);
    } finally {
      this.#isFilling = false;
      this.#fill.textContent = "Fill it";
      this.#free.hidden = written === 0;
    }
  }

  async #makeRoom(bus: Bus): Promise<void> {
    this.#free.disabled = true;
    try {
      const last = (await bus.log.lastSeqNo()) ?? 0;
      this.#verdict.say("busy", "Trims, and writes again …");
      await this.#trim.trim(bus, last + 1);
      const started = performance.now();
      const { number: written, tries } = await writeAgain(bus);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const when = tries === 1 ? "at once" : `after ${number(tries)} tries in ${seconds} s`;
      this.#verdict.say("well", `Trimmed up to event ${number(last)}. Writing works again: event ${number(written)} was committed ${when}.`);
      this.#free.hidden = true;
    } catch (error) {
      if (codeOf(error) !== "quota_exceeded") throw error;
      this.#verdict.say("error", `There is still no room, says the browser: ${describe(error)}.`);
    } finally {
      this.#free.disabled = false;
    }
  }
}

/** Writes a large event that nothing can make small. Resolves to its number. */
async function write(bus: Bus): Promise<number> {
  const { committed } = bus.publish(entity.created(ACCIDENT, randomText(EVENT_BYTES)), sentNow());
  return (await committed) ?? 0;
}

async function writeAgain(bus: Bus): Promise<{ number: number; tries: number }> {
  const started = performance.now();
  for (let tries = 1; ; tries += 1) {
    try {
      return { number: await write(bus), tries };
    } catch (error) {
      if (codeOf(error) !== "quota_exceeded" || performance.now() - started > TRY_FOR_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, TRY_EVERY_MS));
    }
  }
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function randomText(length: number): string {
  const codes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(codes.subarray(at, at + 65_536));
  for (const [i, code] of codes.entries()) codes[i] = LETTERS.charCodeAt(code % LETTERS.length);
  return new TextDecoder().decode(codes);
}
