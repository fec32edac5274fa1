import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  defaultRules,
  importPrometheus,
  parseRuleFile,
  ruleWarnings,
  runRuleTests,
  writtenField,
  type ChangedRule,
  type MetricKnowledge,
  type NotImported,
  type Rule,
} from '@openmanager/alerting';
import { metricInfo, metrics } from '@openmanager/protocol';
import { formatMessage, ruleWarningMessages } from '@openmanager/texts';
import { stringify } from 'yaml';
import { differences } from '../rules/difference.ts';
import { HubRules } from '../rules/hub-rules.ts';
import { readYaml, YamlTooDeep } from '../rules/rule-yaml.ts';
import { readFileAndSettings, settings, settingsOf, UsageError, type Values } from '../settings.ts';
import { spokenLanguage, text } from '../text.ts';

type Environment = NodeJS.ProcessEnv;

async function parsedYaml(file: string): Promise<unknown> {
  try {
    return readYaml(await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof YamlTooDeep) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

/** The rules of a file; undefined after what is wrong was said. */
async function rulesOf(
  file: string,
): Promise<{ readonly rules: readonly Rule[]; readonly document: unknown } | undefined> {
  const document = await parsedYaml(file);
  const { rules, errors } = parseRuleFile(document);
  for (const error of errors) console.error(`${file}: ${error}`);
  return errors.length > 0 ? undefined : { rules, document };
}

export async function runRulesCheck(
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const { file, values } = readFileAndSettings(settingsOf.rulesCheck, args, environment);
  const found = await rulesOf(file);
  if (!found) return 1;
  const { rules } = found;
  const count = rules.length;
  let warnings = 0;
  for (const rule of rules)
    for (const { code, ...values } of ruleWarnings(rule, catalogued)) {
      warnings++;
      const warning = formatMessage(
        spokenLanguage(),
        ruleWarningMessages[spokenLanguage()][`ruleWarning.${code}`],
        { ...values, field: writtenField(values.field) },
      );
      console.log(text('rules.warning', { file, rule: rule.ruleId, warning }));
    }
  if (warnings === 0) console.log(text('rules.checked', { count }));
  else console.log(text('rules.checked-with-warnings', { count, warnings }));
  return values.strict && warnings > 0 ? 1 : 0;
}

/** What the catalogue has; agents of others may send more, of which only a hub knows. */
const catalogued: MetricKnowledge = {
  names: Object.keys(metrics),
  attributes(metric) {
    const { description, attributes } = metricInfo(metric);
    return description === '' ? undefined : attributes;
  },
};

/** Cases about rules that the file does not have are about the default ones. */
export async function runRulesTest(
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const { file } = readFileAndSettings(settingsOf.rulesFile, args, environment);
  const found = await rulesOf(file);
  if (!found) return 1;
  const own = new Set(found.rules.map(({ ruleId }) => ruleId));
  const rules = [...defaultRules.filter(({ ruleId }) => !own.has(ruleId)), ...found.rules];
  const { results, errors } = runRuleTests(rules, found.document);
  for (const error of errors) console.error(`${file}: ${error}`);
  for (const { name, failures } of results) {
    console.log(`${failures.length === 0 ? '✓' : '✗'} ${name}`);
    for (const failure of failures) console.log(`    ${failure}`);
  }
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  console.log(text('rules.tested', { passed: results.length - failed, failed }));
  return errors.length > 0 || failed > 0 ? 1 : 0;
}

async function hubRules(
  values: Values<'hub' | 'user'>,
  environment: Environment,
): Promise<HubRules> {
  if (values.user === undefined) throw new UsageError(text('error.required', { flag: 'user' }));
  const password = environment['OPENMANAGER_PASSWORD'];
  if (!password) throw new UsageError(text('rules.no-password'));
  return HubRules.signIn(values.hub ?? settings.hub.sample, values.user, password);
}

/** Exit code 1 when there is a difference, as diff has it. */
export async function runRulesDiff(
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const { file, values } = readFileAndSettings(settingsOf.rulesHub, args, environment);
  const found = await rulesOf(file);
  if (!found) return 2;
  const lines = differences(await (await hubRules(values, environment)).get(), found.rules);
  for (const line of lines) console.log(line);
  return lines.length > 0 ? 1 : 0;
}

export async function runRulesApply(
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const { file, values } = readFileAndSettings(settingsOf.rulesHub, args, environment);
  const found = await rulesOf(file);
  if (!found) return 1;
  const hub = await hubRules(values, environment);
  const lines = differences(await hub.get(), found.rules);
  if (lines.length > 0) await hub.replace(found.rules);
  for (const line of lines) console.log(line);
  console.log(text('rules.applied', { count: lines.length }));
  return 0;
}

/** Writes what could be taken over as a rule file to stdout, and what could not to stderr. */
export async function runRulesImport(
  args: readonly string[],
  environment: Environment,
): Promise<number> {
  const { file } = readFileAndSettings(settingsOf.rulesFile, args, environment);
  const rules: Rule[] = [];
  const mapped = new Map<string, string>();
  const changed: ChangedRule[] = [];
  const notImported: NotImported[] = [];
  for (const one of await ruleFilesOf(file)) {
    let document: unknown;
    try {
      document = await parsedYaml(one);
    } catch (error) {
      // A folder goes on without it.
      if (one === file) throw error;
      notImported.push({
        name: one,
        reason: error instanceof Error ? error.message : String(error),
      });
      continue;
    }
    const found = importPrometheus(document);
    const twice = new Set<string>();
    for (const rule of found.rules) {
      if (rules.some(({ ruleId }) => ruleId === rule.ruleId)) twice.add(rule.ruleId);
      else rules.push(rule);
    }
    for (const ruleId of twice) notImported.push({ name: ruleId, reason: text('rules.twice') });
    for (const [theirs, ours] of found.mapped) mapped.set(theirs, ours);
    changed.push(...found.changed.filter(({ ruleId }) => !twice.has(ruleId)));
    notImported.push(...found.notImported);
  }
  const shown = rules.map(({ ruleId, ...rest }) => ({ id: ruleId, ...rest }));
  console.log(stringify({ rules: shown }).trimEnd());
  for (const { name, reason } of notImported)
    console.error(text('rules.not-imported', { name, reason }));
  for (const [theirs, ours] of mapped) console.error(text('rules.mapped', { theirs, ours }));
  for (const { name, changes } of changed)
    console.error(text('rules.changed', { name, changes: changes.join('; ') }));
  console.error(
    text('rules.imported', {
      exact: rules.length - changed.length,
      changed: changed.length,
      refused: notImported.length,
    }),
  );
  return 0;
}

/** The file, or those of a folder and all below it. */
async function ruleFilesOf(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.(ya?ml|rules)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
