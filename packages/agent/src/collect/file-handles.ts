/** /proc/sys/fs/file-nr: open files of the whole host, against fs.file-max. */
import type { Reader } from './readings.ts';
import { TextFile } from './text-file.ts';

export function fileHandleReader(root: string): Reader {
  const file = new TextFile(`${root}/proc/sys/fs/file-nr`);
  return {
    everyMs: 0,
    read(add) {
      const text = file.read();
      if (!text) return;
      const allocated = text.number();
      // Handles that are allocated and not in use: none since Linux 2.6.
      text.skipFields(1);
      const most = text.number();
      add('system.linux.file_descriptors.usage', allocated);
      add(
        'system.linux.file_descriptors.utilization',
        most > 0 ? Math.min(1, allocated / most) : Number.NaN,
      );
    },
    close: () => file.close(),
  };
}
