import type { Outcome, ReceiverInfo } from '@openmanager/alerting/model';
import { useState, type JSX } from 'react';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Actions, Dialog } from '../../ui/Dialog.tsx';
import { Field, SelectField } from '../../ui/Field.tsx';
import { Problem } from '../../ui/notice.tsx';
import { Tag } from '../../ui/Tag.tsx';
import {
  fieldsOfReceiver,
  newSettings,
  receiverKinds,
  receiverName,
  settingOf,
  withSetting,
  type FieldSpec,
  type ReceiverDraft,
  type SettingValue,
} from './receiver-kinds.ts';
import css from './manage.module.css';

/** The form of a receiver. Secrets are never shown: one that is left empty stays as it is. */
export function ReceiverEditor({
  receiver,
  onClose,
}: {
  readonly receiver: ReceiverInfo | undefined;
  readonly onClose: () => void;
}): JSX.Element {
  const { t } = useLanguage();
  const [id, setId] = useState(receiver?.receiverId ?? '');
  const [settings, setSettings] = useState<ReceiverDraft>(
    receiver?.settings ?? newSettings('webhook'),
  );
  const { busy, problem, run } = useAction();
  const test = useAction();
  const [answer, setAnswer] = useState<Outcome | null>(null);
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
              choices={receiverKinds.map((value) => ({ value, label: receiverName(value) }))}
              value={settings.kind}
              onChange={(kind) => setSettings(newSettings(kind))}
            />
          </div>
        )}
        {fieldsOfReceiver(settings.kind).map(([name, field]) => (
          <Setting
            key={name}
            field={field}
            value={settingOf(settings, name)}
            isSet={receiver?.secretsSet.includes(name) === true}
            onChange={(value) => setSettings(withSetting(settings, name, value))}
          />
        ))}
        {settings.kind === 'heartbeat' && (
          <p className={css['hint']}>{t('receiver.heartbeatHint')}</p>
        )}
        {answer && (
          <output className={css['result']}>
            <Tag tone={answer.kind === 'delivered' ? 'ok' : 'critical'}>
              {t(answer.kind === 'delivered' ? 'sent.delivered' : 'sent.failed')}
            </Tag>{' '}
            {answer.answer}
          </output>
        )}
        {(problem ?? test.problem) && <Problem>{problem ?? test.problem}</Problem>}
        <Actions>
          <Button
            disabled={test.busy || id === ''}
            onClick={() =>
              void test.run(async () =>
                setAnswer(await request<Outcome>('POST', `${path}/test`, settings)),
              )
            }
          >
            {test.busy ? t('common.loading') : t('receivers.test')}
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

function Setting({
  field,
  value,
  isSet,
  onChange,
}: {
  readonly field: FieldSpec;
  readonly value: SettingValue | undefined;
  /** A secret that the hub has. */
  readonly isSet: boolean;
  readonly onChange: (value: SettingValue) => void;
}): JSX.Element {
  const { t } = useLanguage();
  const label = t(field.label);
  if (field.kind === 'security')
    return (
      <SelectField
        label={label}
        choices={['tls', 'starttls', 'none'].map((one) => ({
          value: one,
          label: one === 'none' ? t('receiver.plain') : one.toUpperCase(),
        }))}
        value={typeof value === 'string' ? value : 'tls'}
        onChange={onChange}
      />
    );
  if (field.choices)
    return (
      <SelectField
        label={label}
        choices={field.choices.map((one) => ({ value: one, label: one }))}
        value={typeof value === 'string' ? value : (field.choices[0] ?? '')}
        onChange={onChange}
      />
    );
  if (field.kind === 'lines')
    return (
      <label className={css['lines']}>
        <span>{label}</span>
        <textarea
          rows={3}
          spellCheck={false}
          autoComplete="off"
          required={field.required === true && !isSet}
          placeholder={isSet ? t('receiver.isSet') : field.placeholder}
          value={String(value ?? '')}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      </label>
    );
  return (
    <Field
      label={label}
      type={field.secret ? 'password' : field.kind === 'number' ? 'number' : 'text'}
      autoComplete="off"
      required={field.required === true && !isSet}
      placeholder={isSet ? t('receiver.isSet') : field.placeholder}
      hint={isSet ? t('receiver.keep') : undefined}
      value={Array.isArray(value) ? value.join(', ') : String(value ?? '')}
      onChange={(event) => {
        const text = event.currentTarget.value;
        if (text === '') onChange('');
        else if (field.kind === 'number') onChange(Number(text));
        else if (field.kind === 'list') onChange(text.split(',').map((part) => part.trim()));
        else onChange(text);
      }}
    />
  );
}
