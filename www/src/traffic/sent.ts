/** When an event was published, on a clock that the tabs of a browser share: so a tab can tell how long it was under way. */
import type { EventEnvelope, PublishOptions } from "everbus";

/** What everything published here carries: `bus.publish(event, sentNow())`. */
export function sentNow(): Required<Pick<PublishOptions, "meta">> {
  return { meta: { sent: now() } };
}

/** How many milliseconds ago an event was published, if it says so. */
export function msSinceSent({ meta }: EventEnvelope): number | undefined {
  const sent = meta?.sent;
  return typeof sent === "number" ? now() - sent : undefined;
}

function now(): number {
  return performance.timeOrigin + performance.now();
}
