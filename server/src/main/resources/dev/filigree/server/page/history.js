// Turns successive scrapes of /metrics into what the charts show: rates and percentiles over a sliding span, for a window of minutes.

/** What is kept and shown, in milliseconds. */
export const WINDOW = 5 * 60_000;
/** What one point of a chart looks back on, in milliseconds: short enough to be live, long enough to hold some requests. */
export const SPAN = 10_000;

const REQUESTS = 'filigree_requests_seconds';
const BATCH = 'filigree_batch_tokens';
/** How the server names requests for answers of a model; this page's own scrapes, for one, are none. */
const INFERENCE = /(?:classify|infer)$/i;
/** How it names the model of a request that was refused before one was found. */
const NO_MODEL = 'none';

/**
 * The quantile of a histogram as Prometheus's histogram_quantile estimates it: linear within a bucket; beyond the last bound, that bound.
 *
 * @param buckets Map from upper bound to the number of values up to it, Infinity included
 * @returns {number|null} null of an empty histogram
 */
export function quantile(buckets, q) {
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  const total = buckets.get(Infinity) ?? 0;
  if (total <= 0) {
    return null;
  }
  const rank = q * total;
  let low = 0;
  let below = 0;
  for (const bound of bounds) {
    const upTo = buckets.get(bound);
    if (upTo >= rank && upTo > below) {
      return bound === Infinity ? low : low + (bound - low) * (rank - below) / (upTo - below);
    }
    below = upTo;
    low = bound === Infinity ? low : bound;
  }
  return low;
}

function sum(samples, name, keep = () => true) {
  return samples.reduce((total, sample) => (sample.name === name && keep(sample.labels) ? total + sample.value : total), 0);
}

function succeeded(labels) {
  return labels.status.startsWith('2');
}

function histogram(samples, name, keep) {
  const buckets = new Map();
  for (const {name: of, labels, value} of samples) {
    if (of === `${name}_bucket` && keep(labels)) {
      const bound = labels.le === '+Inf' ? Infinity : Number(labels.le);
      buckets.set(bound, (buckets.get(bound) ?? 0) + value);
    }
  }
  return buckets;
}

/** How often each cause has led to a rejection since the server started, most frequent first. */
export function rejections(samples) {
  const causes = new Map();
  for (const {name, labels, value} of samples) {
    if (name === 'filigree_rejected_total') {
      causes.set(labels.cause, (causes.get(labels.cause) ?? 0) + value);
    }
  }
  return new Map([...causes].sort((a, b) => b[1] - a[1]));
}

/** The names of the models that the metrics speak of. */
export function modelsIn(samples) {
  const counts = samples.filter(({name, labels}) => name === `${REQUESTS}_count` && INFERENCE.test(labels.api));
  return new Set(counts.map(({labels}) => labels.model).filter((model) => model !== NO_MODEL));
}

function reading(samples, model) {
  const ofModel = (labels) => INFERENCE.test(labels.api) && (model === '' || labels.model === model);
  const answered = (labels) => ofModel(labels) && succeeded(labels);
  return {
    answered: sum(samples, `${REQUESTS}_count`, answered),
    refused: sum(samples, `${REQUESTS}_count`, (labels) => ofModel(labels) && !succeeded(labels)),
    latency: histogram(samples, REQUESTS, answered),
    // Batches of all models: the server does not tell them apart.
    batches: sum(samples, `${BATCH}_count`),
    tokens: sum(samples, `${BATCH}_sum`),
  };
}

function difference(now, then) {
  const latency = new Map([...now.latency].map(([bound, count]) => [bound, count - (then.latency.get(bound) ?? 0)]));
  return {
    answered: now.answered - then.answered,
    refused: now.refused - then.refused,
    latency,
    batches: now.batches - then.batches,
    tokens: now.tokens - then.tokens,
  };
}

/** The scrapes of the last minutes. */
export class History {
  #scrapes = [];

  /** Takes in a scrape; one whose counters went back is of a server that started anew, and all before it is forgotten. */
  add(time, samples) {
    const last = this.#scrapes.at(-1);
    if (last !== undefined && sum(samples, `${REQUESTS}_count`) < sum(last.samples, `${REQUESTS}_count`)) {
      this.#scrapes = [];
    }
    this.#scrapes.push({time, samples});
    this.#scrapes = this.#scrapes.filter((scrape) => scrape.time >= time - WINDOW - SPAN);
  }

  /**
   * A point for each scrape but the first: percentiles in seconds, rates per second, the mean tokens of a batch, and the requests
   * that wait. What a span has no data for is null.
   *
   * @param model the model whose requests count; '' for all
   */
  points(model) {
    const readings = this.#scrapes.map((scrape) => reading(scrape.samples, model));
    return this.#scrapes.slice(1).map(({time, samples}, index) => {
      const here = index + 1;
      const base = this.#base(here);
      const passed = (time - this.#scrapes[base].time) / 1000;
      const change = difference(readings[here], readings[base]);
      return {
        time,
        p50: quantile(change.latency, 0.5),
        p90: quantile(change.latency, 0.9),
        p99: quantile(change.latency, 0.99),
        answered: change.answered / passed,
        refused: change.refused / passed,
        tokens: change.batches > 0 ? change.tokens / change.batches : null,
        queued: sum(samples, 'filigree_queue_requests'),
      };
    });
  }

  /** The latest scrape that is a span older, or else the oldest one. */
  #base(here) {
    const until = this.#scrapes[here].time - SPAN;
    return Math.max(0, this.#scrapes.findLastIndex((scrape) => scrape.time <= until));
  }
}
