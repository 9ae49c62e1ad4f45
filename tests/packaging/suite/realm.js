import { answerWith } from "../projects/realms/answer.js";
import { runSuite } from "./run.js";

answerWith(() => runSuite("indexeddb"));
