import type { Uuid } from "everbus";
import type { Camera } from "./camera.ts";
import type { Place } from "./projection.ts";
import type { Airport, Atlas, Change } from "./state.ts";

/** Says the time, in milliseconds since the epoch. */
export type Clock = () => number;

/** One of the ways to draw the picture: the map, or the graph. */
export interface View {
  readonly camera: Camera;
  /** Called with the airport that was clicked, if any, and with the place of the click, if the view knows of places. */
  onPick: (airport: Airport | undefined, place: Place | undefined) => void;
  /** Called with an airport that was dragged to another place. */
  onMove: (airport: Airport, place: Place) => void;
  /** Draws all of an atlas: at first, after it was cleared, and when another is to be seen. */
  display(atlas: Atlas): void;
  /** Draws a change of the atlas that it displays; a live one glows. */
  show(change: Change, live: boolean): void;
  select(airport: Uuid | undefined): void;
  /** The time by which flights are on their way: that of the past while it is seen, or `undefined` for the present. */
  setClock(clock: Clock | undefined): void;
  /** A view that isn't seen does no work; on coming back it draws everything again. */
  setVisible(visible: boolean): void;
}
