import { find } from "../page/dom.ts";

/** The sentence on a card that says how it went. */
export class Verdict {
  readonly #line: HTMLParagraphElement;

  constructor(id: string) {
    this.#line = find(id, HTMLParagraphElement);
  }

  say(state: "busy" | "well" | "error", text: string): void {
    this.#line.dataset.state = state;
    this.#line.textContent = text;
    this.#line.hidden = false;
  }
}

/** 1,234,567 as "1.2 MB". */
export function bytes(n: number): string {
  const [size, unit] = n < 1e6 ? [n / 1e3, "kB"] : n < 1e9 ? [n / 1e6, "MB"] : [n / 1e9, "GB"];
  return `${size.toLocaleString("en-US", { maximumFractionDigits: size < 100 ? 1 : 0 })} ${unit}`;
}
