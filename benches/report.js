// From the values of a row to ratios and text.
import { median } from "./median.js";

/**
 * What the row's targets came to: "against" another contestant each round's own ratio, as both took their turns in it,
 * else the value itself.
 *
 * "atLeast" is a speed: the other's value through this one's. "atMost" is this one's through the other's.
 */
export function compare({ contestants }, engine) {
  return contestants.flatMap(({ name, values, targets }) =>
    targets.map(({ against, atLeast, atMost }) => {
      const isSpeed = atLeast !== undefined;
      const target = (atLeast ?? atMost)[engine];
      const others = contestants.find((other) => other.name === against)?.values;
      const ratios = values.map((value, i) => (others === undefined ? value : isSpeed ? others[i] / value : value / others[i]));
      const ratio = median(ratios);
      const isReached = isSpeed ? ratio >= target : ratio <= target;
      return { of: name, against, isSpeed, target, ratios, ratio, isReached };
    }),
  );
}

/** A row as text. */
export function describe({ name, unit, skipped, contestants, comparisons }) {
  if (skipped !== undefined) return `${name}\n  skipped: ${skipped}`;
  const text = texts[unit];
  const lines = contestants.map(({ name, values, events }) => {
    const middle = median(values);
    const rate = events > 1 ? `${Math.round(events / middle).toLocaleString("en")} k events/s` : "";
    return `  ${name.padEnd(38)}${text(middle).padStart(9)}  ${`(${spread(values, text)})`.padEnd(24)}${rate}`.trimEnd();
  });
  return [name, ...lines, ...comparisons.map((comparison) => `  → ${describeComparison(comparison, unit)}`)].join("\n");
}

/** What a target came to, as text. */
export function describeComparison({ of, against, isSpeed, target, ratios, ratio, isReached }, unit) {
  const own = against === undefined ? texts[unit] : number;
  const wanted = `target: at ${isSpeed ? "least" : "most"} ${own(target)}${isReached ? "" : ", MISSED"}`;
  const times = against === undefined ? "" : ` times the ${isSpeed ? "speed" : nouns[unit]} of ${against}`;
  return `${of}: ${own(ratio)} (${spread(ratios, own)})${times}; ${wanted}`;
}

/** The lowest and the highest. */
export const spread = (values, text) => `${text(Math.min(...values))} – ${text(Math.max(...values))}`;

const nouns = { ms: "time", bytes: "bytes", segments: "segments" };

/** How a value of each unit is written. */
export const texts = {
  ms(value) {
    if (value >= 1000) return `${number(value / 1000)} s`;
    if (value >= 0.1) return `${number(value)} ms`;
    if (value >= 0.001) return `${number(value * 1e3)} µs`;
    return `${number(value * 1e6)} ns`;
  },
  bytes: (value) => `${number(value / 1e6)} MB`,
  segments: (value) => value.toLocaleString("en"),
};

/** Three digits of a number. */
export const number = (value) => Number(value.toPrecision(3)).toString();
