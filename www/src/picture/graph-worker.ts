/**
 * The graph's forces, in a worker of their own: airports repel each other and routes pull them together. Airports
 * without routes would only push the others apart; they lie in a ring around them, each gliding to its place there.
 *
 * Changes warm the layout a little and never start it anew. Places are sent when the page has drawn the last ones, so a
 * busy page is never flooded.
 */
import { forceCenter, forceLink, forceManyBody, forceSimulation, forceX, forceY, type SimulationLinkDatum, type SimulationNodeDatum } from "d3-force";
import type { Change, Order, Places } from "./graph-orders.ts";

interface Node extends SimulationNodeDatum {
  slot: number;
  degree: number;
  x: number;
  y: number;
}
type Link = SimulationLinkDatum<Node>;

/** How warm a change makes the layout, of 1; and a drag, as long as it lasts. */
const WARM = 0.25;
const DRAG = 0.12;
/** The ring: how far outside of the graph it begins, and how much room each airport has there. */
const GAP = 26;
const ROOM = 66;
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));
const GLIDE = 0.14;
const REST = 0.25;
/** The worker rests at least as long between two steps, so that it leaves the machine to others. */
const PAUSE_MS = 12;

/** All that ever were: who comes back is where it was. */
const nodes = new Map<number, Node>();
const present = new Set<Node>();
const links = new Map<string, Link>();
/** What has routes and is under forces; what has none and lies in the ring, each at its own index. */
let linked: Node[] = [];
let ring: Node[] = [];
let radius = 0;
let isGliding = false;
let isStill = false;
let isHeld = false;
let isTaken = true;
let isChanged = false;
let timer: ReturnType<typeof setTimeout> | undefined;

const pull = forceLink<Node, Link>([]).distance(70).iterations(1);
const simulation = forceSimulation<Node, Link>([])
  .alphaDecay(0.04)
  .stop()
  .velocityDecay(0.35)
  .force("pull", pull)
  .force("push", forceManyBody<Node>().strength(-150).distanceMax(700))
  .force("middle", forceCenter<Node>(0, 0).strength(0.2))
  .force("x", forceX<Node>().strength(0.07))
  .force("y", forceY<Node>().strength(0.09));

addEventListener("message", ({ data }: MessageEvent<Order>) => {
  if (data.kind === "change") change(data);
  else if (data.kind === "pin") pin(data.slot, data.at);
  else isTaken = true;
  timer ??= setTimeout(step);
});

function change({ added, removed, linked, unlinked, still }: Change): void {
  isStill = still;
  for (const id of unlinked) part(id);
  for (const slot of removed) present.delete(nodeAt(slot));
  for (const { slot, x, y } of added) {
    const node = nodes.get(slot) ?? { slot, degree: 0, x, y };
    nodes.set(slot, node);
    present.add(node);
  }
  for (const { id, from, to } of linked) join(id, nodeAt(from), nodeAt(to));
  arrange();
  simulation.alpha(Math.max(simulation.alpha(), WARM));
  isGliding = true;
}

function nodeAt(slot: number): Node {
  const node = nodes.get(slot);
  if (node === undefined) throw new Error(`the graph has no airport ${slot}`);
  return node;
}

function join(id: string, source: Node, target: Node): void {
  links.set(id, { source, target });
  for (const node of [source, target]) node.degree += 1;
}

function part(id: string): void {
  const link = links.get(id);
  links.delete(id);
  for (const end of [link?.source, link?.target]) if (typeof end === "object") end.degree -= 1;
}

/** Tells the forces what there is now. Who stays in the ring keeps the order there. */
function arrange(): void {
  const isAlone = (node: Node): boolean => node.degree === 0;
  const all = [...present];
  const stays = new Set(ring.filter((node) => isAlone(node) && present.has(node)));
  ring = [...stays, ...all.filter((node) => isAlone(node) && !stays.has(node))];
  linked = all.filter((node) => !isAlone(node));
  simulation.nodes(linked);
  pull.links([...links.values()]);
}

function pin(slot: number, at: { x: number; y: number } | undefined): void {
  const node = nodeAt(slot);
  isHeld = at !== undefined;
  if (at === undefined) {
    delete node.fx;
    delete node.fy;
  } else [node.fx, node.fy] = [at.x, at.y];
  simulation.alphaTarget(at === undefined ? 0 : DRAG);
  if (at !== undefined) simulation.alpha(Math.max(simulation.alpha(), DRAG));
  isGliding = true;
}

function step(): void {
  timer = undefined;
  if (isWarm() || isGliding) {
    if (isWarm()) simulation.tick();
    glide();
    isChanged = true;
  }
  const isMoving = isWarm() || isGliding;
  // With reduced motion only the outcome is shown.
  if (isChanged && isTaken && !(isStill && isMoving && !isHeld)) send(isMoving);
  if (isMoving) timer = setTimeout(step, isStill ? 0 : PAUSE_MS);
}

function isWarm(): boolean {
  return simulation.alpha() >= simulation.alphaMin();
}

/** Brings the ring nearer to where it is to be, around the graph as large as it is now. */
function glide(): void {
  const reach = linked.map(({ x, y }) => Math.hypot(x, y)).sort((a, b) => a - b);
  // The few that are flung out farthest don't widen the ring.
  const target = linked.length === 0 ? 0 : (reach[Math.floor(reach.length * 0.97)] ?? 0) + GAP;
  radius += (target - radius) * GLIDE;
  let farthest = Math.abs(target - radius);
  ring.forEach((node, i) => {
    const distance = Math.sqrt(radius * radius + ((i + 0.5) * ROOM) / Math.PI);
    const [dx, dy] = [distance * Math.cos(i * GOLDEN_ANGLE) - node.x, distance * Math.sin(i * GOLDEN_ANGLE) - node.y];
    node.x = node.fx ?? node.x + dx * GLIDE;
    node.y = node.fy ?? node.y + dy * GLIDE;
    if (node.fx === undefined) farthest = Math.max(farthest, Math.abs(dx), Math.abs(dy));
  });
  isGliding = farthest > REST;
}

function send(isMoving: boolean): void {
  // Slots are given in their order, so there are as many of them as airports.
  const at = new Float32Array(2 * nodes.size);
  for (const { slot, x, y } of nodes.values()) at.set([x, y], 2 * slot);
  const last = ring.at(-1);
  const outermost = last === undefined ? linked : [...linked, last];
  const extent = outermost.reduce((most, { x, y }) => Math.max(most, Math.hypot(x, y)), radius);
  isTaken = false;
  isChanged = false;
  const places: Places = { at, extent, isMoving };
  postMessage(places, { transfer: [at.buffer] });
}
