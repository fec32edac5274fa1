/** What this machine is. */
import { readFileSync, readlinkSync } from 'node:fs';
import { arch, cpus, hostname, platform, release, totalmem, type } from 'node:os';
import type { CollectedFacts } from './collector.ts';
import { cutName } from './raw-name.ts';

const short = (text: string): string => cutName(text.trim());

export function hostFacts(root = ''): CollectedFacts {
  const processors = cpus();
  return {
    hostname: short(hostname()) || 'unnamed',
    os: platform(),
    osName: osName(root),
    kernel: short(release()),
    arch: arch(),
    cpuModel: short(processors[0]?.model ?? ''),
    cpuCount: processors.length,
    memoryBytes: totalmem(),
    timeZone: timeZone(root),
  };
}

/** PRETTY_NAME of os-release(5), else the kernel's name. */
function osName(root: string): string {
  for (const path of ['/etc/os-release', '/usr/lib/os-release']) {
    try {
      const found = /^PRETTY_NAME=(["']?)(.*)\1$/m.exec(readFileSync(root + path, 'utf8'))?.[2];
      if (found) return short(found);
    } catch {
      // The next place, or none.
    }
  }
  return short(`${type()} ${release()}`);
}

/** From the link that every distribution has; asking Intl would load the time zones of the world for one name. */
function timeZone(root: string): string {
  const set = process.env['TZ'];
  if (set) return short(set.replace(/^:/, ''));
  try {
    const target = readlinkSync(`${root}/etc/localtime`);
    const at = target.indexOf('/zoneinfo/');
    if (at >= 0) return short(target.slice(at + '/zoneinfo/'.length));
  } catch {
    // No link: UTC on Linux, and the system's own way elsewhere.
  }
  return platform() === 'linux' ? 'UTC' : new Intl.DateTimeFormat().resolvedOptions().timeZone;
}
