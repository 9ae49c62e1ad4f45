/**
 * The demo: airports are entities, routes and flights are links, and the page is a fold over their events.
 *
 * `follow` drives it: a reload rebuilds the picture by replay and goes on live. Whatever is done here, by hand or by the
 * stream, is published, and shows when it comes back committed.
 */
import { openBus, type Bus, type EventEnvelope, type Receipt, type SeqNo, type Uuid } from "everbus";
import { Crash } from "./accidents/crash.ts";
import { Deletion } from "./accidents/deletion.ts";
import { askToForget } from "./accidents/forget.ts";
import { Offline } from "./accidents/offline.ts";
import { Quota } from "./accidents/quota.ts";
import { Trim } from "./accidents/trim.ts";
import { baseOf, forgetBase, keepBase } from "./time/base.ts";
import { ConsumerCard } from "./readers/consumer-card.ts";
import { ConsumersTable } from "./readers/consumers-table.ts";
import { loadGeography, loadSource } from "./traffic/data.ts";
import { count, find, number, reveal } from "./page/dom.ts";
import { addAirport, addRoute, changeAirport, deleteAirport, removeRoute } from "./explore/edit.ts";
import { follow } from "./page/follow.ts";
import { Forms } from "./explore/forms.ts";
import { GraphView } from "./picture/graph.ts";
import { LogView } from "./log/view.ts";
import { MapView } from "./picture/map.ts";
import { Meter } from "./page/meter.ts";
import { Panel } from "./explore/panel.ts";
import type { Part } from "./page/part.ts";
import { Search } from "./explore/search.ts";
import { SlowReader } from "./readers/slow-reader.ts";
import { Snapshots } from "./time/snapshots.ts";
import { Stage } from "./picture/stage.ts";
import { Atlas } from "./picture/state.ts";
import { Alerts, Status, codeOf, describe } from "./page/status.ts";
import { StreamControls } from "./traffic/stream-controls.ts";
import { TabList } from "./page/tab-list.ts";
import { TabsCard } from "./tabs/tabs-card.ts";
import { Timeline } from "./time/timeline.ts";
import { TrafficControls } from "./traffic/traffic-controls.ts";
import { Travel } from "./time/travel.ts";
import type { View } from "./picture/view.ts";

const NAME = "everbus-demo";
/** How often numbers change on the page. A timer and not a frame: a tab in the background has no frames. */
const BEAT_MS = 32;

const atlas = new Atlas();
const status = new Status();
const alerts = new Alerts();
let bus: Bus | undefined;

async function start(): Promise<void> {
  const stream = new StreamControls(atlas, status, { catchUp, ended: goLive, fail });
  const map = new MapView(find("map", HTMLDivElement), atlas);
  const graph = new GraphView(find("graph", HTMLDivElement), atlas);
  const stage = new Stage(new Map<string, View>([["map", map], ["graph", graph]]), map, atlas);
  new TabList(find("views", HTMLDivElement)).onShow = (name) => stage.turnTo(name);
  const panel = new Panel(stage, {
    select,
    change: (airport, changes) => act(`Changed ${airport.code}`, (bus) => changeAirport(bus, airport, changes)),
    delete: (airport) => act(`Deleted ${airport.code}`, (bus) => deleteAirport(bus, atlas, airport)),
    drawRoute: (from) => forms.drawRoute(from),
    removeRoute: (route) => act("Removed a route", (bus) => removeRoute(bus, route)),
    travel: visit,
    pin: (place) => map.pin(place),
    isOnMap: (place) => map.has(place),
  });
  const forms = new Forms(atlas, {
    addAirport: (data) => act(`Added ${data.code}`, (bus) => addAirport(bus, data)),
    addRoute: (from, to) => act(`Added ${from.code} → ${to.code}`, (bus) => addRoute(bus, from, to)),
    pin: (place) => map.pin(place),
    isOnMap: (place) => map.has(place),
    selected: () => panel.airport,
  });
  new Search(stage, ({ id }) => select(id));
  stage.onPick = (airport, place) => {
    if (!forms.takeClick(airport, place) && !panel.takeClick(place)) select(airport?.id);
  };
  stage.onMove = (airport, [longitude, latitude]) => {
    void act(`Moved ${airport.code}`, (bus) => changeAirport(bus, airport, { longitude, latitude }));
  };
  const tabs = find("side", HTMLDivElement);
  const side = new TabList(tabs);
  side.onShow = () => reveal(tabs);
  find("tour", HTMLElement).addEventListener("click", ({ target }) => {
    const panel = target instanceof HTMLElement ? target.dataset.panel : undefined;
    if (panel !== undefined) side.show(panel);
  });
  const complain = (error: unknown): void => alerts.show(error);
  const snapshots = new Snapshots();
  const travel = new Travel(atlas, stage, snapshots);
  travel.onArrive = () => refresh();
  travel.onError = complain;
  const table = new ConsumersTable(complain);
  const trim = new Trim(complain);
  trim.beforeTrim = async (before) => keepBase(await travel.pictureAt(Math.min(before - 1, atlas.lastSeqNo)));
  const crash = new Crash(complain);
  crash.onVerdict = () => side.show("side-accidents");
  const log = new LogView(atlas, { select: point, travel: visit });
  const parts: Part[] = [
    panel,
    stream,
    log,
    new Meter(),
    travel,
    new Timeline(atlas, travel, snapshots),
    new TrafficControls(atlas, goLive, (error) => codeOf(error) !== "closed" && alerts.show(error)),
    new TabsCard(atlas),
    new SlowReader(atlas, complain),
    table,
    new ConsumerCard(table),
    crash,
    new Quota(trim, complain),
    trim,
    new Deletion(atlas, complain),
    new Offline(complain),
  ];

  find("reload", HTMLButtonElement).addEventListener("click", () => location.reload());
  askToForget(NAME, () => stream.stop(), complain);

  // The log doesn't wait for the data files: what it has is there before them, and without them.
  stream.load(loadSource()).catch(complain);
  loadGeography().then((geography) => map.setLand(geography)).catch(complain);

  let isNewsFromElsewhere = false;
  let timer = 0;

  while (await live()) {
    for (const part of parts) part.closed?.();
    forgetBase();
    atlas.clear();
    stage.display(atlas);
    select(undefined);
    refresh();
  }

  /** One life of the log. Resolves to whether another begins, as this one was forgotten, here or in another tab. */
  async function live(): Promise<boolean> {
    status.say("opening", "Opening the log …");
    const opened = await openBus(NAME, {
      // A conflict is between tabs, and the stream answers it: read on and decide again.
      onError: (error) => error.code !== "conflict" && alerts.show(error),
    });
    bus = opened;
    status.storage(opened.storage);
    try {
      const base = await baseOf(opened.log);
      atlas.restore(base);
      snapshots.clear(base);
      stage.display(atlas);
      for (const part of parts) part.opened?.(opened);
      await follow(opened, base.seqNo + 1, {
        receive,
        replaying: (done, total) => {
          status.say("replaying", `Replaying: ${number(done)} of ${count(total, "event")}`, done / total);
        },
        live: (replayed, ms) => {
          for (const part of parts) part.live?.();
          const replay = `Replayed ${count(replayed, "event")} in ${number(Math.ceil(ms))} ms, now live.`;
          goLive(replayed > 0 ? replay : "The log is empty. Stream the airports, or add one by hand.");
        },
      });
    } catch (error) {
      if (codeOf(error) !== "closed") throw error;
    }
    await stream.stop();
    return opened.closed;
  }

  function goLive(text: string): void {
    status.say("live", text);
    refresh();
  }

  /** Reads what another tab has written since, of which this one may not have heard. */
  async function catchUp(): Promise<void> {
    if (bus === undefined) return;
    for (;;) {
      const missed = await bus.log.read({ from: atlas.lastSeqNo + 1 });
      if (missed.length === 0) return;
      for (const envelope of missed) receive(envelope, false);
    }
  }

  function receive(envelope: EventEnvelope, isLive: boolean): void {
    if ((envelope.seq_no ?? 0) <= atlas.lastSeqNo) return;
    const change = atlas.apply(envelope);
    for (const part of parts) part.received?.(envelope, change, isLive);
    if (change !== undefined) {
      stage.show(atlas, change, isLive);
      isNewsFromElsewhere ||= isLive && envelope.origin !== bus?.origin;
    }
    timer ||= window.setTimeout(refresh, BEAT_MS);
  }

  /** Brings what surrounds the picture up to date. */
  function refresh(): void {
    timer = 0;
    status.counts(stage.atlas, atlas.lastSeqNo);
    for (const part of parts) part.refresh?.();
    if (isNewsFromElsewhere && !stream.running) {
      status.say("live", `Live: another tab has brought the log to event ${number(atlas.lastSeqNo)}.`);
      isNewsFromElsewhere = false;
    }
  }

  function select(id: string | undefined): void {
    panel.show(id);
    stage.select(id);
  }

  /** Shows an airport on the map, wherever the page is scrolled to. */
  function point(airport: Uuid): void {
    select(airport);
    reveal(find("stage", HTMLElement));
  }

  /** Shows the picture after an event, wherever the page is scrolled to. */
  function visit(seqNo: SeqNo): void {
    travel.to(seqNo);
    reveal(find("stage", HTMLElement));
  }

  /** Publishes what was done by hand, and says when it is durable. */
  async function act(what: string, publish: (bus: Bus) => Receipt[]): Promise<void> {
    if (bus === undefined) return;
    if (travel.position !== undefined) return alerts.show(new Error("What was cannot be changed: go back to live first."));
    try {
      const started = performance.now();
      const numbers = await Promise.all(publish(bus).map(({ committed }) => committed));
      const ms = number(Math.ceil(performance.now() - started));
      const events = numbers.length === 1 ? `event ${number(numbers[0] ?? 0)}` : count(numbers.length, "event");
      if (!stream.running) goLive(`${what}: ${events} committed in ${ms} ms.`);
    } catch (error) {
      alerts.show(error);
    }
  }
}

function fail(error: unknown): void {
  status.say("error", `Stopped: ${describe(error)}`);
  alerts.show(error);
}

start().catch(fail);
