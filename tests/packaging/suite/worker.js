import { runSuite } from "./run.js";

export default { fetch: async () => Response.json(await runSuite("memory")) };
