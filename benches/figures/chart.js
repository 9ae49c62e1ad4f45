// A chart of one bench's medians: bars within each row, a line from the lowest to the highest.
import { median } from "../median.js";
import { texts } from "../report.js";

const WIDTH = 860;
const NAMES = 320;
const VALUES = 110;
const BAR = 14;
const LINE = 22;
const HEAD = 34;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .row { font-weight: 600 }
  .everbus { fill: #0969da }
  .other { fill: #afb8c1 }
  line { stroke: #59636e; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .everbus { fill: #4493f8 } .other { fill: #656c76 } line { stroke: #d1d7e0 }
  }`;

/** Beyond so many times the first contestant's value a bar is cut, and says so: the others would be too small to see. */
const MOST = 10;

/** The SVG for a bench's rows. Each row has a scale of its own. */
export function chart({ rows }) {
  const pieces = [];
  let y = 0;
  for (const { name, unit, contestants } of rows) {
    if (contestants.length === 0) continue;
    pieces.push(text("row", 0, y + 22, name));
    y += HEAD;
    const medians = contestants.map(({ values }) => median(values));
    const longest = Math.min(Math.max(...medians), MOST * medians[0]);
    const scale = (value) => Math.min(value / longest, 1) * (WIDTH - NAMES - VALUES);
    for (const { name, values } of contestants) {
      const middle = median(values);
      const [from, to] = [Math.min(...values), Math.max(...values)].map((value) => number(NAMES + scale(value)));
      const owner = name.startsWith("everbus") ? "everbus" : "other";
      const at = y + LINE / 2;
      pieces.push(
        text("name", 12, at + 4, name),
        `<rect class="${owner}" x="${NAMES}" y="${at - BAR / 2}" width="${number(Math.max(scale(middle), 1))}" height="${BAR}"/>`,
        `<line x1="${from}" x2="${to}" y1="${at}" y2="${at}"/>`,
        text("value", number(NAMES + Math.max(scale(middle), Number(to) - NAMES) + 8), at + 4, texts[unit](middle) + (middle > longest ? ", cut" : "")),
      );
      y += LINE;
    }
  }
  const size = `width="${WIDTH}" height="${y + 8}" viewBox="0 0 ${WIDTH} ${y + 8}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>\n<style>${STYLE}\n</style>\n${pieces.join("\n")}\n</svg>\n`;
}

const number = (value) => value.toFixed(1);
const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const text = (kind, x, y, content) =>
  `<text class="${kind}" x="${x}" y="${y}">${content.replace(/[&<>]/g, (character) => escapes[character])}</text>`;
