/** The flights in the air, as planes on the way of their arcs. Drawn in a few batches, so that thousands move smoothly. */
import type { Arc, Pen } from "./paint.ts";
import type { Flight } from "./state.ts";

/** So many planes are one path: a longer one takes the rasterizer longer than several. */
const BATCH = 250;
/** With reduced motion planes are put forward once in so many milliseconds. */
const STILL_MS = 1000;

const still = window.matchMedia("(prefers-reduced-motion: reduce)");

/** Draws where the flights are at a time. Whether one of them is still on its way. */
export function drawPlanes(
  pen: Pen,
  flights: Iterable<Flight>,
  arcOf: (flight: Flight) => Arc | undefined,
  time: number,
  { size, color, rim }: { size: number; color: string; rim: string },
): boolean {
  const now = still.matches ? Math.floor(time / STILL_MS) * STILL_MS : time;
  let isMoving = false;
  let drawn = 0;
  const fill = (): void => {
    pen.stroke();
    pen.fill();
    pen.beginPath();
  };
  pen.fillStyle = color;
  pen.strokeStyle = rim;
  pen.lineWidth = 0.8 * size;
  pen.beginPath();
  for (const flight of flights) {
    const arc = arcOf(flight);
    if (arc === undefined) continue;
    const t = flight.ms > 0 ? Math.max(0, Math.min(1, (now - flight.departed) / flight.ms)) : 1;
    isMoving ||= t < 1;
    tracePlane(pen, arc, t, size);
    drawn += 1;
    if (drawn % BATCH === 0) fill();
  }
  fill();
  return isMoving;
}

/** A dart that points along the arc's tangent. */
function tracePlane(pen: Pen, { from, bend, to }: Arc, t: number, size: number): void {
  const s = 1 - t;
  const x = s * s * from[0] + 2 * s * t * bend[0] + t * t * to[0];
  const y = s * s * from[1] + 2 * s * t * bend[1] + t * t * to[1];
  const dx = s * (bend[0] - from[0]) + t * (to[0] - bend[0]);
  const dy = s * (bend[1] - from[1]) + t * (to[1] - bend[1]);
  const length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [(dx / length) * size, (dy / length) * size];
  pen.moveTo(x + 4.6 * ux, y + 4.6 * uy);
  pen.lineTo(x - 2.8 * ux - 2.5 * uy, y - 2.8 * uy + 2.5 * ux);
  pen.lineTo(x - 1.4 * ux, y - 1.4 * uy);
  pen.lineTo(x - 2.8 * ux + 2.5 * uy, y - 2.8 * uy - 2.5 * ux);
  pen.closePath();
}
