import type { Rule, RuleEntry, RuleWarning } from '@openmanager/alerting/model';
import { useState, type JSX } from 'react';
import { request } from '../../api/request.ts';
import { useAction } from '../../api/use-action.ts';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Actions, Dialog } from '../../ui/Dialog.tsx';
import { Switch } from '../../ui/Field.tsx';
import { Problem } from '../../ui/notice.tsx';
import { Backtest } from './Backtest.tsx';
import { changed, lostFields, ruleKinds, withKind, type RuleChange } from './rule-kind.ts';
import { RuleFields } from './RuleFields.tsx';
import { RuleWarnings } from './RuleWarnings.tsx';
import css from './manage.module.css';

export function RuleEditor({
  rule: given,
  isNew,
  admin,
  onClose,
}: {
  readonly rule: Rule;
  readonly isNew: boolean;
  readonly admin: boolean;
  readonly onClose: () => void;
}): JSX.Element {
  const { t } = useLanguage();
  const [rule, setRule] = useState(given);
  /** What it was under other kinds; of a new rule nothing is kept before it is changed. */
  const [former, setFormer] = useState<readonly Rule[]>([]);
  const [text, setText] = useState<string | null>(null);
  const [warnings, setWarnings] = useState<readonly RuleWarning[]>([]);
  const { busy, problem, run } = useAction();
  const change = (part: RuleChange): void => setRule(changed(rule, part));
  const lost = lostFields(rule, former);
  const broken = text !== null && parsed(text) === undefined;
  return (
    <Dialog title={isNew ? t('rules.create') : rule.ruleId} onClose={onClose}>
      <form
        className={css['form']}
        onSubmit={(event) => {
          event.preventDefault();
          void run(async () => {
            const path = `rules/${encodeURIComponent(rule.ruleId)}`;
            const saved = await request<RuleEntry>('PUT', path, rule);
            setWarnings(saved.warnings);
            // What is saved and yet hardly meant is read here, and can be mended at once.
            if (saved.warnings.length === 0) onClose();
          });
        }}
      >
        {text === null ? (
          <RuleFields
            rule={rule}
            isNew={isNew}
            onChange={setRule}
            onKind={(kind) => {
              setFormer([...former.filter((one) => one.kind !== rule.kind), rule]);
              setRule(withKind(rule, kind, former));
            }}
          />
        ) : (
          <textarea
            className={css['area']}
            aria-label={t('rules.json')}
            aria-invalid={broken}
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              const read = parsed(event.currentTarget.value);
              if (read) setRule(read);
            }}
          />
        )}
        <Switch
          label={t('rules.json')}
          checked={text !== null}
          disabled={broken}
          onChange={() => setText(text === null ? JSON.stringify(rule, null, 2) : null)}
        />
        {lost.length > 0 && (
          <output className={css['result']}>{t('rules.lost', { fields: lost.join(', ') })}</output>
        )}
        <Backtest rule={rule} onApply={change} />
        {problem && <Problem>{problem}</Problem>}
        {warnings.length > 0 && (
          <output className={css['result']}>
            {t('rules.savedWithWarnings')}
            <RuleWarnings warnings={warnings} />
          </output>
        )}
        <Actions>
          <Button onClick={onClose}>{t(admin ? 'common.cancel' : 'common.close')}</Button>
          {admin && (
            <Button type="submit" look="primary" disabled={busy || broken || rule.ruleId === ''}>
              {t('common.save')}
            </Button>
          )}
        </Actions>
      </form>
    </Dialog>
  );
}

function parsed(text: string): Rule | undefined {
  try {
    const read = JSON.parse(text) as unknown;
    // The hub checks the rest and names what is wrong; the form needs to know the kind.
    return typeof read === 'object' &&
      read !== null &&
      'ruleId' in read &&
      'kind' in read &&
      (ruleKinds as readonly unknown[]).includes(read.kind)
      ? (read as Rule)
      : undefined;
  } catch {
    return undefined;
  }
}
