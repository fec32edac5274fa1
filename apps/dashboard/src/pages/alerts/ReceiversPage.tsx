import { useNotifications } from '@openmanager/react';
import type { Session } from '@openmanager/protocol';
import { useEffect, useState, type JSX } from 'react';
import { Confirm } from '../../ui/Confirm.tsx';
import { failureCodeText, failureText } from '../../api/failure-text.ts';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useResource } from '../../api/use-resource.ts';
import { useLanguage, type MessageId } from '../../i18n/locale.ts';
import { disablePush, enablePush, pushState, type PushState } from '../../state/push/subscribe.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, Actions } from '../../ui/Dialog.tsx';
import { Field, SelectField } from '../../ui/Field.tsx';
import { Empty, Problem } from '../../ui/notice.tsx';
import { ScrollBox, tables } from '../../ui/table.tsx';
import { Tag } from '../../ui/Tag.tsx';
import { Icon } from '../../ui/icons.tsx';
import { AlertNav } from './AlertNav.tsx';
import type { Receiver, Settings, TestAnswer } from './model.ts';
import css from './manage.module.css';

interface FieldSpec {
  readonly name: string;
  readonly label: MessageId;
  readonly secret?: boolean;
  readonly required?: boolean;
  readonly kind?: 'number' | 'list' | 'security' | 'text';
  readonly placeholder?: string;
}

const url: FieldSpec = {
  name: 'url',
  label: 'receiver.url',
  required: true,
  secret: true,
  placeholder: 'https://…',
};
const server = (placeholder: string, required = false): FieldSpec => ({
  name: 'server',
  label: 'receiver.server',
  placeholder,
  required,
});
/** What each integration asks for, as the hub checks it. */
const kinds: Readonly<
  Record<string, { readonly name: string; readonly fields: readonly FieldSpec[] }>
> = {
  webhook: {
    name: 'Webhook',
    fields: [
      { ...url, secret: false },
      { name: 'secret', label: 'receiver.signing', secret: true },
      {
        name: 'authorization',
        label: 'receiver.authorization',
        secret: true,
        placeholder: 'Bearer …',
      },
      { name: 'template', label: 'receiver.template' },
    ],
  },
  email: {
    name: 'Email (SMTP)',
    fields: [
      { name: 'host', label: 'receiver.host', required: true, placeholder: 'smtp.example.org' },
      { name: 'port', label: 'receiver.port', required: true, kind: 'number', placeholder: '465' },
      { name: 'security', label: 'receiver.security', kind: 'security' },
      { name: 'user', label: 'receiver.user' },
      { name: 'password', label: 'receiver.password', secret: true },
      { name: 'from', label: 'receiver.from', required: true },
      {
        name: 'to',
        label: 'receiver.to',
        required: true,
        kind: 'list',
        placeholder: 'a@example.org, b@example.org',
      },
    ],
  },
  slack: { name: 'Slack', fields: [url] },
  discord: { name: 'Discord', fields: [url] },
  telegram: {
    name: 'Telegram',
    fields: [
      { name: 'token', label: 'receiver.token', required: true, secret: true },
      { name: 'chatId', label: 'receiver.chat', required: true },
      server('https://api.telegram.org'),
    ],
  },
  teams: { name: 'Microsoft Teams', fields: [url] },
  pagerduty: {
    name: 'PagerDuty',
    fields: [
      { name: 'routingKey', label: 'receiver.routingKey', required: true, secret: true },
      server('https://events.pagerduty.com'),
    ],
  },
  opsgenie: {
    name: 'Opsgenie',
    fields: [
      { name: 'apiKey', label: 'receiver.apiKey', required: true, secret: true },
      server('https://api.opsgenie.com'),
    ],
  },
  ntfy: {
    name: 'ntfy',
    fields: [
      { name: 'topic', label: 'receiver.topic', required: true },
      { name: 'token', label: 'receiver.token', secret: true },
      server('https://ntfy.sh'),
    ],
  },
  gotify: {
    name: 'Gotify',
    fields: [
      server('https://gotify.example.org', true),
      { name: 'token', label: 'receiver.token', required: true, secret: true },
    ],
  },
  alertmanager: {
    name: 'Alertmanager',
    fields: [
      server('http://alertmanager:9093', true),
      { name: 'user', label: 'receiver.user' },
      { name: 'password', label: 'receiver.password', secret: true },
    ],
  },
};

export function ReceiversPage({ session }: { readonly session: Session }): JSX.Element {
  const { t } = useLanguage();
  const admin = session.role === 'admin';
  return (
    <>
      <AlertNav />
      <Browser />
      {admin ? <Others /> : <p className={css['hint']}>{t('agents.viewer')}</p>}
    </>
  );
}

/** This browser: while the page is open, and by Web Push when it is not. */
function Browser(): JSX.Element {
  const { t, locale } = useLanguage();
  const { permission, request: ask } = useNotifications();
  const [push, setPush] = useState<PushState | null>(null);
  const { busy, problem, run } = useAction();
  useEffect(() => {
    void pushState().then(setPush);
  }, []);
  return (
    <fieldset className={css['parts']} style={{ marginBottom: 18 }}>
      <legend>{t('receivers.browser')}</legend>
      <div className={css['line']}>
        <span>{t('receivers.open')}</span>
        <Tag tone={permission === 'granted' ? 'ok' : 'neutral'}>
          {t(
            permission === 'granted'
              ? 'rules.isOn'
              : permission === 'denied'
                ? 'push.denied'
                : 'rules.isOff',
          )}
        </Tag>
        {permission === 'default' && <Button onClick={() => void ask()}>{t('push.enable')}</Button>}
      </div>
      <div className={css['line']}>
        <span>{t('receivers.closed')}</span>
        {push !== null && (
          <Tag tone={push === 'on' ? 'ok' : 'neutral'}>
            {t(push === 'on' ? 'rules.isOn' : push === 'off' ? 'rules.isOff' : `push.${push}`)}
          </Tag>
        )}
        {(push === 'on' || push === 'off') && (
          <Button
            disabled={busy}
            onClick={() =>
              void run(async () =>
                setPush(await (push === 'on' ? disablePush() : enablePush(locale))),
              )
            }
          >
            {t(push === 'on' ? 'push.disable' : 'push.enable')}
          </Button>
        )}
      </div>
      {problem && <Problem>{problem}</Problem>}
    </fieldset>
  );
}

function Others(): JSX.Element {
  const { t } = useLanguage();
  const { resource, reload } = useResource<readonly Receiver[]>('receivers');
  const [editing, setEditing] = useState<Receiver | 'new' | null>(null);
  const [removing, setRemoving] = useState<Receiver | null>(null);
  const receivers = resource.value ?? [];
  return (
    <>
      <div className={css['head']}>
        <p className={css['hint']}>{t('receivers.hint')}</p>
        <Button look="primary" onClick={() => setEditing('new')}>
          <Icon name="plus" />
          {t('receivers.create')}
        </Button>
      </div>
      {resource.status === 'failed' && <Problem>{failureCodeText(t, resource.code)}</Problem>}
      <ScrollBox
        className={`${tables['panel']} ${tables['tableWrap']}`}
        aria-label={t('receivers.title')}
      >
        {receivers.length === 0 ? (
          resource.status === 'loading' ? (
            <p className={css['loading']}>{t('common.loading')}</p>
          ) : (
            <Empty title={t('receivers.none')}>
              <p>{t('receivers.noneHint')}</p>
            </Empty>
          )
        ) : (
          <table className={tables['table']}>
            <thead>
              <tr>
                <th scope="col">{t('receivers.receiver')}</th>
                <th scope="col">{t('receivers.kind')}</th>
                <th scope="col">
                  <span className="visually-hidden">{t('common.actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {receivers.map((receiver) => (
                <tr key={receiver.receiverId}>
                  <th scope="row">{receiver.receiverId}</th>
                  <td>{kinds[receiver.settings.kind]?.name ?? receiver.settings.kind}</td>
                  <td className={tables['numeric']} aria-label={t('common.actions')}>
                    <span className={css['buttons']}>
                      <Button onClick={() => setEditing(receiver)}>{t('common.edit')}</Button>
                      <Button look="danger" onClick={() => setRemoving(receiver)}>
                        {t('common.remove')}
                      </Button>
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </ScrollBox>
      {editing && (
        <Editor
          receiver={editing === 'new' ? undefined : editing}
          onClose={() => {
            setEditing(null);
            reload();
          }}
        />
      )}
      {removing && (
        <Confirm
          title={t('receivers.removeTitle')}
          text={removing.receiverId}
          action={t('common.remove')}
          onConfirm={async () => {
            await request('DELETE', `receivers/${encodeURIComponent(removing.receiverId)}`);
            reload();
          }}
          describe={(failure) => failureText(t, failure)}
          onClose={() => setRemoving(null)}
        />
      )}
    </>
  );
}

function Editor({
  receiver,
  onClose,
}: {
  readonly receiver: Receiver | undefined;
  readonly onClose: () => void;
}): JSX.Element {
  const { t } = useLanguage();
  const [id, setId] = useState(receiver?.receiverId ?? '');
  const [settings, setSettings] = useState<Settings>(receiver?.settings ?? { kind: 'webhook' });
  const [answer, setAnswer] = useState<TestAnswer | null>(null);
  const { busy, problem, run } = useAction();
  const testing = useAction();
  const fields = kinds[settings.kind]?.fields ?? [];
  const set = (name: string, value: string | number | readonly string[]): void => {
    const { [name]: _, ...rest } = settings;
    setSettings((value === '' ? rest : { ...rest, [name]: value }) as Settings);
  };
  const path = `receivers/${encodeURIComponent(id)}`;
  return (
    <Dialog title={receiver?.receiverId ?? t('receivers.create')} onClose={onClose}>
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault();
          void run(async () => {
            await request('PUT', path, settings);
          }).then((done) => done && onClose());
        }}
      >
        {receiver === undefined && (
          <div className={css['row']}>
            <Field
              label={t('rules.name')}
              required
              value={id}
              onChange={(event) => setId(event.currentTarget.value)}
            />
            <SelectField
              label={t('receivers.kind')}
              choices={Object.entries(kinds).map(([value, { name }]) => ({ value, label: name }))}
              value={settings.kind}
              onChange={(kind) =>
                setSettings(kind === 'email' ? { kind, port: 465, security: 'tls' } : { kind })
              }
            />
          </div>
        )}
        {fields.map((field) => {
          const value = settings[field.name];
          const isSet = receiver?.secretsSet.includes(field.name) === true;
          if (field.kind === 'security')
            return (
              <SelectField
                key={field.name}
                label={t(field.label)}
                choices={['tls', 'starttls', 'none'].map((one) => ({
                  value: one,
                  label: one === 'none' ? t('receiver.plain') : one.toUpperCase(),
                }))}
                value={typeof value === 'string' ? value : 'tls'}
                onChange={(one) => set(field.name, one)}
              />
            );
          return (
            <Field
              key={field.name}
              label={t(field.label)}
              type={field.secret ? 'password' : field.kind === 'number' ? 'number' : 'text'}
              autoComplete="off"
              required={field.required === true && !isSet}
              placeholder={isSet ? t('receiver.isSet') : field.placeholder}
              hint={isSet ? t('receiver.keep') : undefined}
              value={Array.isArray(value) ? value.join(', ') : String(value ?? '')}
              onChange={(event) => {
                const text = event.currentTarget.value;
                if (field.kind === 'number') set(field.name, text === '' ? '' : Number(text));
                else if (field.kind === 'list')
                  set(field.name, text === '' ? '' : text.split(',').map((part) => part.trim()));
                else set(field.name, text);
              }}
            />
          );
        })}
        {answer && (
          <output className={css['result']}>
            <Tag tone={answer.kind === 'delivered' ? 'ok' : 'critical'}>
              {t(answer.kind === 'delivered' ? 'sent.delivered' : 'sent.failed')}
            </Tag>{' '}
            {answer.answer}
          </output>
        )}
        {(problem ?? testing.problem) && <Problem>{problem ?? testing.problem}</Problem>}
        <Actions>
          <Button
            disabled={testing.busy || id === ''}
            onClick={() =>
              void testing.run(async () =>
                setAnswer(await request<TestAnswer>('POST', `${path}/test`, settings)),
              )
            }
          >
            {testing.busy ? t('common.loading') : t('receivers.test')}
          </Button>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" disabled={busy || id === ''}>
            {t('common.save')}
          </Button>
        </Actions>
      </form>
    </Dialog>
  );
}
