// Numbers as people read them.

const WHOLE = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
const AGO = new Intl.RelativeTimeFormat('en', {numeric: 'auto'});

/** Three significant digits without an exponent; whole numbers from 100 on. */
export function short(value) {
  if (value === 0) {
    return '0';
  }
  const size = Math.abs(value);
  if (size >= 99.95) {
    return WHOLE.format(value);
  }
  return value.toFixed(size >= 9.995 ? 1 : size >= 0.995 ? 2 : 3);
}

/** A number in words without zeros at its end, for axes: "10.0 ms" is "10 ms". */
export function plain(word) {
  return word.replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
}

/** A time given in microseconds. */
export function micros(value) {
  if (value < 999.5) {
    return `${Math.round(value)} µs`;
  }
  return value < 999_500 ? `${short(value / 1000)} ms` : `${short(value / 1_000_000)} s`;
}

/** A time given in seconds. */
export function seconds(value) {
  return micros(value * 1_000_000);
}

/** A probability; what is neither certain nor impossible is not rounded to it. */
export function percent(probability) {
  if (probability > 0 && probability < 0.0005) {
    return '< 0.1 %';
  }
  if (probability < 1 && probability >= 0.9995) {
    return '> 99.9 %';
  }
  return `${(100 * probability).toFixed(1)} %`;
}

export function bytes(count) {
  return count < 999_500 ? `${short(count / 1000)} kB` : `${short(count / 1_000_000)} MB`;
}

/** How long ago an ISO time was. */
export function ago(iso, now) {
  const passed = (now - Date.parse(iso)) / 1000;
  for (const [unit, length] of [['day', 86_400], ['hour', 3600], ['minute', 60]]) {
    if (passed >= length) {
      return AGO.format(-Math.floor(passed / length), unit);
    }
  }
  return 'just now';
}
