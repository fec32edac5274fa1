import type { JSX } from 'react';
import { classes } from '../ui/classes.ts';
import css from './swatch.module.css';

/** The colour of the nearest `data-ink` above it. */
export function Swatch({ dashed = false }: { readonly dashed?: boolean }): JSX.Element {
  return <i className={classes(css['swatch'], dashed && css['dashed'])} />;
}
