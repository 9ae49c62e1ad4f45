/** What glows for a moment as its event arrives. Drawn by age, a few strokes for all of one age, so thousands stay smooth. */
import { circle, trace, type Arc, type Pen } from "./paint.ts";
import type { Point } from "./projection.ts";

const LIFE_MS = 1100;
const STEPS = 8;
/** Older ones go out early when more than this glow at once. */
const MOST = 400;
/** So many faint ones begin to glow within a beat; the others of a flood don't. */
const MOST_FAINT = 6;
const BEAT_MS = 100;

interface Spark {
  shape: Arc | Point;
  color: string;
  since: number;
  /** How large it is: 1, or less for what is no news. */
  size: number;
}

export class Glow {
  readonly #still = window.matchMedia("(prefers-reduced-motion: reduce)");
  #sparks: Spark[] = [];
  #beat = 0;
  #faint = 0;

  get active(): boolean {
    return this.#sparks.length > 0;
  }

  add(shape: Arc | Point, color: string, size = 1): void {
    if (this.#still.matches) return;
    this.#sparks.push({ shape, color, since: performance.now(), size });
    if (this.#sparks.length > 2 * MOST) this.#sparks = this.#sparks.slice(-MOST);
  }

  /** For what happens all the time: only some of it glows, and lightly. */
  addFaint(shape: Point, color: string): void {
    const now = performance.now();
    if (now - this.#beat > BEAT_MS) {
      this.#beat = now;
      this.#faint = 0;
    }
    this.#faint += 1;
    if (this.#faint <= MOST_FAINT) this.add(shape, color, 0.6);
  }

  clear(): void {
    this.#sparks = [];
  }

  /** Draws with lengths of so many units to the pixel. */
  draw(pen: Pen, now: number, pixel: number): void {
    this.#sparks = this.#sparks.filter(({ since }) => now - since < LIFE_MS).slice(-MOST);
    const groups = new Map<string, Spark[]>();
    for (const spark of this.#sparks) {
      const key = `${spark.color} ${spark.size} ${Math.floor((Math.max(0, now - spark.since) / LIFE_MS) * STEPS)}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [spark]);
      else group.push(spark);
    }
    for (const group of groups.values()) {
      const [first] = group;
      if (first !== undefined) drawGroup(pen, group, first, Math.max(0, now - first.since) / LIFE_MS, pixel);
    }
    pen.globalAlpha = 1;
  }
}

function drawGroup(pen: Pen, sparks: Spark[], { color, size }: Spark, age: number, pixel: number): void {
  const fade = (1 - age) ** 2;
  pen.strokeStyle = color;
  pen.fillStyle = color;
  const lines = new Path2D();
  const halos = new Path2D();
  const cores = new Path2D();
  for (const { shape } of sparks) {
    if (Array.isArray(shape)) {
      circle(halos, shape, (3 + 7 * age) * size * pixel);
      circle(cores, shape, 2.2 * size * pixel);
    } else trace(lines, shape);
  }
  pen.globalAlpha = 0.6 * fade;
  pen.lineWidth = 1.1 * pixel;
  pen.stroke(lines);
  pen.globalAlpha = 0.22 * fade;
  pen.fill(halos);
  pen.globalAlpha = 0.9 * fade * size;
  pen.fill(cores);
}
