// SPDX-License-Identifier: Apache-2.0
// What a user would write with node and `ws` (tests/node/install FOLDER) in place of a gateway: waits for all clients, then
// sends everyone the same messages, a burst each turn, and waits while a client has a megabyte unread.
//
//   TAGWIRE_NODE_PACKAGES=FOLDER node fanout_node.mjs --clients 100 --burst 1 --size 200
//
// The first line on stdout is {"listening":[port]}. Ends with SIGTERM.
import { createRequire } from 'node:module';

const { WebSocketServer } = createRequire(process.env.TAGWIRE_NODE_PACKAGES + '/package.json')('ws');

const options = { clients: 100, burst: 1, size: 200 };
for (let i = 2; i + 1 < process.argv.length; i += 2) options[process.argv[i].slice(2)] = Number(process.argv[i + 1]);

const mostBuffered = 1024 * 1024;
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  console.log(JSON.stringify({ listening: [server.address().port] }));
});

function message() {
  const text = `{"ts":${process.hrtime.bigint()},"pad":"`;
  return text.padEnd(options.size - 2, 'x') + '"}';
}

function turn() {
  let isHeldUp = false;
  for (const client of server.clients) isHeldUp ||= client.bufferedAmount > mostBuffered;
  for (let i = 0; i < options.burst && !isHeldUp; ++i) {
    const text = message();
    for (const client of server.clients) client.send(text);
  }
  setImmediate(turn);
}

server.on('connection', (client) => {
  client._socket.setNoDelay(true);
  client.on('error', () => {});
  if (server.clients.size === options.clients) setImmediate(turn);
});
