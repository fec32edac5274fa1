import type { Where } from '@openmanager/alerting/model';
import { useState, type JSX } from 'react';
import { useT } from '../../i18n/locale.ts';
import { pairsOf, whereOf, type WherePair } from './where.ts';

/** Attributes of series and patterns of their values, one pair of fields for each. */
export function WhereFields({
  value,
  onChange,
}: {
  readonly value: Where | undefined;
  readonly onChange: (where: Where | undefined) => void;
}): JSX.Element {
  const t = useT();
  // As typed: a name that is not finished may be empty, or that of another pair.
  const [pairs, setPairs] = useState(() => pairsOf(value));
  const [before] = useState(value);
  const change = (at: number, part: Partial<WherePair>): void => {
    const next = pairs.map((pair, index) => (index === at ? { ...pair, ...part } : pair));
    setPairs(next);
    onChange(whereOf(next, before));
  };
  return (
    <>
      {pairs.map(({ name, text }, at) => [
        <input
          key={`${at} name`}
          type="text"
          aria-label={t('overrides.attribute')}
          placeholder="system.filesystem.mountpoint"
          value={name}
          onChange={(event) => change(at, { name: event.currentTarget.value })}
        />,
        <input
          key={`${at} text`}
          type="text"
          aria-label={t('overrides.pattern')}
          placeholder="/backup*"
          value={text}
          onChange={(event) => change(at, { text: event.currentTarget.value })}
        />,
      ])}
    </>
  );
}
