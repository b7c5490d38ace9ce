// A line chart over the last minutes, drawn in real pixels so that its words stay legible at every width.

import {html, svg} from './dom.js';
import {plain} from './format.js';

const HEIGHT = 150;
const LEFT = 52;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 22;
/** A chart that has little to show yet begins with this, in milliseconds, and grows to its window. */
const SHORTEST = 60_000;
/** The next larger round number for the top of an axis. */
const STEPS = [1, 2, 3, 4, 5, 6, 8, 10];

/** A round number at or above a value, for the top of an axis. */
export function roundTop(value) {
  if (!(value > 0)) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return power * STEPS.find((step) => step * power >= value * 0.9999);
}

/** The corners of a line, cut where a value is missing. */
export function pieces(points, key, x, y) {
  const found = [];
  let open = false;
  for (const point of points) {
    if (point[key] === null) {
      open = false;
    } else {
      if (!open) {
        found.push([]);
      }
      open = true;
      found.at(-1).push(`${x(point.time).toFixed(1)},${y(point[key]).toFixed(1)}`);
    }
  }
  return found;
}

export class Chart {
  #points = [];
  #now = 0;
  #cursor = null;
  #drawing;
  #name = html('span', {class: 'name'});
  #values = new Map();
  #about;

  /**
   * @param about {title, lines: [{key, name}], format: number → string, least: smallest top of the axis, window: milliseconds}
   */
  constructor(about) {
    this.#about = about;
    this.#drawing = svg('svg', {role: 'img', tabindex: '0', height: HEIGHT});
    const legend = about.lines.map(({key, name}, index) => {
      const value = html('b', {}, '–');
      this.#values.set(key, value);
      return html('span', {class: `key s${index}`}, `${name} `, value);
    });
    this.element = html('figure', {class: 'chart'},
      html('figcaption', {}, this.#name, html('span', {class: 'legend'}, ...legend)), this.#drawing);
    this.#drawing.addEventListener('pointermove', (event) => this.#pointAt(event.offsetX));
    this.#drawing.addEventListener('pointerleave', () => this.#moveTo(null));
    this.#drawing.addEventListener('blur', () => this.#moveTo(null));
    this.#drawing.addEventListener('keydown', (event) => this.#key(event));
    new ResizeObserver(() => this.#draw()).observe(this.#drawing);
  }

  /** Shows points up to now. */
  update(points, now) {
    const held = this.#cursor === null ? null : this.#points[this.#cursor]?.time;
    this.#points = points.filter((point) => point.time >= now - this.#about.window);
    this.#now = now;
    const place = this.#points.findIndex((point) => point.time === held);
    this.#cursor = place < 0 ? null : place;
    this.#draw();
  }

  #key(event) {
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (step !== undefined && this.#points.length > 0) {
      event.preventDefault();
      const from = this.#cursor ?? this.#points.length - (step < 0 ? 0 : 1);
      this.#moveTo(Math.min(this.#points.length - 1, Math.max(0, from + step)));
    } else if (event.key === 'Escape') {
      this.#moveTo(null);
    }
  }

  #pointAt(offset) {
    let nearest = null;
    this.#points.forEach((point, index) => {
      const gap = Math.abs(this.#x(point.time) - offset);
      if (nearest === null || gap < Math.abs(this.#x(this.#points[nearest].time) - offset)) {
        nearest = index;
      }
    });
    this.#moveTo(nearest);
  }

  #moveTo(index) {
    if (index !== this.#cursor) {
      this.#cursor = index;
      this.#draw();
    }
  }

  #x(time) {
    return LEFT + (this.#width() - LEFT - RIGHT) * (1 - (this.#now - time) / this.#shown());
  }

  #width() {
    return Math.max(LEFT + RIGHT + 1, this.#drawing.clientWidth);
  }

  /** The time that the axis spans, in milliseconds. */
  #shown() {
    return Math.min(this.#about.window, Math.max(SHORTEST, this.#now - (this.#points[0]?.time ?? this.#now)));
  }

  #draw() {
    const {lines, format, least} = this.#about;
    const width = this.#width();
    const top = roundTop(Math.max(least, ...this.#points.flatMap((point) => lines.map(({key}) => point[key] ?? 0))));
    const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
    const x = (time) => this.#x(time);
    const grid = [0, top / 2, top].map((value) => [
      svg('line', {class: value === 0 ? 'axis' : 'grid', x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value)}),
      svg('text', {x: LEFT - 6, y: y(value) + 4, 'text-anchor': 'end'}, value === 0 ? '0' : plain(format(value))),
    ]);
    const ago = this.#shown() / 1000;
    const times = [[LEFT, 'start', ago < 120 ? `${Math.round(ago)} s ago` : `${Math.round(ago / 60)} min ago`], [width - RIGHT, 'end', 'now']].map(
      ([at, anchor, word]) => svg('text', {x: at, y: HEIGHT - 6, 'text-anchor': anchor}, word));
    const curves = lines.flatMap(({key}, index) => pieces(this.#points, key, x, y).map((corners) => (corners.length === 1
      ? svg('circle', {class: `s${index}`, cx: corners[0].split(',')[0], cy: corners[0].split(',')[1], r: 2})
      : svg('polyline', {class: `s${index}`, points: corners.join(' ')}))));
    this.#drawing.replaceChildren(...grid.flat(), ...times, ...curves, ...this.#marks(y));
    this.#tell();
  }

  /** The cursor with a dot on each line. */
  #marks(y) {
    const point = this.#points[this.#cursor];
    if (point === undefined) {
      return [];
    }
    const at = this.#x(point.time);
    const dots = this.#about.lines.flatMap(({key}, index) => (point[key] === null
      ? [] : [svg('circle', {class: `s${index}`, cx: at, cy: y(point[key]), r: 3.5})]));
    return [svg('line', {class: 'cursor', x1: at, x2: at, y1: TOP, y2: HEIGHT - BOTTOM}), ...dots];
  }

  /** The values under the cursor, or else the last ones, in the legend and in words. */
  #tell() {
    const {title, lines, format} = this.#about;
    const point = this.#points[this.#cursor] ?? this.#points.at(-1);
    const told = lines.map(({key, name}) => {
      const value = point?.[key] ?? null;
      const word = value === null ? '–' : format(value);
      this.#values.get(key).textContent = word;
      return `${name} ${value === null ? 'none' : word}`;
    });
    const age = point === undefined ? 0 : Math.round((this.#now - point.time) / 1000);
    const heading = age === 0 ? title : `${title}, ${age} s ago`;
    this.#name.textContent = heading;
    this.#drawing.setAttribute('aria-label', `${heading}: ${told.join(', ')}. Arrow keys look back.`);
  }
}
