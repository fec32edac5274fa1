/** The token of a one-time link, from the part of the address that is never sent to a server. */
export function tokenFromHash(hash: string): string | null {
  const text = hash.replace(/^#/, '');
  if (text === '') return null;
  return text.includes('=') ? new URLSearchParams(text).get('token') : decodeURIComponent(text);
}
