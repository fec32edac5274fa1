import type { MessageId } from '../i18n/en.ts';
import type { Translate } from '../i18n/locale.ts';
import { RequestFailure, type FailureCode } from './request.ts';

const messages: Partial<Record<FailureCode, MessageId>> = {
  unreachable: 'failure.unreachable',
  unauthenticated: 'failure.unauthenticated',
  forbidden: 'failure.forbidden',
  'wrong-credentials': 'failure.wrongCredentials',
  'setup-link-used': 'failure.setupLinkUsed',
  'too-many-requests': 'failure.tooManyRequests',
  'password-too-weak': 'failure.passwordTooWeak',
  'already-exists': 'failure.alreadyExists',
  'not-found': 'failure.notFound',
  'invalid-input': 'failure.invalidInput',
  'store-unavailable': 'failure.storeUnavailable',
  'shutting-down': 'failure.shuttingDown',
};

/** What went wrong and what to do, in the reader's language. */
export function failureCodeText(t: Translate, code: FailureCode): string {
  return t(messages[code] ?? 'failure.internal');
}

export function failureText(t: Translate, cause: unknown): string {
  return failureCodeText(t, cause instanceof RequestFailure ? cause.code : 'internal');
}
