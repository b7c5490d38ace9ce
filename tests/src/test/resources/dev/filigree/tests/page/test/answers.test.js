import {card, stages, verdict} from '/page/answers.js';
import {equal} from './check.js';

const model = {name: 'm', task: 'sst2', pair: false, regression: false, max_tokens: 128, sparsity: 'dense', provider: 'vector', bytes: 1e6};
const timings = {tokenize_us: 40, queue_us: 10, compute_us: 900, total_us: 1000, batch_tokens: 9};

function answer(name, label, score, more = {}) {
  const result = {label, score, scores: {good: score, bad: 1 - score}, tokens: 9, truncated: false, ...more};
  return {model: {...model, name}, response: {results: [result], timings}, roundTrip: 2000};
}

export default {
  'the rest is what no stage accounts for, and never negative'() {
    equal(stages(timings), {tokenize: 40, queue: 10, compute: 900, rest: 50});
    equal(stages({...timings, total_us: 900}).rest, 0);
  },
  'stages are drawn to the scale of the longest'() {
    const widths = [...card(answer('m', 'good', 0.9), 2000).querySelectorAll('rect')].map((rect) => Number(rect.getAttribute('width')));
    equal(widths, [2, 0.5, 45, 2.5]);
  },
  'a drawing of stages says them in words'() {
    const words = card(answer('m', 'good', 0.9), 1000).querySelector('.spent svg').getAttribute('aria-label');
    equal(words, 'Of 1.00 ms: tokenize 40 µs, queue 10 µs, compute 900 µs, rest 50 µs');
  },
  'a cut text is told'() {
    const tokens = (truncated) => card(answer('m', 'good', 0.9, {truncated}), 1000).querySelector('.tokens').textContent;
    equal([false, true].map(tokens), ['9 tokens of at most 128', 'Cut to the first 9 tokens: this model reads no more.']);
  },
  'what a server says is text and not HTML'() {
    const shown = card(answer('<img src=x>', '<b>', 0.9, {scores: {'<b>': 1}}), 1000);
    equal([shown.querySelector('img'), shown.querySelector('h3').textContent], [null, '<img src=x>']);
    equal(shown.querySelector('.bars .label').textContent, '<b>');
  },
  'a regression has a scale that holds its value'() {
    const regression = {...answer('m', 'score', 5.2), model: {...model, task: 'stsb', pair: true, regression: true}};
    equal(card(regression, 1000).querySelector('.scale svg').getAttribute('aria-label'), '5.20 on a scale from 0 to 6');
  },
  'a verdict says whether models agree'() {
    equal(verdict([answer('a', 'good', 0.9)]), 'a says good (90.0 %).');
    equal(verdict([answer('a', 'good', 0.9), answer('b', 'good', 0.8)]), 'Both say good, 90.0 % and 80.0 %.');
    equal(verdict([answer('a', 'good', 0.9), answer('b', 'bad', 0.6)]), 'They differ: a says good (90.0 %), b says bad (60.0 %).');
  },
  'a verdict passes errors on'() {
    const failed = {model: {...model, name: 'b'}, error: {code: 'too_long', message: 'Too long.'}};
    equal(verdict([answer('a', 'good', 0.9), failed]), 'b: Too long.');
    equal(card(failed, 1000).querySelector('.error').textContent, 'Too long. too_long');
  },
};
