/** For what nobody tells the page: asks again and again, but only while a panel is seen. */
import { find } from "./dom.ts";

/** Returns the way to stop. */
export function whileShown(panel: string, ms: number, ask: () => void): () => void {
  const shown = find(panel, HTMLDivElement);
  const timer = window.setInterval(() => {
    if (!shown.hidden && !document.hidden) ask();
  }, ms);
  return () => clearInterval(timer);
}
