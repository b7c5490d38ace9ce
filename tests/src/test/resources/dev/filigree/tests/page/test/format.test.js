import {ago, bytes, micros, percent, plain, seconds, short} from '/page/format.js';
import {equal} from './check.js';

export default {
  'numbers have three digits that count'() {
    equal([0, 0.1234, 1.234, 12.34, 123.4, 12345, -1.5].map(short), ['0', '0.123', '1.23', '12.3', '123', '12,345', '-1.50']);
    equal([0.9996, 9.996, 99.96].map(short), ['1.00', '10.0', '100']);
  },
  'times take the unit that suits them'() {
    equal([0, 41, 999, 999.6, 2900, 999_499, 1_200_000].map(micros), ['0 µs', '41 µs', '999 µs', '1.00 ms', '2.90 ms', '999 ms', '1.20 s']);
    equal(seconds(0.0015), '1.50 ms');
  },
  'a probability is not rounded to certainty'() {
    equal([0, 0.0001, 0.0005, 0.5, 0.9994, 0.99996, 1].map(percent), ['0.0 %', '< 0.1 %', '0.1 %', '50.0 %', '99.9 %', '> 99.9 %', '100.0 %']);
  },
  'axes have no zeros at the end'() {
    equal(['10.0 ms', '2.50', '0.500/s', '100', '1.05 s', '0'].map(plain), ['10 ms', '2.5', '0.5/s', '100', '1.05 s', '0']);
  },
  'sizes'() {
    equal([12_703_944, 23_456].map(bytes), ['12.7 MB', '23.5 kB']);
  },
  'times passed'() {
    const now = Date.parse('2026-01-02T12:00:00Z');
    equal(['2026-01-02T11:59:30Z', '2026-01-02T11:58:00Z', '2026-01-02T09:00:00Z', '2026-01-01T11:00:00Z'].map((iso) => ago(iso, now)),
      ['just now', '2 minutes ago', '3 hours ago', 'yesterday']);
  },
};
