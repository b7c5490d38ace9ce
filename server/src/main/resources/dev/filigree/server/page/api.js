// Talks to the server that this page came from.

const KEY = 'filigree.token';

/** An answer that is an error, with the server's sentence. */
export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function failure(response) {
  try {
    const {error} = await response.json();
    return new ApiError(response.status, error.code, error.message);
  } catch {
    return new ApiError(response.status, 'unreadable', `The server answered with status ${response.status} and gave no reason.`);
  }
}

/** Requests with the token of this tab, where one was given. */
export class Api {
  #storage;
  #unauthorized;

  /**
   * @param storage keeps the token; the tab's session storage
   * @param unauthorized called with the server's sentence when it wants another token
   */
  constructor(storage, unauthorized) {
    this.#storage = storage;
    this.#unauthorized = unauthorized;
  }

  get hasToken() {
    return this.#storage.getItem(KEY) !== null;
  }

  keepToken(token) {
    this.#storage.setItem(KEY, token);
  }

  forgetToken() {
    this.#storage.removeItem(KEY);
  }

  /** GETs JSON, or POSTs it where there is a body. */
  async json(path, body, signal) {
    const posted = body === undefined
      ? {} : {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)};
    return (await this.#ask(path, {...posted, signal})).json();
  }

  /** POSTs nothing, and takes JSON. */
  async post(path) {
    return (await this.#ask(path, {method: 'POST'})).json();
  }

  async text(path) {
    return (await this.#ask(path, {headers: {Accept: 'text/plain'}})).text();
  }

  /** The status of a path that answers without a token. */
  async status(path) {
    return (await this.#fetch(path, {})).status;
  }

  async #ask(path, request) {
    const headers = {...request.headers};
    if (this.hasToken) {
      headers.Authorization = `Bearer ${this.#storage.getItem(KEY)}`;
    }
    const response = await this.#fetch(path, {...request, headers});
    if (response.ok) {
      return response;
    }
    const error = await failure(response);
    if (error.status === 401) {
      this.#unauthorized(error.message);
    }
    throw error;
  }

  async #fetch(path, request) {
    try {
      return await fetch(path, {...request, cache: 'no-store', credentials: 'omit'});
    } catch (e) {
      if (e.name === 'AbortError') {
        throw e;
      }
      throw new ApiError(0, 'unreachable', 'The server does not answer: see whether it still runs.');
    }
  }
}
