/**
 * Measures each contestant once a round, after one round that doesn't count. Resolves to their values.
 *
 * Who begins changes from round to round, so that nobody always works in the wake of the same other.
 */
export async function takeTurns(contestants, rounds, onTurn) {
  const values = contestants.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const i = (round + 1 + turn) % contestants.length;
      await onTurn(contestants[i].name);
      const value = await measure(contestants[i]);
      if (round >= 0) values[i].push(value);
    }
  }
  return values;
}

async function measure(contestant) {
  const opened = await contestant.open();
  try {
    return await contestant.measure(opened);
  } finally {
    await contestant.close(opened);
  }
}
