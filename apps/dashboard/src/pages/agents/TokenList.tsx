import type { ApiToken, CreatedToken } from '@openmanager/protocol';
import { useState, type JSX } from 'react';
import { failureCodeText, failureText } from '../../api/failure-text.ts';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useResource } from '../../api/use-resource.ts';
import { useNow } from '../../state/now.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { CodeBlock } from '../../ui/CodeBlock.tsx';
import { Dialog, Actions } from '../../ui/Dialog.tsx';
import { Field } from '../../ui/Field.tsx';
import { Empty, Problem } from '../../ui/notice.tsx';
import { ScrollBox, tables } from '../../ui/table.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Confirm } from '../../ui/Confirm.tsx';
import { listOf } from './list-of.ts';
import css from './agents.module.css';

/** Tokens for other people's pages and scripts: they read, and nothing else. */
export function TokenList(): JSX.Element {
  const { t, format } = useLanguage();
  const { resource, reload } = useResource<unknown>('tokens');
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  const nowMs = useNow(5000);
  const tokens = listOf<ApiToken>(resource.value, 'tokens').toSorted(
    (a, b) => b.createdAtMs - a.createdAtMs,
  );
  return (
    <section className={css['section']} aria-labelledby="tokens">
      <div className={css['head']}>
        <div>
          <h2 id="tokens">{t('tokens.title')}</h2>
          <p className={css['hint']}>{t('tokens.hint')}</p>
        </div>
        <Button onClick={() => setCreating(true)}>
          <Icon name="key" />
          {t('tokens.create')}
        </Button>
      </div>
      {resource.status === 'failed' && <Problem>{failureCodeText(t, resource.code)}</Problem>}
      {tokens.length === 0 ? (
        <div className={tables['panel']}>
          {resource.status === 'ready' ? (
            <Empty title={t('tokens.none')} />
          ) : (
            <p className={css['loading']}>{t('common.loading')}</p>
          )}
        </div>
      ) : (
        <ScrollBox className={`${tables['panel']} ${tables['tableWrap']}`} aria-labelledby="tokens">
          <table className={tables['table']}>
            <thead>
              <tr>
                <th scope="col">{t('tokens.name')}</th>
                <th scope="col">{t('tokens.created')}</th>
                <th scope="col">{t('tokens.lastUsed')}</th>
                <th scope="col">
                  <span className="visually-hidden">{t('common.actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {tokens.map((token) => (
                <tr key={token.tokenId}>
                  <th scope="row">{token.name}</th>
                  <td>{format.dateTime(token.createdAtMs)}</td>
                  <td>
                    {token.lastUsedAtMs === null
                      ? t('agents.never')
                      : format.ago(token.lastUsedAtMs, Math.max(nowMs, token.lastUsedAtMs))}
                  </td>
                  <td className={tables['numeric']}>
                    <Button
                      look="danger"
                      onClick={() => setRevoking(token)}
                      aria-label={t('agents.revokeNamed', { name: token.name })}
                    >
                      {t('agents.revoke')}
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
      {creating && <CreateToken onCreated={reload} onClose={() => setCreating(false)} />}
      {revoking && (
        <Confirm
          title={t('tokens.revokeTitle', { name: revoking.name })}
          text={t('tokens.revokeText')}
          action={t('agents.revoke')}
          onConfirm={async () => {
            await request('DELETE', `tokens/${encodeURIComponent(revoking.tokenId)}`);
            reload();
          }}
          describe={(failure) => failureText(t, failure)}
          onClose={() => setRevoking(null)}
        />
      )}
    </section>
  );
}

function CreateToken({
  onCreated,
  onClose,
}: {
  readonly onCreated: () => void;
  readonly onClose: () => void;
}): JSX.Element {
  const { t } = useLanguage();
  const { busy, problem, run } = useAction();
  const [name, setName] = useState('');
  const [created, setCreated] = useState<CreatedToken | null>(null);
  if (created)
    return (
      <Dialog title={t('tokens.createdTitle', { name: created.name })} onClose={onClose}>
        <p>{t('tokens.onceHint')}</p>
        <CodeBlock text={created.secret} label={t('tokens.secret')} />
        <p>{t('tokens.useHint')}</p>
        <CodeBlock
          text={`const { isConnected, serverMetrics, alerts } = useWebSocket({\n  url: '${location.origin}',\n  token: '…',\n});`}
          label={t('tokens.example')}
        />
        <Actions>
          <Button look="primary" onClick={onClose}>
            {t('common.done')}
          </Button>
        </Actions>
      </Dialog>
    );
  return (
    <Dialog title={t('tokens.create')} onClose={onClose}>
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault();
          void run(async () => {
            setCreated(await request<CreatedToken>('POST', 'tokens', { name: name.trim() }));
            onCreated();
          });
        }}
      >
        <Field
          label={t('tokens.name')}
          hint={t('tokens.nameHint')}
          maxLength={80}
          required
          // The form is what the page was opened for.
          autoFocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {problem && <Problem>{problem}</Problem>}
        <Actions>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" disabled={busy || name.trim() === ''}>
            {t('tokens.create')}
          </Button>
        </Actions>
      </form>
    </Dialog>
  );
}
