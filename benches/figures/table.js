// Measured values as Markdown.
import { median } from "../median.js";
import { describeComparison, number, spread, texts } from "../report.js";

/** Everything that one bench measured. */
export function tables({ bench, engine, date, load, userAgent, cores, rows }) {
  const busy = `when ${number(load)} processes already wanted the ${cores} cores`;
  const measured = `Measured on ${date.slice(0, 10)}, ${busy}, in \`${userAgent}\`.`;
  return [
    `## ${bench}, in ${title(engine)}`,
    measured,
    `![Medians of ${bench} in ${title(engine)}](figures/${bench}-${engine}.svg)`,
    ...rows.flatMap(rowTable),
  ].join("\n\n");
}

function rowTable({ name, unit, skipped, contestants, comparisons }) {
  if (skipped !== undefined) return [`### ${name}`, `Not measured: ${skipped}.`];
  const lines = contestants.map(({ name, values, events }) => {
    const middle = median(values);
    const rate = events > 1 ? `${Math.round(events / middle).toLocaleString("en")} k` : "";
    return `| ${name} | ${texts[unit](middle)} | ${spread(values, texts[unit])} | ${rate} |`;
  });
  const reached = comparisons.map((comparison) => `- ${describeComparison(comparison, unit)}`);
  return [
    `### ${name}`,
    ["| | median | lowest – highest | events/s |", "|---|--:|--:|--:|", ...lines].join("\n"),
    ...(reached.length > 0 ? [reached.join("\n")] : []),
  ];
}

/** A line for each row in which everbus is compared with others: how many times as long they take. */
export function summary(results) {
  const lines = results.flatMap(({ rows }) =>
    rows.flatMap(({ name, unit, contestants }) => {
      const [own, ...others] = contestants;
      const peers = others.filter(({ name }) => !name.startsWith("everbus"));
      if (unit !== "ms" || !own?.name.startsWith("everbus") || peers.length === 0) return [];
      const times = peers.map((peer) => {
        const ratio = median(peer.values.map((value, i) => value / own.values[i]));
        return `${peer.name}: ${Number(ratio.toPrecision(2))} ×`;
      });
      return `| ${name} | ${texts.ms(median(own.values))} | ${times.join("; ")} |`;
    }),
  );
  return ["| in Chromium, medians | everbus | the others take |", "|---|--:|---|", ...lines].join("\n");
}

const title = (engine) => engine[0].toUpperCase() + engine.slice(1);
