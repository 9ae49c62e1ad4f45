// What writers have reported, and whether a log has it all.
import assert from "node:assert/strict";

/** Numbers in [0, bound) that are the same in every run with this seed. ACCIDENT_SEED repeats a run. */
export const seed = Number(process.env.ACCIDENT_SEED ?? Math.floor(Math.random() * 2 ** 31));

export class Record {
  /** Of each writer, the number of its nth event. */
  #reported = new Map();
  #waiting = [];
  #errors = [];
  count = 0;

  /** Takes what a writer posts. */
  heard({ committed = [], error }) {
    if (error) this.#errors.push(error);
    for (const [writer, n, number] of committed) {
      let own = this.#reported.get(writer);
      if (!own) this.#reported.set(writer, (own = new Map()));
      own.set(n, number);
      this.count++;
    }
    for (const look of this.#waiting) look();
  }

  /** Resolves once the writer has reported so many events. */
  until(writer, count) {
    return new Promise((resolve) => {
      const look = () => {
        if ((this.#reported.get(writer)?.size ?? 0) < count) return;
        this.#waiting.splice(this.#waiting.indexOf(look), 1);
        resolve();
      };
      this.#waiting.push(look);
      look();
    });
  }

  /**
   * `rows` are a log from its first event on, as `read` gives it: dense, nothing doubled, of each writer a run from its
   * first event on in its order, and everything that was reported under the number that was reported.
   */
  check(rows) {
    assert.deepEqual(this.#errors, [], "a writer's onError was called");
    const ids = new Set();
    const next = new Map();
    for (const [i, [number, id, writer, n]] of rows.entries()) {
      assert.equal(number, i + 1, "numbers are dense");
      assert.ok(!ids.has(id), `event ${number} is there twice`);
      ids.add(id);
      assert.equal(n, next.get(writer) ?? 1, `event ${number} is not the next of writer ${writer}`);
      next.set(writer, n + 1);
    }
    for (const [writer, own] of this.#reported) {
      for (const [n, number] of own) {
        const row = rows[number - 1];
        assert.ok(row?.[2] === writer && row[3] === n, `event ${n} of writer ${writer} was committed as ${number}, where there is now ${row}`);
      }
    }
  }
}
