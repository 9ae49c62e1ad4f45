/**
 * Opens another tab; returns its URL. Without an opener it gets a process of its own, as a tab that a user opens does; in a
 * window of its own it doesn't hide this one.
 */
export function openTab(path) {
  window.open(path, "_blank", "noopener,popup");
  return new URL(path, location).href;
}
