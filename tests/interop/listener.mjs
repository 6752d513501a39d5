// SPDX-License-Identifier: Apache-2.0
// A small server on loopback that keeps what it is sent.
import { once } from 'node:events';
import http from 'node:http';

/** `answer(request)` gives { status, body }; requests are { method, url, body }. */
export async function listen(answer) {
  const requests = [];
  const server = http.createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const kept = { method: request.method, url: request.url, body: Buffer.concat(parts).toString('utf8') };
    requests.push(kept);
    const { status = 200, body } = answer(kept);
    response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    requests,
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
