import type { Bus, EventEnvelope } from "everbus";
import type { Change } from "../picture/state.ts";

/**
 * A part of the page that follows the log. What it shows comes from the log only: what a person does in it is published,
 * and shows when it comes back committed.
 */
export interface Part {
  /** A bus was opened: at first, and again after its log was deleted, here or in another tab. */
  opened?(bus: Bus): void;
  /** The next event of the log, once it is in the picture, with what it did there. `live` if it isn't part of the first replay. */
  received?(envelope: EventEnvelope, change: Change | undefined, live: boolean): void;
  /** The first replay is over. */
  live?(): void;
  /** While events come, some thirty times a second and after the last of them: time to bring up to date what shows. */
  refresh?(): void;
  /** The bus was closed, as its log was deleted. */
  closed?(): void;
}
