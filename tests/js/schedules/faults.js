// In a page or a worker: the platform fails now and then.
import { pseudoRandom } from "../suite/fixtures.js";

const isOurs = (name) => name.startsWith("everbus:");

/**
 * Until `stop()`, about so many of a hundred transactions go wrong, and as many messages. What tabs say when they begin to
 * listen arrives: a browser loses what is told to a page that is frozen, not what one says that isn't.
 */
export function injectFaults(percent, seed) {
  const random = pseudoRandom(seed);
  const happens = () => random(1000) < percent * 10;
  const oneOf = (...ways) => ways[random(ways.length)]();
  const delayed = new Map();
  const connections = new Set();
  const running = new Set();
  let refusals = 0;

  const within = (ms, act) => {
    const timer = setTimeout(() => {
      delayed.delete(timer);
      act();
    }, random(ms));
    delayed.set(timer, act);
  };
  /** While a transaction takes some milliseconds. */
  const soon = (act) => within(10, act);

  const { postMessage } = BroadcastChannel.prototype;
  BroadcastChannel.prototype.postMessage = function (message) {
    const tell = () => postMessage.call(this, message);
    if (!isOurs(this.name) || message === "hello" || !happens()) return tell();
    oneOf(
      () => {},
      () => (tell(), tell()),
      () => within(150, () => unlessItIsOver(tell)),
    );
  };

  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    const begun = transaction.call(this, stores, mode, options);
    if (!isOurs(this.name)) return begun;
    connections.add(this);
    running.add(begun);
    for (const end of ["complete", "abort"]) begun.addEventListener(end, () => running.delete(begun));
    if (happens()) {
      oneOf(
        () => queueMicrotask(() => abort(begun)),
        () => soon(() => abort(begun)),
        () => mistell(begun),
        () => soon(breakConnections),
        () => {
          refusals = 1 + random(2);
          soon(breakConnections);
        },
      );
    }
    return begun;
  };

  const { open } = IDBFactory.prototype;
  IDBFactory.prototype.open = function (name, ...rest) {
    if (refusals === 0 || !isOurs(name)) return open.call(this, name, ...rest);
    refusals--;
    throw new DOMException("The connection was closed.", "AbortError");
  };

  /** As a browser does that clears a site's data, or suspends it. */
  const breakConnections = () => {
    for (const begun of running) abort(begun);
    for (const connection of connections) {
      connection.close();
      connection.dispatchEvent(new Event("close"));
    }
    connections.clear();
  };

  return {
    /** From now on nothing goes wrong; what was to come late comes now. */
    stop() {
      BroadcastChannel.prototype.postMessage = postMessage;
      IDBDatabase.prototype.transaction = transaction;
      IDBFactory.prototype.open = open;
      for (const [timer, act] of delayed) {
        clearTimeout(timer);
        act();
      }
    },
  };
}

const abort = (transaction) => unlessItIsOver(() => transaction.abort());

/** It is stored, and told to have failed. */
function mistell(transaction) {
  transaction.addEventListener("complete", (event) => {
    event.stopImmediatePropagation();
    transaction.dispatchEvent(new Event("abort"));
  });
}

/** What a channel or a transaction is asked after its end is too late. */
function unlessItIsOver(act) {
  try {
    act();
  } catch (error) {
    if (error.name !== "InvalidStateError") throw error;
  }
}
