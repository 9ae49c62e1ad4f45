/** The service worker, which keeps the page's files for when there is no network; and the switch that takes the network away. */
import { count, find, number } from "../page/dom.ts";
import type { Part } from "../page/part.ts";
import { ownScript } from "../page/trusted.ts";
import { Verdict } from "./verdict.ts";

/** What the service worker tells every tab when it changes. */
interface Network {
  readonly offline: boolean;
  /** Requests that it has refused since it went offline. */
  readonly refused: number;
  /** Files that it keeps. */
  readonly files: number;
}

export class Offline implements Part {
  readonly #fail: (error: unknown) => void;
  readonly #button = find("go-offline", HTMLButtonElement);
  readonly #ask = find("ask-network", HTMLButtonElement);
  readonly #verdict = new Verdict("offline-verdict");
  #worker: ServiceWorker | undefined;
  #isOffline = false;

  constructor(fail: (error: unknown) => void) {
    this.#fail = fail;
    this.#button.addEventListener("click", () => this.#worker?.postMessage({ offline: !this.#isOffline }));
    this.#ask.addEventListener("click", () => void this.#askNetwork());
  }

  /** Keeping the files waits until the picture is there: that comes first. */
  live(): void {
    if (this.#worker !== undefined) return;
    if (!import.meta.env.PROD) this.#verdict.say("error", "The service worker is in the built page only.");
    else if (!("serviceWorker" in navigator)) this.#verdict.say("error", "This browser has no service workers here: they need https, or localhost.");
    else void this.#register().catch(this.#fail);
  }

  async #register(): Promise<void> {
    const { serviceWorker } = navigator;
    serviceWorker.addEventListener("message", ({ data }: MessageEvent<Network>) => this.#show(data));
    serviceWorker.startMessages();
    await serviceWorker.register(ownScript("./sw.js"), { updateViaCache: "none" });
    const { active } = await serviceWorker.ready;
    this.#worker = active ?? undefined;
    serviceWorker.addEventListener("controllerchange", () => (this.#worker = serviceWorker.controller ?? undefined));
    active?.postMessage({});
  }

  #show({ offline, refused, files }: Network): void {
    this.#isOffline = offline;
    this.#button.disabled = false;
    this.#button.textContent = offline ? "Go online" : "Go offline";
    this.#ask.hidden = !offline;
    if (offline) {
      const requests = refused === 0 ? "No request was made yet" : `${count(refused, "request")} refused`;
      this.#verdict.say("busy", `Offline. ${requests}. Reload, or open a tab: everything is still here.`);
    } else {
      this.#verdict.say("well", `Online. All ${number(files)} files of the page are kept in this browser.`);
    }
  }

  /** Whether it is answered or not: the service worker tells. */
  async #askNetwork(): Promise<void> {
    await fetch("./?ask", { cache: "no-store" }).catch(() => undefined);
  }
}
