/** Has a worker of any kind answer whoever says hello with what `run` brings. */
export function answerWith(run) {
  const answer = async ({ ports: [port] }) => port.postMessage(await run());
  globalThis.onconnect = ({ ports: [port] }) => (port.onmessage = answer);
  globalThis.onmessage = (event) => {
    const answered = answer(event);
    event.waitUntil?.(answered);
  };
}
