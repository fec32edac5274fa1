import type { Escalation } from '@openmanager/alerting/model';
import { MINUTE_MS } from '@openmanager/protocol/durations';
import type { JSX } from 'react';
import { useLanguage } from '../../i18n/locale.ts';
import { Button } from '../../ui/Button.tsx';
import { Icon } from '../../ui/icons.tsx';
import { ReceiverChoice } from './ReceiverChoice.tsx';
import { SpanField } from './SpanField.tsx';
import css from './manage.module.css';

/** Who else is notified while nobody acknowledges. */
export function Escalations({
  value,
  receivers,
  onChange,
}: {
  readonly value: readonly Escalation[];
  readonly receivers: readonly string[];
  readonly onChange: (value: readonly Escalation[]) => void;
}): JSX.Element {
  const { t } = useLanguage();
  return (
    <fieldset className={css['parts']}>
      <legend>{t('routing.escalations')}</legend>
      {value.map((escalation, at) => {
        const replace = (part: Partial<Escalation>): void =>
          onChange(value.map((one, index) => (index === at ? { ...one, ...part } : one)));
        return (
          <div key={at} className={css['line']}>
            <SpanField
              label={t('routing.after')}
              value={escalation.afterMs}
              onChange={(afterMs) => replace({ afterMs })}
            />
            <ReceiverChoice
              title={t('routing.receivers')}
              all={receivers}
              value={escalation.receivers}
              inherited={false}
              onChange={(chosen) => replace({ receivers: chosen ?? [] })}
            />
            <Button
              look="quiet"
              square
              aria-label={t('common.remove')}
              onClick={() => onChange(value.filter((_, index) => index !== at))}
            >
              <Icon name="close" />
            </Button>
          </div>
        );
      })}
      <div>
        <Button
          onClick={() =>
            onChange([...value, { afterMs: 30 * MINUTE_MS, receivers: receivers.slice(0, 1) }])
          }
        >
          <Icon name="plus" />
          {t('routing.addEscalation')}
        </Button>
      </div>
    </fieldset>
  );
}
