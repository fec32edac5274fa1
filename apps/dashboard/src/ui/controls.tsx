import {
  useEffect,
  useId,
  useRef,
  useState,
  type ComponentProps,
  type JSX,
  type ReactNode,
} from 'react';
import { useT } from '../i18n/locale.ts';
import { Icon } from './icons.tsx';
import css from './controls.module.css';

export function classes(...names: readonly (string | false | undefined)[]): string {
  return names.filter(Boolean).join(' ');
}

type Look = 'plain' | 'primary' | 'danger' | 'dangerFill' | 'quiet';

export interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: Look;
  /** Square, for a lone icon; needs `aria-label`. */
  readonly square?: boolean;
}

export function Button({
  look = 'plain',
  square = false,
  className,
  ...rest
}: ButtonProps): JSX.Element {
  return (
    <button
      type="button"
      {...rest}
      className={classes(
        css['button'],
        look !== 'plain' && css[look],
        square && css['icon'],
        className,
      )}
    />
  );
}

export interface Choice<T extends string | number> {
  readonly value: T;
  readonly label: string;
  readonly icon?: ReactNode;
}

/** One of a few, as radio buttons: arrow keys move, the group is announced with its name. */
export function Segments<T extends string | number>({
  label,
  choices,
  value,
  onChange,
  iconsOnly = false,
}: {
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly value: T | null;
  readonly onChange: (value: T) => void;
  readonly iconsOnly?: boolean;
}): JSX.Element {
  const name = useId();
  return (
    <div className={css['segments']} role="radiogroup" aria-label={label}>
      {choices.map((choice) => (
        <label
          key={choice.value}
          className={css['segment']}
          title={iconsOnly ? choice.label : undefined}
        >
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
            // A checked radio does not report a second click, yet that click should end a zoom.
            onClick={() => choice.value === value && onChange(choice.value)}
          />
          {choice.icon}
          <span className={iconsOnly ? 'visually-hidden' : undefined}>{choice.label}</span>
        </label>
      ))}
    </div>
  );
}

export function Select<T extends string>({
  label,
  choices,
  value,
  onChange,
}: {
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}): JSX.Element {
  return (
    <span className={css['selectWrap']}>
      <select
        className={css['select']}
        aria-label={label}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value as T)}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
      <Icon name="sortDown" />
    </span>
  );
}

export function Field({
  label,
  hint,
  problem,
  ...input
}: {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
} & ComponentProps<'input'>): JSX.Element {
  const id = useId();
  return (
    <div className={css['field']}>
      <label className={css['label']} htmlFor={id}>
        {label}
      </label>
      <input
        {...input}
        id={id}
        className={css['input']}
        aria-invalid={problem ? true : undefined}
        aria-describedby={hint || problem ? `${id}-hint` : undefined}
      />
      {(hint || problem) && (
        <p id={`${id}-hint`} className={css['hint']}>
          {problem ?? hint}
        </p>
      )}
    </div>
  );
}

export function Switch({
  label,
  ...input
}: { readonly label: string } & ComponentProps<'input'>): JSX.Element {
  return (
    <label className={css['switch']}>
      <input {...input} type="checkbox" role="switch" aria-checked={input.checked ?? false} />
      <span>{label}</span>
    </label>
  );
}

/** Something went wrong: announced at once. */
export function Problem({ children }: { readonly children: ReactNode }): JSX.Element {
  return (
    <p className={css['problem']} role="alert">
      <Icon name="alert" />
      <span>{children}</span>
    </p>
  );
}

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

/** What may be wider or longer than its place: reached by keyboard, so that it can be scrolled. */
export function ScrollBox({ children, ...rest }: ComponentProps<'div'>): JSX.Element {
  return (
    <div {...rest} role="group" tabIndex={0}>
      {children}
    </div>
  );
}

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

export type TagTone = 'neutral' | 'demo' | 'ok' | 'medium' | 'high' | 'critical';

const tagClasses: Readonly<Record<TagTone, string | undefined>> = {
  neutral: undefined,
  demo: css['tagDemo'],
  ok: css['tagOk'],
  medium: css['tagMedium'],
  high: css['tagHigh'],
  critical: css['tagCritical'],
};

export function Tag({
  tone = 'neutral',
  children,
  title,
}: {
  readonly tone?: TagTone;
  readonly children: ReactNode;
  readonly title?: string;
}): JSX.Element {
  return (
    <span className={classes(css['tag'], tagClasses[tone])} title={title}>
      {children}
    </span>
  );
}

export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}): JSX.Element {
  return (
    <div className={css['empty']}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export interface Column<K extends string> {
  readonly key: K;
  readonly label: string;
  readonly numeric?: boolean;
}

export interface Sorting<K extends string> {
  readonly key: K;
  readonly descending: boolean;
}

/** Column heads that sort; the direction is announced by `aria-sort`. */
export function SortHead<K extends string>({
  columns,
  sorting,
  onSort,
}: {
  readonly columns: readonly Column<K>[];
  readonly sorting: Sorting<K>;
  readonly onSort: (sorting: Sorting<K>) => void;
}): JSX.Element {
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          const active = column.key === sorting.key;
          return (
            <th
              key={column.key}
              scope="col"
              className={column.numeric ? css['numeric'] : undefined}
              aria-sort={active ? (sorting.descending ? 'descending' : 'ascending') : undefined}
            >
              <button
                type="button"
                className={css['sort']}
                onClick={() =>
                  onSort({
                    key: column.key,
                    descending: active ? !sorting.descending : column.numeric === true,
                  })
                }
              >
                {column.label}
                {active && <Icon name={sorting.descending ? 'sortDown' : 'sortUp'} size={14} />}
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

export { css as controls };
