/** The time line under the picture: the whole log from its first number to its last, to be dragged along and played again. */
import type { EventEnvelope } from "everbus";
import { ACTIONS, Activity } from "./activity.ts";
import { find, number } from "../page/dom.ts";
import type { Part } from "../page/part.ts";
import type { Snapshots } from "./snapshots.ts";
import type { Atlas } from "../picture/state.ts";
import { readTheme } from "../page/theme.ts";
import type { Travel } from "./travel.ts";

const BEAT_MS = 100;
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

export class Timeline implements Part {
  readonly #present: Atlas;
  readonly #travel: Travel;
  readonly #snapshots: Snapshots;
  readonly #activity = new Activity();
  readonly #root = find("timeline", HTMLElement);
  readonly #range = find("time", HTMLInputElement);
  readonly #strip = find("strip", HTMLCanvasElement);
  readonly #text = find("time-text", HTMLOutputElement);
  readonly #play = find("play", HTMLButtonElement);
  readonly #pace = find("pace", HTMLSelectElement);
  readonly #back = find("back", HTMLButtonElement);
  #timer = 0;

  constructor(present: Atlas, travel: Travel, snapshots: Snapshots) {
    this.#present = present;
    this.#travel = travel;
    this.#snapshots = snapshots;
    this.#range.addEventListener("input", () => travel.to(this.#range.valueAsNumber));
    this.#back.addEventListener("click", () => travel.back());
    this.#play.addEventListener("click", () => this.#togglePlay());
    this.#pace.addEventListener("change", () => {
      if (travel.playing) travel.play(Number(this.#pace.value));
    });
    new ResizeObserver(() => this.#draw()).observe(this.#strip);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  opened(): void {
    this.#activity.clear(this.#snapshots.ground.seqNo + 1);
    this.refresh();
  }

  received(envelope: EventEnvelope): void {
    this.#activity.add(envelope);
  }

  /** Brings the time line up to date, but not more often than the eye follows. */
  refresh(): void {
    this.#timer ||= window.setTimeout(() => {
      this.#timer = 0;
      this.#show();
      this.#draw();
    }, BEAT_MS);
    this.#show();
  }

  #togglePlay(): void {
    if (this.#travel.playing) this.#travel.pause();
    else {
      // From the present there is only the beginning to play from.
      if (this.#travel.position === undefined) this.#travel.to(this.#snapshots.ground.seqNo);
      this.#travel.play(Number(this.#pace.value));
    }
    this.#show();
  }

  #show(): void {
    const { position, timestamp, took, playing } = this.#travel;
    const last = this.#present.lastSeqNo;
    this.#root.dataset.time = position === undefined ? "present" : "past";
    document.documentElement.classList.toggle("past", position !== undefined);
    this.#range.min = String(this.#snapshots.ground.seqNo);
    this.#range.max = String(last);
    this.#range.disabled = this.#play.disabled = last === 0;
    if (this.#range.valueAsNumber !== (position ?? last)) this.#range.valueAsNumber = position ?? last;
    this.#back.disabled = position === undefined;
    this.#play.textContent = playing ? "Pause" : "Play";
    this.#play.ariaPressed = String(playing);
    const when = timestamp === "" ? "before the first event" : `as of ${clock.format(new Date(timestamp))}`;
    const way = playing ? "" : `, rebuilt in ${number(Math.ceil(took))} ms`;
    const missed = position === undefined ? 0 : last - position;
    this.#text.textContent =
      position === undefined
        ? last === 0 ? "Nothing to travel to yet" : `Event ${number(last)}: now`
        : `Event ${number(position)}, ${when}${way}; ${number(missed)} later ones`;
    this.#range.setAttribute("aria-valuetext", this.#text.textContent);
  }

  /** Draws what each stretch of the log did, in the colours of the actions. */
  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#strip;
    const pen = this.#strip.getContext("2d");
    if (pen === null || width === 0) return;
    this.#strip.width = width;
    this.#strip.height = height;
    const theme = readTheme();
    this.#activity.shares(width).forEach((shares, x) => {
      let y = height;
      shares.forEach((share, action) => {
        pen.fillStyle = theme[ACTIONS[action] ?? "created"];
        pen.fillRect(x, y - share * height, 1, share * height);
        y -= share * height;
      });
    });
  }
}
