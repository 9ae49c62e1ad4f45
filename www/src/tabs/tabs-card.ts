/** The tabs that are open: whether their pictures agree, and how soon one gets what another publishes. */
import type { Bus, EventEnvelope, Uuid } from "everbus";
import { digest } from "./digest.ts";
import { count, el, find, number } from "../page/dom.ts";
import { Latency, NEWEST } from "./latency.ts";
import type { Part } from "../page/part.ts";
import { Presence, type Report } from "./presence.ts";
import type { Atlas, Change } from "../picture/state.ts";
import { tabMark, tabName } from "./tab-mark.ts";

/** A picture that nothing has changed for so long is at rest. */
const QUIET_MS = 200;

type Agreement = "agrees" | "differs" | "behind" | "ahead" | "unknown";

export class TabsCard implements Part {
  readonly #atlas: Atlas;
  readonly #agreement = find("agreement", HTMLParagraphElement);
  readonly #rows = find("open-tabs", HTMLUListElement);
  readonly #median = find("latency-median", HTMLElement);
  readonly #tail = find("latency-tail", HTMLElement);
  readonly #measured = find("latency-events", HTMLParagraphElement);
  readonly #presence = new Presence(() => this.#show());
  #latency = new Latency();
  #isLatencyStale = false;
  #own: Uuid | undefined;
  /** Whether other tabs have the same log. */
  #isShared = true;
  #isLive = false;
  #quiet = 0;

  constructor(atlas: Atlas) {
    this.#atlas = atlas;
    find("open-tab", HTMLButtonElement).addEventListener("click", () => {
      window.open(location.href, "_blank", "noopener");
    });
  }

  opened(bus: Bus): void {
    this.#own = bus.origin;
    this.#isShared = bus.storage === "persistent";
    if (Presence.isPossible && this.#isShared) this.#presence.enter(bus.origin);
    this.#show();
  }

  received(envelope: EventEnvelope, _change: Change | undefined, live: boolean): void {
    if (!live || envelope.origin === this.#own) return;
    this.#latency.take(envelope);
    this.#isLatencyStale = true;
  }

  live(): void {
    this.#isLive = true;
    this.#latency = new Latency();
  }

  refresh(): void {
    if (this.#isLatencyStale) this.#showLatency();
    if (!this.#isLive || this.#presence.report?.seqNo === this.#atlas.lastSeqNo) return;
    clearTimeout(this.#quiet);
    this.#quiet = window.setTimeout(() => this.#tell(), QUIET_MS);
  }

  closed(): void {
    clearTimeout(this.#quiet);
    this.#own = undefined;
    this.#isLive = false;
    this.#latency = new Latency();
    this.#showLatency();
    this.#presence.leave();
  }

  #tell(): void {
    this.#presence.tell({ seqNo: this.#atlas.lastSeqNo, digest: digest(this.#atlas) });
  }

  #show(): void {
    if (this.#own === undefined) return;
    const own = this.#presence.report;
    const others = [...this.#presence.others].map(([origin, report]) => ({ origin, report, agreement: compare(own, report) }));
    this.#rows.replaceChildren(
      row(this.#own, this.#own, own, own === undefined ? "reads the log" : `at event ${number(own.seqNo)}`),
      ...others.map(({ origin, report, agreement }) => row(origin, this.#own, report, SAYS[agreement](own, report))),
    );
    const state = others.find(({ agreement }) => agreement !== "agrees")?.agreement ?? "agrees";
    this.#agreement.dataset.state = others.length === 0 ? "unknown" : state;
    this.#agreement.textContent = this.#isShared ? summary(own, others) : "The log is in this tab’s memory: no other tab has it.";
  }

  #showLatency(): void {
    this.#isLatencyStale = false;
    const { events } = this.#latency;
    this.#median.textContent = events === 0 ? "–" : milliseconds(this.#latency.quantile(0.5));
    this.#tail.textContent = events === 0 ? "–" : milliseconds(this.#latency.quantile(0.95));
    this.#measured.textContent = events === 0 ? "No event of another tab has come yet." : `Measured on ${newest(events)}.`;
  }
}

function compare(own: Report | undefined, other: Report | undefined): Agreement {
  if (own === undefined || other === undefined) return "unknown";
  if (own.seqNo !== other.seqNo) return other.seqNo < own.seqNo ? "behind" : "ahead";
  return own.digest === other.digest ? "agrees" : "differs";
}

const SAYS: Record<Agreement, (own?: Report, other?: Report) => string> = {
  agrees: (_, other) => `agrees at event ${number(other?.seqNo ?? 0)}`,
  differs: (_, other) => `differs at event ${number(other?.seqNo ?? 0)}`,
  behind: (own, other) => `is behind by ${count((own?.seqNo ?? 0) - (other?.seqNo ?? 0), "event")}`,
  ahead: (own, other) => `is ahead by ${count((other?.seqNo ?? 0) - (own?.seqNo ?? 0), "event")}`,
  unknown: () => "reads the log",
};

interface Other {
  origin: Uuid;
  report: Report | undefined;
  agreement: Agreement;
}

function summary(own: Report | undefined, others: Other[]): string {
  if (!Presence.isPossible) return "The browser says which tabs are open on secure pages only: on https, or localhost.";
  if (others.length === 0) return "No other tab is open.";
  const odd = others.find(({ agreement }) => agreement === "differs") ?? others.find(({ agreement }) => agreement !== "agrees");
  if (odd === undefined) {
    const [first] = others;
    const who = others.length === 1 && first ? tabName(first.origin, undefined) : `all ${number(others.length)} other tabs`;
    return `Agrees with ${who} at event ${number(own?.seqNo ?? 0)}.`;
  }
  const bug = odd.agreement === "differs" ? ": that is a bug" : "";
  return `Tab ${tabMark(odd.origin).name} ${SAYS[odd.agreement](own, odd.report)}${bug}.`;
}

function row(origin: Uuid, own: Uuid | undefined, report: Report | undefined, text: string): HTMLLIElement {
  const swatch = el("span", { class: "swatch" });
  swatch.style.background = tabMark(origin).color;
  const name = el("strong", { text: tabMark(origin).name });
  const mine = el("span", { class: "own", text: "this tab", hidden: origin !== own });
  const item = el("li", { testid: "open-tab-row" }, swatch, name, mine, el("span", { class: "what", text }));
  if (report !== undefined) item.append(el("code", { text: report.digest, label: `Fingerprint of its picture: ${report.digest}` }));
  return item;
}

function newest(events: number): string {
  return events < NEWEST ? `the last ${count(events, "event")} of other tabs` : `the newest ${number(NEWEST)} events of other tabs`;
}

function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : number(Math.round(ms))} ms`;
}
