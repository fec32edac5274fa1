import type { AgentInfo, EnrolmentCode } from '@openmanager/protocol';
import { useEffect, useRef, useState, type JSX } from 'react';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useNow } from '../../state/now.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { CodeBlock } from '../../ui/CodeBlock.tsx';
import { Dialog, Actions } from '../../ui/Dialog.tsx';
import { Problem } from '../../ui/notice.tsx';
import { Icon } from '../../ui/icons.tsx';
import { enrolCommands, isLoopback } from './commands.ts';
import css from './agents.module.css';

/** Makes a one-time code, shows the commands, and reports when the new host has arrived. */
export function Enrol({
  known,
  onClose,
}: {
  readonly known: readonly AgentInfo[];
  readonly onClose: () => void;
}): JSX.Element {
  const { t, format } = useLanguage();
  const { busy, problem, run } = useAction();
  const [code, setCode] = useState<EnrolmentCode | null>(null);
  const before = useRef<ReadonlySet<string>>(new Set(known.map((agent) => agent.agentId)));
  const arrived = known.filter((agent) => !before.current.has(agent.agentId));
  const nowMs = useNow();
  const started = useRef(false);
  const create = (): void => {
    before.current = new Set(known.map((agent) => agent.agentId));
    void run(async () => setCode(await request<EnrolmentCode>('POST', 'agents/codes')));
  };
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    create();
    // Once, when the dialog opens.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  const leftMs = code ? code.expiresAtMs - nowMs : 0;
  const commands = code && enrolCommands(location.origin, code.code);
  return (
    <Dialog title={t('enrol.title')} onClose={onClose}>
      {problem && <Problem>{problem}</Problem>}
      {isLoopback(location.hostname) && <p className={css['hint']}>{t('enrol.loopback')}</p>}
      {busy && <output>{t('common.loading')}</output>}
      {commands && (
        <ol className={css['steps']}>
          <li>
            <p>{t('enrol.first')}</p>
            <CodeBlock text={commands.enrol} label={t('enrol.command')} />
            <p className={css['hint']}>
              {leftMs > 0
                ? t('enrol.validFor', { span: format.duration(leftMs) })
                : t('enrol.expired')}{' '}
              {t('enrol.once')}
            </p>
          </li>
          <li>
            <p>{t('enrol.second')}</p>
            <CodeBlock text={commands.run} label={t('enrol.command')} />
          </li>
        </ol>
      )}
      <output className={css['arrival']}>
        {arrived.length > 0 ? (
          <>
            <Icon name="check" />
            {t('enrol.arrived', { name: arrived.map((agent) => agent.hostname).join(', ') })}
          </>
        ) : (
          commands && leftMs > 0 && t('enrol.waiting')
        )}
      </output>
      <Actions>
        {code && (leftMs <= 0 || arrived.length > 0) && (
          <Button onClick={create} disabled={busy}>
            {t('enrol.another')}
          </Button>
        )}
        <Button look={arrived.length > 0 ? 'primary' : 'plain'} onClick={onClose}>
          {t('common.done')}
        </Button>
      </Actions>
    </Dialog>
  );
}
