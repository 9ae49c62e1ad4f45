/** How a tab is told from others: by four digits of its bus's origin, and a colour. */
import type { Uuid } from "everbus";

export interface TabMark {
  /** "3f2a" */
  readonly name: string;
  /** A CSS colour that shows on light and dark. */
  readonly color: string;
}

/** An origin begins with the time, which tabs that were opened together share, and ends with a count. Between is chance. */
export function tabMark(origin: Uuid): TabMark {
  const name = origin.slice(-6, -2);
  return { name, color: `oklch(0.64 0.15 ${Number.parseInt(name, 16) % 360})` };
}

/** "this tab", "tab 3f2a" */
export function tabName(origin: Uuid, own: Uuid | undefined): string {
  return origin === own ? "this tab" : `tab ${tabMark(origin).name}`;
}
