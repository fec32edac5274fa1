/**
 * Which targets a rule is about, on one line: `web-1` is a name or id, `#web` a label that is there, `team=shop`,
 * `env!=dev`, `zone~a*|b*` and `zone!~x` demands on labels, `kind=host|pod` kinds. ` & ` joins what must hold together,
 * `,` what may hold instead. Nothing is all.
 */
import { targetKinds, type Matcher, type TargetKind } from '@openmanager/protocol';
import type { TargetSelection, TargetSelector } from '@openmanager/alerting/model';

export function targetsInput(targets: TargetSelection | undefined): string {
  if (targets === undefined || targets === 'all') return '';
  return targets.map(selectorInput).join(', ');
}

function selectorInput({ kinds, target, labels = [] }: TargetSelector): string {
  return [
    ...(target === undefined ? [] : [target]),
    ...(kinds ? [`kind=${kinds.join('|')}`] : []),
    ...labels.map(({ name, op, value }) =>
      op === '~' && value === '*' ? `#${name}` : `${name}${op}${value}`,
    ),
  ].join(' & ');
}

export function targetsOf(text: string): TargetSelection {
  const selectors = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(selectorOf);
  return selectors.length === 0 ? 'all' : selectors;
}

function selectorOf(text: string): TargetSelector {
  let selector: TargetSelector = {};
  const labels: Matcher[] = [];
  for (const term of text.split(' & ').map((part) => part.trim())) {
    const [, name = '', op, value = ''] = /^([^=!~]+?)\s*(=|!=|~|!~)\s*(.*)$/.exec(term) ?? [];
    const kinds = name === 'kind' && op === '=' ? kindsOf(value) : undefined;
    if (kinds) selector = { ...selector, kinds };
    else if (op !== undefined) labels.push({ name, op: op as Matcher['op'], value });
    else if (term.startsWith('#')) labels.push({ name: term.slice(1), op: '~', value: '*' });
    else if (term !== '') selector = { ...selector, target: term };
  }
  return labels.length === 0 ? selector : { ...selector, labels };
}

function kindsOf(value: string): readonly TargetKind[] | undefined {
  const kinds = value.split('|') as TargetKind[];
  return kinds.every((kind) => targetKinds.includes(kind)) ? kinds : undefined;
}
