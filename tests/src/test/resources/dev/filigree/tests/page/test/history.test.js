import {History, SPAN, WINDOW, modelsIn, quantile, rejections} from '/page/history.js';
import {parse} from '/page/prometheus.js';
import {equal, near} from './check.js';

function scrape({fast = 0, slow = 0, failed = 0, batches = 0, tokens = 0, queued = 0, model = 'a'}) {
  const of = `api="/v1/classify",model="${model}"`;
  return parse(`
    filigree_requests_seconds_bucket{${of},status="200",le="0.001"} ${fast}
    filigree_requests_seconds_bucket{${of},status="200",le="0.01"} ${fast + slow}
    filigree_requests_seconds_bucket{${of},status="200",le="+Inf"} ${fast + slow}
    filigree_requests_seconds_count{${of},status="200"} ${fast + slow}
    filigree_requests_seconds_bucket{${of},status="429",le="+Inf"} ${failed}
    filigree_requests_seconds_count{${of},status="429"} ${failed}
    filigree_batch_tokens_count ${batches}
    filigree_batch_tokens_sum ${tokens}
    filigree_queue_requests ${queued}`.replace(/\n +/g, '\n'));
}

export default {
  'a quantile is interpolated within its bucket'() {
    const buckets = new Map([[1, 10], [2, 20], [Infinity, 20]]);
    near(quantile(buckets, 0.5), 1);
    near(quantile(buckets, 0.75), 1.5);
    near(quantile(buckets, 0.25), 0.5);
  },
  'buckets may come in any order, and empty ones count for nothing'() {
    near(quantile(new Map([[Infinity, 4], [8, 4], [4, 0], [2, 0]]), 0.5), 6);
  },
  'beyond the last bound a quantile is that bound'() {
    equal(quantile(new Map([[1, 1], [2, 1], [Infinity, 100]]), 0.99), 2);
  },
  'an empty histogram has no quantile'() {
    equal(quantile(new Map([[1, 0], [Infinity, 0]]), 0.5), null);
    equal(quantile(new Map(), 0.5), null);
  },
  'rates and percentiles are of what changed between scrapes'() {
    const history = new History();
    history.add(0, scrape({fast: 1000, failed: 5, batches: 10, tokens: 10}));
    history.add(2000, scrape({fast: 1000, slow: 10, failed: 9, batches: 12, tokens: 210, queued: 3}));
    const [point, ...more] = history.points('');
    equal(more, []);
    near(point.answered, 5);
    near(point.refused, 2);
    near(point.tokens, 100);
    near(point.p50, 0.0055);
    equal([point.queued, point.time], [3, 2000]);
  },
  'what a span has nothing of is null'() {
    const history = new History();
    history.add(0, scrape({fast: 7}));
    history.add(2000, scrape({fast: 7}));
    const [point] = history.points('');
    equal([point.p50, point.tokens, point.answered], [null, null, 0]);
  },
  'a point looks back one span and no further'() {
    const history = new History();
    history.add(0, scrape({fast: 0}));
    history.add(SPAN, scrape({fast: 100}));
    history.add(2 * SPAN, scrape({fast: 120}));
    near(history.points('')[1].answered, 20 / (SPAN / 1000));
  },
  'one model is told from the others'() {
    const both = (a, b) => [...scrape({fast: a}), ...scrape({fast: b, model: 'b'})];
    const history = new History();
    history.add(0, both(0, 0));
    history.add(1000, both(3, 5));
    near(history.points('b')[0].answered, 5);
    near(history.points('')[0].answered, 8);
    equal([...modelsIn(both(1, 1))], ['a', 'b']);
  },
  'what is no inference does not count, and a refusal before its model was found does'() {
    const others = (count) => parse(`filigree_requests_seconds_count{api="/metrics",model="none",status="200"} ${count}\n`
      + `filigree_requests_seconds_count{api="/v1/classify",model="none",status="429"} ${2 * count}`);
    const history = new History();
    history.add(0, others(0));
    history.add(1000, others(3));
    const [point] = history.points('');
    equal([point.answered, point.refused], [0, 6]);
    equal([...modelsIn(others(1))], []);
  },
  'a server that started anew begins a new history'() {
    const history = new History();
    history.add(0, scrape({fast: 50}));
    history.add(1000, scrape({fast: 60}));
    history.add(2000, scrape({fast: 1}));
    equal(history.points(''), []);
    history.add(3000, scrape({fast: 5}));
    near(history.points('')[0].answered, 4);
  },
  'what is older than the window is forgotten'() {
    const history = new History();
    for (let time = 0; time <= 3 * WINDOW; time += 2000) {
      history.add(time, scrape({fast: time}));
    }
    equal(history.points('').length, (WINDOW + SPAN) / 2000);
  },
  'rejections are summed by cause, most frequent first'() {
    const samples = parse('filigree_rejected_total{cause="late"} 1\nfiligree_rejected_total{cause="overloaded",model="a"} 2\n'
      + 'filigree_rejected_total{cause="overloaded",model="b"} 3');
    equal([...rejections(samples)], [['overloaded', 5], ['late', 1]]);
  },
};
