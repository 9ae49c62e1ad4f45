// Does what its page tells it to, in functions' texts, and answers with what comes of it.
onmessage = async ({ data: { work, argument }, ports: [answer] }) => {
  try {
    answer.postMessage({ value: await (0, eval)(`(${work})`)(argument) });
  } catch (error) {
    answer.postMessage({ error });
  }
};
