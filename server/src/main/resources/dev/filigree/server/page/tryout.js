// The form: a text or a pair, one or two models, and their answers side by side.

import {card, verdict} from './answers.js';
import {byId, html} from './dom.js';
import {race, raceTable} from './rounds.js';
import {curl} from './shell.js';
import {taskOf} from './tasks.js';

const ROUNDS = 30;
/** How long typing must pause before the text is sent, in milliseconds. */
const PAUSE = 250;

export class Tryout {
  #api;
  #models = new Map();
  #offered = '';
  #running = new AbortController();
  #pause = 0;
  #a = byId('model-a');
  #b = byId('model-b');
  #first = byId('first');
  #second = byId('second');

  constructor(api) {
    this.#api = api;
    byId('ask').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#classify();
    });
    byId('ask').addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.#classify();
      }
    });
    for (const text of [this.#first, this.#second]) {
      text.addEventListener('input', () => this.#typed());
    }
    this.#a.addEventListener('change', () => this.#chose(false));
    byId('repeat').addEventListener('click', () => this.#repeat());
    byId('copy').addEventListener('click', () => this.#copy());
  }

  /** Offers these models; what was chosen stays chosen where it is still there. */
  offer(models) {
    const offer = JSON.stringify(models);
    if (offer === this.#offered) {
      return;
    }
    this.#offered = offer;
    this.#models = new Map(models.map((model) => [model.name, model]));
    const chosen = this.#a.value;
    this.#a.replaceChildren(...models.map(({name}) => html('option', {value: name}, name)));
    if (this.#models.has(chosen)) {
      this.#a.value = chosen;
    }
    for (const button of [byId('submit'), byId('repeat')]) {
      button.disabled = models.length === 0;
    }
    this.#chose(this.#a.value === chosen);
  }

  /**
   * Fits the second choice, the fields and the examples to the first model.
   *
   * @param again whether that model was chosen before; then a wish for none beside it stands
   */
  #chose(again) {
    const model = this.#models.get(this.#a.value);
    if (model === undefined) {
      return;
    }
    const beside = [...this.#models.values()].filter((other) => other.name !== model.name && other.pair === model.pair);
    const chosen = this.#b.value;
    const like = beside.find((other) => other.name === chosen)
      ?? (again && chosen === '' ? undefined : beside.find((other) => other.task === model.task));
    this.#b.replaceChildren(html('option', {value: ''}, 'none'), ...beside.map(({name}) => html('option', {value: name}, name)));
    this.#b.value = like?.name ?? '';
    this.#b.disabled = beside.length === 0;
    const task = taskOf(model);
    byId('second-field').hidden = !model.pair;
    byId('first-label').textContent = task.first;
    byId('second-label').textContent = task.second ?? '';
    byId('examples').replaceChildren(...task.examples.map((texts) => html('button', {
      type: 'button', class: 'example', click: () => this.#take(texts),
    }, texts.map((text) => html('span', {}, text)))));
  }

  #take([first, second = '']) {
    this.#first.value = first;
    this.#second.value = second;
    this.#classify();
  }

  #typed() {
    clearTimeout(this.#pause);
    if (byId('typing').checked && this.#first.value !== '') {
      this.#pause = setTimeout(() => this.#classify(), PAUSE);
    }
  }

  #chosen() {
    return [this.#a.value, this.#b.value].flatMap((name) => this.#models.get(name) ?? []);
  }

  #body(model) {
    return {
      model: model.name,
      inputs: model.pair ? [[this.#first.value, this.#second.value]] : [this.#first.value],
      ...(byId('truncate').checked ? {} : {truncate: false}),
      ...(byId('logits').checked ? {raw_scores: true} : {}),
    };
  }

  /** Begins something new: what was asked before is given up. */
  #begin() {
    clearTimeout(this.#pause);
    this.#running.abort();
    this.#running = new AbortController();
    byId('rounds').replaceChildren();
    byId('answers').removeAttribute('aria-busy');
    return this.#running.signal;
  }

  async #classify() {
    const signal = this.#begin();
    byId('answers').setAttribute('aria-busy', 'true');
    const answers = [];
    // One after the other, so that two models on the same cores do not slow each other.
    for (const model of this.#chosen()) {
      answers.push(await this.#ask(model, signal));
      if (signal.aborted) {
        return;
      }
    }
    this.#show(answers);
  }

  async #ask(model, signal) {
    const start = performance.now();
    try {
      const response = await this.#api.json('/v1/classify', this.#body(model), signal);
      return {model, response, roundTrip: 1000 * (performance.now() - start)};
    } catch (error) {
      return {model, error};
    }
  }

  #show(answers) {
    const longest = Math.max(1, ...answers.map(({response}) => response?.timings.total_us ?? 0));
    byId('answers').removeAttribute('aria-busy');
    byId('answers').replaceChildren(...answers.map((answer) => card(answer, longest)));
    byId('verdict').textContent = verdict(answers);
    byId('verdict').classList.toggle('failed', answers.some(({error}) => error !== undefined));
    byId('shell').hidden = false;
    byId('curl').textContent = curl(location.origin, this.#body(answers[0].model), this.#api.hasToken);
    byId('copied').textContent = '';
  }

  async #repeat() {
    const signal = this.#begin();
    const models = this.#chosen();
    const told = html('p', {class: 'small', role: 'status'}, 'Asking …');
    byId('rounds').replaceChildren(told);
    try {
      const timings = await race(models, ROUNDS,
        async (model) => (await this.#api.json('/v1/classify', this.#body(model), signal)).timings,
        (done) => {
          told.textContent = `${done} of ${ROUNDS} rounds`;
        });
      byId('rounds').replaceChildren(html('div', {class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Times'}, raceTable(models, timings)));
    } catch (error) {
      if (!signal.aborted) {
        byId('rounds').replaceChildren(html('p', {class: 'error', role: 'alert'}, error.message));
      }
    }
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(byId('curl').textContent);
      byId('copied').textContent = 'Copied.';
    } catch {
      byId('copied').textContent = 'The browser does not let this page copy: select the command instead.';
    }
  }
}
