// Group commit: which units are committed together, and which with which after a failure.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pseudoRandom } from "../suite/fixtures.js";
import { source } from "./source.js";

const { Groups } = await source("publish/groups.ts");

/** A unit of events of so many characters each. */
function unit(name, { events = 1, length = 10, isAlone = false } = {}) {
  const drafts = Array.from({ length: events }, () => ({ textLength: length }));
  return { name, drafts, bytes: events * length * 2, isAlone };
}

const names = (units) => units.map(({ name }) => name);
const nobody = (units) => assert.fail(`${names(units)} were refused`);
const invalid = { code: "invalid_event" };
const full = { code: "quota_exceeded" };
const broken = { code: "storage" };

function groupsOf(...units) {
  const groups = new Groups();
  for (const each of units) groups.push(each);
  return groups;
}

test("what is pushed while a group is being committed is the next group", () => {
  const groups = groupsOf(unit("a"), unit("b"));
  assert.deepEqual(names(groups.next(nobody)), ["a", "b"]);
  groups.push(unit("c"));
  assert.deepEqual(names(groups.units), ["a", "b", "c"]);
  groups.committed();
  assert.deepEqual(names(groups.next(nobody)), ["c"]);
  groups.committed();
  assert.equal(groups.next(nobody), undefined);
  assert.ok(groups.isEmpty);
});

test("a unit that has to be alone is, and so keeps its place", () => {
  const groups = groupsOf(unit("a"), unit("b", { isAlone: true }), unit("c"));
  const given = [];
  for (let group; (group = groups.next(nobody)) !== undefined; groups.committed()) given.push(names(group));
  assert.deepEqual(given, [["a"], ["b"], ["c"]]);
});

test("a group has at most five segments, unless its only unit has more", () => {
  const large = (name) => unit(name, { events: 3000 });
  const groups = groupsOf(large("a"), large("b"), unit("c", { events: 9000 }), unit("d"));
  const given = [];
  for (let group; (group = groups.next(nobody)) !== undefined; groups.committed()) given.push(names(group));
  assert.deepEqual(given, [["a"], ["b"], ["c"], ["d"]]);
});

test("what the platform fails is refused whole, and what comes next is tried", () => {
  const groups = groupsOf(unit("a"), unit("b"));
  const refused = [];
  groups.next(nobody);
  groups.push(unit("c"));
  groups.failed(broken, (units, error) => refused.push([names(units), error]));
  assert.deepEqual(refused, [[["a", "b"], broken]]);
  assert.deepEqual(names(groups.next(nobody)), ["c"]);
});

test("where one alone finds no room, what is no smaller isn't tried", () => {
  const groups = groupsOf(unit("a", { length: 50 }), unit("b", { length: 60 }), unit("c", { length: 10 }), unit("d", { length: 70 }));
  const tried = [];
  const refused = [];
  const refuse = (units, error) => refused.push(...names(units).map((name) => [name, error.code]));
  for (let group; (group = groups.next(refuse)) !== undefined; ) {
    tried.push(names(group).join(""));
    if (group.some(({ bytes }) => bytes > 40)) groups.failed(full, refuse);
    else groups.committed();
  }
  assert.deepEqual(tried, ["abcd", "ab", "a", "cd", "c"]);
  assert.deepEqual(refused, [["a", full.code], ["b", full.code], ["d", full.code]]);
  // Later there may be room again.
  groups.push(unit("e", { length: 80 }));
  assert.deepEqual(names(groups.next(nobody)), ["e"]);
});

test("what is given back is all that isn't committed, and nothing is left", () => {
  const groups = groupsOf(unit("a"), unit("b"));
  groups.next(nobody);
  groups.failed(invalid, nobody);
  groups.push(unit("c"));
  assert.deepEqual(names(groups.clear()), ["a", "b", "c"]);
  assert.ok(groups.isEmpty);
});

const firstSeed = Number(process.env.GROUPS_SEED ?? 1);

for (let seed = firstSeed; seed < firstSeed + 200; seed++) {
  test(`each unit is settled once, in order, and none for what another one is: GROUPS_SEED=${seed}`, () => {
    const random = pseudoRandom(seed);
    const isBad = new Set();
    const groups = new Groups();
    const committed = [];
    const refused = [];
    const doomed = new Set();
    const refuse = (units, error) => {
      for (const { name } of units) {
        refused.push(name);
        assert.ok(error === broken ? doomed.has(name) : isBad.has(name), `${name} was refused: ${error.code}`);
      }
    };
    const count = 1 + random(40);
    let attempts = 0;
    for (let pushed = 0; pushed < count || !groups.isEmpty; ) {
      for (let more = random(6); more > 0 && pushed < count; more--, pushed++) {
        if (random(5) === 0) isBad.add(pushed);
        groups.push(unit(pushed, { isAlone: random(6) === 0, events: 1 + random(3) }));
      }
      const group = groups.next(refuse);
      if (group === undefined) continue;
      attempts++;
      assert.ok(group.length === 1 || !group.some(({ isAlone }) => isAlone));
      if (random(12) === 0) {
        for (const { name } of group) doomed.add(name);
        groups.failed(broken, refuse);
      } else if (names(group).some((name) => isBad.has(name))) {
        groups.failed(invalid, refuse);
      } else {
        committed.push(...names(group));
        groups.committed();
      }
    }
    assert.deepEqual(committed, committed.toSorted((a, b) => a - b), "in order");
    assert.deepEqual([...committed, ...refused].sort((a, b) => a - b), Array.from({ length: count }, (_, i) => i));
    assert.ok(attempts < 2 * count, `${attempts} attempts for ${count} units`);
  });
}
