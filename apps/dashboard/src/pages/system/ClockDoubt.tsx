import type { StorageClockDoubt } from '@openmanager/protocol';
import type { JSX } from 'react';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useT } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Problem } from '../../ui/notice.tsx';
import css from './system.module.css';

interface ClockDoubtProps {
  readonly doubt: StorageClockDoubt;
  readonly admin: boolean;
  readonly onTrusted: () => void;
}

/** The hub's clock jumped by more than a day: history ages again once it is back, or an administrator says so. */
export function ClockDoubt({ doubt, admin, onTrusted }: ClockDoubtProps): JSX.Element {
  const t = useT();
  const { busy, problem, run } = useAction();
  const trust = async (): Promise<void> => {
    if (await run(() => request('POST', 'storage/trust-clock'))) onTrusted();
  };
  return (
    <section className={css['trouble']} role="alert">
      <p>
        {t('system.clockDoubt', {
          trusted: withYear(doubt.trustedMs),
          clock: withYear(doubt.clockMs),
        })}
      </p>
      {problem !== null && <Problem>{problem}</Problem>}
      {admin && (
        <Button disabled={busy} onClick={() => void trust()}>
          {t('system.trustClock')}
        </Button>
      )}
    </section>
  );
}

/** Years may be apart. */
function withYear(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
