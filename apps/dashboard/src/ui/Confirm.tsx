import { useState, type JSX } from 'react';
import { useT } from '../i18n/locale.ts';
import { Button } from './Button.tsx';
import { Actions, Dialog } from './Dialog.tsx';
import { Problem } from './notice.tsx';

/** Asks before something that cannot be undone. The safe answer has the focus; it closes when the work is done. */
export function Confirm({
  title,
  text,
  action,
  onConfirm,
  describe,
  onClose,
}: {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly onConfirm: () => Promise<void>;
  /** What went wrong, in words. */
  readonly describe: (failure: unknown) => string;
  readonly onClose: () => void;
}): JSX.Element {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const confirm = async (): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      onClose();
    } catch (failure) {
      setProblem(describe(failure));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      {problem && <Problem>{problem}</Problem>}
      <Actions>
        <Button autoFocus onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button look="dangerFill" disabled={busy} onClick={() => void confirm()}>
          {action}
        </Button>
      </Actions>
    </Dialog>
  );
}
