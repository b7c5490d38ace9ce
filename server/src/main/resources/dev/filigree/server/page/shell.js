// A request as a curl command.

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command that posts a body to /v1/classify; a token is left for the user to put in. */
export function curl(origin, body, withToken) {
  const parts = [
    `curl -s ${quoted(`${origin}/v1/classify`)}`,
    "-H 'Content-Type: application/json'",
    ...(withToken ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    `-d ${quoted(JSON.stringify(body))}`,
  ];
  return parts.join(' \\\n  ');
}
