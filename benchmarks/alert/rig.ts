/** What the parts of the benchmark of alerts share: a hub, agents that say one value, a webhook. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { encodeBatch, nothingReceived, PROTOCOL_VERSION, seriesSet } from '@openmanager/protocol';
import { WebSocket } from 'ws';
import { start } from '../load/start.ts';
import { heard } from '../load/talk.ts';
import type { AlertHub, AlertHubOptions } from './hub.ts';

export const METRIC = 'system.cpu.utilization';
const set = seriesSet([METRIC]);

export interface RunningAlertHub extends AlertHub {
  readonly child: ChildProcess;
  api<T>(method: string, path: string, body?: unknown): Promise<T>;
}

/** The hub as people run it. */
export async function startAlertHub(options: AlertHubOptions): Promise<RunningAlertHub> {
  const child = start('server', '../alert/hub.ts', options);
  const hub = await heard<AlertHub>(child);
  return {
    ...hub,
    child,
    async api<T>(method: string, path: string, body?: unknown) {
      const answer = await fetch(`${hub.url}/api/v1/${path}`, {
        method,
        headers: {
          origin: hub.url,
          cookie: hub.cookie,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (answer.status === 204 ? undefined : await answer.json()) as T;
    },
  };
}

export interface Agent {
  readonly host: string;
  /** Sends a sample of now; answers its time. */
  send(value: number): number;
}

export async function connect(url: string, key: string, host: string): Promise<Agent> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/agent`, ['openmanager.agent'], {
    headers: { authorization: `Bearer ${key}` },
  });
  await once(socket, 'open');
  const facts = {
    hostname: host,
    os: 'linux',
    osName: 'bench',
    kernel: '6',
    arch: 'x64',
    cpuModel: 'cpu',
    cpuCount: 1,
    memoryBytes: 1e9,
    timeZone: 'UTC',
    agentVersion: '0.1.0',
    demo: false,
  };
  const hello = {
    type: 'hello',
    version: PROTOCOL_VERSION,
    bootEpoch: 1,
    facts,
    floor: { bootEpoch: 1, seq: 0 },
    acknowledged: nothingReceived,
  };
  socket.send(JSON.stringify({ ...hello, intervalMs: 60_000, nowMs: Date.now(), spoolDropped: 0 }));
  await once(socket, 'message');
  socket.send(JSON.stringify({ type: 'series-set', id: set.id, keys: set.keys }));
  let seq = 0;
  return {
    host,
    send(value) {
      const atMs = Date.now();
      const columns = [Float64Array.of(value)];
      socket.send(
        encodeBatch({ bootEpoch: 1, seq: ++seq, setId: set.id, timesMs: [atMs], columns }),
      );
      return atMs;
    },
  };
}

export interface Webhook {
  readonly url: string;
  close(): void;
}

/** Answers every POST with 200 and hands its JSON on. */
export async function webhook(got: (body: unknown, atMs: number) => void): Promise<Webhook> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const atMs = Date.now();
      response.end();
      got(JSON.parse(Buffer.concat(chunks).toString()), atMs);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
