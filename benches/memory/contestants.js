// Everyone who takes an event from a publisher to handlers, each used as its documentation says.
//
// A contestant has `open(types)`: a bus that is used for events of these types. A bus has
//
// - `subscribe(handler)`, and `subscribeTo(type, handler)` for one type of events: the handler gets the event itself;
// - `publish(event)`;
// - `close()`;
// - `idle()` if handlers are called later: when they have been.
//
// An emitter knows an event by its name. So whoever subscribes to one type uses a name for each; to all, one name.
import EventEmitter from "eventemitter3";
import { openBus } from "everbus";
import mitt from "mitt";
import { createNanoEvents } from "nanoevents";
import { Subject, filter } from "rxjs";

let count = 0;

const ALL = "event";
const typeOf = (event) => event.entity_type;
const nameOf = (isTyped) => (isTyped ? typeOf : () => ALL);

export const contestants = {
  everbus: async () => {
    const bus = await openBus(`memory ${++count}`, { log: "none", onError: reportError });
    return {
      subscribe: (handler) => bus.subscribe(({ event }) => handler(event)),
      subscribeTo: (type, handler) => bus.subscribe({ entity_type: type }, ({ event }) => handler(event)),
      publish: (event) => bus.publish(event),
      close: () => bus.close(),
    };
  },

  mitt: (isTyped) => {
    const emitter = mitt();
    const name = nameOf(isTyped);
    return {
      subscribe: (handler) => emitter.on(ALL, (event) => handler(event)),
      subscribeTo: (type, handler) => emitter.on(type, (event) => handler(event)),
      publish: (event) => emitter.emit(name(event), event),
      close: () => emitter.all.clear(),
    };
  },

  nanoevents: (isTyped) => {
    const emitter = createNanoEvents();
    const name = nameOf(isTyped);
    return {
      subscribe: (handler) => emitter.on(ALL, (event) => handler(event)),
      subscribeTo: (type, handler) => emitter.on(type, (event) => handler(event)),
      publish: (event) => emitter.emit(name(event), event),
      close: () => (emitter.events = {}),
    };
  },

  eventemitter3: (isTyped) => {
    const emitter = new EventEmitter();
    const name = nameOf(isTyped);
    return {
      subscribe: (handler) => emitter.on(ALL, (event) => handler(event)),
      subscribeTo: (type, handler) => emitter.on(type, (event) => handler(event)),
      publish: (event) => emitter.emit(name(event), event),
      close: () => emitter.removeAllListeners(),
    };
  },

  "RxJS Subject": () => {
    const subject = new Subject();
    return {
      subscribe: (handler) => subject.subscribe((event) => handler(event)),
      subscribeTo: (type, handler) =>
        subject.pipe(filter((event) => typeOf(event) === type)).subscribe((event) => handler(event)),
      publish: (event) => subject.next(event),
      close: () => subject.complete(),
    };
  },

  "EventTarget, CustomEvent": (isTyped) => {
    const target = new EventTarget();
    const name = nameOf(isTyped);
    const ending = new AbortController();
    const { signal } = ending;
    return {
      subscribe: (handler) => target.addEventListener(ALL, ({ detail }) => handler(detail), { signal }),
      subscribeTo: (type, handler) => target.addEventListener(type, ({ detail }) => handler(detail), { signal }),
      publish: (event) => target.dispatchEvent(new CustomEvent(name(event), { detail: event })),
      close: () => ending.abort(),
    };
  },
};

/** It has no types, copies each event, and calls handlers later. A channel doesn't hear itself. */
export function broadcastChannel() {
  const name = `memory ${++count}`;
  const sender = new BroadcastChannel(name);
  const receivers = [];
  let onEnd;
  return {
    subscribe(handler) {
      const receiver = new BroadcastChannel(name);
      receiver.onmessage = ({ data }) => (data === null ? onEnd() : handler(data));
      receivers.push(receiver);
    },
    publish: (event) => sender.postMessage(event),
    /** Messages of one sender arrive in order. */
    idle() {
      const ended = new Promise((resolve) => {
        let missing = receivers.length;
        onEnd = () => --missing === 0 && resolve();
      });
      sender.postMessage(null);
      return ended;
    },
    close: () => [sender, ...receivers].forEach((channel) => channel.close()),
  };
}
