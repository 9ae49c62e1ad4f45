import { describe, type EverbusError, everbusError, unreadable } from "../api/errors.js";
import type { Uuid } from "../api/event.js";
import type { Filter } from "../api/filter.js";
import { hasFields, ownFields } from "../values/objects.js";
import { LONE_SURROGATE } from "../values/text.js";
import { parseUuid } from "../values/uuid.js";
import { ACTIONS, LINK, type Routed } from "./draft.js";

/** A checked copy of a filter: every field an array, ids in lower case, nothing undefined. */
export type FilterSpec = { kind?: "entity" | "link" } & { [field in ListField]?: readonly string[] };
type ListField = Exclude<keyof Filter, "kind">;

/** A filter made ready for the fan-out, in the two parts that it looks at separately. */
export interface CompiledFilter {
  /** Whether events of this shape and type can match: decided once for each, then remembered. */
  matchesType(shape: number, type: string): boolean;
  /** Decides by the ids, for an event whose type matches. Undefined if the filter has none. */
  readonly matchesIds: Test | undefined;
}

/**
 * Checks a filter and takes a copy of it.
 *
 * @throws EverbusError `invalid_filter`.
 */
export function readFilter(value: unknown): FilterSpec {
  try {
    return readSpec(value);
  } catch (cause) {
    throw unreadable("invalid_filter", "the filter", cause);
  }
}

function readSpec(value: unknown): FilterSpec {
  if (!hasFields(value)) {
    throw invalid(`the filter must be an object such as { entity_type: "order" }, but is ${describe(value)}`);
  }
  const spec: FilterSpec = ownFields({});
  for (const [field, wanted] of Object.entries(value)) {
    if (!Object.hasOwn(FIELDS, field)) {
      const fields = Object.keys(FIELDS).join(", ");
      throw invalid(`the filter has an unknown field ${describe(field)}: use ${fields}`);
    }
    // An optional field set to undefined is one that is not set.
    if (wanted !== undefined) FIELDS[field as keyof Filter](spec, field as never, wanted);
  }
  return spec;
}

type Reader = (spec: FilterSpec, field: ListField, wanted: unknown) => void;

const FIELDS: { readonly [field in keyof Filter]-?: Reader } = {
  kind: (spec, _, wanted) => {
    if (wanted !== "entity" && wanted !== "link") {
      throw invalid(`the filter's kind must be "entity" or "link", but is ${describe(wanted)}`);
    }
    spec.kind = wanted;
  },
  event_type: each(asAction, '"created", "updated" or "deleted"'),
  entity_type: each(asText, "a string without a lone surrogate"),
  entity_id: each(parseUuid, "a UUID"),
  link_type: each(asText, "a string without a lone surrogate"),
  source_id: each(parseUuid, "a UUID"),
  target_id: each(parseUuid, "a UUID"),
  touches: each(parseUuid, "a UUID"),
};

function each(read: (value: unknown) => string | undefined, must: string): Reader {
  return (spec, field, wanted) => {
    spec[field] = Array.from<unknown, string>(Array.isArray(wanted) ? wanted : [wanted], (value) => {
      const text = read(value);
      if (text !== undefined) return text;
      throw invalid(`the filter's ${field} must be ${must}, or an array of them, but is ${describe(value)}`);
    });
  };
}

/** A type or a beginning of one: the core, which reads what is stored, knows no half of a character. */
function asText(value: unknown): string | undefined {
  return typeof value === "string" && !LONE_SURROGATE.test(value) ? value : undefined;
}

function asAction(value: unknown): string | undefined {
  return ACTIONS.find((action) => action === value);
}

function invalid(message: string): EverbusError {
  return everbusError("invalid_filter", message);
}

/** Makes a filter ready for the fan-out; undefined for one that matches everything. */
export function compileFilter(spec: FilterSpec): CompiledFilter | undefined {
  if (Object.keys(spec).length === 0) return undefined;
  const { kind, event_type, entity_type, link_type } = spec;
  return {
    matchesType(shape, type) {
      const isLink = shape >= LINK;
      return (
        (kind === undefined || isLink === (kind === "link")) &&
        (event_type === undefined || event_type.includes(ACTIONS[shape % LINK]!)) &&
        (entity_type === undefined || (!isLink && matchesAny(entity_type, type))) &&
        (link_type === undefined || (isLink && matchesAny(link_type, type)))
      );
    },
    matchesIds: compileIds(spec),
  };
}

function matchesAny(patterns: readonly string[], type: string): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith("*") ? type.startsWith(pattern.slice(0, -1)) : pattern === type,
  );
}

type Test = (event: Routed) => boolean;

function compileIds(spec: FilterSpec): Test | undefined {
  const tests: Test[] = [];
  const { entity_id, source_id, target_id, touches } = spec;
  if (entity_id !== undefined) tests.push(oneOf(entity_id, (is) => (event) => is(event.subject)));
  if (source_id !== undefined) tests.push(oneOf(source_id, (is) => (event) => is(event.source)));
  if (target_id !== undefined) tests.push(oneOf(target_id, (is) => (event) => is(event.target)));
  if (touches !== undefined) {
    tests.push(
      oneOf(touches, (is) => (event) => event.shape < LINK ? is(event.subject) : is(event.source) || is(event.target)),
    );
  }
  if (tests.length < 2) return tests[0];
  return (event) => tests.every((test) => test(event));
}

/** One id is compared, many are looked up: a filter may list thousands. */
function oneOf(ids: readonly Uuid[], test: (is: (id: Uuid) => boolean) => Test): Test {
  if (ids.length === 1) {
    const only = ids[0];
    return test((id) => id === only);
  }
  const set = new Set(ids);
  return test((id) => set.has(id));
}
