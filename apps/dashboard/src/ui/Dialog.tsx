import { useEffect, useId, useRef, type JSX, type ReactNode } from 'react';
import { useT } from '../i18n/locale.ts';
import { Button } from './Button.tsx';
import { Icon } from './icons.tsx';
import css from './dialog.module.css';

/** The browser's own modal dialog: focus stays inside, Escape closes, focus returns. Mount it to open it. */
export function Dialog({
  title,
  onClose,
  children,
}: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const t = useT();
  useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  return (
    // A click on the backdrop closes, as Escape does.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions
    <dialog
      ref={ref}
      className={css['dialog']}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === ref.current && onClose()}
    >
      <div className={css['dialogHead']}>
        <h2 id={titleId}>{title}</h2>
        <Button look="quiet" square aria-label={t('common.close')} onClick={onClose}>
          <Icon name="close" />
        </Button>
      </div>
      <div className={css['dialogBody']}>{children}</div>
    </dialog>
  );
}

/** The buttons at the end of a form or a dialog. */
export function Actions({ children }: { readonly children: ReactNode }): JSX.Element {
  return <div className={css['actions']}>{children}</div>;
}
