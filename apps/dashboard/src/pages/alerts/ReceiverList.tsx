import type { ReceiverInfo } from '@openmanager/alerting/model';
import { useState, type JSX } from 'react';
import { failureCodeText, failureText } from '../../api/failure-text.ts';
import { request } from '../../api/request.ts';
import { useResource } from '../../api/use-resource.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Confirm } from '../../ui/Confirm.tsx';
import { Icon } from '../../ui/icons.tsx';
import { Empty, Problem } from '../../ui/notice.tsx';
import { ScrollBox, tables } from '../../ui/table.tsx';
import { receiverName } from './receiver-kinds.ts';
import { ReceiverEditor } from './ReceiverEditor.tsx';
import css from './manage.module.css';

/** Where notifications go beside browsers. */
export function ReceiverList(): JSX.Element {
  const { t } = useLanguage();
  const { resource, reload } = useResource<readonly ReceiverInfo[]>('receivers');
  const [editing, setEditing] = useState<ReceiverInfo | 'new' | null>(null);
  const [removing, setRemoving] = useState<ReceiverInfo | null>(null);
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
                  <td>
                    {receiverName(receiver.settings.kind)}
                    {receiver.origin !== undefined && (
                      <small className={css['origin']}>{receiver.origin}</small>
                    )}
                  </td>
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
        <ReceiverEditor
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
