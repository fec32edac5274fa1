import { expect, it } from 'vitest';
import { valuesOf } from '../../test/fixture.ts';
import { NotListedSource } from './not-listed.ts';

it('says how many devices each source does not list, from the first one on', () => {
  const disk = { notListed: 0 };
  const network = { notListed: 0 };
  const source = new NotListedSource({ disk, network });
  source.read();
  expect(source.keys).toEqual([]);
  network.notListed = 6;
  source.read();
  expect(valuesOf(source)).toEqual({ 'openmanager.agent.not_listed{source="network"}': 6 });
  const { keys } = source;
  network.notListed = 0;
  source.read();
  expect(source.keys).toBe(keys);
  expect(valuesOf(source)).toEqual({ 'openmanager.agent.not_listed{source="network"}': 0 });
  disk.notListed = 2;
  source.read();
  expect(valuesOf(source)).toEqual({
    'openmanager.agent.not_listed{source="disk"}': 2,
    'openmanager.agent.not_listed{source="network"}': 0,
  });
});
