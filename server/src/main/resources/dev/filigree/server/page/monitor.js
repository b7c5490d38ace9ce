// Scrapes /metrics while the page is seen, and draws what came of it.

import {Chart} from './chart.js';
import {byId, html} from './dom.js';
import {plain, seconds, short} from './format.js';
import {History, WINDOW, modelsIn, rejections} from './history.js';
import {parse} from './prometheus.js';

/** Between two scrapes, in milliseconds. */
const INTERVAL = 2000;

const PER_SECOND = (value) => plain(`${short(value)}/s`);

const CHARTS = [
  {title: 'Latency', format: seconds, least: 0.0001, lines: [
    {key: 'p50', name: 'median'}, {key: 'p90', name: '90 %'}, {key: 'p99', name: '99 %'}]},
  {title: 'Throughput', format: PER_SECOND, least: 1, lines: [
    {key: 'answered', name: 'answered'}, {key: 'refused', name: 'refused or failed'}]},
  {title: 'Batch', format: (value) => plain(short(value)), least: 16, lines: [{key: 'tokens', name: 'mean tokens'}]},
  {title: 'Queue', format: (value) => plain(short(value)), least: 4, lines: [{key: 'queued', name: 'requests waiting'}]},
];

export class Monitor {
  #api;
  #history = new History();
  #charts = CHARTS.map((about) => new Chart({...about, window: WINDOW}));
  #model = byId('live-model');
  #running = new AbortController();
  #latest = [];

  constructor(api) {
    this.#api = api;
    byId('charts').replaceChildren(...this.#charts.map(({element}) => element));
    this.#model.addEventListener('change', () => this.#draw(Date.now()));
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) {
        this.stop();
      } else {
        this.start();
      }
    });
  }

  /** Scrapes from now on; again where it had stopped. */
  start() {
    this.stop();
    this.#running = new AbortController();
    this.#run(this.#running.signal);
  }

  stop() {
    this.#running.abort();
  }

  async #run(signal) {
    while (!signal.aborted) {
      await Promise.all([this.#health(), this.#metrics()]);
      await new Promise((resume) => {
        setTimeout(resume, INTERVAL);
      });
    }
  }

  async #metrics() {
    try {
      const samples = parse(await this.#api.text('/metrics'));
      const now = Date.now();
      this.#history.add(now, samples);
      this.#latest = samples;
      this.#offer(modelsIn(samples));
      this.#draw(now);
      this.#say('');
    } catch (error) {
      if (error.status === 401) {
        this.stop();
      }
      this.#say(error.message);
    }
  }

  /** Says it once: a status line that is set anew every two seconds would be read out every two seconds. */
  #say(sentence) {
    if (byId('live-state').textContent !== sentence) {
      byId('live-state').textContent = sentence;
    }
  }

  async #health() {
    const status = await this.#api.status('/health/ready').catch(() => 0);
    const [word, kind] = status === 200 ? ['ready', 'good'] : status === 0 ? ['no answer', 'bad'] : ['not ready', 'warn'];
    const health = byId('health');
    if (health.textContent !== word) {
      health.textContent = word;
      health.className = `health ${kind}`;
    }
  }

  #offer(names) {
    const offered = new Set([...this.#model.options].map(({value}) => value));
    for (const name of names) {
      if (!offered.has(name)) {
        this.#model.append(html('option', {value: name}, name));
      }
    }
  }

  #draw(now) {
    const points = this.#history.points(this.#model.value);
    this.#charts.forEach((chart) => chart.update(points, now));
    const causes = [...rejections(this.#latest)].filter(([, count]) => count > 0);
    byId('rejects').replaceChildren(html('h3', {}, 'Rejected since the start'), causes.length === 0
      ? html('p', {class: 'small'}, 'Nothing.')
      : html('dl', {}, causes.map(([cause, count]) => html('div', {}, html('dt', {}, cause.replaceAll('_', ' ')), html('dd', {}, count.toLocaleString('en'))))));
  }
}
