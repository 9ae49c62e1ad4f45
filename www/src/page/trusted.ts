/**
 * The page's one Trusted Types policy: code comes from the page's own origin, and from nowhere else.
 *
 * A worker's address is to go through here. With Vite: `import url from "./layout.ts?worker&url"`, and then
 * `new Worker(ownScript(url), { type: "module" })`.
 */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown };
}

const rules = {
  createScriptURL(url: string): string {
    const { href, origin } = new URL(url, document.baseURI);
    if (origin !== location.origin) throw new TypeError(`${href} is not of this page's origin`);
    return href;
  },
};

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
const policy = trustedTypes?.createPolicy("everbus-demo", rules) ?? rules;

/** An address of the page's own, as a worker takes it. TypeScript's DOM has no Trusted Types, and takes it for a string. */
export function ownScript(url: string): string {
  return policy.createScriptURL(url) as string;
}
