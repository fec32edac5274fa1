import { setTimeout as wait } from 'node:timers/promises';
import { isKnownMetric, parseSeriesKey } from '@openmanager/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeProgram } from '../../test/fake-program.ts';
import { fixture, type Fixture, valuesOf } from '../../test/fixture.ts';
import { GpuSource } from './gpu.ts';

let program: FakeProgram;
let tree: Fixture | undefined;
let source: GpuSource | undefined;
beforeEach(() => {
  program = new FakeProgram('nvidia-smi');
});
afterEach(() => {
  source?.close();
  program.remove();
  tree?.remove();
});

function gpus(files: Readonly<Record<string, string>>): GpuSource {
  tree = fixture(files);
  source = new GpuSource({ root: tree.root, folders: [program.folder] });
  return source;
}
async function read(from: GpuSource, nowMs: number): Promise<Record<string, number>> {
  from.read(nowMs);
  await from.settled();
  from.read(nowMs + 1);
  expect(from.keys.every((key) => isKnownMetric(parseSeriesKey(key).metric))).toBe(true);
  return valuesOf(from);
}
const key = (metric: string, id: string, name: string): string =>
  `hw.gpu.${metric}{hw.id="${id}",hw.name="${name}"}`;
async function until(holds: () => boolean): Promise<void> {
  for (const endMs = Date.now() + 5_000; !holds() && Date.now() < endMs;) await wait(10);
}

it('NVIDIA: one program stays and prints; what a processor does not know has no series', async () => {
  program.script(`
trap 'exit 0' TERM
printf '%s\\n' '0, 37, 1024, 24576, 61, 215.50, 1710, 45, 0, NVIDIA GeForce RTX 3090' \
  '1, 0, 0, 81920, 30, [N/A], 210, [Not Supported], 2, NVIDIA A100, 80GB' \
  'Unable to determine the device handle for GPU 0000:02:00.0: Unknown Error'
exec sleep 60`);
  const source = gpus({ '/dev/nvidiactl': '' });
  const values = await read(source, 0);
  const first = (metric: string): number | undefined =>
    values[key(metric, 'nvidia0', 'NVIDIA GeForce RTX 3090')];
  expect(first('utilization')).toBe(0.37);
  expect(first('memory.utilization')).toBeCloseTo(1 / 24);
  expect(first('memory.limit')).toBe(24_576 * 1024 * 1024);
  expect(first('temperature')).toBe(61);
  expect(first('power')).toBe(215.5);
  expect(first('frequency')).toBe(1.71e9);
  expect(first('fan.speed_ratio')).toBe(0.45);
  expect(first('errors')).toBe(0);
  expect(values[key('errors', 'nvidia1', 'NVIDIA A100, 80GB')]).toBe(2);
  expect(values).not.toHaveProperty([key('power', 'nvidia1', 'NVIDIA A100, 80GB')]);
  await read(source, 5_000);
  await read(source, 10_000);
  expect(program.calls()).toHaveLength(1);
  expect(program.calls()[0]).toMatch(
    /^--query-gpu=index,.*,name --format=csv,noheader,nounits -l 5$/,
  );
  // Silent since: the processor is there, its values are not.
  source.read(60_000);
  expect([...source.values].every(Number.isNaN)).toBe(true);
  source.close();
});

it('NVIDIA: an older driver is asked with fewer fields; a program that ends is begun anew, later and later', async () => {
  program.script(`
case "$*" in *ecc*) echo 'Field "ecc" is not a valid field to query.'; exit 2;; esac
echo '0, 5, 10, 100, 40, 10.0, 300, Quadro K600'`);
  const source = gpus({ '/dev/nvidiactl': '' });
  source.read(0);
  await until(() => program.calls().length === 1);
  await wait(50);
  await read(source, 100);
  expect(program.calls()).toHaveLength(2);
  expect(valuesOf(source)[key('utilization', 'nvidia0', 'Quadro K600')]).toBe(0.05);
  await wait(50);
  source.read(5_000);
  await wait(50);
  expect(program.calls()).toHaveLength(2);
  source.read(15_000);
  await until(() => program.calls().length === 3);
  expect(program.calls()).toHaveLength(3);
});

it('NVIDIA: nothing is started without the driver, or while all processors sleep', async () => {
  program.script(`echo '0, 5, 10, 100, 40, 10.0, 300, 1, 0, X'`);
  await read(gpus({ '/proc/stat': '' }), 0);
  tree?.remove();
  await read(
    gpus({
      '/dev/nvidiactl': '',
      '/sys/bus/pci/drivers/nvidia/0000:01:00.0/power/runtime_status': 'suspended\n',
    }),
    0,
  );
  expect(program.calls()).toEqual([]);
});

it('NVIDIA: the program ends with the agent', async () => {
  program.script(
    `echo $$ > "${program.folder}/pid"\necho '0, 5, 10, 100, 40, 10.0, 300, 1, 0, X'\nexec sleep 60`,
  );
  const source = gpus({ '/dev/nvidiactl': '' });
  await read(source, 0);
  const { readFileSync } = await import('node:fs');
  const pid = Number(readFileSync(`${program.folder}/pid`, 'utf8'));
  expect(() => process.kill(pid, 0)).not.toThrow();
  source.close();
  await until(() => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
  expect(() => process.kill(pid, 0)).toThrow();
});

const AMD = '/sys/class/drm/card0/device';

it('AMD: from sysfs, with the sensors of the card', async () => {
  const source = gpus({
    [`${AMD}/vendor`]: '0x1002\n',
    [`${AMD}/product_name`]: 'Radeon RX 7900 XTX\n',
    [`${AMD}/power/runtime_status`]: 'active\n',
    [`${AMD}/gpu_busy_percent`]: '64\n',
    [`${AMD}/mem_info_vram_used`]: '6442450944\n',
    [`${AMD}/mem_info_vram_total`]: '25753026560\n',
    [`${AMD}/hwmon/hwmon3/temp1_input`]: '58000\n',
    [`${AMD}/hwmon/hwmon3/power1_average`]: '187000000\n',
    [`${AMD}/hwmon/hwmon3/freq1_input`]: '2304000000\n',
    [`${AMD}/hwmon/hwmon3/fan1_input`]: '1100\n',
    [`${AMD}/hwmon/hwmon3/fan1_max`]: '3300\n',
    // Outputs of the card are no cards.
    '/sys/class/drm/card0-DP-1/status': 'connected\n',
  });
  const values = await read(source, 0);
  const of = (metric: string): number | undefined =>
    values[key(metric, 'card0', 'Radeon RX 7900 XTX')];
  expect(of('utilization')).toBe(0.64);
  expect(of('memory.utilization')).toBeCloseTo(0.25016, 4);
  expect(of('temperature')).toBe(58);
  expect(of('power')).toBe(187);
  expect(of('frequency')).toBe(2.304e9);
  expect(of('fan.speed_ratio')).toBeCloseTo(1 / 3);
  // Asleep: nothing of it is read, since reading would wake it.
  tree?.write(`${AMD}/power/runtime_status`, 'suspended\n');
  const asleep = await read(source, 10_000);
  expect(asleep[key('utilization', 'card0', 'Radeon RX 7900 XTX')]).toBeNaN();
});

it('Intel: clock, and the time that it was not in its sleep state', async () => {
  const card = '/sys/class/drm/card1';
  const source = gpus({
    [`${card}/device/vendor`]: '0x8086\n',
    [`${card}/gt/gt0/rps_act_freq_mhz`]: '1150\n',
    [`${card}/gt/gt0/rc6_residency_ms`]: '100000\n',
  });
  await read(source, 0);
  tree?.write(`${card}/gt/gt0/rc6_residency_ms`, '107500\n');
  const values = await read(source, 10_000);
  expect(values[key('utilization', 'card1', 'Intel GPU')]).toBeCloseTo(0.25);
  expect(values[key('frequency', 'card1', 'Intel GPU')]).toBe(1.15e9);
});
