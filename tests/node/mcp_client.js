// The TypeScript MCP SDK's client over Streamable HTTP, with a `fetch` that signs by the AWS SDK's signer. Steps and
// output are those of tests/python/steps.py, as far as ACTIONS below goes.
//
// The key pair is read from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. `--era legacy` opens with
// `initialize` (2025-11-25), `modern` pins 2026-07-28 and sends no handshake, `auto` asks `server/discover` first.
//
//     echo '[["list_tools"]]' | mcp_client.js --url http://127.0.0.1:8080/mcp --era modern

'use strict';

const { json } = require('node:stream/consumers');
const { parseArgs } = require('node:util');
const { Client, StreamableHTTPClientTransport } = require('@modelcontextprotocol/client');
const { signerWith } = require('./signing');

// Bounds one request and its reply, so that a server that never answers fails its test and does not hang it.
const REPLY_MILLISECONDS = 30_000;

const ERAS = { legacy: 'legacy', modern: { pin: '2026-07-28' }, auto: 'auto' };

const ACTIONS = {
  list_tools: (client) => client.listTools(),
  call_tool: (client, name, given) => client.callTool({ name, arguments: given }, { timeout: REPLY_MILLISECONDS }),
};

// A `fetch` that signs, as the transport takes one.
function signingFetch() {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  const sign = signerWith({
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  });
  return async (input, init = {}) => {
    const url = new URL(input);
    const given = { ...Object.fromEntries(new Headers(init.headers)), host: url.host };
    const headers = await sign(init.method ?? 'GET', url, given, init.body);
    return fetch(url, { ...init, headers });
  };
}

function connected(client) {
  return {
    protocolVersion: client.getNegotiatedProtocolVersion(),
    serverInfo: client.getServerVersion(),
    capabilities: client.getServerCapabilities(),
    instructions: client.getInstructions(),
  };
}

// Prints what came of one step; whether it went well.
async function report(step, action) {
  try {
    console.log(JSON.stringify({ step, ok: true, result: await action() }));
    return true;
  } catch ({ name, message, code, data }) {
    console.log(JSON.stringify({ step, ok: false, error: { type: name, message, code, data } }));
    return false;
  }
}

async function main() {
  const { values: options } = parseArgs({
    options: { url: { type: 'string' }, era: { type: 'string', default: 'auto' } },
  });
  const transport = new StreamableHTTPClientTransport(new URL(options.url), { fetch: signingFetch() });
  const client = new Client({ name: 'tests', version: '1' }, { versionNegotiation: { mode: ERAS[options.era] } });
  const steps = await json(process.stdin);
  const connect = async () => {
    await client.connect(transport, { timeout: REPLY_MILLISECONDS });
    return connected(client);
  };
  if (!(await report(['connect'], connect))) return;
  // One after the other; a step that fails does not stop the next.
  for (const [name, ...given] of steps) await report([name, ...given], () => ACTIONS[name](client, ...given));
  await client.close();
}

main();
