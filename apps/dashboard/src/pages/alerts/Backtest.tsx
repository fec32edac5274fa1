import type { BacktestAnswer, BacktestInput, Rule } from '@openmanager/alerting/model';
import { HOUR_MS } from '@openmanager/protocol/durations';
import { useState, type JSX } from 'react';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Select } from '../../ui/choice.tsx';
import { Problem } from '../../ui/notice.tsx';
import { ScrollBox, tables } from '../../ui/table.tsx';
import { attributesLabel } from '@openmanager/texts';
import type { RuleChange } from './rule-kind.ts';
import { isRatio } from './rule-text.ts';
import css from './manage.module.css';
const RANGES = ['1', '24', '168', '720'] as const;
const SHOWN = 50;

/** What the rule would have done on what is stored, before it is saved. */
export function Backtest({
  rule,
  onApply,
}: {
  readonly rule: Rule;
  readonly onApply: (part: RuleChange) => void;
}): JSX.Element {
  const { t, format } = useLanguage();
  const [hours, setHours] = useState<(typeof RANGES)[number]>('24');
  const [report, setReport] = useState<BacktestAnswer | null>(null);
  const { busy, problem, run } = useAction();
  const { suggestion } = report ?? {};
  return (
    <fieldset className={css['parts']}>
      <legend>{t('backtest.title')}</legend>
      <div className={css['line']}>
        <Select
          label={t('backtest.range')}
          choices={RANGES.map((value) => ({
            value,
            label: t('replay.last', { span: format.duration(Number(value) * HOUR_MS) }),
          }))}
          value={hours}
          onChange={setHours}
        />
        <Button
          disabled={busy}
          onClick={() =>
            void run(async () => {
              const body: BacktestInput = {
                rule: { ...rule, ruleId: rule.ruleId || 'new' },
                rangeMs: Number(hours) * HOUR_MS,
              };
              setReport(await request<BacktestAnswer>('POST', 'rules/backtest', body));
            })
          }
        >
          {busy ? t('common.loading') : t('backtest.run')}
        </Button>
      </div>
      {problem && <Problem>{problem}</Problem>}
      {report && (
        <output className={css['result']}>
          {t('backtest.result', {
            fires: report.fireCount,
            hosts: report.targets,
            span: format.duration(report.firingMs),
            flaps: report.flaps,
          })}
          {report.stepMs > 0 &&
            ` ${t('backtest.coarse', { span: format.duration(report.stepMs) })}`}
        </output>
      )}
      {suggestion && (
        <div className={css['line']}>
          <span>
            {t('backtest.suggestion', { what: suggested(suggestion), fires: suggestion.fires })}
          </span>
          <Button
            onClick={() => {
              const { fires: _, ...part } = suggestion;
              onApply(part);
            }}
          >
            {t('backtest.apply')}
          </Button>
        </div>
      )}
      {report && report.fires.length > 0 && (
        <ScrollBox className={tables['tableWrap']} aria-label={t('backtest.fires')}>
          <table className={tables['table']}>
            <thead>
              <tr>
                <th scope="col">{t('alerts.host')}</th>
                <th scope="col">{t('alerts.firedAt')}</th>
                <th scope="col">{t('alerts.lasted')}</th>
              </tr>
            </thead>
            <tbody>
              {report.fires.slice(0, SHOWN).map((fire) => (
                <tr key={`${fire.target.id} ${JSON.stringify(fire.attributes)} ${fire.firedAtMs}`}>
                  <th scope="row">
                    {fire.target.name} {attributesLabel(fire.attributes)}
                  </th>
                  <td>{format.dateTime(fire.firedAtMs)}</td>
                  <td>{format.duration((fire.resolvedAtMs ?? report.toMs) - fire.firedAtMs)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
    </fieldset>
  );

  function suggested(part: NonNullable<BacktestAnswer['suggestion']>): string {
    const value = (given: number): string =>
      'metric' in rule && isRatio(rule.metric) ? format.percent(given, 1) : format.number(given, 2);
    return [
      part.clear === undefined ? '' : `${t('rules.clear')} ${value(part.clear)}`,
      part.forMs === undefined ? '' : `${t('rules.for')} ${format.duration(part.forMs)}`,
      part.clearForMs === undefined
        ? ''
        : `${t('rules.clearFor')} ${format.duration(part.clearForMs)}`,
    ]
      .filter((text) => text !== '')
      .join(', ');
  }
}
