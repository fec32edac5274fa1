import type { Rule, RuleEntry } from '@openmanager/alerting/model';
import type { Session } from '@openmanager/protocol';
import { useState, type JSX } from 'react';
import { Confirm } from '../../ui/Confirm.tsx';
import { failureCodeText, failureText } from '../../api/failure-text.ts';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useResource } from '../../api/use-resource.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { classes } from '../../ui/classes.ts';
import { Switch } from '../../ui/Field.tsx';
import { Empty, Problem } from '../../ui/notice.tsx';
import { ScrollBox, tables } from '../../ui/table.tsx';
import { Tag } from '../../ui/Tag.tsx';
import { Icon } from '../../ui/icons.tsx';
import { AlertNav } from './AlertNav.tsx';
import { severityLook } from '../../ui/severity.ts';
import { RuleEditor } from './RuleEditor.tsx';
import { RuleWarnings } from './RuleWarnings.tsx';
import { targetsText, ruleSentence } from './rule-text.ts';
import css from './manage.module.css';

const fresh: Rule = {
  ruleId: '',
  kind: 'above',
  metric: 'system.cpu.utilization',
  scope: 'total',
  threshold: 0.9,
  clear: 0.8,
  forMs: 300_000,
  severity: 'warning',
};

export function RulesPage({ session }: { readonly session: Session }): JSX.Element {
  const { t, format } = useLanguage();
  const admin = session.role === 'admin';
  const { resource, reload } = useResource<readonly RuleEntry[]>('rules/full');
  const [editing, setEditing] = useState<RuleEntry | 'new' | null>(null);
  const [removing, setRemoving] = useState<RuleEntry | null>(null);
  const { busy, problem, run } = useAction();
  const rules = resource.value ?? [];
  return (
    <>
      <AlertNav />
      <div className={css['head']}>
        <p className={css['hint']}>{t('rules.hint')}</p>
        {admin && (
          <Button look="primary" onClick={() => setEditing('new')}>
            <Icon name="plus" />
            {t('rules.create')}
          </Button>
        )}
      </div>
      {resource.status === 'failed' && <Problem>{failureCodeText(t, resource.code)}</Problem>}
      {problem && <Problem>{problem}</Problem>}
      <ScrollBox
        className={`${tables['panel']} ${tables['tableWrap']}`}
        aria-label={t('rules.title')}
      >
        {rules.length === 0 ? (
          resource.status === 'loading' ? (
            <p className={css['loading']}>{t('common.loading')}</p>
          ) : (
            <Empty title={t('rules.none')} />
          )
        ) : (
          <table className={tables['table']}>
            <thead>
              <tr>
                <th scope="col">{t('rules.on')}</th>
                <th scope="col">{t('rules.rule')}</th>
                <th scope="col">{t('alerts.severity')}</th>
                <th scope="col">{t('rules.hosts')}</th>
                <th scope="col">{t('rules.tells')}</th>
                <th scope="col">
                  <span className="visually-hidden">{t('common.actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {rules.map((listed) => {
                const { rule, origin, warnings } = listed;
                const on = rule.enabled !== false;
                const look = severityLook[rule.severity];
                return (
                  <tr key={rule.ruleId} className={classes(!on && css['off'])}>
                    <td>
                      <Switch
                        label={t(on ? 'rules.isOn' : 'rules.isOff')}
                        checked={on}
                        disabled={!admin || busy}
                        aria-label={t('rules.onNamed', { rule: rule.ruleId })}
                        onChange={() =>
                          void run(async () => {
                            await request('PUT', `rules/${encodeURIComponent(rule.ruleId)}`, {
                              ...rule,
                              enabled: !on,
                            });
                            reload();
                          })
                        }
                      />
                    </td>
                    <th scope="row">
                      {ruleSentence(t, format, rule)}
                      <br />
                      <span className={css['hint']}>
                        {rule.ruleId} · {t(`rules.${origin}`)}
                        {'overrides' in rule &&
                          rule.overrides &&
                          rule.overrides.length > 0 &&
                          ` · ${t('rules.overrides', { count: rule.overrides.length })}`}
                      </span>
                      <RuleWarnings warnings={warnings} />
                    </th>
                    <td>
                      <Tag tone={look.tone}>
                        <Icon name={look.icon} size={13} />
                        {t(look.label)}
                      </Tag>
                    </td>
                    <td>{targetsText(t, rule.targets)}</td>
                    <td>{t(`audience.${rule.notify ?? 'everyone'}`)}</td>
                    <td className={tables['numeric']}>
                      <span className={css['buttons']}>
                        <Button onClick={() => setEditing(listed)}>
                          {t(admin ? 'common.edit' : 'rules.view')}
                        </Button>
                        {admin && origin !== 'default' && (
                          <Button look="danger" onClick={() => setRemoving(listed)}>
                            {t(origin === 'own' ? 'common.remove' : 'rules.reset')}
                          </Button>
                        )}
                      </span>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        )}
      </ScrollBox>
      {editing && (
        <RuleEditor
          rule={editing === 'new' ? fresh : editing.rule}
          isNew={editing === 'new'}
          admin={admin}
          onClose={() => {
            setEditing(null);
            reload();
          }}
        />
      )}
      {removing && (
        <Confirm
          title={t(removing.origin === 'own' ? 'rules.removeTitle' : 'rules.resetTitle')}
          text={removing.rule.ruleId}
          action={t(removing.origin === 'own' ? 'common.remove' : 'rules.reset')}
          onConfirm={async () => {
            await request('DELETE', `rules/${encodeURIComponent(removing.rule.ruleId)}`);
            reload();
          }}
          describe={(failure) => failureText(t, failure)}
          onClose={() => setRemoving(null)}
        />
      )}
    </>
  );
}
