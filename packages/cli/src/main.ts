/** The `openmanager` command: finds the command, prints help, turns every failure into a sentence. */
import { runLean } from '@openmanager/agent/lean';
import { languages } from '@openmanager/texts';
import { becomeHubProcess } from './hub-process.ts';
import {
  environmentName,
  settings,
  settingsOf,
  UsageError,
  type Setting,
  type SettingName,
} from './settings.ts';
import { takeLanguage, text, type TextKey } from './text.ts';
import { version } from './version.ts';

/** Resolves with the exit code; nothing means 0. */
type Run = (args: readonly string[], environment: NodeJS.ProcessEnv) => Promise<number | void>;

interface Command {
  /** Words after `openmanager`. */
  readonly name: string;
  readonly help: TextKey;
  readonly settings: readonly SettingName[];
  /** What --help says below the flags. */
  readonly more?: TextKey;
  /** Whether the process becomes a hub. */
  readonly hub?: true;
  /** Loads the command's code: an agent should not pay for the hub's. */
  readonly load: () => Promise<Run>;
}

const commands: readonly Command[] = [
  {
    name: 'start',
    help: 'command.start',
    settings: settingsOf.start,
    hub: true,
    load: async () => (await import('./command/hub.ts')).runStart,
  },
  {
    name: 'hub',
    help: 'command.hub',
    settings: settingsOf.hub,
    hub: true,
    load: async () => (await import('./command/hub.ts')).runHubAlone,
  },
  {
    name: 'agent',
    help: 'command.agent',
    settings: settingsOf.agent,
    load: async () => {
      runLean();
      return (await import('./command/agent.ts')).runAgent;
    },
  },
  {
    name: 'agent enroll',
    help: 'command.enroll',
    settings: settingsOf.enroll,
    load: async () => (await import('./command/enroll.ts')).runEnroll,
  },
  {
    name: 'demo',
    help: 'command.demo',
    settings: settingsOf.demo,
    hub: true,
    load: async () => (await import('./command/demo.ts')).runDemo,
  },
  {
    name: 'detect',
    help: 'command.detect',
    settings: settingsOf.detect,
    more: 'detect.more',
    load: async () => (await import('./command/detect.ts')).runDetect,
  },
  {
    name: 'forecast',
    help: 'command.forecast',
    settings: settingsOf.forecast,
    more: 'forecast.more',
    load: async () => (await import('./command/forecast.ts')).runForecast,
  },
  {
    name: 'export',
    help: 'command.export',
    settings: settingsOf.export,
    more: 'export.more',
    load: async () => (await import('./command/history.ts')).runExport,
  },
  {
    name: 'import',
    help: 'command.import',
    settings: settingsOf.import,
    more: 'import.more',
    load: async () => (await import('./command/history.ts')).runImport,
  },
  {
    name: 'backup',
    help: 'command.backup',
    settings: settingsOf.rulesHub,
    more: 'backup.more',
    load: async () => (await import('./command/history.ts')).runBackup,
  },
  {
    name: 'check',
    help: 'command.check',
    settings: settingsOf.check,
    more: 'check.more',
    load: async () => (await import('./command/repair.ts')).runCheck,
  },
  {
    name: 'repair',
    help: 'command.repair',
    settings: settingsOf.repair,
    more: 'repair.more',
    load: async () => (await import('./command/repair.ts')).runRepair,
  },
  {
    name: 'rules check',
    help: 'command.rules-check',
    settings: settingsOf.rulesCheck,
    more: 'rules.more',
    load: async () => (await import('./command/rules.ts')).runRulesCheck,
  },
  {
    name: 'rules test',
    help: 'command.rules-test',
    settings: settingsOf.rulesFile,
    more: 'rules.more',
    load: async () => (await import('./command/rules.ts')).runRulesTest,
  },
  {
    name: 'rules diff',
    help: 'command.rules-diff',
    settings: settingsOf.rulesHub,
    more: 'rules.more',
    load: async () => (await import('./command/rules.ts')).runRulesDiff,
  },
  {
    name: 'rules apply',
    help: 'command.rules-apply',
    settings: settingsOf.rulesHub,
    more: 'rules.more',
    load: async () => (await import('./command/rules.ts')).runRulesApply,
  },
  {
    name: 'rules import',
    help: 'command.rules-import',
    settings: settingsOf.rulesFile,
    more: 'rules.more',
    load: async () => (await import('./command/rules.ts')).runRulesImport,
  },
];

function usage(): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return [
    text('usage'),
    '',
    `${text('commands')}:`,
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${text(command.help)}`),
    '',
    text('help.hint'),
    text('help.language', { languages: languages.join(', ') }),
  ].join('\n');
}

function usageOf(command: Command): string {
  const rows = command.settings.map((name) => {
    const setting: Setting = settings[name];
    const flag = `--${setting.flag}${setting.sample === '' ? '' : ` ${setting.sample}`}`;
    return [flag, environmentName(setting), text(setting.help)] as const;
  });
  const widths = [0, 1].map((column) =>
    Math.max(...rows.map((row) => row[column as 0 | 1].length)),
  );
  return [
    `openmanager ${command.name}: ${text(command.help)}`,
    '',
    `${text('flags')}:`,
    ...rows.map(
      ([flag, env, help]) =>
        `  ${flag.padEnd(widths[0] as number)}  ${env.padEnd(widths[1] as number)}  ${help}`,
    ),
    ...(command.more === undefined ? [] : ['', text(command.more)]),
  ].join('\n');
}

function findCommand(
  args: readonly string[],
): { command: Command; rest: readonly string[] } | undefined {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const command = commands.find((candidate) => candidate.name === name);
    if (command) return { command, rest: args.slice(words) };
  }
  return undefined;
}

/** Runs the command in `words` (without node and script); resolves with the exit code. */
export async function main(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const args = await takeLanguage(words);
  const first = args[0];
  if (first === '--version' || first === 'version') {
    console.log(version);
    return 0;
  }
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    console.log(usage());
    return first === undefined ? 2 : 0;
  }
  const found = findCommand(args);
  if (!found) {
    console.error(text('error.unknown-command', { command: first }));
    console.error(`\n${usage()}`);
    return 2;
  }
  const { command, rest } = found;
  // Read by libuv with the first use: room for filesystems that hang, each of which holds a thread.
  process.env['UV_THREADPOOL_SIZE'] ??= '16';
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(usageOf(command));
    return 0;
  }
  if (command.hub) becomeHubProcess(words);
  try {
    const run = await command.load();
    return (await run(rest, environment)) ?? 0;
  } catch (error) {
    console.error(explain(error, command));
    return error instanceof UsageError ? 2 : 1;
  }
}

function explain(error: unknown, command: Command): string {
  if (error instanceof UsageError)
    return `${error.message}\n${text('error.what-now', { command: command.name })}`;
  // What to do, where the error knows it.
  const action = error instanceof Error && 'action' in error ? ` ${String(error.action)}` : '';
  return `${text('error.failed')}: ${error instanceof Error ? error.message : String(error)}${action}`;
}
