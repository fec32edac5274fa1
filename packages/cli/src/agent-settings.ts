/** What the settings of an agent say, for `agent`, `agent --once` and the agent that `start` runs. */
import type { AgentOptions, Log, LogLevel } from '@openmanager/agent';
import { labelsSchema, labelOfTag } from '@openmanager/protocol';
import * as v from 'valibot';
import { type agentNames, settings, UsageError, type Values } from './settings.ts';
import { text } from './text.ts';

type Wanted = Pick<AgentOptions, 'name' | 'labels' | 'include' | 'exclude'>;

const NAME_LENGTH = 255;

export function agentOptions(values: Values<(typeof agentNames)[number]>): Wanted {
  const { name, label, include, exclude } = values;
  if (
    name !== undefined &&
    (name.trim() === '' || name.length > NAME_LENGTH || /\p{Cc}/u.test(name))
  )
    throw new UsageError(text('error.name', { flag: settings.name.flag, value: name }));
  return {
    ...(name === undefined ? {} : { name: name.trim() }),
    ...(label.length === 0 ? {} : { labels: labelsOf(label) }),
    include,
    exclude,
  };
}

/** `team=shop` or `web`; each label once. */
function labelsOf(entries: readonly string[]): Readonly<Record<string, string>> {
  const labels = new Map<string, string>();
  for (const entry of entries) {
    const [name, value] = labelOfTag(entry);
    // What is left of `=x` would be a label of that name.
    if (name.startsWith('=')) throw wrongLabel(entry);
    if (labels.has(name) && labels.get(name) !== value) throw wrongLabel(entry);
    labels.set(name, value);
  }
  const made = v.safeParse(labelsSchema, Object.fromEntries(labels));
  if (!made.success) throw wrongLabel(entries.join(','));
  return made.output;
}

const wrongLabel = (value: string): UsageError =>
  new UsageError(text('error.label', { flag: settings.label.flag, value }));

/** From what matters most; `fatal` and `trace` are the hub's and taken as their neighbours. */
const LEVELS: Readonly<Record<string, number>> = {
  fatal: 0,
  error: 0,
  warn: 1,
  info: 2,
  debug: 3,
  trace: 3,
};

/** Lines for people: what an agent does goes to standard output, what is wrong to standard error. */
export function agentLog(level = 'info'): Log {
  const most = LEVELS[level];
  if (most === undefined)
    throw new UsageError(text('error.log-level', { flag: settings.logLevel.flag, value: level }));
  return (of: LogLevel, message, fields = {}) => {
    if ((LEVELS[of] as number) > most) return;
    const { action, ...rest } = fields;
    const detail = Object.entries(rest).map(([name, value]) => `${name}: ${value}`);
    const line = `  ${of === 'info' || of === 'debug' ? '·' : '!'} ${message}${
      detail.length > 0 ? ` (${detail.join(', ')})` : ''
    }${typeof action === 'string' ? ` ${action}` : ''}`;
    if (of === 'info' || of === 'debug') console.log(line);
    else console.error(line);
  };
}
