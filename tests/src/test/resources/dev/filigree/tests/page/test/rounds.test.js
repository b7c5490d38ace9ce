import {nearestRank, race, raceTable} from '/page/rounds.js';
import {equal} from './check.js';

export default {
  'ranks are of the values themselves'() {
    equal([0, 0.5, 0.9, 1].map((q) => nearestRank([5, 1, 4, 2, 3], q)), [1, 3, 5, 5]);
  },
  async 'models are asked in turns'() {
    const asked = [];
    const told = [];
    const timings = await race(['a', 'b'], 3, async (model) => {
      asked.push(model);
      return asked.length;
    }, (done) => told.push(done));
    equal([asked.join(''), timings, told], ['ababab', [[1, 3, 5], [2, 4, 6]], [1, 2, 3]]);
  },
  'speed is over the slowest'() {
    const table = raceTable([{name: 'a'}, {name: 'b'}], [[{compute_us: 500, total_us: 600}], [{compute_us: 1000, total_us: 1200}]]);
    equal([...table.querySelectorAll('td:last-child')].map((cell) => cell.textContent), ['2.00×', '1.00×']);
  },
};
