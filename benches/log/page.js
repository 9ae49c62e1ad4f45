// The durable log: writing, reading and opening it.
import { run } from "../page/run.js";
import { burst, publishCall, single } from "./append.js";
import { opening } from "./open.js";
import { replay } from "./replay.js";

run((isQuick) => {
  const many = isQuick ? 5_000 : 100_000;
  return [
    burst(many),
    single(isQuick ? 20 : 200),
    publishCall(isQuick ? 5_000 : 50_000),
    replay(many),
    opening(1_000, many, isQuick ? 3 : 30),
  ];
});
