/** Forgetting everything, after a question: deletes the log as an application does, with `deleteBus`. */
import { deleteBus } from "everbus";
import { find } from "../page/dom.ts";

/** `before` is awaited first; `complain` is called with what `deleteBus` rejects with. */
export function askToForget(name: string, before: () => Promise<void>, complain: (error: unknown) => void): void {
  const dialog = find("forget-dialog", HTMLDialogElement);
  find("forget", HTMLButtonElement).addEventListener("click", () => {
    dialog.returnValue = "";
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    if (dialog.returnValue === "forget") void before().then(() => deleteBus(name)).catch(complain);
  });
}
