/**
 * Tears the page out in the midst of writing, and afterwards holds the log to what it had reported.
 *
 * What was reported is written down in localStorage, which works at once and outlives the page.
 */
import { entity, type Bus, type EventEnvelope, type SeqNo, type Uuid } from "everbus";
import { count, find, number } from "../page/dom.ts";
import type { Part } from "../page/part.ts";
import { sentNow } from "../traffic/sent.ts";
import { Verdict } from "./verdict.ts";

/** The type of all events that accidents write: they change nothing in the picture. */
export const ACCIDENT = "accident";

const KEY = "everbus-demo crash";
const EVENTS = 20_000;
const SLICE = 250;
/** Between slices: so that writing goes on while the browser fetches the page anew, and only then throws this one away. */
const PAUSE_MS = 40;

/** What the page knew when it ended. */
interface Account {
  /** The entity of its events. */
  readonly crash: Uuid;
  /** How many were reported committed, and the number of the last of them. */
  reported: number;
  last: SeqNo;
}

export class Crash implements Part {
  /** Called when there is something to see of an earlier crash. */
  onVerdict: () => void = () => {};

  readonly #fail: (error: unknown) => void;
  readonly #button = find("crash", HTMLButtonElement);
  readonly #verdict = new Verdict("crash-verdict");
  #bus: Bus | undefined;

  constructor(fail: (error: unknown) => void) {
    this.#fail = fail;
    this.#button.addEventListener("click", () => void this.#crash().catch(this.#fail));
  }

  opened(bus: Bus): void {
    this.#bus = bus;
  }

  live(): void {
    // A log in memory goes with the page, whatever was reported.
    this.#button.disabled = this.#bus?.storage !== "persistent";
    void this.#verify().catch(this.#fail);
  }

  closed(): void {
    this.#bus = undefined;
    this.#button.disabled = true;
    localStorage.removeItem(KEY);
  }

  /** Publishes slice after slice; once so many are reported, as chance has it, the page goes. */
  async #crash(): Promise<void> {
    const bus = this.#bus;
    if (bus === undefined) return;
    this.#button.disabled = true;
    this.#verdict.say("busy", `Writes ${count(EVENTS, "event")} …`);
    const account: Account = { crash: entity.created(ACCIDENT, null).entity_id, reported: 0, last: 0 };
    const end = Math.round(EVENTS * (0.1 + 0.3 * Math.random()));
    const report = (last: SeqNo | undefined): void => {
      account.reported += 1;
      account.last = last ?? 0;
      localStorage.setItem(KEY, JSON.stringify(account));
      if (account.reported === end) location.reload();
    };
    for (let n = 1; n <= EVENTS && !bus.closed; n += 1) {
      bus.publish(entity.updated(ACCIDENT, account.crash, { n }), sentNow()).committed.then(report, this.#fail);
      if (n % SLICE === 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #verify(): Promise<void> {
    const bus = this.#bus;
    const text = localStorage.getItem(KEY);
    if (bus === undefined || text === null) return;
    const account = JSON.parse(text) as Account;
    const stored = await bus.log.read({ filter: { entity_id: account.crash }, limit: EVENTS });
    localStorage.removeItem(KEY);
    const kept = stored.filter(({ seq_no = 0 }) => seq_no <= account.last).length;
    const before = `Before the crash ${count(account.reported, "event")} ${account.reported === 1 ? "was" : "were"} reported committed.`;
    if (kept !== account.reported || !isInOrder(stored)) {
      this.#verdict.say("error", `${before} Only ${number(kept)} of them are in the log, or not in order: that is a bug.`);
    } else {
      const more = stored.length - kept;
      const late = more === 0 ? "" : `, and ${number(more)} more, of which the page had not heard yet`;
      this.#verdict.say("well", `${before} All ${number(kept)} are in the log${late}.`);
    }
    this.onVerdict();
  }
}

/** Whether they are the first so many that were published, in that order. */
function isInOrder(stored: readonly EventEnvelope[]): boolean {
  return stored.every(({ event }, i) => {
    const data = event.kind === "entity" && event.action !== "deleted" ? event.data : null;
    return data !== null && typeof data === "object" && !Array.isArray(data) && data.n === i + 1;
  });
}
