import { entity, link } from "./everbus.js";
import { equal, ok, same, throws } from "./assert.js";
import { ID, UUID_V7, created, deleted, linked, updated } from "./fixtures.js";
import { test } from "./registry.js";

test("the constructors make the events of the wire", async () => {
  same(entity.created("order", { a: 1 }, ID.ann), created({ a: 1 }));
  same(entity.updated("order", ID.ann, null), updated(null));
  same(entity.deleted("order", ID.ann), deleted());
  same(link.created("owns", ID.ann, ID.cup, { since: 2020 }, ID.owns), linked({ since: 2020 }));
  same(link.created("owns", ID.ann, ID.cup, undefined, ID.owns), linked(null));
  same(link.updated("owns", ID.owns, ID.ann, ID.cup, [1]), { ...linked([1]), action: "updated" });
  same(link.deleted("owns", ID.owns, ID.ann, ID.cup), {
    kind: "link", action: "deleted", link_type: "owns", link_id: ID.owns, source_id: ID.ann, target_id: ID.cup,
  });
});

test("an omitted id is a fresh lower-case UUID v7", async () => {
  const ids = Array.from({ length: 300 }, () => entity.created("order", {}).entity_id);
  ids.push(link.created("owns", ID.ann, ID.cup).link_id);
  for (const id of ids) ok(UUID_V7.test(id), `${id} is no lower-case UUID v7`);
  equal(new Set(ids).size, ids.length, "how many differ");
});

const wrong = {
  "an empty type": () => entity.created("", {}),
  "a type of 300 characters": () => entity.created("a".repeat(300), {}),
  "a type that is no string": () => entity.created(7, {}),
  "an entity id that is no UUID": () => entity.updated("order", "first", {}),
  "no id to delete": () => entity.deleted("order"),
  "no data": () => entity.created("order"),
  "a source that is no UUID": () => link.created("owns", "ann", ID.cup),
  "no target": () => link.created("owns", ID.ann),
  "a link id that is no UUID": () => link.deleted("owns", "x", ID.ann, ID.cup),
};
for (const [name, make] of Object.entries(wrong)) {
  test(`a constructor refuses ${name}`, async () => {
    throws(make, "invalid_event");
  });
}

test("what the constructors make can be published", async (t) => {
  const bus = await t.open();
  const made = [entity.created("order", { a: 1 }), link.created("owns", ID.ann, ID.cup), entity.deleted("order", ID.ann)];
  for (const event of made) bus.publish(event);
  await bus.flush();
  same((await bus.log.read()).map((envelope) => envelope.event), made);
});
