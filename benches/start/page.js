// Start: from nothing to an open bus, each time in a page that has done nothing else.
import { run } from "../page/run.js";
import { isVisit, serveVisit } from "./visit.js";
import { starting } from "./rows.js";

if (isVisit()) serveVisit();
else run((isQuick) => starting(isQuick ? 1 : 5));
