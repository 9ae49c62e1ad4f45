// The shared suite: the package's public API, whatever the host.
import "./constructors.js";
import "./publish.js";
import "./publish-all.js";
import "./queue.js";
import "./idempotence.js";
import "./append.js";
import "./wire.js";
import "./json.js";
import "./samples.js";
import "./subscribe.js";
import "./reentrancy.js";
import "./immediate.js";
import "./without-a-log.js";
import "./iterators.js";
import "./read.js";
import "./log-subscribe.js";
import "./consumers.js";
import "./lifecycle.js";
import "./delete.js";
import "./failed-commit.js";
import "./bad-events.js";
import "./bad-calls.js";
import "./merging.js";
import "./retention.js";
import "./trim.js";
import "./unsupported.js";

export { runOne, tests } from "./registry.js";
