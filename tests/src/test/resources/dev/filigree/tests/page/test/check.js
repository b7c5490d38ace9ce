// The few assertions that the tests of the page's modules need.

function shown(value) {
  return JSON.stringify(value, (_, inner) => {
    if (inner instanceof Map) {
      return {map: [...inner]};
    }
    return typeof inner === 'number' && !Number.isFinite(inner) ? String(inner) : inner;
  });
}

/** Fails unless both read the same. */
export function equal(actual, expected) {
  if (shown(actual) !== shown(expected)) {
    throw new Error(`expected ${shown(expected)} but was ${shown(actual)}`);
  }
}

/** Fails unless it is that near. */
export function near(actual, expected, tolerance = 1e-9) {
  if (!(Math.abs(actual - expected) <= tolerance)) {
    throw new Error(`expected ${expected} within ${tolerance} but was ${actual}`);
  }
}

/** Fails unless it throws an error whose message holds a text. */
export function refused(action, text) {
  let message;
  try {
    action();
  } catch (e) {
    message = e.message;
  }
  if (message === undefined || !message.includes(text)) {
    throw new Error(`expected an error with '${text}' but got ${message}`);
  }
}
