import {curl} from '/page/shell.js';
import {equal} from './check.js';

export default {
  'quotes in a text do not end the argument'() {
    const command = curl('http://h:1', {inputs: ["it's $HOME `here`"]}, false);
    equal(command, "curl -s 'http://h:1/v1/classify' \\\n  -H 'Content-Type: application/json' \\\n"
      + "  -d '{\"inputs\":[\"it'\\''s $HOME `here`\"]}'");
  },
  'a token is named and not shown'() {
    equal(curl('http://h:1', {}, true).includes('-H "Authorization: Bearer $TOKEN"'), true);
  },
};
