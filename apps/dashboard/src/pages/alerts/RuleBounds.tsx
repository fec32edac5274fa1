import type { Rule } from '@openmanager/alerting/model';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import { Field, SelectField } from '../../ui/Field.tsx';
import type { RuleChange } from './rule-kind.ts';
import { isRatio } from './rule-text.ts';
import { SpanField } from './SpanField.tsx';
import css from './manage.module.css';

interface Props<R extends Rule = Rule> {
  readonly rule: R;
  readonly change: (part: RuleChange) => void;
}
type SeriesRule = Extract<Rule, { readonly threshold: number }>;
type WindowedRule = Extract<Rule, { readonly kind: 'above' | 'below' }>;
type Aggregate = NonNullable<WindowedRule['window']>['aggregate'];

/** When the condition begins and ends. */
export function RuleBounds({ rule, change }: Props): JSX.Element {
  const { t } = useLanguage();
  if ('intervals' in rule)
    return (
      <NumberField
        label={t('rules.intervals')}
        value={rule.intervals}
        onChange={(intervals) => change({ intervals })}
      />
    );
  return <SeriesBounds rule={rule} change={change} />;
}

function SeriesBounds({ rule, change }: Props<SeriesRule>): JSX.Element {
  const { t } = useLanguage();
  const scale = isRatio(rule.metric) && rule.kind !== 'outside-band' ? 100 : 1;
  const unit = scale === 100 ? ' (%)' : '';
  if (rule.kind === 'forecast')
    return (
      <div className={css['row']}>
        <NumberField
          label={t('rules.bound') + unit}
          value={rule.bound}
          scale={scale}
          onChange={(bound) => change({ bound })}
        />
        <SpanField
          label={t('rules.within')}
          value={rule.threshold}
          onChange={(threshold) => change({ threshold })}
        />
        <SpanField
          label={t('rules.clearBeyond')}
          value={rule.clear}
          onChange={(clear) => change({ clear })}
        />
      </div>
    );
  return (
    <div className={css['row']}>
      <NumberField
        label={t('rules.threshold') + unit}
        value={rule.threshold}
        scale={scale}
        onChange={(threshold) => change({ threshold })}
      />
      <NumberField
        label={t('rules.clear') + unit}
        value={rule.clear}
        scale={scale}
        onChange={(clear) => change({ clear })}
      />
      {rule.kind === 'rate' && (
        <SpanField
          label={t('rules.over')}
          value={rule.overMs}
          onChange={(overMs) => change({ overMs })}
        />
      )}
      {(rule.kind === 'above' || rule.kind === 'below') && (
        <WindowFields rule={rule} change={change} />
      )}
    </div>
  );
}

const aggregates: readonly Aggregate[] = ['last', 'avg', 'max', 'min', 'percentile'];

function WindowFields({ rule, change }: Props<WindowedRule>): JSX.Element {
  const { t } = useLanguage();
  const { window } = rule;
  return (
    <>
      <SelectField
        label={t('rules.aggregate')}
        choices={aggregates.map((value) => ({ value, label: t(`rule.${value}`) }))}
        value={window?.aggregate ?? 'last'}
        onChange={(aggregate) =>
          change({
            window: {
              aggregate,
              overMs: window?.overMs ?? 5 * MINUTE_MS,
              // It goes with this aggregate only.
              ...(aggregate === 'percentile' ? { percentile: window?.percentile ?? 0.95 } : {}),
            },
          })
        }
      />
      {window?.percentile !== undefined && (
        <NumberField
          label={`${t('rule.percentile')} (%)`}
          value={window.percentile}
          scale={100}
          onChange={(percentile) => change({ window: { ...window, percentile } })}
        />
      )}
      {window && window.aggregate !== 'last' && (
        <SpanField
          label={t('rules.over')}
          value={window.overMs}
          onChange={(overMs) => change({ window: { ...window, overMs } })}
        />
      )}
    </>
  );
}

function NumberField({
  label,
  value,
  scale = 1,
  onChange,
}: {
  readonly label: string;
  readonly value: number;
  /** What is shown is so many times what is stored. */
  readonly scale?: number;
  readonly onChange: (value: number) => void;
}): JSX.Element {
  return (
    <Field
      label={label}
      type="number"
      step="any"
      required
      value={Number((value * scale).toPrecision(12))}
      onChange={(event) => {
        const read = event.currentTarget.valueAsNumber;
        if (!Number.isNaN(read)) onChange(read / scale);
      }}
    />
  );
}
