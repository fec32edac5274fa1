import type { ServerMetrics } from '@openmanager/react';
import { describe, expect, test } from 'vitest';
import { host } from '../../../test/hosts.ts';
import { countByStatus, isFiltered, noFilter, selectHosts } from './select.ts';

const compare = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
const names = (hosts: readonly ServerMetrics[]): string[] => hosts.map((one) => one.hostname);

const fleet = [
  host('web-10', { cpu: 0.2 }),
  host('web-9', { cpu: 0.9, priority: 'high' }),
  host('db-1', { cpu: 0.5, priority: 'critical', status: 'offline' }),
  host('cache', { priority: 'medium', status: 'stale', osName: 'Alpine Linux' }),
];

describe('selectHosts', () => {
  test('worst first, equal ones by name', () => {
    expect(names(selectHosts(fleet, noFilter, 'priority', compare))).toEqual([
      'db-1',
      'web-9',
      'cache',
      'web-10',
    ]);
  });

  test('by name, numbers as numbers', () => {
    expect(names(selectHosts(fleet, noFilter, 'name', compare))).toEqual([
      'cache',
      'db-1',
      'web-9',
      'web-10',
    ]);
  });

  test('by value, hosts without one last', () => {
    expect(names(selectHosts(fleet, noFilter, 'cpu', compare))).toEqual([
      'web-9',
      'db-1',
      'web-10',
      'cache',
    ]);
  });

  test('filters by words, status and priority together', () => {
    const filter = { text: 'ALPINE cache', status: 'stale', minPriority: 'medium' } as const;
    expect(names(selectHosts(fleet, filter, 'name', compare))).toEqual(['cache']);
    expect(selectHosts(fleet, { ...filter, minPriority: 'high' }, 'name', compare)).toEqual([]);
    expect(selectHosts(fleet, { ...filter, text: 'alpine web' }, 'name', compare)).toEqual([]);
    expect(isFiltered(filter)).toBe(true);
    expect(isFiltered({ ...noFilter, text: '  ' })).toBe(false);
  });

  test('does not disturb the list it is given', () => {
    const before = names(fleet);
    selectHosts(fleet, noFilter, 'name', compare);
    expect(names(fleet)).toEqual(before);
  });

  test('counts by status', () => {
    expect(countByStatus(fleet)).toEqual({ all: 4, online: 2, stale: 1, offline: 1 });
  });
});
