// Reads the Prometheus text format, version 0.0.4.

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$/;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|$)/y;
const WORDS = new Map([['+Inf', Infinity], ['-Inf', -Infinity], ['NaN', NaN]]);
const ESCAPES = {'\\n': '\n', '\\"': '"', '\\\\': '\\'};

function number(word) {
  const value = WORDS.get(word) ?? Number(word);
  if (Number.isNaN(value) && word !== 'NaN') {
    throw new Error(`'${word}' is not a number`);
  }
  return value;
}

function labels(text) {
  const found = {};
  LABEL.lastIndex = 0;
  let end = 0;
  while (end < text.length) {
    const label = LABEL.exec(text);
    if (label === null) {
      throw new Error(`'${text.slice(end)}' is not a label`);
    }
    found[label[1]] = label[2].replace(/\\[n"\\]/g, (escape) => ESCAPES[escape]);
    end = LABEL.lastIndex;
  }
  return found;
}

/**
 * All samples, in their order.
 *
 * @returns {{name: string, labels: Object<string, string>, value: number}[]}
 * @throws {Error} when a line is no sample; it names the line
 */
export function parse(text) {
  const samples = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) {
      return;
    }
    const sample = SAMPLE.exec(line);
    try {
      if (sample === null) {
        throw new Error('it is no sample');
      }
      samples.push({name: sample[1], labels: labels(sample[2] ?? ''), value: number(sample[3])});
    } catch (e) {
      throw new Error(`Line ${index + 1} of the metrics cannot be read: ${e.message}.`);
    }
  });
  return samples;
}
