import type { ReceiverInfo, Routing } from '@openmanager/alerting/model';
import type { Session } from '@openmanager/protocol';
import { useState, type JSX } from 'react';
import { failureCodeText } from '../../api/failure-text.ts';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useResource } from '../../api/use-resource.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Actions } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Problem } from '../../ui/notice.tsx';
import { AlertNav } from './AlertNav.tsx';
import { BROWSERS } from './ReceiverChoice.tsx';
import { RouteBranch, routeDefaults } from './RouteBranch.tsx';
import css from './manage.module.css';

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
  // Kept here: the form remounts with what the hub stored.
  const [saved, setSaved] = useState(false);
  const receivers = useResource<readonly ReceiverInfo[]>('receivers').resource.value ?? [];
  // A heartbeat is told of no alerts.
  const names = receivers.flatMap(({ receiverId, settings }) =>
    settings.kind === 'heartbeat' ? [] : [receiverId],
  );
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
      receivers={[BROWSERS, ...names]}
      saved={saved}
      onChange={() => setSaved(false)}
      onSaved={() => {
        setSaved(true);
        reload();
      }}
    />
  );
}

function Editor({
  routing,
  receivers,
  saved,
  onChange,
  onSaved,
}: {
  readonly routing: Routing;
  readonly receivers: readonly string[];
  readonly saved: boolean;
  readonly onChange: () => void;
  readonly onSaved: () => void;
}): JSX.Element {
  const { t } = useLanguage();
  const [route, setRoute] = useState(routing.route);
  const [hosts, setHosts] = useState(routing.allowHosts.join(', '));
  const [hubUrl, setHubUrl] = useState(routing.hubUrl ?? '');
  const { busy, problem, run } = useAction();
  return (
    <form
      className={css['form']}
      onChange={onChange}
      onSubmit={(event) => {
        event.preventDefault();
        void run(async () => {
          // What has no field here goes back as it came.
          const { hubUrl: _, ...rest } = routing;
          await request('PUT', 'routing', {
            ...rest,
            route,
            allowHosts: hosts
              .split(',')
              .map((host) => host.trim())
              .filter((host) => host !== ''),
            ...(hubUrl === '' ? {} : { hubUrl }),
          } satisfies Routing);
          onSaved();
        });
      }}
    >
      <p className={css['hint']}>{t('routing.hint')}</p>
      <RouteBranch
        route={route}
        receivers={receivers}
        depth={0}
        inherited={routeDefaults}
        onChange={setRoute}
      />
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
