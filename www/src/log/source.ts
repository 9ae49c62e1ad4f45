/** What a list of the log shows: all events, or those that match a filter. The newest is the first row. */
import type { EventEnvelope, SeqNo } from "everbus";

/** A row: its event, or why there is none; neither while it is being read. */
export interface Cell {
  readonly envelope?: EventEnvelope | undefined;
  readonly seqNo?: SeqNo | undefined;
  readonly problem?: string | undefined;
}

/** What reading has cost so far. */
export interface Reading {
  readonly events: number;
  readonly ms: number;
  /** Whether there is nothing more to read. */
  readonly done: boolean;
  readonly problem?: string | undefined;
}

export interface LogSource {
  readonly count: number;
  /** How many events have come since it is held. */
  readonly newer: number;
  readonly reading: Reading;
  /** While it is held, its rows stay as they are, and what comes is counted. */
  held: boolean;
  at(row: number): Cell;
  /** Reads what it lacks of these rows, and says when they are there. */
  want(first: number, last: number): void;
  /** Reads again what couldn't be read. */
  retry(row: number): void;
  close(): void;
}
