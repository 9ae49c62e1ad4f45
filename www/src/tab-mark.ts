/** How a tab is told from others: by the last four digits of its bus's origin, and a colour. */
import type { Uuid } from "everbus";

export interface TabMark {
  /** "3f2a" */
  readonly name: string;
  /** A CSS colour that shows on light and dark. */
  readonly color: string;
}

/** The first digits of an origin are the time: tabs that were opened together share them. The last ones are random. */
export function tabMark(origin: Uuid): TabMark {
  const name = origin.slice(-4);
  return { name, color: `oklch(0.64 0.15 ${Number.parseInt(name, 16) % 360})` };
}

/** "this tab", "tab 3f2a" */
export function tabName(origin: Uuid, own: Uuid | undefined): string {
  return origin === own ? "this tab" : `tab ${tabMark(origin).name}`;
}
