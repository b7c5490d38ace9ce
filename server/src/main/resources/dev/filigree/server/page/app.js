// Puts the page together.

import {Api} from './api.js';
import {byId, html} from './dom.js';
import {ModelList} from './models.js';
import {Monitor} from './monitor.js';
import {Tryout} from './tryout.js';

const api = new Api(sessionStorage, askForToken);
const tryout = new Tryout(api);
const list = new ModelList(byId('model-list'), api, refreshOffer);
const monitor = new Monitor(api);

/** Shows the field for the token with the server's sentence; once only, for every request of the page is refused alike. */
function askForToken(message) {
  const form = byId('token-form');
  byId('forget').hidden = true;
  byId('token-message').textContent = message;
  if (form.hidden) {
    form.hidden = false;
    byId('token').focus();
  }
}

async function models() {
  return (await api.json('/v1/models')).models;
}

async function refreshOffer() {
  tryout.offer(await models());
}

async function start() {
  try {
    const loaded = await models();
    byId('token-form').hidden = true;
    byId('forget').hidden = !api.hasToken;
    tryout.offer(loaded);
    list.show(loaded);
  } catch (error) {
    tryout.offer([]);
    byId('model-list').replaceChildren(...(error.status === 401 ? [] : [html('li', {class: 'error'}, error.message)]));
  }
  monitor.start();
}

byId('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const token = byId('token').value.trim();
  if (/^[\x21-\x7e]+$/.test(token)) {
    api.keepToken(token);
    byId('token').value = '';
    start();
  } else {
    byId('token-message').textContent = 'A token has letters, digits and signs of ASCII only, and no spaces.';
  }
});

byId('forget').addEventListener('click', () => {
  api.forgetToken();
  location.reload();
});

start();
