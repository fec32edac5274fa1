import { useConnection, useFleet, useWebSocket } from '@openmanager/react';
import type { Session, Topic } from '@openmanager/protocol';
import { lazy, Suspense, useEffect, useRef, type JSX, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useT } from '../i18n/locale.ts';
import { usePush } from '../state/push/use-push.ts';
import { lastHours, showReplay, useReplaySpan } from '../state/replay-store.ts';
import { Button } from '../ui/Button.tsx';
import { Tag } from '../ui/Tag.tsx';
import { Icon, Mark, type IconName } from '../ui/icons.tsx';
import { AccountMenu } from './AccountMenu.tsx';
import { ConnectionBadge, ConnectionBanner } from './ConnectionBadge.tsx';
import { useFiringCount } from '../state/firing.ts';
import { checkSession } from '../state/session.ts';
import { HealthBanner } from './HealthBanner.tsx';
import { Toasts } from './Toasts.tsx';
import css from './shell.module.css';

const Replay = lazy(async () => ({ default: (await import('./Replay.tsx')).Replay }));

/** Held as long as somebody is signed in, whatever page is shown. */
const topics: readonly Topic[] = ['fleet', 'alerts'];

const tabs = [
  { path: '/', label: 'nav.fleet', icon: 'fleet' },
  { path: '/alerts', label: 'nav.alerts', icon: 'alerts' },
  { path: '/agents', label: 'nav.agents', icon: 'agents' },
  { path: '/system', label: 'nav.system', icon: 'screen' },
] as const satisfies readonly { path: string; label: string; icon: IconName }[];

export function Shell({
  session,
  children,
}: {
  readonly session: Session;
  readonly children: ReactNode;
}): JSX.Element {
  useWebSocket({ topics, notifications: true });
  const t = useT();
  const [path] = useLocation();
  const firing = useFiringCount();
  const demo = useFleet((hosts) => hosts.some((host) => host.info.facts.demo));
  const main = useRef<HTMLElement>(null);
  const shown = useRef(path);
  useRefusedConnection();
  usePush();

  // A new page is announced and read from its beginning, as a page load would be.
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [path]);

  const span = useReplaySpan();
  const page = (
    <main id="main" ref={main} tabIndex={-1} className={css['main']}>
      {children}
    </main>
  );

  return (
    <div className={css['shell']}>
      <a className={css['skip']} href="#main">
        {t('nav.skip')}
      </a>
      <header className={css['header']}>
        <Link href="/" className={css['brand']}>
          <Mark />
          <span className={css['brandName']}>OpenManager</span>
        </Link>
        <nav className={css['nav']} aria-label={t('nav.main')}>
          {tabs.map((tab) => (
            <Link
              key={tab.path}
              href={tab.path}
              className={css['tab']}
              aria-current={
                path === tab.path ||
                (tab.path === '/' ? path.startsWith('/hosts/') : path.startsWith(`${tab.path}/`))
                  ? 'page'
                  : undefined
              }
            >
              <Icon name={tab.icon} />
              {t(tab.label)}
              {tab.path === '/alerts' && firing > 0 && (
                <span className={css['count']}>
                  <span aria-hidden="true">{firing > 99 ? '99+' : firing}</span>
                  <span className="visually-hidden">{t('nav.firing', { count: firing })}</span>
                </span>
              )}
            </Link>
          ))}
        </nav>
        <span className={css['spacer']} />
        {demo && (
          <Tag tone="demo" title={t('demo.hint')}>
            {t('demo.badge')}
          </Tag>
        )}
        <Button
          look="quiet"
          square
          aria-label={t('replay.open')}
          title={t('replay.open')}
          aria-pressed={span !== null}
          onClick={() => showReplay(span === null ? lastHours(1) : null)}
        >
          <Icon name="clock" size={18} />
        </Button>
        <ConnectionBadge />
        <AccountMenu session={session} />
      </header>
      <ConnectionBanner />
      <HealthBanner />
      {span === null ? (
        page
      ) : (
        <Suspense fallback={null}>
          <Replay key={`${span.fromMs} ${span.toMs}`} span={span}>
            {page}
          </Replay>
        </Suspense>
      )}
      <Toasts />
    </div>
  );
}

/** The hub refused the handshake: perhaps the session ended, which only the session request shows. */
function useRefusedConnection(): void {
  const refused = useConnection((state) => state.status === 'closed' && state.reason === 'refused');
  useEffect(() => {
    if (refused) void checkSession();
  }, [refused]);
}
