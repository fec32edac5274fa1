/** The words of a query, by Prometheus's rules (promql/parser/lex.go). */
import { PromqlError } from './promql-error.ts';

export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'sign' | 'end';
  readonly text: string;
  /** Place in the query. */
  readonly at: number;
}

const SPACE = /(?:\s|#[^\n]*)*/y;
const DURATION = /(?:\d+(?:ms|[smhdwy]))+/y;
const NUMBER = /0x[\da-f]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?/iy;
const NAME = /[a-zA-Z_:][\w:]*/y;
/** Between brackets a colon stands between a range and a step; in braces labels have none. */
const LABEL = /[a-zA-Z_]\w*/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'|`[^`]*`/y;
const SIGN = /=~|!~|==|!=|<\/|>\/|<=|>=|[-+*/%^<>=(){}[\],:@]/y;

export function fail(text: string, at: number, message: string): PromqlError {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - before.lastIndexOf('\n');
  return new PromqlError('bad_data', `${line}:${column}: parse error: ${message}`);
}

/** Throws PromqlError `bad_data` for what is no word. The last token is the end. */
export function tokens(text: string): readonly Token[] {
  const found: Token[] = [];
  let at = 0;
  let closed = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (;;) {
    at += take(SPACE)?.length ?? 0;
    if (at >= text.length) break;
    const token = next(take, closed > 0);
    if (!token) throw unknown(text, at);
    if (token.kind === 'sign') {
      if (token.text === '[' || token.text === '{') closed++;
      if (token.text === ']' || token.text === '}') closed--;
    }
    const end = at + token.text.length;
    if (token.kind === 'number' && /[\w.]/.test(text[end] ?? ''))
      throw fail(
        text,
        at,
        `bad number or duration syntax: ${JSON.stringify(text.slice(at, end + 1))}`,
      );
    found.push({ ...token, at });
    at = end;
  }
  found.push({ kind: 'end', text: '', at: text.length });
  return found;
}

function next(
  take: (pattern: RegExp) => string | undefined,
  closed: boolean,
): Pick<Token, 'kind' | 'text'> | undefined {
  const number = longer(take(DURATION), take(NUMBER));
  if (number !== undefined) return { kind: 'number', text: number };
  const name = take(closed ? LABEL : NAME);
  if (name !== undefined) return { kind: 'name', text: name };
  const string = take(STRING);
  if (string !== undefined) return { kind: 'string', text: string };
  const sign = take(SIGN);
  return sign === undefined ? undefined : { kind: 'sign', text: sign };
}

function longer(a: string | undefined, b: string | undefined): string | undefined {
  return (a?.length ?? 0) >= (b?.length ?? 0) ? a : b;
}

function unknown(text: string, at: number): PromqlError {
  const first = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return '"\'`'.includes(first)
    ? fail(text, at, 'unterminated quoted string')
    : fail(text, at, `unexpected character: '${first}'`);
}
