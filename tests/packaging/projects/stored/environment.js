// Jest's jsdom with what jsdom lacks and the package, or fake-indexeddb, needs.
import { TestEnvironment } from "jest-environment-jsdom";

export default class extends TestEnvironment {
  constructor(...given) {
    super(...given);
    Object.assign(this.global, { DecompressionStream, Response, TextDecoder, TextEncoder, structuredClone });
  }
}
