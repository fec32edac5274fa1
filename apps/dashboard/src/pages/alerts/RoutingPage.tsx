import type { Session } from '@openmanager/protocol';
import { useState, type JSX } from 'react';
import { failureCodeText } from '../../api/failure-text.ts';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useResource } from '../../api/use-resource.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Actions } from '../../ui/Dialog.tsx';
import { Field, Switch } from '../../ui/Field.tsx';
import { Problem } from '../../ui/notice.tsx';
import { Icon } from '../../ui/icons.tsx';
import { AlertNav } from './AlertNav.tsx';
import type { Receiver, Route, Routing } from './model.ts';
import { Matchers, Schedules, SpanField } from './parts.tsx';
import css from './manage.module.css';

/** Web Push to everyone who turned it on; it is always there. */
const BROWSERS = 'browsers';
/** As the hub fills in what a branch leaves out. */
const defaults = { groupWaitMs: 10_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 };

export function RoutingPage({ session }: { readonly session: Session }): JSX.Element {
  const { t } = useLanguage();
  return (
    <>
      <AlertNav />
      {session.role === 'admin' ? <Tree /> : <p className={css['hint']}>{t('agents.viewer')}</p>}
    </>
  );
}

function Tree(): JSX.Element {
  const { t } = useLanguage();
  const { resource, reload } = useResource<Routing>('routing');
  const receivers = useResource<readonly Receiver[]>('receivers').resource.value ?? [];
  if (resource.value === null)
    return resource.status === 'failed' ? (
      <Problem>{failureCodeText(t, resource.code)}</Problem>
    ) : (
      <p className={css['loading']}>{t('common.loading')}</p>
    );
  return (
    <Editor
      key={JSON.stringify(resource.value)}
      routing={resource.value}
      receivers={[BROWSERS, ...receivers.map(({ receiverId }) => receiverId)]}
      onSaved={reload}
    />
  );
}

function Editor({
  routing,
  receivers,
  onSaved,
}: {
  readonly routing: Routing;
  readonly receivers: readonly string[];
  readonly onSaved: () => void;
}): JSX.Element {
  const { t } = useLanguage();
  const [route, setRoute] = useState(routing.route);
  const [hosts, setHosts] = useState(routing.allowHosts.join(', '));
  const [hubUrl, setHubUrl] = useState(routing.hubUrl ?? '');
  const [saved, setSaved] = useState(false);
  const { busy, problem, run } = useAction();
  return (
    <form
      className={css['form']}
      onChange={() => setSaved(false)}
      onSubmit={(event) => {
        event.preventDefault();
        void run(async () => {
          await request('PUT', 'routing', {
            route,
            inhibitions: routing.inhibitions,
            allowHosts: hosts
              .split(',')
              .map((host) => host.trim())
              .filter((host) => host !== ''),
            ...(hubUrl === '' ? {} : { hubUrl }),
          });
          setSaved(true);
          onSaved();
        });
      }}
    >
      <p className={css['hint']}>{t('routing.hint')}</p>
      <Branch route={route} receivers={receivers} depth={0} onChange={setRoute} />
      <div className={css['row']}>
        <Field
          label={t('routing.hubUrl')}
          hint={t('routing.hubUrlHint')}
          type="url"
          value={hubUrl}
          onChange={(event) => setHubUrl(event.currentTarget.value)}
        />
        <Field
          label={t('routing.allowHosts')}
          hint={t('routing.allowHostsHint')}
          value={hosts}
          onChange={(event) => setHosts(event.currentTarget.value)}
        />
      </div>
      {problem && <Problem>{problem}</Problem>}
      <Actions>
        <output>{saved && t('routing.saved')}</output>
        <Button type="submit" look="primary" disabled={busy}>
          {t('common.save')}
        </Button>
      </Actions>
    </form>
  );
}

const MAX_DEPTH = 8;

/** One branch and those below it. What it leaves out it has from above. */
function Branch({
  route,
  receivers,
  depth,
  onChange,
  onRemove,
}: {
  readonly route: Route;
  readonly receivers: readonly string[];
  readonly depth: number;
  readonly onChange: (route: Route) => void;
  readonly onRemove?: () => void;
}): JSX.Element {
  const { t } = useLanguage();
  const change = (part: Partial<Route>): void => onChange({ ...route, ...part });
  const routes = route.routes ?? [];
  const isRoot = depth === 0;
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
      <Chosen
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
            defaultValue={(route.groupBy ?? []).join(', ')}
            placeholder="hostId"
            onBlur={(event) => {
              const names = event.currentTarget.value
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
              value={route.groupWaitMs ?? defaults.groupWaitMs}
              onChange={(groupWaitMs) => change({ groupWaitMs })}
            />
            <SpanField
              label={t('routing.groupInterval')}
              value={route.groupIntervalMs ?? defaults.groupIntervalMs}
              onChange={(groupIntervalMs) => change({ groupIntervalMs })}
            />
            <SpanField
              label={t('routing.repeat')}
              value={route.repeatIntervalMs ?? defaults.repeatIntervalMs}
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
          <fieldset className={css['parts']}>
            <legend>{t('routing.escalations')}</legend>
            {(route.escalations ?? []).map((escalation, at) => {
              const replace = (next: typeof escalation | null): void =>
                change({
                  escalations: (route.escalations ?? []).flatMap((one, index) =>
                    index !== at ? [one] : next === null ? [] : [next],
                  ),
                });
              return (
                <div key={at} className={css['line']}>
                  <SpanField
                    label={t('routing.after')}
                    value={escalation.afterMs}
                    onChange={(afterMs) => replace({ ...escalation, afterMs })}
                  />
                  <Chosen
                    title={t('routing.receivers')}
                    all={receivers}
                    value={escalation.receivers}
                    inherited={false}
                    onChange={(next) => replace({ ...escalation, receivers: next ?? [] })}
                  />
                  <Button
                    look="quiet"
                    square
                    aria-label={t('common.remove')}
                    onClick={() => replace(null)}
                  >
                    <Icon name="close" />
                  </Button>
                </div>
              );
            })}
            <div>
              <Button
                onClick={() =>
                  change({
                    escalations: [
                      ...(route.escalations ?? []),
                      { afterMs: 1_800_000, receivers: receivers.slice(0, 1) },
                    ],
                  })
                }
              >
                <Icon name="plus" />
                {t('routing.addEscalation')}
              </Button>
            </div>
          </fieldset>
        </div>
      </details>
      {routes.map((child, at) => (
        <Branch
          key={at}
          route={child}
          receivers={receivers}
          depth={depth + 1}
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

function Chosen({
  title,
  all,
  value,
  inherited,
  onChange,
}: {
  readonly title: string;
  readonly all: readonly string[];
  readonly value: readonly string[] | undefined;
  /** Whether leaving it out means what the branch above has. */
  readonly inherited: boolean;
  readonly onChange: (value: readonly string[] | undefined) => void;
}): JSX.Element {
  const { t } = useLanguage();
  const chosen = value ?? [];
  return (
    <div className={css['checks']} role="group" aria-label={title}>
      <span className={css['hint']}>{title}</span>
      {inherited && (
        <label>
          <input
            type="checkbox"
            checked={value === undefined}
            onChange={(event) => onChange(event.currentTarget.checked ? undefined : [])}
          />
          {t('routing.asAbove')}
        </label>
      )}
      {(value !== undefined || !inherited) &&
        [...new Set([...all, ...chosen])].map((name) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={(event) =>
                onChange(
                  event.currentTarget.checked
                    ? [...chosen, name]
                    : chosen.filter((one) => one !== name),
                )
              }
            />
            {name === BROWSERS ? t('receivers.browsers') : name}
          </label>
        ))}
    </div>
  );
}
