import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Notification } from '../src/index.ts';
import { checkedAddress, outgoing, type SendContext } from '../src/notify/index.ts';
import { alert } from './dispatch-kit.ts';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Peer {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  answer: (request: Received) => Answer | Promise<Answer>;
  close(): Promise<void>;
}

/** An HTTP server that notes what it gets and answers as told. */
export async function peer(): Promise<Peer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const got: Received = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      };
      received.push(got);
      void Promise.resolve(self.answer(got)).then(({ status, headers = {}, body = '' }) => {
        response.writeHead(status, headers);
        response.end(body);
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const self: Peer = {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    answer: () => ({ status: 200, body: 'ok' }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}

const here = { allowHosts: new Set(['127.0.0.1', 'localhost']), timeoutMs: 5_000 };

export const local: SendContext = {
  send: outgoing(here),
  resolve: checkedAddress(here),
  now: () => 1_700_000_000_000,
  hubUrl: 'https://hub.example',
};

export function message(change: Partial<Notification> = {}): Notification {
  const fired = alert({
    id: 'a1',
    summary: 'Memory at 96 % on <web-1> (above 95 %)',
    firedAtMs: 1_700_000_000_000,
  });
  return {
    key: 'key1',
    receiver: 'ops',
    groupId: '0123456789abcdef',
    groupLabels: { hostId: 'web100000000' },
    reason: 'new',
    rings: true,
    status: 'firing',
    severity: 'critical',
    alerts: [{ alert: fired, labels: { rule: fired.ruleId, host: 'web-1', severity: 'critical' } }],
    dropped: 0,
    createdAtMs: 1_700_000_000_000,
    ...change,
  };
}

/** The message that ends another. */
export function ended(of: Notification, atMs = 1_700_000_060_000): Notification {
  return {
    ...of,
    key: 'key2',
    status: 'resolved',
    rings: false,
    alerts: of.alerts.map((one) => ({
      ...one,
      alert: { ...one.alert, state: 'resolved', resolvedAtMs: atMs },
    })),
  };
}
