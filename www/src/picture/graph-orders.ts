/** What the page and the worker of the graph say to each other. Airports are numbered by slots, which never change. */
export interface Change {
  kind: "change";
  /** With the place to begin at, for one that never was in the graph before. */
  added: { slot: number; x: number; y: number }[];
  removed: number[];
  linked: { id: string; from: number; to: number }[];
  unlinked: string[];
  /** Whether motion is reduced: only the settled layout is sent then. */
  still: boolean;
}

export type Order =
  | Change
  /** Holds an airport at a place, or lets it go. */
  | { kind: "pin"; slot: number; at: { x: number; y: number } | undefined }
  /** The last places are drawn. */
  | { kind: "taken" };

export interface Places {
  /** x and y of each slot, one after the other. */
  at: Float32Array<ArrayBuffer>;
  /** How far from the middle the outermost airport is. */
  extent: number;
  isMoving: boolean;
}
