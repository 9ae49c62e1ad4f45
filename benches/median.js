/** What all of them would be if they were the same. */
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The value in the middle. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The smallest value that at least this share of all don't exceed. */
export function quantile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1];
}
