// A reverse proxy on loopback that signs what passes, for MCP clients that cannot sign. It passes each header on as the
// client sent it, Host and Origin too, and the answer as it comes.
//
// Prints one line of JSON when it listens, {"origin": "http://127.0.0.1:12345"}. Standard input then has one line,
//
//     {"url": "http://127.0.0.1:8080/mcp", "accessKeyId": "...", "secretAccessKey": "..."}
//
// which says where to forward to, with the path of each request, and what to sign with: only now, since a gateway that
// checks origins is configured with the proxy's before it starts. Requests wait for that line. The proxy ends when
// standard input closes, so a test that dies leaves no process.

'use strict';

const http = require('node:http');
const readline = require('node:readline');
const { buffer } = require('node:stream/consumers');
const { pipeline } = require('node:stream/promises');
const { signerWith } = require('./signing');

// About one connection, and not for passing on (RFC 9110, section 7.6.1).
const HOP_BY_HOP = ['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

function endToEnd(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}

const lines = readline.createInterface({ input: process.stdin });
const told = new Promise((resolve) => lines.once('line', (line) => resolve(JSON.parse(line))));
lines.on('close', () => process.exit(0));

async function forward(request, response) {
  // A client that hangs up hangs up on the gateway.
  const hangUp = new AbortController();
  response.on('close', () => hangUp.abort());
  const { method } = request;
  const body = await buffer(request);
  const { url, ...keys } = await told;
  // Only the path and the query are the client's: a target that names a host is not signed for that host.
  const target = new URL(url);
  const query = request.url.indexOf('?');
  target.pathname = query < 0 ? request.url : request.url.slice(0, query);
  target.search = query < 0 ? '' : request.url.slice(query);
  const given = endToEnd(request.headers);
  // A body that came in chunks leaves in one.
  if (body.length > 0) given['content-length'] = String(body.length);
  const headers = await signerWith(keys)(method, target, given, body);
  const answer = await new Promise((resolve, reject) => {
    const forwarded = http.request(target, { method, headers, signal: hangUp.signal }, resolve);
    forwarded.on('error', reject).end(body);
  });
  response.writeHead(answer.statusCode, endToEnd(answer.headers));
  await pipeline(answer, response);
}

const server = http.createServer((request, response) => {
  forward(request, response).catch((error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end(`signing_proxy.js: ${error.message}\n`);
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ origin: `http://127.0.0.1:${server.address().port}` }));
});
