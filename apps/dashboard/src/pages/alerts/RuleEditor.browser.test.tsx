import { defaultRules, type Rule } from '@openmanager/alerting';
import { expect, test } from 'vitest';
import { page } from 'vitest/browser';
import { answer, sent, show, violations } from '../../../test/page.tsx';
import { RuleEditor } from './RuleEditor.tsx';

const rich: Rule = {
  ruleId: 'rich',
  kind: 'above',
  severity: 'critical',
  metric: 'system.filesystem.utilization',
  scope: 'each',
  threshold: 0.9,
  clear: 0.85,
  forMs: 60_000,
  clearForMs: 120_000,
  keepFiringForMs: 180_000,
  notify: 'nobody',
  notifyAfterMs: 240_000,
  labels: { team: 'shop' },
  where: { 'system.filesystem.type': ['!tmpfs', '!overlay'] },
  guards: [{ metric: 'system.filesystem.usage', below: 20e9 }],
  summary: '{{host}} is full',
  runbookUrl: 'https://example.org/full',
  overrides: [{ where: { 'system.filesystem.mountpoint': '/backup' }, threshold: 0.95, forMs: 5 }],
};

async function saved(rule: Rule, change: () => Promise<void> = async () => {}): Promise<unknown> {
  const path = `rules/${rule.ruleId}`;
  answer({ [path]: { status: 200, body: { rule, origin: 'own', warnings: [] } } });
  show(<RuleEditor key={rule.ruleId} rule={rule} isNew={false} admin onClose={() => {}} />);
  await change();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect.poll(() => sent('PUT')).toHaveLength(1);
  return sent('PUT')[0];
}

test.each(defaultRules)('saved without a change, $ruleId is as it was', async (rule) => {
  expect(await saved(rule)).toEqual(JSON.parse(JSON.stringify(rule)));
});

test('what is hardly meant is said when it was saved, and the form stays', async () => {
  const warning = {
    code: 'share-beyond-one',
    field: 'threshold',
    value: '90',
    hint: '0.9',
  };
  answer({
    'rules/rich': { status: 200, body: { rule: rich, origin: 'own', warnings: [warning] } },
  });
  let closed = 0;
  show(<RuleEditor rule={rich} isNew={false} admin onClose={() => closed++} />);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect
    .element(page.getByRole('status'))
    .toHaveTextContent('threshold: 90 is more than a share can be; write 0.9 for 90 %');
  expect(closed).toBe(0);
  expect(await violations()).toEqual([]);
});

test('another kind keeps every field that it has', async () => {
  const body = await saved(rich, () =>
    page.getByLabelText('Condition').selectOptions('changes faster than'),
  );
  expect(body).toEqual({ ...rich, kind: 'rate', direction: 'above', overMs: 300_000 });
});

test('what another kind does not have is named before it is saved, and comes back with the former one', async () => {
  const condition = page.getByLabelText('Condition');
  const body = await saved(rich, async () => {
    await condition.selectOptions('host is silent');
    await expect
      .element(page.getByRole('status'))
      .toHaveTextContent(
        'Not kept under this condition: metric, scope, clear, where, guards, overrides. Saving removes it; the former condition brings it back.',
      );
    expect(await violations()).toEqual([]);
    await condition.selectOptions('is above');
    await expect.element(page.getByRole('status')).not.toBeInTheDocument();
  });
  expect(body).toEqual(rich);
});
