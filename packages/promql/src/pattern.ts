/**
 * Patterns as Prometheus reads them: RE2's syntax, in a time that is linear in the text (https://github.com/le0pard/re2js;
 * some 100 times slower than V8's engine for what is no list, prefix or suffix, which nobody feels for labels).
 */
import { RE2JS } from 're2js';
import { PromqlError } from './promql-error.ts';

export interface Pattern {
  /** The whole text. */
  readonly fits: (text: string) => boolean;
  /** What the groups found, by number and name; undefined where the text does not fit. */
  readonly groups: (text: string) => ReadonlyMap<string, string> | undefined;
}

/** Patterns that were asked for lately: each part of a query asks for its own once when read and once when computed. */
const known = new Map<string, Pattern>();
const MOST = 200;

/** Throws `bad_data` for one that cannot be read. */
export function patternOf(value: string): Pattern {
  let pattern = known.get(value);
  if (!pattern) {
    pattern = compiled(value);
    if (known.size >= MOST) known.clear();
    known.set(value, pattern);
  }
  return pattern;
}

function compiled(value: string): Pattern {
  const simple = simpleTest(value);
  let made: RE2JS | undefined;
  const compile = (): RE2JS => {
    try {
      return (made ??= RE2JS.compile(value, RE2JS.DOTALL));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PromqlError(
        'bad_data',
        `parse error: the regular expression "${value}" cannot be read: ${why}`,
      );
    }
  };
  if (!simple) compile();
  return {
    fits: simple ?? ((text) => compile().matches(text)),
    groups(text) {
      const pattern = compile();
      const matcher = pattern.matcher(text);
      if (!matcher.matches()) return undefined;
      const found = new Map<string, string>();
      for (let place = 0; place <= pattern.groupCount(); place++)
        found.set(String(place), matcher.group(place) ?? '');
      for (const [name, place] of Object.entries(pattern.namedGroups()))
        found.set(name, matcher.group(place) ?? '');
      return found;
    },
  };
}

const LITERALS = /^[^\\.+*?()[\]{}^$]*$/;
const AROUND = /^(\.[*+])?([^\\.+*?()[\]{}^$|]*)(\.[*+])?$/;

/** Lists of texts, and texts with anything before or behind, which most patterns are. */
function simpleTest(value: string): ((text: string) => boolean) | undefined {
  if (LITERALS.test(value)) {
    const all = new Set(value.split('|'));
    return (text) => all.has(text);
  }
  const [whole, before, middle = '', after] = AROUND.exec(value) ?? [];
  if (whole === undefined) return undefined;
  const least = middle.length + Number(before === '.+') + Number(after === '.+');
  if (before === undefined) return (text) => text.length >= least && text.startsWith(middle);
  if (after === undefined) return (text) => text.length >= least && text.endsWith(middle);
  return (text) => {
    const at = text.indexOf(middle, before === '.+' ? 1 : 0);
    return at >= 0 && (after === '.*' || at + middle.length < text.length);
  };
}
