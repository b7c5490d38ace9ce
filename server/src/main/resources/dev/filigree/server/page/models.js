// The models of a server, each with a button that has its file read again.

import {html} from './dom.js';
import {ago, bytes} from './format.js';

function fact(name, value) {
  return html('div', {}, html('dt', {}, name), html('dd', {}, value));
}

/** What is known of a model; of one that could not be loaded that is its file alone. */
function facts(model) {
  const file = model.file ?? 'made in memory';
  if (model.labels === undefined) {
    return [fact('File', file)];
  }
  return [
    fact('Task', `${model.task}, ${model.pair ? 'pairs' : 'single texts'}`),
    fact('Answers', model.regression ? 'a value' : model.labels.join(', ')),
    fact('Weights', model.sparsity),
    fact('Kernels', model.provider),
    fact('Reads', `up to ${model.max_tokens} tokens`),
    fact('File', model.bytes > 0 ? `${file}, ${bytes(model.bytes)}` : file),
    fact('Loaded', html('time', {datetime: model.loaded_at, title: model.loaded_at}, ago(model.loaded_at, Date.now()))),
  ];
}

/** One model's card. It stays while the model does, so that an update does not take the focus or an answer away. */
class Item {
  #name;
  #api;
  #reloaded;
  #state = html('span', {class: 'small'});
  #button = html('button', {type: 'button', class: 'quiet', click: () => this.#reload()}, 'Reload');
  #facts = html('dl');
  #fault = html('p', {class: 'told error'});
  #told = html('p', {class: 'told', role: 'status'});

  constructor(name, api, reloaded) {
    this.#name = name;
    this.#api = api;
    this.#reloaded = reloaded;
    this.#button.setAttribute('aria-label', `Reload ${name}`);
    this.element = html('li', {class: 'card', 'data-model': name},
      html('div', {class: 'head'}, html('h3', {}, name), this.#state, this.#button), this.#facts, this.#fault, this.#told);
  }

  show(model) {
    this.#state.textContent = model.state;
    this.#facts.replaceChildren(...facts(model));
    // What a reload was just refused for is told already.
    this.#fault.textContent = this.#told.classList.contains('error') ? '' : model.last_error ?? '';
  }

  async #reload() {
    // Not disabled: that would take the focus away from whoever pressed it by keyboard.
    if (this.#button.getAttribute('aria-disabled') === 'true') {
      return;
    }
    this.#button.setAttribute('aria-disabled', 'true');
    this.#tell('Reading the file again …', false);
    try {
      await this.#api.post(`/v1/models/${encodeURIComponent(this.#name)}/reload`);
      this.#tell('Reloaded: what the file holds now serves.', false);
    } catch (error) {
      this.#tell(error.message, true);
    } finally {
      this.#button.removeAttribute('aria-disabled');
    }
    this.#reloaded();
  }

  #tell(sentence, failed) {
    this.#told.className = failed ? 'told error' : 'told';
    this.#told.textContent = sentence;
  }
}

export class ModelList {
  #list;
  #api;
  #reloaded;
  #items = new Map();

  /** @param reloaded called when a reload has ended, well or not */
  constructor(list, api, reloaded) {
    this.#list = list;
    this.#api = api;
    this.#reloaded = reloaded;
  }

  /** Shows these models, those that could not be loaded included. */
  show(models) {
    const items = new Map(models.map((model) => {
      const item = this.#items.get(model.name) ?? new Item(model.name, this.#api, this.#reloaded);
      item.show(model);
      return [model.name, item];
    }));
    if ([...items.keys()].join(' ') !== [...this.#items.keys()].join(' ')) {
      this.#list.replaceChildren(...[...items.values()].map(({element}) => element));
    }
    this.#items = items;
  }
}
