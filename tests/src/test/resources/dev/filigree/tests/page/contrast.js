// The body of a function: whatever on the page has less contrast than WCAG 2.2 AA asks for (1.4.3 for text, 1.4.11 for graphics).

function channels(color) {
  const found = color.match(/[\d.]+/g).map(Number);
  return found.length < 4 ? [...found, 1] : found;
}

function over(top, bottom) {
  return [0, 1, 2].map((i) => top[i] * top[3] + bottom[i] * (1 - top[3])).concat(1);
}

function background(element) {
  const layers = [];
  for (let at = element; at !== null; at = at.parentElement) {
    layers.push(channels(getComputedStyle(at).backgroundColor));
  }
  return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
}

function opacity(element) {
  let product = 1;
  for (let at = element; at !== null; at = at.parentElement) {
    product *= Number(getComputedStyle(at).opacity);
  }
  return product;
}

function luminance(color) {
  const [r, g, b] = color.slice(0, 3).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(color, element, behind) {
  const own = channels(color);
  const seen = over([own[0], own[1], own[2], own[3] * opacity(element)], behind);
  const [light, dark] = [luminance(seen), luminance(behind)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const problems = [];

function require(least, color, element, behind, what) {
  const found = ratio(color, element, behind);
  if (found < least) {
    problems.push(`${what}: ${found.toFixed(2)} is less than ${least}`);
  }
}

for (const element of document.body.querySelectorAll('*')) {
  const words = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data.trim()).join(' ').trim();
  const style = getComputedStyle(element);
  if (words !== '' && element.getClientRects().length > 0 && !element.matches(':disabled, option, noscript')) {
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    require(large ? 3 : 4.5, element instanceof SVGElement ? style.fill : style.color, element, background(element), `'${words.slice(0, 40)}'`);
  }
}
for (const [selector, property] of [
  ['.bar', 'backgroundColor'], ['.spent rect', 'fill'], ['.chart polyline', 'stroke'], ['textarea', 'borderTopColor'],
  ['select', 'borderTopColor'], ['button.quiet', 'borderTopColor'], ['.health::before', 'backgroundColor'],
]) {
  const [base, pseudo] = selector.split('::');
  for (const element of document.querySelectorAll(base)) {
    require(3, getComputedStyle(element, pseudo && `::${pseudo}`)[property], element, background(element.parentElement), selector);
  }
}
return problems;
