import { useEffect, useRef, useState, type JSX } from 'react';
import { useT } from '../i18n/locale.ts';
import { Button } from './Button.tsx';
import { Icon } from './icons.tsx';
import css from './code-block.module.css';

/** Text to be copied as it stands. */
export function CodeBlock({
  text,
  label,
}: {
  readonly text: string;
  readonly label: string;
}): JSX.Element {
  const t = useT();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const pre = useRef<HTMLPreElement>(null);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Without a secure context there is no clipboard: select the text, so that the keyboard can copy it.
      if (pre.current) getSelection()?.selectAllChildren(pre.current);
    }
  };
  return (
    <div className={css['code']}>
      {/* Focusable, because a long line scrolls. */}
      <pre ref={pre} tabIndex={0} role="group" aria-label={label}>
        {text}
      </pre>
      <Button look="quiet" onClick={() => void copy()}>
        <Icon name={copied ? 'check' : 'copy'} />
        <span aria-live="polite">{copied ? t('common.copied') : t('common.copy')}</span>
      </Button>
    </div>
  );
}
