import { openSync, readSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Fixture, fixture, valuesOf } from '../../test/fixture.ts';
import { TemperatureSource } from './temperature.ts';

// How often the hardware is asked is what matters for disks: each reading of an input is one question.
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return { ...fs, openSync: vi.fn(fs.openSync), readSync: vi.fn(fs.readSync) };
});

let tree: Fixture;
beforeEach(() => {
  vi.mocked(openSync).mockClear();
  vi.mocked(readSync).mockClear();
});
afterEach(() => tree.remove());

/** How often this file was read from its start. */
function asked(path: string): number {
  const fds = vi
    .mocked(openSync)
    .mock.results.filter((_, at) => vi.mocked(openSync).mock.calls[at]?.[0] === tree.root + path)
    .map(({ value }) => value as number);
  return vi
    .mocked(readSync)
    .mock.calls.filter(
      (call: readonly unknown[]) => fds.includes(call[0] as number) && call[4] === 0,
    ).length;
}

function chip(
  number: number,
  name: string,
  inputs: Readonly<Record<string, string | number>>,
): Record<string, string> {
  const folder = `/sys/class/hwmon/hwmon${number}`;
  const files: Record<string, string> = { [`${folder}/name`]: `${name}\n` };
  for (const [file, content] of Object.entries(inputs)) files[`${folder}/${file}`] = `${content}\n`;
  return files;
}

function zone(number: number, type: string, milli: number): Record<string, string> {
  const folder = `/sys/class/thermal/thermal_zone${number}`;
  return { [`${folder}/type`]: `${type}\n`, [`${folder}/temp`]: `${milli}\n` };
}

function read(...parts: readonly Readonly<Record<string, string>>[]): Record<string, number> {
  tree = fixture(Object.assign({}, ...parts) as Record<string, string>);
  const temperatures = new TemperatureSource(tree.root);
  temperatures.read(0);
  const values = valuesOf(temperatures);
  temperatures.close();
  return values;
}

describe('what cannot be believed', () => {
  it.each([
    127_500, 127_000, 125_000, 128_000, 255_000, 255_500, 511_000, 3_892_313_987, -40_000, -55_000,
    -127_000, -128_000, -273_150, 0, 65_261_850,
  ])('an input at %i m°C has no value', (milli) => {
    const values = read(chip(0, 'nct6775', { temp1_input: 31_000, temp2_input: milli }));
    expect(values['hw.temperature']).toBe(31);
    expect(values['hw.temperature{hw.id="nct6775_temp2",hw.name="nct6775"}']).toBeNaN();
  });

  it.each([-39_000, -1_000, 1_000, 124_000])('%i m°C is a temperature', (milli) => {
    expect(read(chip(0, 'adt7475', { temp1_input: milli }))['hw.temperature']).toBe(milli / 1000);
  });

  it('neither has one whose chip says that it is faulty', () => {
    const values = read(
      chip(0, 'lm90', {
        temp1_input: 31_000,
        temp2_input: 90_000,
        temp2_fault: 1,
        temp3_input: 40_000,
        temp3_fault: 0,
      }),
    );
    expect(values['hw.temperature']).toBe(40);
    expect(values['hw.temperature{hw.id="lm90_temp2",hw.name="lm90"}']).toBeNaN();
  });
});

describe('the hottest CPU', () => {
  it.each<[string, readonly Readonly<Record<string, string>>[], number]>([
    [
      'of a package, not the disk',
      [
        chip(0, 'nvme', { temp1_input: 71_000 }),
        chip(1, 'coretemp', {
          temp1_input: 55_000,
          temp1_label: 'Package id 0',
          temp2_input: 57_000,
        }),
      ],
      57,
    ],
    [
      'of a zone beside hwmon',
      [chip(0, 'nvme', { temp1_input: 71_000 }), zone(0, 'cpu-thermal', 62_000)],
      62,
    ],
    [
      'of x86_pkg_temp',
      [chip(0, 'acpitz', { temp1_input: 27_800 }), zone(1, 'x86_pkg_temp', 62_000)],
      62,
    ],
    [
      'of AMD, without the offset',
      [
        chip(0, 'k10temp', {
          temp1_input: 92_000,
          temp1_label: 'Tctl',
          temp2_input: 65_000,
          temp2_label: 'Tdie',
        }),
      ],
      65,
    ],
    [
      'where Tctl is all there is',
      [
        chip(0, 'k10temp', { temp1_input: 48_900, temp1_label: 'Tctl' }),
        chip(1, 'nct6798', { temp1_input: 90_000, temp1_label: 'CPUTIN' }),
      ],
      48.9,
    ],
    [
      'by its label',
      [
        chip(0, 'dell_smm', {
          temp1_input: 51_000,
          temp1_label: 'CPU',
          temp2_input: 60_000,
          temp2_label: 'GPU',
        }),
      ],
      51,
    ],
    [
      'or the hottest part, where no CPU is known',
      [chip(0, 'nvme', { temp1_input: 41_000 }), zone(0, 'gpu-thermal', 52_000)],
      52,
    ],
  ])('%s', (...[, parts, expected]) => {
    expect(read(...parts)['hw.temperature']).toBe(expected);
  });

  it('a zone that hwmon has as well is there once', () => {
    const values = read(
      chip(0, 'cpu_thermal', { temp1_input: 50_000 }),
      zone(0, 'cpu-thermal', 50_000),
      chip(1, 'acpitz', { temp1_input: 40_000 }),
      zone(1, 'acpitz', 40_000),
    );
    expect(Object.keys(values)).toHaveLength(3);
  });
});

it('two sensors never share a series, and names of any bytes are shown', () => {
  const values = read(
    chip(0, 'jc42', { temp1_input: 30_000, temp1_label: 'a "b"' }),
    chip(1, 'jc42', { temp1_input: 31_000 }),
    chip(2, 'x"y\\z', { temp1_input: 32_000 }),
  );
  expect(Object.keys(values)).toHaveLength(4);
  expect(values['hw.temperature{hw.id="x\\"y\\\\z_temp1",hw.name="x\\"y\\\\z"}']).toBe(32);
});

it('a driver that keeps its inputs in the folder of its device is read there', () => {
  const values = read({
    '/sys/class/hwmon/hwmon0/device/name': 'w83627hf\n',
    '/sys/class/hwmon/hwmon0/device/temp1_input': '33000\n',
  });
  expect(values['hw.temperature']).toBe(33);
});

it('of 40 sensors the first of each chip and the hottest are listed, and the others counted', () => {
  const inputs = Object.fromEntries(
    Array.from({ length: 38 }, (_, at) => [`temp${at + 1}_input`, 20_000 + at * 1000]),
  );
  tree = fixture({
    ...chip(0, 'board', inputs),
    ...chip(1, 'coretemp', { temp1_input: 10_000, temp2_input: 11_000 }),
  });
  const temperatures = new TemperatureSource(tree.root);
  temperatures.read(0);
  expect(temperatures.notListed).toBe(8);
  const ids = temperatures.keys.map((key) => /hw\.id="([^"]*)"/.exec(key)?.[1]);
  expect(ids).toContain('coretemp_temp1');
  expect(ids).toContain('board_temp38');
  expect(ids).toContain('board_temp1');
  expect(ids).not.toContain('board_temp2');
  expect(ids).not.toContain('coretemp_temp2');
  // A degree more does not change the list.
  const { keys } = temperatures;
  tree.write('/sys/class/hwmon/hwmon0/temp2_input', '30000\n');
  temperatures.read(5_000);
  expect(temperatures.keys).toBe(keys);
  tree.write('/sys/class/hwmon/hwmon0/temp2_input', '90000\n');
  temperatures.read(10_000);
  expect(temperatures.keys.some((key) => key.includes('"board_temp2"'))).toBe(true);
  temperatures.close();
});

it('a disk is listed beside a processor of many cores', () => {
  const cores = Object.fromEntries(
    Array.from({ length: 65 }, (_, at) => [`temp${at + 1}_input`, 80_000 - at * 100]),
  );
  const values = read(chip(0, 'coretemp', cores), chip(1, 'nvme', { temp1_input: 35_000 }));
  expect(values['hw.temperature{hw.id="nvme_temp1",hw.name="nvme"}']).toBe(35);
  expect(values['hw.temperature{hw.id="coretemp_temp1",hw.name="coretemp"}']).toBe(80);
  expect(values['hw.temperature']).toBe(80);
});

describe('a disk', () => {
  const input = '/sys/class/hwmon/hwmon0/temp1_input';
  const stat = '/sys/class/hwmon/hwmon0/device/block/sda/stat';

  function watch(
    files: Readonly<Record<string, string>>,
    driver = 'drivetemp',
  ): { at(seconds: number): number; close(): void } {
    tree = fixture({ ...chip(0, driver, { temp1_input: 35_000 }), ...files });
    const temperatures = new TemperatureSource(tree.root);
    let seconds = 0;
    return {
      // Read every 5 s until then.
      at(until) {
        for (; seconds <= until; seconds += 5) temperatures.read(seconds * 1000);
        return temperatures.values[1] as number;
      },
      close: () => temperatures.close(),
    };
  }

  it('is asked every 5 minutes, and its temperature held in between', () => {
    const disk = watch({});
    expect(disk.at(0)).toBe(35);
    tree.write(input, '36000\n');
    expect(disk.at(295)).toBe(35);
    expect(asked(input)).toBe(1);
    expect(disk.at(300)).toBe(36);
    expect(disk.at(3_600)).toBe(36);
    expect(asked(input)).toBe(13);
    disk.close();
  });

  it('that does nothing is not asked at all, until it works', () => {
    const disk = watch({ [stat]: '10 0 80 5\n' });
    expect(disk.at(1_800)).toBeNaN();
    expect(asked(input)).toBe(0);
    tree.write(stat, '11 0 88 5\n');
    expect(disk.at(1_805)).toBe(35);
    expect(asked(input)).toBe(1);
    // Held for a quarter of an hour, then unknown.
    expect(disk.at(2_700)).toBe(35);
    expect(disk.at(2_720)).toBeNaN();
    expect(asked(input)).toBe(1);
    disk.close();
  });

  it('that works now and then is asked right after it has, never later', () => {
    const disk = watch({ [stat]: '0\n' });
    disk.at(0);
    for (let minute = 1; minute <= 60; minute++) {
      disk.at(minute * 60);
      if (minute % 7 === 0) tree.write(stat, `${minute}\n`);
    }
    expect(asked(input)).toBe(8);
    disk.close();
  });

  it('without platters needs no rest', () => {
    const disk = watch({
      [stat]: '0\n',
      '/sys/class/hwmon/hwmon0/device/block/sda/queue/rotational': '0\n',
    });
    expect(disk.at(0)).toBe(35);
    disk.close();
  });

  it.each(['device/power/runtime_status', 'device/device/power/runtime_status'])(
    'or a card that the kernel has suspended (%s) is not woken',
    (file) => {
      const path = `/sys/class/hwmon/hwmon0/${file}`;
      const card = watch({ [path]: 'suspended\n' }, 'amdgpu');
      expect(card.at(600)).toBeNaN();
      expect(asked(input)).toBe(0);
      tree.write(path, 'active\n');
      expect(card.at(605)).toBe(35);
      tree.write(path, 'suspended\n');
      expect(card.at(610)).toBeNaN();
      card.close();
    },
  );

  it('NVMe is asked once a minute', () => {
    const disk = watch({}, 'nvme');
    expect(disk.at(595)).toBe(35);
    expect(asked(input)).toBe(10);
    disk.close();
  });

  it('keeps its pace when sensors are looked for again', () => {
    const disk = watch({ [stat]: '0\n' });
    disk.at(300);
    tree.write(stat, '1\n');
    disk.at(305);
    for (let at = 310; at < 600; at += 5) {
      tree.write(stat, `${at}\n`);
      disk.at(at);
    }
    expect(asked(input)).toBe(1);
    disk.close();
  });
});
