// What actors publish, and want: few kinds of events, so that each filter takes some and leaves others.

const [chair, table, house] = [1, 2, 3].map((n) => `00000000-0000-4000-8000-00000000000${n}`);
const entity = (action, entity_type, entity_id) => ({ kind: "entity", action, entity_type, entity_id });
const link = (link_type, link_id, source_id, target_id) => {
  return { kind: "link", action: "created", link_type, link_id, source_id, target_id };
};

/** All but the payload. A record names an event's kind by its place here. */
const kinds = [
  entity("created", "order", chair),
  entity("updated", "order", table),
  entity("created", "order_line", table),
  entity("updated", "order_line", house),
  entity("created", "invoice", chair),
  entity("updated", "invoice", house),
  link("owns", chair, table, house),
  link("owned", table, chair, table),
  link("sees", house, house, chair),
];
export const everyKind = kinds.map((_, kind) => kind);

export const filters = [
  undefined,
  { entity_type: "order" },
  { entity_type: "order*" },
  { kind: "link" },
  { entity_id: table },
  { touches: [table, house] },
  { event_type: "updated" },
  { link_type: "own*", source_id: chair },
];

/** The exclusive consumers, with the filter that all subscriptions of one have. */
export const exclusives = { everything: undefined, orders: { entity_type: "order*" } };

/** An event of this kind, whose payload says so, with a text to make it longer. */
export function eventOf(kind, text = "") {
  const payload = { kind, text };
  return { ...kinds[kind], ...(kinds[kind].kind === "link" ? { metadata: payload } : { data: payload }) };
}

/** The kind of an event that comes back; null if it isn't what its payload says. */
export function kindOf(event) {
  const { kind } = event.data ?? event.metadata;
  return Object.entries(kinds[kind]).every(([field, value]) => event[field] === value) ? kind : null;
}

/** What of an event each field of a filter looks at. */
const subjects = {
  kind: ({ kind }) => [kind],
  event_type: ({ action }) => [action],
  entity_type: ({ entity_type }) => [entity_type],
  link_type: ({ link_type }) => [link_type],
  entity_id: ({ entity_id, link_id }) => [entity_id ?? link_id],
  source_id: ({ source_id }) => [source_id],
  touches: ({ entity_id, source_id, target_id }) => [entity_id, source_id, target_id],
};
const meets = (wanted, value) => (wanted.endsWith("*") ? value?.startsWith(wanted.slice(0, -1)) : value === wanted);

/** Whether a filter takes events of this kind, as the contract has it. */
export function matches(filter = {}, kind) {
  return Object.entries(filter).every(([field, wanted]) => {
    const values = subjects[field](kinds[kind]);
    return [wanted].flat().some((each) => values.some((value) => meets(each, value)));
  });
}

/** The number of the last event that a filter takes, where the log ends with one event of each kind. */
export function lastWanted(filter, end) {
  return end - everyKind.length + 1 + everyKind.findLast((kind) => matches(filter, kind));
}
