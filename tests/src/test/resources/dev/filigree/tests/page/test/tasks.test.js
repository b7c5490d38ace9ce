import {scaleFor, taskOf} from '/page/tasks.js';
import {equal} from './check.js';

export default {
  'a task has its own words'() {
    equal([taskOf({task: 'rte', pair: true}).second, taskOf({task: 'sst2', pair: false}).second], ['Hypothesis', undefined]);
  },
  'an unknown task, or a known one with another number of texts, has words that fit'() {
    equal(['nosuch', 'sst2', 'constructor'].map((task) => taskOf({task, pair: true}).second), Array(3).fill('Second text'));
    equal(['nosuch', 'rte', 'constructor'].map((task) => taskOf({task, pair: false}).first), Array(3).fill('Text'));
  },
  'examples have as many texts as the task'() {
    for (const task of ['sst2', 'cola', 'mrpc', 'qqp', 'stsb', 'mnli', 'qnli', 'rte', 'wnli', 'nosuch']) {
      for (const pair of [false, true]) {
        equal(taskOf({task, pair}).examples.every((texts) => texts.length === (pair ? 2 : 1)), true);
      }
    }
  },
  'a scale is made wider where the value is outside'() {
    equal([0.5, -0.5, 3.2].map((value) => scaleFor({task: 'x', pair: true}, value)).map(({low, high}) => [low, high]), [[0, 1], [-1, 1], [0, 4]]);
  },
};
