/**
 * The one table of who may import whom (ARCHITECTURE.md describes it); the linter's rule in rule.mjs reads it. Tests
 * and their kits are free. A row names a folder; `{a,b}` is a row for each, and a last `*` makes each folder in it a
 * part of its own, so that they do not import one another.
 *
 * - `packages`: packages of this repository, by name (with what follows the name, or all of it);
 * - `types`: packages of which only types may be imported;
 * - `rooms`: other rows of the same package, by their last name;
 * - `node`: whether it may use Node's modules; without it the part also runs in browsers.
 *
 * A room's `packages` and `node` are its package's unless it says otherwise.
 */
export interface Row {
  readonly part: string;
  readonly packages?: string | undefined;
  readonly types?: string | undefined;
  readonly rooms?: string | undefined;
  readonly node?: true | undefined;
}

export const table: readonly Row[] = [
  { part: 'packages/protocol' },
  { part: 'packages/analytics', packages: 'protocol/durations' },
  { part: 'packages/texts', packages: 'protocol' },

  { part: 'packages/alerting', packages: 'protocol' },
  { part: 'packages/alerting/src/model' },
  { part: 'packages/alerting/src/{engine,silence}', rooms: 'model' },
  { part: 'packages/alerting/src/dispatch', rooms: 'model silence' },
  { part: 'packages/alerting/src/backtest', rooms: 'model engine' },
  { part: 'packages/alerting/src/notify', rooms: 'model silence dispatch', node: true },

  { part: 'packages/store', packages: 'protocol', node: true },
  { part: 'packages/store/src/{contract,chunk}' },
  { part: 'packages/store/src/file', rooms: 'contract chunk' },
  { part: 'packages/store/src/tiers', rooms: 'contract chunk file' },
  { part: 'packages/store/src/{read,write}', rooms: 'contract chunk file tiers' },
  { part: 'packages/store/src/export', rooms: 'contract' },
  { part: 'packages/store/src/repair', rooms: 'contract chunk file tiers' },
  { part: 'packages/store/src/thread', rooms: 'contract file tiers read write' },
  { part: 'packages/store/src/remote', rooms: 'contract thread' },

  { part: 'packages/promql', packages: 'protocol store/contract', node: true },
  { part: 'packages/agent', packages: 'protocol', node: true },

  { part: 'packages/hub', packages: 'protocol', node: true },
  { part: 'packages/hub/src/ports', types: 'alerting analytics store' },
  { part: 'packages/hub/src/records', rooms: 'ports', packages: 'protocol store' },
  {
    part: 'packages/hub/src/{alerts,hosts,outlook}',
    rooms: 'ports records',
    packages: 'protocol store alerting analytics',
  },
  {
    part: 'packages/hub/src/history',
    rooms: 'ports records',
    packages: 'protocol store alerting analytics promql',
  },
  { part: 'packages/hub/src/auth', rooms: 'ports records' },
  { part: 'packages/hub/src/{ingest,stream,gateway,timing}', rooms: 'ports' },
  { part: 'packages/hub/src/api', rooms: 'ports', packages: 'protocol alerting' },
  {
    part: 'packages/hub/src/app',
    rooms: 'ports records alerts hosts outlook history auth ingest stream gateway timing api',
    packages: 'protocol store alerting analytics promql',
  },

  { part: 'packages/client', packages: 'protocol' },
  { part: 'packages/react', packages: 'protocol client texts' },
  {
    part: 'packages/cli',
    packages: 'protocol hub agent alerting analytics texts',
    node: true,
  },

  { part: 'apps/dashboard', packages: 'protocol client react texts', types: 'alerting' },
  { part: 'apps/dashboard/src/i18n' },
  { part: 'apps/dashboard/src/format', rooms: 'i18n' },
  { part: 'apps/dashboard/src/api', rooms: 'i18n format' },
  { part: 'apps/dashboard/src/state', rooms: 'i18n format api' },
  { part: 'apps/dashboard/src/ui', rooms: 'i18n format' },
  { part: 'apps/dashboard/src/chart', rooms: 'i18n format state ui' },
  { part: 'apps/dashboard/src/pages/*', rooms: 'i18n format api state ui chart' },
  { part: 'apps/dashboard/src/shell', rooms: 'i18n format api state ui chart pages' },

  { part: 'examples/react-hook', packages: 'react' },
];

/** Libraries that one part alone may import. */
export const only: Readonly<Record<string, string>> = {
  rxjs: 'packages/hub/src/stream',
  'socket.io': 'packages/hub/src/gateway',
};
