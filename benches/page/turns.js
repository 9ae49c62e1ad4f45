/**
 * Measures each contestant once a round, after one round that doesn't count. Resolves to their times.
 *
 * Who begins changes from round to round, so that nobody always works in the wake of the same other.
 */
export async function takeTurns(contestants, rounds, onTurn) {
  const times = contestants.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const i = (round + 1 + turn) % contestants.length;
      await onTurn(contestants[i].name);
      const time = await measure(contestants[i]);
      if (round >= 0) times[i].push(time);
    }
  }
  return times;
}

async function measure(contestant) {
  const opened = await contestant.open();
  try {
    return await contestant.measure(opened);
  } finally {
    await contestant.close(opened);
  }
}
