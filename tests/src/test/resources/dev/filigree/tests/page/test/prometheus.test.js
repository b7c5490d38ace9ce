import {parse} from '/page/prometheus.js';
import {equal, refused} from './check.js';

export default {
  'comments and empty lines are passed over'() {
    equal(parse('# HELP a what it is\n# TYPE a counter\n\na 1\n   \n'), [{name: 'a', labels: {}, value: 1}]);
  },
  'labels are read with their escapes'() {
    equal(parse('a{m="x\\"y",n="back\\\\slash",o="two\\nlines",} 2.5'),
      [{name: 'a', labels: {m: 'x"y', n: 'back\\slash', o: 'two\nlines'}, value: 2.5}]);
  },
  'braces, commas and signs in a label are no syntax'() {
    equal(parse('a{m="{x},y=z# "} 1')[0].labels, {m: '{x},y=z# '});
  },
  'numbers of all kinds'() {
    equal(parse('a 1e-3\nb +Inf\nc -Inf\nd NaN\ne -7').map(({value}) => value), [0.001, Infinity, -Infinity, NaN, -7]);
  },
  'a timestamp is passed over'() {
    equal(parse('a{b="c"} 3 1395066363000')[0].value, 3);
  },
  'a carriage return ends a line as well'() {
    equal(parse('a 1\r\nb 2\r\n').map(({value}) => value), [1, 2]);
  },
  'what is no sample is refused with its line'() {
    refused(() => parse('a 1\nnonsense'), 'Line 2');
    refused(() => parse('a{b=c} 1'), 'Line 1');
    refused(() => parse('a 1 \nb one'), "'one' is not a number");
    refused(() => parse('<html>'), 'Line 1');
  },
};
