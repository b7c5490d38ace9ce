import {pieces, roundTop} from '/page/chart.js';
import {equal} from './check.js';

export default {
  'the top of an axis is round and not below the highest value'() {
    equal([0, 0.7, 1, 1.2, 7, 43, 0.0021, 999].map(roundTop).map((top) => Number(top.toPrecision(6))), [1, 0.8, 1, 2, 8, 50, 0.003, 1000]);
  },
  'a line is cut where there is no value'() {
    const points = [1, 2, null, null, 3, null].map((value, time) => ({time, value}));
    const same = (value) => value;
    equal(pieces(points, 'value', same, same), [['0.0,1.0', '1.0,2.0'], ['4.0,3.0']]);
    equal(pieces([], 'value', same, same), []);
  },
};
