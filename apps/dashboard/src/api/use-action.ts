import { useState } from 'react';
import { useT } from '../i18n/locale.ts';
import { failureText } from './failure-text.ts';

export interface Action {
  readonly busy: boolean;
  readonly problem: string | null;
  /** Runs one piece of work at a time; its failure becomes `problem`. Answers whether it succeeded. */
  readonly run: (work: () => Promise<void>) => Promise<boolean>;
}

export function useAction(): Action {
  const t = useT();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  return {
    busy,
    problem: failure === null ? null : failureText(t, failure),
    run: async (work) => {
      if (busy) return false;
      setBusy(true);
      setFailure(null);
      try {
        await work();
        return true;
      } catch (cause) {
        setFailure(cause);
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
