/** A list of tabs after the ARIA pattern: arrow keys, Home and End move along it; each shows the panel that it controls. */
export class TabList {
  /** Called with the id of the panel that is shown. */
  onShow: (panel: string) => void = () => {};

  readonly #tabs: HTMLElement[];

  constructor(list: HTMLElement) {
    this.#tabs = [...list.querySelectorAll<HTMLElement>("[role=tab]")];
    list.addEventListener("click", (event) => {
      const tab = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=tab]") : null;
      if (tab !== null) this.#select(tab);
    });
    list.addEventListener("keydown", (event) => {
      const tab = this.#neighbour(event.key);
      if (tab === undefined) return;
      event.preventDefault();
      tab.focus();
      this.#select(tab);
    });
  }

  show(panel: string): void {
    const tab = this.#tabs.find((it) => it.getAttribute("aria-controls") === panel);
    if (tab !== undefined) this.#select(tab);
  }

  #neighbour(key: string): HTMLElement | undefined {
    const at = this.#tabs.findIndex(({ ariaSelected }) => ariaSelected === "true");
    const length = this.#tabs.length;
    const to = { ArrowRight: (at + 1) % length, ArrowLeft: (at + length - 1) % length, Home: 0, End: length - 1 }[key];
    return to === undefined ? undefined : this.#tabs[to];
  }

  #select(selected: HTMLElement): void {
    for (const tab of this.#tabs) {
      const isSelected = tab === selected;
      const panel = tab.getAttribute("aria-controls") ?? "";
      tab.ariaSelected = String(isSelected);
      tab.tabIndex = isSelected ? 0 : -1;
      document.getElementById(panel)?.toggleAttribute("hidden", !isSelected);
      if (isSelected) this.onShow(panel);
    }
  }
}
