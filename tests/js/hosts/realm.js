// What each of the realms does: it follows the bus, writes when it is told to, and says what it got.
import { entity, openBus } from "/pkg/dist/index.js";

export const NAME = "realms";
/** How many events a realm writes at a time. */
export const EACH = 20;

export async function follow(name) {
  const channel = new BroadcastChannel("realms");
  // A message to oneself isn't delivered on one channel: the window has two.
  const say = (message) => channel.postMessage({ from: name, ...message });
  const bus = await openBus(NAME, { onError: (error) => say({ broken: `${name}: ${error}` }) });
  const got = [];
  let last;
  const check = () => {
    if (got.at(-1) >= last) say({ got });
  };
  bus.subscribe(({ seq_no }) => {
    got.push(seq_no);
    check();
  });
  channel.onmessage = async ({ data }) => {
    if (data.to !== name) return;
    if (data.write) {
      for (let n = 0; n < EACH; n++) await bus.publish(entity.created("order", n)).committed;
      say({ [data.write]: true });
    }
    if (data.last) {
      last = data.last;
      check();
    }
  };
  say({ ready: true });
}
