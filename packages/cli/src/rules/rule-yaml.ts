import { Lexer, parse } from 'yaml';

/** What nests in a file of rules is a handful of levels; the parser's time grows with the square of the depth. */
const DEPTH = 64;
const INDENTATION = 1_000;
const LENGTH = 4 * 1024 * 1024;
const ALIASES = 100;

export class YamlTooDeep extends Error {
  readonly line: number;

  constructor(line: number) {
    super(
      `line ${line}: nests more than ${DEPTH} levels deep, or is longer than a file of rules gets`,
    );
    this.name = 'YamlTooDeep';
    this.line = line;
  }
}

/** A file of a person's own, or of somebody else's. Throws YamlTooDeep before the parser could take long over it. */
export function readYaml(text: string): unknown {
  if (text.length > LENGTH) throw new YamlTooDeep(1);
  checkDepth(text);
  return parse(text, { maxAliasCount: ALIASES, logLevel: 'error' }) as unknown;
}

function checkDepth(text: string): void {
  let [line, flow, onLine] = [1, 0, 0];
  let startsLine = true;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === '[' || lexeme === '{') flow++;
    else if (lexeme === ']' || lexeme === '}') flow--;
    // Collections that begin within one line: `- - - x`, `? ? x`.
    else if (lexeme === '-' || lexeme === '?' || lexeme === ':') onLine++;
    const isDeep =
      flow > DEPTH || onLine > DEPTH * 4 || (startsLine && indentOf(lexeme) > INDENTATION);
    if (isDeep) throw new YamlTooDeep(line);
    startsLine = lexeme.includes('\n');
    if (startsLine) {
      line += lexeme.split('\n').length - 1;
      onLine = 0;
    }
  }
}

function indentOf(lexeme: string): number {
  return /^ */.exec(lexeme)?.[0].length ?? 0;
}
