import { metrics, severities, type Severity } from '@openmanager/protocol';
import { useId, useState, type JSX } from 'react';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Button, controls, Dialog, Field, Problem, Select, Switch } from '../../ui/controls.tsx';
import { Backtest } from './Backtest.tsx';
import { Overrides } from './Overrides.tsx';
import { severityLook } from '../../format/alert-text.ts';
import type { Rule, RuleKind } from './model.ts';
import { SpanField } from './parts.tsx';
import { isRatio } from './rule-text.ts';
import { targetsInput, targetsOf } from './target-text.ts';
import css from './manage.module.css';

const kinds: readonly RuleKind[] = [
  'above',
  'below',
  'rate',
  'outside-band',
  'forecast',
  'missing',
  'absent',
];
const aggregates = ['last', 'avg', 'max', 'min'] as const;

/** The fields a rule of the kind has; what they have in common stays. */
function ofKind(rule: Rule, kind: RuleKind): Rule {
  const { ruleId, severity, forMs, targets, notify, summary, runbookUrl, enabled } = rule;
  const common = { ruleId, kind, severity, forMs, targets, notify, summary, runbookUrl, enabled };
  const kept = Object.fromEntries(
    Object.entries(common).filter(([, value]) => value !== undefined),
  ) as unknown as Rule;
  if (kind === 'absent') return { ...kept, intervals: rule.intervals ?? 3 };
  const metric = rule.metric ?? 'system.cpu.utilization';
  if (kind === 'missing') return { ...kept, metric, intervals: rule.intervals ?? 3 };
  const series = { ...kept, metric, scope: rule.scope ?? ('total' as const) };
  if (kind === 'outside-band') return { ...series, side: 'both', threshold: 0.5, clear: 0 };
  if (kind === 'forecast')
    return {
      ...series,
      direction: 'above',
      bound: 0.95,
      threshold: 86_400_000,
      clear: 172_800_000,
    };
  const bounds = { threshold: rule.threshold ?? 0.9, clear: rule.clear ?? 0.8 };
  return kind === 'rate'
    ? { ...series, ...bounds, direction: 'above', overMs: 300_000 }
    : { ...series, ...bounds };
}

export function RuleEditor({
  rule: given,
  isNew,
  admin,
  onClose,
}: {
  readonly rule: Rule;
  readonly isNew: boolean;
  readonly admin: boolean;
  readonly onClose: () => void;
}): JSX.Element {
  const { t } = useLanguage();
  const [rule, setRule] = useState(given);
  const [text, setText] = useState<string | null>(null);
  const { busy, problem, run } = useAction();
  const change = (part: Partial<Rule>): void => setRule({ ...rule, ...part });
  const broken = text !== null && parsed(text) === undefined;
  return (
    <Dialog title={isNew ? t('rules.create') : rule.ruleId} onClose={onClose}>
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault();
          void run(async () => {
            await request('PUT', `rules/${encodeURIComponent(rule.ruleId)}`, rule);
          }).then((done) => done && onClose());
        }}
      >
        {text === null ? (
          <Fields rule={rule} isNew={isNew} change={change} setRule={setRule} />
        ) : (
          <textarea
            className={css['area']}
            aria-label={t('rules.json')}
            aria-invalid={broken}
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              const read = parsed(event.currentTarget.value);
              if (read) setRule(read);
            }}
          />
        )}
        <Switch
          label={t('rules.json')}
          checked={text !== null}
          disabled={broken}
          onChange={() => setText(text === null ? JSON.stringify(rule, null, 2) : null)}
        />
        <Backtest rule={rule} onApply={(part) => change(part)} />
        {problem && <Problem>{problem}</Problem>}
        <div className={controls['actions']}>
          <Button onClick={onClose}>{t(admin ? 'common.cancel' : 'common.close')}</Button>
          {admin && (
            <Button type="submit" look="primary" disabled={busy || broken || rule.ruleId === ''}>
              {t('common.save')}
            </Button>
          )}
        </div>
      </form>
    </Dialog>
  );
}

function parsed(text: string): Rule | undefined {
  try {
    const read = JSON.parse(text) as unknown;
    return typeof read === 'object' && read !== null && 'ruleId' in read
      ? (read as Rule)
      : undefined;
  } catch {
    return undefined;
  }
}

function Fields({
  rule,
  isNew,
  change,
  setRule,
}: {
  readonly rule: Rule;
  readonly isNew: boolean;
  readonly change: (part: Partial<Rule>) => void;
  readonly setRule: (rule: Rule) => void;
}): JSX.Element {
  const { t } = useLanguage();
  const list = useId();
  const hasSeries = rule.kind !== 'absent' && rule.kind !== 'missing';
  return (
    <>
      <div className={css['row']}>
        {isNew && (
          <Field
            label={t('rules.name')}
            required
            pattern="[A-Za-z0-9_.\-]+"
            value={rule.ruleId}
            onChange={(event) => change({ ruleId: event.currentTarget.value })}
          />
        )}
        <label className={controls['field']}>
          <span className={controls['label']}>{t('rules.condition')}</span>
          <Select
            label={t('rules.condition')}
            choices={kinds.map((value) => ({ value, label: t(`rule.kind.${value}`) }))}
            value={rule.kind}
            onChange={(kind) => setRule(ofKind(rule, kind))}
          />
        </label>
        <label className={controls['field']}>
          <span className={controls['label']}>{t('alerts.severity')}</span>
          <Select<Severity>
            label={t('alerts.severity')}
            choices={severities.map((value) => ({ value, label: t(severityLook[value].label) }))}
            value={rule.severity}
            onChange={(severity) => change({ severity })}
          />
        </label>
      </div>
      {rule.kind !== 'absent' && (
        <div className={css['row']}>
          <datalist id={list}>
            {Object.keys(metrics).map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </datalist>
          <Field
            label={t('rules.metric')}
            required
            list={list}
            value={rule.metric ?? ''}
            onChange={(event) => change({ metric: event.currentTarget.value })}
          />
          {hasSeries && (
            <label className={controls['field']}>
              <span className={controls['label']}>{t('rules.scope')}</span>
              <Select
                label={t('rules.scope')}
                choices={[
                  { value: 'total', label: t('rules.total') },
                  { value: 'each', label: t('rules.each') },
                ]}
                value={rule.scope ?? 'total'}
                onChange={(scope) => change({ scope })}
              />
            </label>
          )}
        </div>
      )}
      <Bounds rule={rule} change={change} />
      <div className={css['row']}>
        <SpanField
          label={t('rules.for')}
          value={rule.forMs}
          onChange={(forMs) => change({ forMs })}
        />
        <SpanField
          label={t('rules.clearFor')}
          value={rule.clearForMs ?? 0}
          onChange={(clearForMs) => change({ clearForMs })}
        />
        <SpanField
          label={t('rules.keepFiringFor')}
          value={rule.keepFiringForMs ?? 0}
          onChange={(keepFiringForMs) => change({ keepFiringForMs })}
        />
      </div>
      <div className={css['row']}>
        <Field
          label={t('rules.hosts')}
          hint={t('rules.hostsHint')}
          defaultValue={targetsInput(rule.targets)}
          onBlur={(event) => {
            const text = event.currentTarget.value;
            if (text !== targetsInput(rule.targets)) change({ targets: targetsOf(text) });
          }}
        />
        <Field
          label={t('rules.runbook')}
          type="url"
          value={rule.runbookUrl ?? ''}
          onChange={(event) => setRule(withText(rule, 'runbookUrl', event.currentTarget.value))}
        />
      </div>
      <Field
        label={t('rules.summary')}
        hint={t('rules.summaryHint')}
        value={rule.summary ?? ''}
        onChange={(event) => setRule(withText(rule, 'summary', event.currentTarget.value))}
      />
      <Switch
        label={t('rules.notifies')}
        checked={rule.notify !== false}
        onChange={(event) => change({ notify: event.currentTarget.checked })}
      />
      {hasSeries && (
        <Overrides
          value={rule.overrides ?? []}
          ratio={isRatio(rule.metric ?? '')}
          onChange={(overrides) => change({ overrides })}
        />
      )}
    </>
  );
}

/** The field, left out when it is empty. */
function withText(rule: Rule, field: 'runbookUrl' | 'summary', text: string): Rule {
  const { [field]: _, ...rest } = rule;
  return text === '' ? rest : { ...rest, [field]: text };
}

function Bounds({
  rule,
  change,
}: {
  readonly rule: Rule;
  readonly change: (part: Partial<Rule>) => void;
}): JSX.Element {
  const { t } = useLanguage();
  const scale = isRatio(rule.metric ?? '') && rule.kind !== 'outside-band' ? 100 : 1;
  const unit = scale === 100 ? ' (%)' : '';
  const number = (
    label: string,
    value: number | undefined,
    factor: number,
    set: (value: number) => void,
  ): JSX.Element => (
    <Field
      label={label}
      type="number"
      step="any"
      required
      value={value === undefined ? '' : Number((value * factor).toPrecision(12))}
      onChange={(event) => {
        const read = event.currentTarget.valueAsNumber;
        if (!Number.isNaN(read)) set(read / factor);
      }}
    />
  );
  if (rule.kind === 'absent' || rule.kind === 'missing')
    return number(t('rules.intervals'), rule.intervals, 1, (intervals) => change({ intervals }));
  if (rule.kind === 'forecast')
    return (
      <div className={css['row']}>
        {number(t('rules.bound') + unit, rule.bound, scale, (bound) => change({ bound }))}
        <SpanField
          label={t('rules.within')}
          value={rule.threshold ?? 0}
          onChange={(threshold) => change({ threshold })}
        />
        <SpanField
          label={t('rules.clearBeyond')}
          value={rule.clear ?? 0}
          onChange={(clear) => change({ clear })}
        />
      </div>
    );
  return (
    <div className={css['row']}>
      {number(t('rules.threshold') + unit, rule.threshold, scale, (threshold) =>
        change({ threshold }),
      )}
      {number(t('rules.clear') + unit, rule.clear, scale, (clear) => change({ clear }))}
      {rule.kind === 'rate' && (
        <SpanField
          label={t('rules.over')}
          value={rule.overMs ?? 300_000}
          onChange={(overMs) => change({ overMs })}
        />
      )}
      {(rule.kind === 'above' || rule.kind === 'below') && (
        <>
          <label className={controls['field']}>
            <span className={controls['label']}>{t('rules.aggregate')}</span>
            <Select
              label={t('rules.aggregate')}
              choices={aggregates.map((value) => ({ value, label: t(`rule.${value}`) }))}
              value={aggregates.find((one) => one === rule.window?.aggregate) ?? 'last'}
              onChange={(aggregate) =>
                change({ window: { aggregate, overMs: rule.window?.overMs ?? 300_000 } })
              }
            />
          </label>
          {rule.window && rule.window.aggregate !== 'last' && (
            <SpanField
              label={t('rules.over')}
              value={rule.window.overMs}
              onChange={(overMs) => rule.window && change({ window: { ...rule.window, overMs } })}
            />
          )}
        </>
      )}
    </div>
  );
}
