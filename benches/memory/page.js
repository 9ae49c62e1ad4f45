// In memory: from a publisher to handlers of the same page, with nothing stored.
import { run } from "../page/run.js";
import { byType, inARow, toAll } from "./rows.js";

run((isQuick) => {
  const size = (usual) => (isQuick ? 20 : usual);
  return [
    toAll(1, size(4000)),
    toAll(10, size(4000)),
    toAll(100, size(1000)),
    byType(20, size(2000)),
    ...[1, 10, 100].map((subscribers) => inARow(subscribers, isQuick ? 200 : 20_000)),
  ];
});
