/** What glows for a moment as its event arrives. Drawn by age, a few strokes for all of one age, so thousands stay smooth. */
import { circle, trace, type Arc, type Pen } from "./paint.ts";
import type { Point } from "./projection.ts";

const LIFE_MS = 1100;
const STEPS = 8;
/** Older ones go out early when more than this glow at once. */
const MOST = 900;

interface Spark {
  shape: Arc | Point;
  color: string;
  since: number;
}

export class Glow {
  readonly #still = window.matchMedia("(prefers-reduced-motion: reduce)");
  #sparks: Spark[] = [];

  get active(): boolean {
    return this.#sparks.length > 0;
  }

  add(shape: Arc | Point, color: string): void {
    if (this.#still.matches) return;
    this.#sparks.push({ shape, color, since: performance.now() });
    if (this.#sparks.length > 2 * MOST) this.#sparks = this.#sparks.slice(-MOST);
  }

  clear(): void {
    this.#sparks = [];
  }

  draw(pen: Pen, now: number): void {
    this.#sparks = this.#sparks.filter(({ since }) => now - since < LIFE_MS).slice(-MOST);
    const groups = new Map<string, Spark[]>();
    for (const spark of this.#sparks) {
      const key = `${spark.color} ${Math.floor((Math.max(0, now - spark.since) / LIFE_MS) * STEPS)}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [spark]);
      else group.push(spark);
    }
    for (const group of groups.values()) {
      const age = Math.max(0, now - (group[0]?.since ?? now)) / LIFE_MS;
      drawGroup(pen, group, age);
    }
    pen.globalAlpha = 1;
  }
}

function drawGroup(pen: Pen, sparks: Spark[], age: number): void {
  const fade = (1 - age) ** 2;
  const color = sparks[0]?.color ?? "";
  pen.strokeStyle = color;
  pen.fillStyle = color;
  const lines = new Path2D();
  const halos = new Path2D();
  const cores = new Path2D();
  for (const { shape } of sparks) {
    if (Array.isArray(shape)) {
      circle(halos, shape, 3 + 7 * age);
      circle(cores, shape, 2.2);
    } else trace(lines, shape);
  }
  pen.globalAlpha = 0.6 * fade;
  pen.lineWidth = 1.1;
  pen.stroke(lines);
  pen.globalAlpha = 0.22 * fade;
  pen.fill(halos);
  pen.globalAlpha = 0.9 * fade;
  pen.fill(cores);
}
