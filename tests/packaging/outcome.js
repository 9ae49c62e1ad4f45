const numbered = (count) => Array.from({ length: count }, (_, i) => [i + 1, (i % 3) + 1]);

/** What the shop's `visit`th run comes to. */
export function outcome(visit, storage) {
  const last = 3 * visit;
  return {
    storage,
    reported: storage === "memory" ? ["unavailable"] : [],
    committed: [last - 2, last - 1, last],
    live: [last - 2, last - 1, last],
    replayed: numbered(last),
  };
}
