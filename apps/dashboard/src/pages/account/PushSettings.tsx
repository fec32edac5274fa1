import { useEffect, useState, type JSX } from 'react';
import { useAction } from '../../api/use-action.ts';
import { useLanguage, type MessageId } from '../../i18n/locale.ts';
import { Switch } from '../../ui/Field.tsx';
import { disablePush, enablePush, pushState, type PushState } from '../../state/push/subscribe.ts';

const hints: Readonly<Record<PushState, MessageId>> = {
  unsupported: 'push.unsupported',
  insecure: 'push.insecure',
  denied: 'notifications.denied',
  off: 'push.off',
  on: 'push.on',
};

/** Web Push of this browser, on or off. */
export function PushSettings({
  hintClass,
}: {
  readonly hintClass?: string | undefined;
}): JSX.Element {
  const { t, locale } = useLanguage();
  const [state, setState] = useState<PushState>('off');
  const { busy, problem, run } = useAction();
  useEffect(() => {
    void pushState().then(setState);
  }, []);
  return (
    <>
      <Switch
        label={t('push.switch')}
        checked={state === 'on'}
        disabled={busy || (state !== 'on' && state !== 'off')}
        onChange={(event) => {
          const wanted = event.currentTarget.checked;
          void run(async () => setState(await (wanted ? enablePush(locale) : disablePush())));
        }}
      />
      <p className={hintClass}>{t(hints[state])}</p>
      <p role="alert">{problem === null ? '' : t('push.failed')}</p>
    </>
  );
}
