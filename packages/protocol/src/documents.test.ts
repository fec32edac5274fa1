/** Holds the documents to each other and to the code: links lead somewhere, and sections that are cited exist. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));

function tracked(...patterns: readonly string[]): string[] {
  return execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...patterns], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(root, path)));
}

const text = (path: string): string => readFileSync(join(root, path), 'utf8');

/** As GitHub makes anchors of headings. */
function anchors(markdown: string): Set<string> {
  const made = new Set<string>();
  for (const [, heading = ''] of markdown.matchAll(/^#{1,6} (.+)$/gm))
    made.add(
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
  for (const [, id = ''] of markdown.matchAll(/<a id="([^"]+)"/g)) made.add(id);
  return made;
}

test('every relative link of a document leads to a file, and every anchor to a heading', () => {
  const broken: string[] = [];
  for (const path of tracked('*.md')) {
    const markdown = text(path).replaceAll(/```[\s\S]*?```/g, '');
    for (const [, target = ''] of markdown.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file = '', anchor] = target.split('#');
      const full = file === '' ? join(root, path) : resolve(root, dirname(path), file);
      if (!existsSync(full)) broken.push(`${path}: ${target}`);
      else if (anchor !== undefined && full.endsWith('.md') && path !== 'docs/reference/react.md')
        if (!anchors(readFileSync(full, 'utf8')).has(anchor)) broken.push(`${path}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test('sections of PROTOCOL.md that the code cites exist', () => {
  const sections = new Set(
    [...text('PROTOCOL.md').matchAll(/^##+ ([\d.]+?)\.? /gm)].map(([, number]) => number),
  );
  const missing: string[] = [];
  for (const path of tracked('*.ts', '*.tsx', '*.mjs', '*.md'))
    for (const [, section = ''] of text(path).matchAll(/PROTOCOL(?:\.md)?,? § ?([\d.]*\d)/g))
      if (!sections.has(section)) missing.push(`${path}: § ${section}`);
  expect(missing).toEqual([]);
});

test('no file cites a document that is not part of the project', () => {
  const citing = tracked('*.ts', '*.tsx', '*.mjs', '*.json', '*.md').filter((path) => {
    if (path.endsWith('documents.test.ts')) return false;
    return /\bDESIGN(?:\.md| §)|\bSTACK\.md/.test(text(path));
  });
  expect(citing).toEqual([]);
});

test('the guide of the hooks names every hook, and the reference has each', () => {
  const exported = new Set(
    [...text('packages/react/src/index.ts').matchAll(/\b(use[A-Z]\w*)\b/g)].map(([, name]) => name),
  );
  expect(exported.size).toBeGreaterThan(10);
  const guide = text('docs/guide/react.md');
  const reference = text('docs/reference/react.md');
  for (const name of exported) {
    expect(guide, `docs/guide/react.md lacks ${name}`).toContain(`\`${name}(`);
    expect(reference, `docs/reference/react.md lacks ${name}`).toContain(`### ${name}()`);
  }
});
