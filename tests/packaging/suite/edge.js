import { runSuite } from "./run.js";

addEventListener("fetch", (event) => {
  event.respondWith(runSuite("memory").then((outcome) => Response.json(outcome)));
});
