// Times models in turns, because a single time says little: the same text again and again, and medians side by side.

import {html} from './dom.js';
import {micros} from './format.js';

/** The value below which a share q of the values lies (nearest rank). */
export function nearestRank(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)];
}

/**
 * Asks every model in turn.
 *
 * @param ask model → promise of its timings
 * @param progress told how many rounds are done
 * @returns the timings of each model, in the order of the models
 */
export async function race(models, rounds, ask, progress) {
  const timings = models.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, model] of models.entries()) {
      timings[index].push(await ask(model));
    }
    progress(round + 1);
  }
  return timings;
}

/** Medians and 90th percentiles as a table; the ratio is to the slower of the two. */
export function raceTable(models, timings) {
  const of = (index, key, q) => nearestRank(timings[index].map((one) => one[key]), q);
  const slowest = Math.max(...models.map((_, index) => of(index, 'compute_us', 0.5)));
  const rows = models.map((model, index) => html('tr', {},
    html('th', {scope: 'row'}, model.name),
    html('td', {}, micros(of(index, 'compute_us', 0.5))),
    html('td', {}, micros(of(index, 'total_us', 0.5))),
    html('td', {}, micros(of(index, 'total_us', 0.9))),
    html('td', {}, `${(slowest / of(index, 'compute_us', 0.5)).toFixed(2)}×`)));
  return html('table', {},
    html('caption', {}, `${timings[0].length} rounds in turns on this text`),
    html('thead', {}, html('tr', {}, ['Model', 'Compute, median', 'Total, median', 'Total, 90 %', 'Speed'].map(
      (head) => html('th', {scope: 'col'}, head)))),
    html('tbody', {}, rows));
}
