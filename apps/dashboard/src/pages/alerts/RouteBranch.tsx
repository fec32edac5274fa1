import type { Route } from '@openmanager/alerting/model';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '@openmanager/protocol/durations';
import type { JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Field, Switch } from '../../ui/Field.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Escalations } from './Escalations.tsx';
import { Matchers } from './Matchers.tsx';
import { ReceiverChoice } from './ReceiverChoice.tsx';
import { Schedules } from './Schedules.tsx';
import { SpanField } from './SpanField.tsx';
import css from './manage.module.css';

type RouteTimes = Readonly<Record<'groupWaitMs' | 'groupIntervalMs' | 'repeatIntervalMs', number>>;
/** As the hub fills in what the root leaves out. */
export const routeDefaults: RouteTimes = {
  groupWaitMs: 10 * SECOND_MS,
  groupIntervalMs: 5 * MINUTE_MS,
  repeatIntervalMs: 4 * HOUR_MS,
};
const MAX_DEPTH = 8;

/** One branch and those below it. What it leaves out it has from above. */
export function RouteBranch({
  route,
  receivers,
  depth,
  inherited,
  onChange,
  onRemove,
}: {
  readonly route: Route;
  readonly receivers: readonly string[];
  readonly depth: number;
  /** The times of the branch above. */
  readonly inherited: RouteTimes;
  readonly onChange: (route: Route) => void;
  readonly onRemove?: () => void;
}): JSX.Element {
  const { t } = useLanguage();
  const change = (part: Partial<Route>): void => onChange({ ...route, ...part });
  const routes = route.routes ?? [];
  const isRoot = depth === 0;
  const groupBy = (route.groupBy ?? []).join(', ');
  const times: RouteTimes = {
    groupWaitMs: route.groupWaitMs ?? inherited.groupWaitMs,
    groupIntervalMs: route.groupIntervalMs ?? inherited.groupIntervalMs,
    repeatIntervalMs: route.repeatIntervalMs ?? inherited.repeatIntervalMs,
  };
  return (
    <section className={css['branch']} aria-label={t(isRoot ? 'routing.root' : 'routing.branch')}>
      <div className={css['line']}>
        <strong style={{ flex: 1 }}>{t(isRoot ? 'routing.root' : 'routing.branch')}</strong>
        {onRemove && (
          <Button look="danger" onClick={onRemove}>
            {t('common.remove')}
          </Button>
        )}
      </div>
      {!isRoot && <Matchers value={route.match ?? []} onChange={(match) => change({ match })} />}
      <ReceiverChoice
        title={t('routing.receivers')}
        all={receivers}
        value={route.receivers}
        inherited={!isRoot}
        onChange={(next) => {
          const { receivers: _, ...rest } = route;
          onChange(next === undefined ? rest : { ...rest, receivers: next });
        }}
      />
      <details>
        <summary>{t('routing.times')}</summary>
        <div className={css['form']} style={{ marginTop: 10 }}>
          <Field
            label={t('routing.groupBy')}
            hint={t('routing.groupByHint')}
            defaultValue={groupBy}
            placeholder="hostId"
            onBlur={(event) => {
              const text = event.currentTarget.value;
              // An empty list, which makes one group of all, looks like none: only what was typed changes it.
              if (text === groupBy) return;
              const names = text
                .split(',')
                .map((name) => name.trim())
                .filter(Boolean);
              const { groupBy: _, ...rest } = route;
              onChange(names.length === 0 ? rest : { ...rest, groupBy: names });
            }}
          />
          <div className={css['row']}>
            <SpanField
              label={t('routing.groupWait')}
              value={times.groupWaitMs}
              onChange={(groupWaitMs) => change({ groupWaitMs })}
            />
            <SpanField
              label={t('routing.groupInterval')}
              value={times.groupIntervalMs}
              onChange={(groupIntervalMs) => change({ groupIntervalMs })}
            />
            <SpanField
              label={t('routing.repeat')}
              value={times.repeatIntervalMs}
              onChange={(repeatIntervalMs) => change({ repeatIntervalMs })}
            />
          </div>
          <Switch
            label={t('routing.sendResolved')}
            checked={route.sendResolved !== false}
            onChange={(event) => change({ sendResolved: event.currentTarget.checked })}
          />
          {!isRoot && (
            <Switch
              label={t('routing.continue')}
              checked={route.continue === true}
              onChange={(event) => change({ continue: event.currentTarget.checked })}
            />
          )}
          <Schedules
            title={t('routing.activeTimes')}
            value={route.activeTimes ?? []}
            onChange={(activeTimes) => change({ activeTimes })}
          />
          <Escalations
            value={route.escalations ?? []}
            receivers={receivers}
            onChange={(escalations) => change({ escalations })}
          />
        </div>
      </details>
      {routes.map((child, at) => (
        <RouteBranch
          key={at}
          route={child}
          receivers={receivers}
          depth={depth + 1}
          inherited={times}
          onChange={(next) =>
            change({ routes: routes.map((one, index) => (index === at ? next : one)) })
          }
          onRemove={() => change({ routes: routes.filter((_, index) => index !== at) })}
        />
      ))}
      {depth + 1 < MAX_DEPTH && (
        <div>
          <Button
            onClick={() =>
              change({
                routes: [...routes, { match: [{ name: 'severity', op: '=', value: 'critical' }] }],
              })
            }
          >
            <Icon name="plus" />
            {t('routing.addBranch')}
          </Button>
        </div>
      )}
    </section>
  );
}
