/** Debian's Prometheus and Alertmanager, set as fast as their configuration goes: one second, no waiting. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocket, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peerPath } from '../../scripts/peers/table.ts';
import { pause } from '../load/talk.ts';

export interface PrometheusSetup {
  /** What it scrapes. */
  readonly exposition: () => string;
  /** Expression and name of each rule. */
  readonly rules: readonly { readonly name: string; readonly expr: string }[];
  readonly intervalSeconds: number;
  /** Where Alertmanager sends to; without it no Alertmanager is started. */
  readonly webhookUrl?: string | undefined;
}

export interface RunningPrometheus {
  /** Seconds that the last evaluation of all rules took; undefined before the first. */
  evaluationSeconds(): Promise<number | undefined>;
  end(): void;
}

async function freePort(): Promise<number> {
  const socket = createSocket().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;
  socket.close();
  await once(socket, 'close');
  return port;
}

export async function startPrometheus(setup: PrometheusSetup): Promise<RunningPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'openmanager-bench-'));
  const children: ChildProcess[] = [];
  const exporter = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(setup.exposition());
  }).listen(0, '127.0.0.1');
  await once(exporter, 'listening');
  const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
  const [port, alertsPort] = [await freePort(), await freePort()];
  const start = (command: string, args: readonly string[]): void =>
    void children.push(spawn(command, args, { cwd: folder, stdio: 'ignore' }));
  // JSON is YAML.
  const write = (name: string, content: object): void =>
    writeFileSync(join(folder, name), JSON.stringify(content));
  const every = `${setup.intervalSeconds}s`;
  write('rules.yml', {
    groups: [
      {
        name: 'bench',
        interval: every,
        rules: setup.rules.map(({ name, expr }) => ({ alert: name, expr })),
      },
    ],
  });
  write('prometheus.yml', {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: ['rules.yml'],
    scrape_configs: [{ job_name: 'bench', static_configs: [{ targets: [target] }] }],
    ...(setup.webhookUrl === undefined
      ? {}
      : {
          alerting: {
            alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertsPort}`] }] }],
          },
        }),
  });
  if (setup.webhookUrl !== undefined) {
    write('alertmanager.yml', {
      route: { receiver: 'hook', group_by: ['...'], group_wait: '0s', group_interval: '1s' },
      receivers: [{ name: 'hook', webhook_configs: [{ url: setup.webhookUrl }] }],
    });
    mkdirSync(join(folder, 'alerts'));
    start(peerPath('alertmanager'), [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${folder}/alerts`,
      `--web.listen-address=127.0.0.1:${alertsPort}`,
      '--cluster.listen-address=',
    ]);
  }
  start(peerPath('prometheus'), [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const evaluationSeconds = async (): Promise<number | undefined> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/rules`).catch(() => undefined);
    if (!answer?.ok) return undefined;
    const { data } = (await answer.json()) as {
      data: { groups: { evaluationTime: number; lastEvaluation: string }[] };
    };
    const [group] = data.groups;
    return group && Date.parse(group.lastEvaluation) > 0 ? group.evaluationTime : undefined;
  };
  for (let tries = 0; (await evaluationSeconds()) === undefined && tries < 120; tries++)
    await pause(250);
  return {
    evaluationSeconds,
    end() {
      for (const child of children) child.kill('SIGKILL');
      exporter.closeAllConnections();
      exporter.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}
