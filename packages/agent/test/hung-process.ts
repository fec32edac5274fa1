/** A collector of this machine in a process of its own, which ends as the command does. */
import { endHard } from '../../cli/src/last-resort.ts';
import { LinuxCollector } from '../src/collect/linux.ts';

const collector = new LinuxCollector();
let samples = 0;
setInterval(() => {
  const { keys, values } = collector.sample(Date.now(), { perCore: false });
  samples++;
  const stuck = keys.filter(
    (key, at) => key.startsWith('system.filesystem.stuck{') && values[at] === 1,
  );
  const answered = keys.filter(
    (key, at) => key.startsWith('system.filesystem.limit') && (values[at] ?? 0) > 0,
  ).length;
  process.stdout.write(`${JSON.stringify({ pid: process.pid, samples, stuck, answered })}\n`);
}, 100);
process.on('SIGTERM', () => {
  collector.close();
  endHard();
});
