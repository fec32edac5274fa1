/** The linter's rule `openmanager/imports`: what the table of imports does not allow. */
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verdict } from './verdict.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** `import type`, `export type`, or nothing but `type` names. */
function isType(node) {
  if (node.importKind === 'type' || node.exportKind === 'type') return true;
  const names = node.specifiers ?? [];
  return (
    names.length > 0 &&
    names.every(({ importKind, exportKind }) => (importKind ?? exportKind) === 'type')
  );
}

function create(context) {
  const path = relative(root, context.filename).split(sep).join('/');
  function look(node) {
    if (typeof node.source?.value !== 'string') return;
    const message = verdict(path, node.source.value, isType(node));
    if (message !== undefined) context.report({ node: node.source, message });
  }
  return {
    ImportDeclaration: look,
    ExportNamedDeclaration: look,
    ExportAllDeclaration: look,
    ImportExpression: look,
  };
}

// A plugin of the linter is a default export.
// oxlint-disable-next-line import/no-default-export
export default { meta: { name: 'openmanager' }, rules: { imports: { create } } };
