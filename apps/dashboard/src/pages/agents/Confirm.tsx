import type { JSX } from 'react';
import { useAction } from '../../api/use-action.ts';
import { useT } from '../../i18n/locale.ts';
import { Button, controls, Dialog, Problem } from '../../ui/controls.tsx';

/** Asks before something that cannot be undone. The safe answer has the focus. */
export function Confirm({
  title,
  text,
  action,
  onConfirm,
  onClose,
}: {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}): JSX.Element {
  const t = useT();
  const { busy, problem, run } = useAction();
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      {problem && <Problem>{problem}</Problem>}
      <div className={controls['actions']}>
        <Button autoFocus onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button
          look="dangerFill"
          disabled={busy}
          onClick={() => void run(onConfirm).then((done) => done && onClose())}
        >
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
