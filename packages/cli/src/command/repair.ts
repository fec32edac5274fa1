/** Checks and repairs the database of a data folder, without a hub. */
import { resolve } from 'node:path';
import {
  checkDatabase,
  repairDatabase,
  type Finding,
  type RepairReport,
  type SalvageReport,
} from '@openmanager/hub';
import { readSettings, settings, settingsOf } from '../settings.ts';
import { text } from '../text.ts';

const WHOLE = 0;
const DAMAGED = 1;
const FAILED = 2;
const PROGRESS_MS = 500;

/** The place and the flags after it. */
function placeOf(args: readonly string[]): { readonly place: string; readonly flags: string[] } {
  const [first, ...flags] = args;
  if (first === undefined || first.startsWith('--'))
    return { place: resolve(settings.data.sample), flags: [...args] };
  return { place: resolve(first), flags };
}

/** On standard error, where somebody watches. */
function progress(): (done: number, all: number) => void {
  let toldMs = 0;
  return (done, all) => {
    if (!process.stderr.isTTY || Date.now() - toldMs < PROGRESS_MS) return;
    toldMs = Date.now();
    process.stderr.write(`\r  ${Math.floor((100 * done) / all)} %  \r`);
  };
}

export async function runCheck(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const { place, flags } = placeOf(args);
  const { json } = readSettings(settingsOf.check, flags, environment);
  return reported(
    place,
    json,
    () => checkDatabase(place, progress()),
    (report) => {
      tell(report);
      if (report.findings.length > 0) console.log(text('repair.how', { place }));
    },
  );
}

export async function runRepair(
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const { place, flags } = placeOf(args);
  const { dryRun, json } = readSettings(settingsOf.repair, flags, environment);
  const work = (): RepairReport => {
    // One that is whole stays where it is.
    const checked = checkDatabase(place, progress());
    if (checked.findings.length === 0) return { ...checked, keptAs: undefined };
    return repairDatabase(place, { dryRun, onProgress: progress() });
  };
  return reported(place, json, work, (report) => {
    tell(report);
    if (report.keptAs !== undefined) console.log(text('repair.done', { file: report.keptAs }));
  });
}

function reported<R extends SalvageReport>(
  place: string,
  json: boolean,
  work: () => R,
  print: (report: R) => void,
): number {
  let report: R;
  try {
    report = work();
  } catch (error) {
    const reason = reasonOf(error, place);
    if (json) console.log(JSON.stringify({ error: reason }));
    else console.error(text('repair.cannot', { reason }));
    return FAILED;
  }
  const isWhole = report.findings.length === 0;
  // What was taken from its copy is not lost: a repair of it has nothing to list.
  const isLossless = 'keptAs' in report && report.findings.every(isKept);
  if (json) console.log(JSON.stringify({ whole: isWhole, ...report }));
  else print(report);
  return isWhole || isLossless ? WHOLE : DAMAGED;
}

const isKept = (finding: Finding): boolean => finding.kind === 'set' && finding.isKept;

function reasonOf(error: unknown, place: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'in-use') return text('repair.in-use');
  if (code === 'missing') return text('repair.missing', { place });
  return error instanceof Error ? error.message : String(error);
}

function tell({ findings, more, kept, logIgnored }: SalvageReport): void {
  if (findings.length === 0) console.log(text('repair.whole', kept));
  else {
    console.log(text('repair.found', { count: findings.length + more }));
    for (const finding of findings) console.log(`  ${findingText(finding)}`);
    if (more > 0) console.log(`  ${text('repair.more-found', { count: more })}`);
    console.log(text('repair.kept', kept));
  }
  if (logIgnored > 0) console.log(text('repair.log-ignored', { bytes: logIgnored }));
}

function findingText(finding: Finding): string {
  const known = (value: string | undefined): string => value ?? text('repair.unknown');
  const time = (ms: number | undefined): string =>
    ms === undefined ? text('repair.unknown') : new Date(ms).toISOString();
  switch (finding.kind) {
    case 'file':
      return text('repair.file', { text: finding.text });
    case 'schema':
      return text('repair.schema', { tables: finding.tables.join(', ') });
    case 'samples':
      return text('repair.samples', {
        host: known(finding.hostId),
        from: time(finding.fromMs),
        to: time(finding.toMs),
      });
    case 'buckets':
      return text('repair.buckets', { count: finding.count, width: finding.bucketMs / 1000 });
    case 'records':
      return text('repair.records', {
        collection: known(finding.collection),
        key: known(finding.key),
      });
    case 'host':
      return text('repair.host', { host: known(finding.hostId) });
    case 'set':
      return text(finding.isKept ? 'repair.set-kept' : 'repair.set-lost', {
        host: known(finding.hostId),
      });
    default:
      return text('repair.notes', { table: finding.table });
  }
}
