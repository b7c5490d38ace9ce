// The models a server has loaded, each with a button that has its file read again.

import {html} from './dom.js';
import {ago, bytes} from './format.js';

function fact(name, value) {
  return html('div', {}, html('dt', {}, name), html('dd', {}, value));
}

function labelsOf(model) {
  return model.regression ? 'a value' : model.labels.join(', ');
}

export class ModelList {
  #api;
  #list;
  #reloaded;

  /** @param reloaded called after a model was reloaded */
  constructor(list, api, reloaded) {
    this.#list = list;
    this.#api = api;
    this.#reloaded = reloaded;
  }

  show(models) {
    this.#list.replaceChildren(...models.map((model) => this.#item(model)));
  }

  #item(model) {
    const told = html('p', {class: 'told', role: 'status'});
    const button = html('button', {type: 'button', class: 'quiet', 'aria-label': `Reload ${model.name}`}, 'Reload');
    const details = html('dl', {}, this.#facts(model));
    const state = html('span', {class: 'small'}, model.state);
    button.addEventListener('click', () => this.#reload(model.name, button, details, told));
    return html('li', {class: 'card', 'data-model': model.name}, html('div', {class: 'head'}, html('h3', {}, model.name), state, button), details, told);
  }

  #facts(model) {
    return [
      fact('Task', `${model.task}, ${model.pair ? 'pairs' : 'single texts'}`),
      fact('Answers', labelsOf(model)),
      fact('Weights', model.sparsity),
      fact('Kernels', model.provider),
      fact('Reads', `up to ${model.max_tokens} tokens`),
      fact('File', `${model.file}, ${bytes(model.bytes)}`),
      fact('Loaded', html('time', {datetime: model.loaded_at, title: model.loaded_at}, ago(model.loaded_at, Date.now()))),
    ];
  }

  async #reload(name, button, details, told) {
    // Not disabled: that would take the focus away from whoever pressed it by keyboard.
    if (button.getAttribute('aria-disabled') === 'true') {
      return;
    }
    button.setAttribute('aria-disabled', 'true');
    told.className = 'told';
    told.textContent = 'Reading the file again …';
    try {
      const model = await this.#api.post(`/v1/models/${encodeURIComponent(name)}/reload`);
      details.replaceChildren(...this.#facts(model));
      told.textContent = 'Reloaded: the new file serves.';
      this.#reloaded();
    } catch (error) {
      told.className = 'told error';
      told.textContent = error.message;
    } finally {
      button.removeAttribute('aria-disabled');
    }
  }
}
