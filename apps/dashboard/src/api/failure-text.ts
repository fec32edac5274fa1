import type { Translate } from '../i18n/locale.ts';
import { RequestFailure, type FailureCode } from './request.ts';

/** What went wrong and what to do, in the reader's language. */
export function failureCodeText(t: Translate, code: FailureCode): string {
  return t(`error.${code}`);
}

export function failureText(t: Translate, cause: unknown): string {
  return failureCodeText(t, cause instanceof RequestFailure ? cause.code : 'internal');
}
