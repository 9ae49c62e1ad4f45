// From the times of a row to ratios and text.
import { median } from "./median.js";

/**
 * The ratios that a row is about: each round's own, as both contestants took their turns in it.
 *
 * "atLeast" is a speed: the other's time through this one's. "atMost" is a time: this one's through the other's.
 */
export function compare({ contestants }, engine) {
  return contestants.flatMap((contestant) =>
    contestant.targets.map(({ against, atLeast, atMost }) => {
      const other = contestants.find(({ name }) => name === against);
      const isSpeed = atLeast !== undefined;
      const target = (atLeast ?? atMost)[engine];
      const ratios = contestant.times.map((time, i) => (isSpeed ? other.times[i] / time : time / other.times[i]));
      const ratio = median(ratios);
      const isReached = isSpeed ? ratio >= target : ratio <= target;
      return { of: contestant.name, against, isSpeed, target, ratios, ratio, isReached };
    }),
  );
}

/** A row as text. */
export function describe({ name, contestants, comparisons }) {
  const lines = contestants.map(({ name, times, events }) => {
    const middle = median(times);
    const spread = `(${duration(Math.min(...times))} – ${duration(Math.max(...times))})`;
    const rate = events > 1 ? `${Math.round(events / middle).toLocaleString("en")} k events/s` : "";
    return `  ${name.padEnd(36)}${duration(middle).padStart(9)}  ${spread.padEnd(24)}${rate}`.trimEnd();
  });
  for (const { of, against, isSpeed, target, ratios, ratio, isReached } of comparisons) {
    const spread = `(${number(Math.min(...ratios))} – ${number(Math.max(...ratios))})`;
    const unit = isSpeed ? "the speed of" : "the time of";
    const wanted = `target: at ${isSpeed ? "least" : "most"} ${target}${isReached ? "" : ", MISSED"}`;
    lines.push(`  → ${of}: ${number(ratio)} ${spread} times ${unit} ${against}; ${wanted}`);
  }
  return [name, ...lines].join("\n");
}

function duration(ms) {
  if (ms >= 1000) return `${number(ms / 1000)} s`;
  if (ms >= 0.1) return `${number(ms)} ms`;
  return `${number(ms * 1e6)} ns`;
}

const number = (value) => Number(value.toPrecision(3)).toString();
