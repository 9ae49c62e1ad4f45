// Delivery: to the same tab, to another one, and to many subscribers.
import { run } from "../page/run.js";
import { handover, heldLog, hold } from "./handover.js";
import { idle, sameTab } from "./here.js";
import { across, latency } from "./tabs.js";
import { isPeer, servePeer } from "./peer.js";

if (isPeer()) servePeer();
else if (heldLog() !== null) hold(heldLog());
else {
  run((isQuick) => {
    const many = isQuick ? 5_000 : 100_000;
    return [latency(isQuick ? 20 : 300), across(many), sameTab(many), idle(isQuick ? 5_000 : 50_000, 50), handover()];
  });
}
