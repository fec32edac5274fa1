import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { isKnownMetric, parseSeriesKey } from '@openmanager/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../../../../scripts/peers/needs.ts';
import { peerPath } from '../../../../scripts/peers/table.ts';
import { FakeProgram } from '../../test/fake-program.ts';
import { fixture, type Fixture, valuesOf } from '../../test/fixture.ts';
import { findProgram, runProgram } from './program.ts';
import { SmartSource } from './smart.ts';
import { readSmartReport } from './smart-report.ts';

const smartctl = (exit_status: number, messages: string[] = []): object => ({
  version: [7, 3],
  exit_status,
  messages: messages.map((string) => ({ string, severity: 'error' })),
});
const sata = (more: object = {}, exit = 0): object => ({
  smartctl: smartctl(exit),
  device: { name: '/dev/sda', type: 'sat', protocol: 'ATA' },
  model_name: 'ST4000NE001',
  smart_status: { passed: true },
  power_on_time: { hours: 24_000 },
  temperature: { current: 38 },
  ata_smart_attributes: {
    revision: 10,
    table: [
      {
        id: 5,
        name: 'Reallocated_Sector_Ct',
        value: 100,
        thresh: 10,
        raw: { value: 0, string: '0' },
      },
      {
        id: 197,
        name: 'Current_Pending_Sector',
        value: 99,
        thresh: 0,
        raw: { value: 8, string: '8' },
      },
      {
        id: 199,
        name: 'UDMA_CRC_Error_Count',
        value: 200,
        thresh: 0,
        raw: { value: 3, string: '3' },
      },
      {
        id: 190,
        name: 'Airflow_Temperature_Cel',
        value: 62,
        raw: { value: 471_269_414, string: '38 (Min/Max 23/41)' },
      },
    ],
  },
  ...more,
});
const nvme = (more: object = {}): object => ({
  smartctl: smartctl(0),
  device: { name: '/dev/nvme0', type: 'nvme', protocol: 'NVMe' },
  model_name: 'Samsung SSD 980 PRO 1TB',
  smart_status: { passed: true, nvme: { value: 0 } },
  nvme_smart_health_information_log: {
    critical_warning: 0,
    temperature: 41,
    available_spare: 98,
    available_spare_threshold: 10,
    percentage_used: 104,
    media_errors: 2,
    power_on_hours: 800,
    ...more,
  },
  temperature: { current: 41 },
  power_on_time: { hours: 800 },
});
const report = (body: object, code = 0): Record<string, unknown> => ({
  ...readSmartReport(JSON.stringify(body), code),
});

describe('what smartctl says', () => {
  it('a SATA disk: health, counts, age', () => {
    expect(report(sata())).toMatchObject({
      kind: 'awake',
      model: 'ST4000NE001',
      healthy: 1,
      flags: [0, 0, 0, 0, 0],
      errors: { reallocated: 0, pending: 8, crc: 3 },
      celsius: 38,
      poweredOnSeconds: 86_400_000,
      wear: Number.NaN,
    });
  });

  it.each([
    [1 << 2, 1, [0, 0, 0, 0, 0]],
    [1 << 3, 0, [0, 0, 0, 0, 0]],
    [1 << 4, 1, [1, 0, 0, 0, 0]],
    [1 << 5, 1, [0, 1, 0, 0, 0]],
    [1 << 6, 1, [0, 0, 1, 0, 0]],
    [1 << 7, 1, [0, 0, 0, 1, 0]],
    [(1 << 3) | (1 << 4) | (1 << 6), 0, [1, 0, 1, 0, 0]],
  ])('exit status %i is about the disk, not about the command', (code, healthy, flags) => {
    expect(report(sata({}, code), code)).toMatchObject({ kind: 'awake', healthy, flags });
  });

  it('a value of another kind costs itself only', () => {
    const odd = sata({
      temperature: { current: 'warm' },
      power_on_time: null,
      ata_smart_attributes: { table: [null, 7, { id: 5, raw: { value: 9 } }] },
    });
    expect(report(odd)).toMatchObject({
      kind: 'awake',
      healthy: 1,
      errors: { reallocated: 9 },
      celsius: Number.NaN,
    });
  });

  it('a sleeping disk, one that we may not open, one that is gone, and no JSON', () => {
    const said = (message: string): object => ({ smartctl: smartctl(2, [message]) });
    expect(report(said('Device is in STANDBY mode, exit(2)'), 2)).toEqual({ kind: 'asleep' });
    expect(report(said('Device is in SLEEP mode, exit(2)'), 2)).toEqual({ kind: 'asleep' });
    const denied = said('Smartctl open device: /dev/sda [SAT] failed: Permission denied');
    expect(report(denied, 2)).toEqual({ kind: 'denied' });
    expect(report(said('Smartctl open device: /dev/sdz failed: No such device'), 2)).toMatchObject({
      kind: 'none',
      reason: expect.stringContaining('No such device') as string,
    });
    expect(readSmartReport('Killed', null)).toMatchObject({ kind: 'none' });
  });

  it('NVMe: a critical warning is a failing disk whatever the status says; wear goes beyond 1', () => {
    expect(report(nvme())).toMatchObject({
      healthy: 1,
      wear: 1.04,
      spare: 0.98,
      errors: { media: 2 },
    });
    expect(report(nvme({ critical_warning: 4 }))).toMatchObject({ healthy: 0 });
    // Too hot only, which smartctl calls failed as well.
    const hot = { ...nvme({ critical_warning: 2 }), smart_status: { passed: false } };
    expect(report(hot, 8)).toMatchObject({ healthy: 1, flags: [0, 0, 0, 0, 1] });
    expect(report(nvme({ critical_warning: 3 }), 8)).toMatchObject({ healthy: 0 });
  });

  it('wear of SATA and SAS disks; packed counts', () => {
    const table = (name: string, value: number): object =>
      sata({ ata_smart_attributes: { table: [{ id: 233, name, value, raw: { value: 1 } }] } });
    expect(report(table('Media_Wearout_Indicator', 93))['wear']).toBeCloseTo(0.07);
    expect(report(table('Media_Wearout_Indicator', 253))['wear']).toBeNaN();
    const sas = {
      smartctl: smartctl(0),
      scsi_model_name: 'HGST SS300',
      smart_status: { passed: true },
      scsi_grown_defect_list: 4,
      scsi_error_counter_log: {
        read: { total_uncorrected_errors: 3 },
        write: { total_uncorrected_errors: 2 },
      },
      scsi_percentage_used_endurance_indicator: 12,
    };
    expect(report(sas)).toMatchObject({
      model: 'HGST SS300',
      wear: 0.12,
      errors: { reallocated: 4 },
    });
    const packed = sata({
      ata_smart_attributes: {
        table: [
          {
            id: 187,
            name: 'Reported_Uncorrect',
            value: 100,
            raw: { value: 4_295_032_833, string: '1 1 1' },
          },
        ],
      },
    });
    expect(report(packed)['errors']).toEqual({ reported: 1 });
  });
});

describe('asked by the agent', () => {
  let program: FakeProgram;
  let tree: Fixture;
  let sources: SmartSource[];
  beforeEach(() => {
    program = new FakeProgram('smartctl');
    tree = fixture({ '/sys/block/sda/device/vendor': 'ATA     \n' });
    sources = [];
  });
  afterEach(() => {
    for (const source of sources) source.close();
    program.remove();
    tree.remove();
  });
  const source = (options: object = {}): SmartSource => {
    const made = new SmartSource({ root: tree.root, folders: [program.folder], ...options });
    sources.push(made);
    return made;
  };
  const scan = (...devices: (readonly [name: string, type: string])[]): void =>
    program.answer('--scan --json=c', {
      output: { devices: devices.map(([name, type]) => ({ name, type, info_name: name })) },
    });
  async function answered(smart: SmartSource, nowMs: number): Promise<Record<string, number>> {
    smart.read(nowMs);
    await smart.settled();
    smart.read(nowMs + 1);
    return valuesOf(smart);
  }
  const key = (metric: string, id: string, name: string): string =>
    `hw.physical_disk.${metric}{hw.id="${id}",hw.name="${name}"}`;
  const SDA = '--json=c -n standby -a -d sat /dev/sda';

  it('asks each disk every ten minutes with its type, and tells what it says', async () => {
    scan(
      ['/dev/sda', 'scsi'],
      ['/dev/nvme0', 'nvme'],
      ['/dev/bus/0', 'megaraid,3'],
      ['-d', 'scsi'],
    );
    program.answer(SDA, { output: sata({}, 0), code: 64 });
    program.answer('--json=c -n standby -a -d nvme /dev/nvme0', { output: nvme() });
    program.answer('--json=c -n standby -a -d megaraid,3 /dev/bus/0', {
      output: sata({ smart_status: { passed: false } }),
      code: 8,
    });
    const smart = source();
    const values = await answered(smart, 0);
    expect(program.calls()).toHaveLength(4);
    expect(values[key('healthy', 'sda', 'ST4000NE001')]).toBe(1);
    expect(
      values[
        'hw.physical_disk.smart.flag{hw.id="sda",hw.name="ST4000NE001",smart.flag="error_log"}'
      ],
    ).toBe(1);
    expect(values[key('wear', 'nvme0', 'Samsung SSD 980 PRO 1TB')]).toBe(1.04);
    expect(values[key('healthy', '0:megaraid,3', 'ST4000NE001')]).toBe(0);
    expect(smart.keys.every((one) => isKnownMetric(parseSeriesKey(one).metric))).toBe(true);
    await answered(smart, 300_000);
    expect(program.calls()).toHaveLength(4);
    await answered(smart, 600_000);
    expect(program.calls()).toHaveLength(8);
  });

  it('leaves sleeping disks asleep and tells what they said before', async () => {
    scan(['/dev/sda', 'scsi']);
    program.answer(SDA, { output: sata() });
    const smart = source();
    await answered(smart, 0);
    program.answer(SDA, {
      output: { smartctl: smartctl(2, ['Device is in STANDBY mode, exit(2)']) },
      code: 2,
    });
    for (const round of [1, 2, 3, 4, 5]) await answered(smart, round * 600_000);
    const values = valuesOf(smart);
    expect(values[key('standby', 'sda', 'ST4000NE001')]).toBe(1);
    expect(values[key('healthy', 'sda', 'ST4000NE001')]).toBe(1);
    expect(values[key('temperature', 'sda', 'ST4000NE001')]).toBeNaN();
    // The kernel has suspended it: not even smartctl is asked.
    tree.write('/sys/block/sda/device/power/runtime_status', 'suspended\n');
    const before = program.calls().length;
    await answered(smart, 3_600_000);
    expect(program.calls().slice(before)).toEqual(['--scan --json=c']);
  });

  it('says once which disks it may not ask, and asks them no more', async () => {
    scan(['/dev/sda', 'scsi']);
    const said = 'Smartctl open device: /dev/sda [SAT] failed: Permission denied';
    program.answer(SDA, { output: { smartctl: smartctl(2, [said]) }, code: 2 });
    const warnings: string[] = [];
    const smart = source({ warn: (_message: string, disks: string) => warnings.push(disks) });
    for (const round of [0, 1, 2]) await answered(smart, round * 600_000);
    expect(warnings).toEqual(['sda']);
    expect(program.calls().filter((call) => call === SDA)).toHaveLength(1);
    expect(smart.keys).toEqual([]);
  });

  it('a smartctl that hangs, floods or is of somebody else costs a bound', async () => {
    const signal = new AbortController().signal;
    program.script('sleep 60');
    const path = join(program.folder, 'smartctl');
    const startMs = performance.now();
    await expect(runProgram(path, [], { timeoutMs: 100, maxBytes: 10, signal })).rejects.toThrow(
      /100 ms/,
    );
    expect(performance.now() - startMs).toBeLessThan(5_000);
    program.script('yes');
    await expect(
      runProgram(path, [], { timeoutMs: 5_000, maxBytes: 1_000, signal }),
    ).rejects.toThrow(/1000 bytes/);
    expect(findProgram('smartctl', [program.folder])).toBe(path);
    chmodSync(path, 0o777);
    if (process.getuid?.() === 0) expect(findProgram('smartctl', [program.folder])).toBeUndefined();
    expect(findProgram('no-such-program')).toBeUndefined();
  });

  it('a smartctl that says anything at all is survived', async () => {
    for (const output of [
      '',
      'null',
      '[]',
      '{"devices":7}',
      '{"devices":[{"name":"/dev/sda;rm"}]}',
    ]) {
      program.answer('--scan --json=c', { output });
      const smart = source();
      await answered(smart, 0);
      expect(smart.keys).toEqual([]);
    }
  });
});

it('the real smartctl takes our arguments', needs('linux', 'smartctl'), async () => {
  const options = { timeoutMs: 20_000, maxBytes: 1e6, signal: new AbortController().signal };
  const scanned = await runProgram(peerPath('smartctl'), ['--scan', '--json=c'], options);
  expect(scanned.code).toBe(0);
  expect(JSON.parse(scanned.output)).toHaveProperty('smartctl');
  const asked = await runProgram(
    peerPath('smartctl'),
    ['--json=c', '-n', 'standby', '-a', '-d', 'sat', '/dev/no-such-disk'],
    options,
  );
  // Bit 1 alone: the command line is understood, the disk is not there.
  expect(asked.code).toBe(2);
  expect(readSmartReport(asked.output, asked.code)).toMatchObject({ kind: 'none' });
});
