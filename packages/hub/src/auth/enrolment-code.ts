import { randomInt } from 'node:crypto';

/** No 0/O, 1/I/L, U/V mix-ups. 30 signs, 16 of them: 78 bits. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUPS = 4;
const GROUP_LENGTH = 4;

/** XXXX-XXXX-XXXX-XXXX */
export function newEnrolmentCode(): string {
  const groups: string[] = [];
  for (let group = 0; group < GROUPS; group++) {
    let text = '';
    for (let index = 0; index < GROUP_LENGTH; index++) text += ALPHABET[randomInt(ALPHABET.length)];
    groups.push(text);
  }
  return groups.join('-');
}

/** People type codes in lower case, with blanks, without hyphens. */
export function normaliseCode(typed: string): string {
  return typed.toUpperCase().replaceAll(/[^0-9A-Z]/g, '');
}
