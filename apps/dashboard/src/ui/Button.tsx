import type { ComponentProps, JSX } from 'react';
import { classes } from './classes.ts';
import css from './button.module.css';

type Look = 'plain' | 'primary' | 'danger' | 'dangerFill' | 'quiet';

export interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: Look;
  /** Square, for a lone icon; needs `aria-label`. */
  readonly square?: boolean;
}

/** How a button looks, for links that look like one. */
export function buttonClass(look: Look = 'plain', square = false): string {
  return classes(css['button'], look !== 'plain' && css[look], square && css['icon']);
}

export function Button({
  look = 'plain',
  square = false,
  className,
  ...rest
}: ButtonProps): JSX.Element {
  return (
    <button type="button" {...rest} className={classes(buttonClass(look, square), className)} />
  );
}
