import { seriesKey } from '@openmanager/protocol';
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { show, shown, violations } from '../../../test/page.tsx';
import { Filesystems } from './Filesystems.tsx';

test('file systems that are not listed are counted below the list', async () => {
  const share = seriesKey('system.filesystem.utilization', {
    'system.filesystem.mountpoint': '/"사진" \n🚀',
  });
  const series = {
    [share]: 0.9,
    [seriesKey('openmanager.agent.not_listed', { source: 'filesystem' })]: 6,
  };
  show(<Filesystems series={series} />);
  await expect
    .element(page.getByText('6 more are not listed: they are less full.'))
    .toBeInTheDocument();
  expect(shown().textContent).toContain('/"사진" \\n🚀');
  expect(await violations()).toEqual([]);
});
