// What a model answered, as a card: label bars or a value on a scale, what the text came to, and where the time went.

import {html, svg} from './dom.js';
import {bytes, micros, percent, short} from './format.js';
import {scaleFor} from './tasks.js';

const STAGES = [['tokenize', 'Tokenize'], ['queue', 'Queue'], ['compute', 'Compute'], ['rest', 'Rest']];

/** The stages of a request in microseconds; what none of them accounts for is the rest. */
export function stages(timings) {
  const {tokenize_us: tokenize, queue_us: queue, compute_us: compute, total_us: total} = timings;
  return {tokenize, queue, compute, rest: Math.max(0, total - tokenize - queue - compute)};
}

/** Label and score of a result in words. */
export function said(model, result) {
  return model.regression ? short(result.score) : `${result.label} (${percent(result.score)})`;
}

function facts(model) {
  return html('p', {class: 'small'}, [model.sparsity, model.provider, ...(model.bytes > 0 ? [bytes(model.bytes)] : [])].join(' · '));
}

function bars(result) {
  return html('ul', {class: 'bars'}, Object.entries(result.scores).map(([label, score]) => {
    const bar = html('span', {class: 'bar'});
    // Through the object model: the page's policy allows no style attributes.
    bar.style.inlineSize = `${100 * score}%`;
    const logit = result.logits === undefined ? [] : [html('span', {class: 'logit'}, short(result.logits[label]))];
    return html('li', {class: label === result.label ? 'best' : ''},
      html('span', {class: 'label'}, label), html('span', {class: 'track', 'aria-hidden': 'true'}, bar), logit,
      html('span', {class: 'share', title: String(score)}, percent(score)));
  }));
}

function scale(model, result) {
  const {low, high, words} = scaleFor(model, result.score);
  const x = (value) => 10 + 280 * (value - low) / (high - low);
  const ticks = Array.from({length: high - low + 1}, (_, i) => low + i);
  return html('div', {class: 'scale'},
    html('p', {class: 'value'}, short(result.score)),
    svg('svg', {viewBox: '0 0 300 40', role: 'img', 'aria-label': `${short(result.score)} on a scale from ${low} to ${high}`},
      svg('line', {class: 'axis', x1: x(low), x2: x(high), y1: 12, y2: 12}),
      ticks.length > 12 ? [] : ticks.map((value) => svg('line', {class: 'axis', x1: x(value), x2: x(value), y1: 9, y2: 15})),
      svg('line', {class: 'reach', x1: x(low), x2: x(result.score), y1: 12, y2: 12}),
      svg('circle', {class: 'point', cx: x(result.score), cy: 12, r: 6}),
      svg('text', {x: x(low) - 4, y: 35}, `${low} ${words[0]}`),
      svg('text', {x: x(high) + 4, y: 35, 'text-anchor': 'end'}, `${words[1]} ${high}`)));
}

function tokens(model, result) {
  const count = `${result.tokens} token${result.tokens === 1 ? '' : 's'}`;
  return html('p', {class: 'tokens'}, result.truncated
    ? [html('strong', {}, 'Cut'), ` to the first ${count}: this model reads no more.`] : `${count} of at most ${model.max_tokens}`);
}

/** Where the time went, drawn to the scale of the slowest card so that lengths compare. */
function spent(answer, longest) {
  const parts = stages(answer.response.timings);
  const total = answer.response.timings.total_us;
  let from = 0;
  const pieces = STAGES.map(([key]) => {
    const width = 100 * parts[key] / longest;
    const piece = svg('rect', {class: key, x: from, y: 0, width, height: 10});
    from += width;
    return piece;
  });
  const words = STAGES.map(([key, name]) => `${name.toLowerCase()} ${micros(parts[key])}`).join(', ');
  return html('div', {class: 'spent'},
    html('h4', {}, 'Where the time went'),
    html('p', {class: 'total'}, micros(total)),
    svg('svg', {viewBox: '0 0 100 10', preserveAspectRatio: 'none', role: 'img', 'aria-label': `Of ${micros(total)}: ${words}`}, pieces),
    html('dl', {class: 'parts'}, STAGES.map(([key, name]) => html('div', {class: key}, html('dt', {}, name), html('dd', {}, micros(parts[key]))))),
    html('p', {class: 'small'}, `Computed in a batch of ${answer.response.timings.batch_tokens} tokens; ${micros(answer.roundTrip)} with network and browser.`));
}

/**
 * A card.
 *
 * @param answer {model, response, roundTrip in microseconds} or {model, error}
 * @param longest the longest total of the cards side by side, in microseconds
 */
export function card({model, ...answer}, longest) {
  const inner = answer.error === undefined
    ? [model.regression ? scale(model, answer.response.results[0]) : bars(answer.response.results[0]),
      tokens(model, answer.response.results[0]), spent(answer, longest)]
    : [html('p', {class: 'error'}, answer.error.message, ' ', html('code', {}, answer.error.code))];
  return html('article', {class: 'card', 'aria-label': `Answer of ${model.name}`}, html('h3', {}, model.name), facts(model), inner);
}

/** One sentence on the answers, for the eye and for screen readers. */
export function verdict(answers) {
  const failed = answers.filter(({error}) => error !== undefined);
  if (failed.length > 0) {
    return failed.map(({model, error}) => `${model.name}: ${error.message}`).join(' ');
  }
  const told = answers.map(({model, response}) => `${model.name} says ${said(model, response.results[0])}`);
  if (answers.length === 1) {
    return `${told[0]}.`;
  }
  const [a, b] = answers.map(({response}) => response.results[0]);
  if (answers[0].model.regression) {
    return `${told.join(', ')}: ${short(Math.abs(a.score - b.score))} apart.`;
  }
  return a.label === b.label ? `Both say ${a.label}, ${percent(a.score)} and ${percent(b.score)}.` : `They differ: ${told.join(', ')}.`;
}
