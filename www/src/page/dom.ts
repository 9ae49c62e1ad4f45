/** The few lines that the page's parts share. Text goes in as text only: nothing here, or elsewhere, parses HTML. */

interface Attributes {
  class?: string;
  text?: string;
  hidden?: boolean;
  testid?: string;
  label?: string;
}

export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (attributes.class !== undefined) element.className = attributes.class;
  if (attributes.text !== undefined) element.textContent = attributes.text;
  if (attributes.hidden !== undefined) element.hidden = attributes.hidden;
  if (attributes.testid !== undefined) element.dataset.testid = attributes.testid;
  if (attributes.label !== undefined) element.setAttribute("aria-label", attributes.label);
  element.append(...children);
  return element;
}

/** The element that index.html has under this id, of the type it has there. */
export function find<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`index.html has no ${type.name} with the id "${id}"`);
  return element;
}

/** Scrolls to a part of the page unless it begins in the upper third of the screen: on a phone there is one column. */
export function reveal(part: HTMLElement): void {
  const { top } = part.getBoundingClientRect();
  if (top >= 0 && top < window.innerHeight / 3) return;
  const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  part.scrollIntoView({ behavior: isStill ? "auto" : "smooth" });
}

/** 8742 as "8,742". */
export const number = new Intl.NumberFormat("en-US").format;

/** "1 route", "3,376 airports". */
export function count(n: number, noun: string, nouns = `${noun}s`): string {
  return `${number(n)} ${n === 1 ? noun : nouns}`;
}

/** Makes these the children of a list, and moves only those that are elsewhere: the others keep focus and scrolling. */
export function arrange(list: HTMLElement, items: readonly HTMLElement[]): void {
  const wanted = new Set<Element>(items);
  for (const child of [...list.children]) if (!wanted.has(child)) child.remove();
  let next = list.firstElementChild;
  for (const item of items) {
    if (item === next) next = next.nextElementSibling;
    else list.insertBefore(item, next);
  }
}
