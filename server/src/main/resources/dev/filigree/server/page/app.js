// Puts the page together.

import {Api} from './api.js';
import {byId} from './dom.js';
import {ModelList} from './models.js';
import {Monitor} from './monitor.js';
import {Tryout} from './tryout.js';

/** Between two looks at the list of models, in milliseconds. */
const INTERVAL = 10_000;

const api = new Api(sessionStorage, askForToken);
const tryout = new Tryout(api);
const list = new ModelList(byId('model-list'), api, refresh);
const monitor = new Monitor(api);

/** Shows the field for the token with the server's sentence, for every request of the page is refused alike. */
function askForToken(message) {
  const form = byId('token-form');
  byId('forget').hidden = true;
  byId('token-message').textContent = message;
  if (form.hidden) {
    form.hidden = false;
    byId('token').focus();
  }
}

async function showModels() {
  const {models, not_loaded: missing = []} = await api.json('/v1/models');
  tryout.offer(models);
  list.show([...models, ...missing]);
}

/** Models come and go while a server runs. If it does not answer just now, the live part of the page says so. */
async function refresh() {
  if (!document.hidden && byId('token-form').hidden) {
    await showModels().catch(() => {});
  }
}

async function start() {
  try {
    await showModels();
    byId('token-form').hidden = true;
    byId('forget').hidden = !api.hasToken;
  } catch (error) {
    tryout.offer([]);
    byId('models-failed').textContent = error.status === 401 ? '' : error.message;
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
setInterval(refresh, INTERVAL);
