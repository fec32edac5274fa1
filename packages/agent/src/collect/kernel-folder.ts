/** Folders of /sys and /proc that hold a value per file, read seldom. What is not there is no value. */
import { readdirSync, readFileSync } from 'node:fs';
import { shownName } from './raw-name.ts';

/** Names in a folder, numbers in their order; none where there is no folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch {
    return [];
  }
}

/** Content of a small file without the blanks around it. */
export function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // Drivers refuse what they cannot tell now, such as the carrier of an interface that is switched off.
    return undefined;
  }
}

/** What a file calls something, fit to be shown (raw-name.ts); undefined where there is no name. */
export function nameIn(path: string): string | undefined {
  try {
    return shownName(readFileSync(path, 'latin1').trim()) || undefined;
  } catch {
    return undefined;
  }
}

/** The number a file holds; NaN where it holds none. */
export function numberIn(path: string): number {
  const text = textIn(path);
  return text === undefined || text === '' ? Number.NaN : Number(text);
}
