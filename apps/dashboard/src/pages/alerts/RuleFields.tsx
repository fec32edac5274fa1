import type { Rule } from '@openmanager/alerting/model';
import {
  audiences,
  metrics,
  severities,
  type Audience,
  type Severity,
} from '@openmanager/protocol';
import { useId, type JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import { Field, SelectField } from '../../ui/Field.tsx';
import { severityLook } from '../../ui/severity.ts';
import { Overrides } from './Overrides.tsx';
import { SpanField } from './SpanField.tsx';
import { RuleBounds } from './RuleBounds.tsx';
import { changed, ruleKinds, without, type RuleChange, type RuleKind } from './rule-kind.ts';
import { isRatio } from './rule-text.ts';
import { targetsInput, targetsOf } from './target-text.ts';
import css from './manage.module.css';

/** The form of a rule. What it has no field for stays in the rule. */
export function RuleFields({
  rule,
  isNew,
  onChange,
  onKind,
}: {
  readonly rule: Rule;
  readonly isNew: boolean;
  readonly onChange: (rule: Rule) => void;
  readonly onKind: (kind: RuleKind) => void;
}): JSX.Element {
  const { t } = useLanguage();
  const list = useId();
  const change = (part: RuleChange): void => onChange(changed(rule, part));
  return (
    <>
      <div className={css['row']}>
        {isNew && (
          <Field
            label={t('rules.name')}
            required
            pattern="[a-z0-9][a-z0-9\-]{0,63}"
            value={rule.ruleId}
            onChange={(event) => change({ ruleId: event.currentTarget.value })}
          />
        )}
        <SelectField
          label={t('rules.condition')}
          choices={ruleKinds.map((value) => ({ value, label: t(`rule.kind.${value}`) }))}
          value={rule.kind}
          onChange={onKind}
        />
        <SelectField<Severity>
          label={t('alerts.severity')}
          choices={severities.map((value) => ({ value, label: t(severityLook[value].label) }))}
          value={rule.severity}
          onChange={(severity) => change({ severity })}
        />
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
            value={rule.metric}
            onChange={(event) => change({ metric: event.currentTarget.value })}
          />
          {'scope' in rule && (
            <SelectField
              label={t('rules.scope')}
              choices={[
                { value: 'total', label: t('rules.total') },
                { value: 'each', label: t('rules.each') },
              ]}
              value={rule.scope}
              onChange={(scope) => change({ scope })}
            />
          )}
        </div>
      )}
      <RuleBounds rule={rule} change={change} />
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
          onChange={(event) => onChange(withText(rule, 'runbookUrl', event.currentTarget.value))}
        />
      </div>
      <Field
        label={t('rules.summary')}
        hint={t('rules.summaryHint')}
        value={rule.summary ?? ''}
        onChange={(event) => onChange(withText(rule, 'summary', event.currentTarget.value))}
      />
      <SelectField<Audience>
        label={t('rules.tells')}
        choices={audiences.map((value) => ({ value, label: t(`audience.${value}`) }))}
        value={rule.notify ?? 'everyone'}
        onChange={(notify) => change({ notify })}
      />
      <p className={css['hint']}>{t('rules.tellsHint')}</p>
      {'scope' in rule && (
        <Overrides
          value={rule.overrides ?? []}
          ratio={isRatio(rule.metric)}
          onChange={(overrides) => change({ overrides })}
        />
      )}
    </>
  );
}

/** The field, left out when it is empty. */
function withText(rule: Rule, field: 'runbookUrl' | 'summary', text: string): Rule {
  return text === '' ? without(rule, field) : changed(rule, { [field]: text });
}
