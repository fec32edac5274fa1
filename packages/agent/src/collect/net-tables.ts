/** Tables of /proc/net, of the network namespace that the agent is in. */
import { existsSync } from 'node:fs';
import { TextFile } from './text-file.ts';

/** /proc/net is a link to self/net; trees that were copied may lack one of the two. */
export function netFile(root: string, name: string): TextFile {
  const own = `${root}/proc/self/net/${name}`;
  return new TextFile(existsSync(own) ? own : `${root}/proc/net/${name}`);
}

/** Values by `Section.Name` of a file that has a line of names and one of numbers for each section: snmp, netstat. */
export function namedNumbers(text: string): Map<string, number> {
  const numbers = new Map<string, number>();
  const lines = text.split('\n');
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [section = '', ...names] = (lines[at] as string).split(' ');
    const values = (lines[at + 1] as string).split(' ');
    if (values[0] !== section) break;
    for (const [index, name] of names.entries())
      numbers.set(`${section.slice(0, -1)}.${name}`, Number(values[index + 1]));
  }
  return numbers;
}
