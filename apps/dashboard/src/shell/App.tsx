import { lazy, Suspense, type JSX } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { useT } from '../i18n/locale.ts';
import { Empty } from '../ui/notice.tsx';
import { Boundary } from './Boundary.tsx';
import { useSession } from '../state/session.ts';
import { Shell } from './Shell.tsx';
import css from './shell.module.css';

const FleetPage = lazy(async () => ({
  default: (await import('../pages/fleet/FleetPage.tsx')).FleetPage,
}));
const HostPage = lazy(async () => ({
  default: (await import('../pages/host/HostPage.tsx')).HostPage,
}));
const AlertsPage = lazy(async () => ({
  default: (await import('../pages/alerts/AlertsPage.tsx')).AlertsPage,
}));
const AlertPage = lazy(async () => ({
  default: (await import('../pages/alerts/AlertPage.tsx')).AlertPage,
}));
const RulesPage = lazy(async () => ({
  default: (await import('../pages/alerts/RulesPage.tsx')).RulesPage,
}));
const SilencesPage = lazy(async () => ({
  default: (await import('../pages/alerts/SilencesPage.tsx')).SilencesPage,
}));
const ReceiversPage = lazy(async () => ({
  default: (await import('../pages/alerts/ReceiversPage.tsx')).ReceiversPage,
}));
const RoutingPage = lazy(async () => ({
  default: (await import('../pages/alerts/RoutingPage.tsx')).RoutingPage,
}));
const SentPage = lazy(async () => ({
  default: (await import('../pages/alerts/SentPage.tsx')).SentPage,
}));
const AgentsPage = lazy(async () => ({
  default: (await import('../pages/agents/AgentsPage.tsx')).AgentsPage,
}));
const SystemPage = lazy(async () => ({
  default: (await import('../pages/system/SystemPage.tsx')).SystemPage,
}));
const AccountPage = lazy(async () => ({
  default: (await import('../pages/account/AccountPage.tsx')).AccountPage,
}));
const SignInPage = lazy(async () => ({
  default: (await import('../pages/account/SignInPage.tsx')).SignInPage,
}));
const SetupPage = lazy(async () => ({
  default: (await import('../pages/account/SetupPage.tsx')).SetupPage,
}));

export function App(): JSX.Element {
  return (
    <Boundary>
      <Suspense fallback={<Loading />}>
        <Switch>
          <Route path="/setup">
            <SetupPage />
          </Route>
          <Route path="/signin">
            <SignInPage />
          </Route>
          <Route>
            <SignedIn />
          </Route>
        </Switch>
      </Suspense>
    </Boundary>
  );
}

function SignedIn(): JSX.Element {
  const state = useSession();
  const [path] = useLocation();
  const t = useT();
  if (state.status === 'loading') return <Loading />;
  if (state.status === 'unreachable')
    return (
      <main className={css['lone']} aria-live="polite">
        <Empty title={t('session.unreachable')}>
          <p>{t('session.unreachableHint')}</p>
        </Empty>
      </main>
    );
  if (state.status === 'signed-out')
    return (
      <Redirect
        to={path === '/' ? '/signin' : `/signin?next=${encodeURIComponent(path)}`}
        replace
      />
    );
  return (
    <Shell session={state.session}>
      {/* Keyed by page, so that a page that failed does not take the others with it. */}
      <Boundary key={path}>
        <Suspense fallback={<Loading />}>
          <Switch>
            <Route path="/">
              <FleetPage />
            </Route>
            <Route path="/hosts/:id">{({ id }) => <HostPage key={id} hostId={id} />}</Route>
            <Route path="/system">
              <SystemPage session={state.session} />
            </Route>
            <Route path="/alerts">
              <AlertsPage session={state.session} />
            </Route>
            <Route path="/alerts/rules">
              <RulesPage session={state.session} />
            </Route>
            <Route path="/alerts/silences">
              <SilencesPage session={state.session} />
            </Route>
            <Route path="/alerts/receivers">
              <ReceiversPage session={state.session} />
            </Route>
            <Route path="/alerts/routing">
              <RoutingPage session={state.session} />
            </Route>
            <Route path="/alerts/sent">
              <SentPage />
            </Route>
            <Route path="/alerts/:id">
              {({ id }) => <AlertPage key={id} alertId={id} session={state.session} />}
            </Route>
            <Route path="/agents">
              <AgentsPage session={state.session} />
            </Route>
            <Route path="/account">
              <AccountPage session={state.session} />
            </Route>
            <Route>
              <NotFound />
            </Route>
          </Switch>
        </Suspense>
      </Boundary>
    </Shell>
  );
}

function NotFound(): JSX.Element {
  const t = useT();
  return (
    <Empty title={t('page.notFound')}>
      <p>{t('page.notFoundHint')}</p>
    </Empty>
  );
}

/** Shows nothing for the first moment: pages usually come faster than a message could be read. */
function Loading(): JSX.Element {
  const t = useT();
  return <output className={css['loading']}>{t('common.loading')}</output>;
}
