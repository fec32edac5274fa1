import { expect, test } from 'vitest';
import { FleetViews } from './fleet-views.ts';
import { Follower, startHub } from '../../test/gateway/hub.ts';

const token = { kind: 'token', tokenId: 't' } as const;

test('views that are alike count once, others are bounded for each subject, and come back', () => {
  const views = new FleetViews(2);
  const [one, two, three] = [{}, {}, {}];
  const first = views.hold(token, one);
  const again = views.hold(token, one);
  const second = views.hold(token, two);
  expect(() => views.hold(token, three)).toThrow(/2 different views/);
  views.hold({ kind: 'token', tokenId: 'other' }, three);
  first();
  expect(() => views.hold(token, three)).toThrow();
  again();
  views.hold(token, three);
  second();
  views.hold(token, one);
});

test(
  '1,408 views of fleet with one token: refused beyond 32, others are served',
  { tags: ['security'] },
  async () => {
    const hub = await startHub();
    const one = await Follower.connect(hub.url);
    const asked = async (follower: Follower, metric: number): Promise<{ ok: boolean }> =>
      (await follower.socket.emitWithAck('subscribe', {
        topic: 'fleet',
        metrics: [`m${metric}`],
      })) as { ok: boolean };
    const followers = [one];
    while (followers.length < 44) followers.push(await Follower.connect(hub.url));
    const answers = await Promise.all(followers.map((follower, index) => asked(follower, index)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(32);
    const other = await Follower.connect(hub.url, {
      auth: { ...(one.socket.auth as object), token: 't-two' },
    });
    expect(await asked(other, 1_000)).toMatchObject({ ok: true });
    // What is let go can be held again.
    followers[0]?.socket.disconnect();
    await expect.poll(async () => (await asked(followers.at(-1) as Follower, 5_000)).ok).toBe(true);
    for (const { socket } of [...followers, other]) socket.disconnect();
    await hub.stop();
  },
);
