/** Interfaces of default routes, from /proc/net/route and /proc/net/ipv6_route; names are raw (raw-name.ts). */
import { readOnce } from './text-file.ts';

const UP = 0x1;
const REJECT = 0x200;
const works = (flags: number): boolean => (flags & UP) !== 0 && (flags & REJECT) === 0;

/** `folder` is the one of the network namespace, such as /proc/self/net. */
export function defaultRoutes(folder: string): ReadonlySet<string> {
  const found = new Set<string>();
  const rows = (file: string): string[][] =>
    (readOnce(`${folder}/${file}`)?.raw() ?? '')
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
  for (const [name = '', destination, , flags = '', , , , mask] of rows('route'))
    if (destination === '00000000' && mask === '00000000' && works(Number.parseInt(flags, 16)))
      found.add(name);
  for (const [destination = '', length, , , , , , , flags = '', name = ''] of rows('ipv6_route'))
    if (/^0{32}$/.test(destination) && length === '00' && works(Number.parseInt(flags, 16)))
      found.add(name);
  return found;
}
