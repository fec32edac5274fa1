import { expect, test } from 'vitest';
import { createFormat } from '@openmanager/texts';
import { host } from '../../../test/hosts.ts';
import { CalmOrder, type OrderInput } from './calm-order.ts';
import { noFilter } from './select.ts';

const calm = host('aa', { cpu: 0.1 });
const busy = host('bb', { cpu: 0.9 });
const input: OrderInput = {
  hosts: [calm, busy],
  filter: noFilter,
  order: 'cpu',
  format: createFormat('en'),
  turn: 0,
};
const swapped = [host('aa', { cpu: 0.95 }), busy];

test('values move hosts only at the next turn, and never under the pointer', () => {
  const order = new CalmOrder();
  const first = order.ids(input);
  expect(first).toEqual([busy.hostId, calm.hostId]);
  expect(order.ids({ ...input, hosts: swapped })).toBe(first);
  order.hold(true);
  expect(order.ids({ ...input, hosts: swapped, turn: 1 })).toBe(first);
  order.hold(false);
  expect(order.ids({ ...input, hosts: swapped, turn: 2 })).toEqual([calm.hostId, busy.hostId]);
});

test('what people choose acts at once, also under the pointer', () => {
  const order = new CalmOrder();
  order.ids(input);
  order.hold(true);
  expect(order.ids({ ...input, order: 'name' })).toEqual([calm.hostId, busy.hostId]);
  expect(order.ids({ ...input, order: 'name', filter: { ...noFilter, text: 'bb' } })).toEqual([
    busy.hostId,
  ]);
});

test('a host that comes or goes is shown at once', () => {
  const order = new CalmOrder();
  order.ids(input);
  expect(order.ids({ ...input, hosts: [busy] })).toEqual([busy.hostId]);
});
