// The durable log: writing, reading and opening it.
import "../page/memory.js";
import { large, small } from "../page/events.js";
import { run } from "../page/run.js";
import { once } from "../page/work.js";
import { burst, publishCall, single } from "./append.js";
import { appendDocuments, replayDocuments } from "./documents.js";
import { oneEntity } from "./entity.js";
import { makeLong } from "./long.js";
import { iterating } from "./memory.js";
import { opening } from "./open.js";
import { replay } from "./replay.js";
import { singles } from "./singles.js";

run((isQuick) => {
  const many = isQuick ? 5_000 : 100_000;
  const few = isQuick ? 500 : 5_000;
  const long = isQuick ? 20_000 : 1_000_000;
  const makeLongOnce = once(() => makeLong(long));
  return [
    burst(many, small),
    burst(many, large),
    single(isQuick ? 20 : 200),
    publishCall(isQuick ? 5_000 : 50_000),
    replay(many, small),
    replay(many, large),
    appendDocuments(few),
    replayDocuments(few),
    ...singles(isQuick ? 2_000 : 100_000),
    oneEntity(long, makeLongOnce),
    opening(1_000, many, long, makeLongOnce, isQuick ? 3 : 30),
    iterating(long, makeLongOnce),
  ];
});
