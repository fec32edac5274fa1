/** What the command prints, in the reader's language: `--lang`, OPENMANAGER_LANG, or the locale of the environment. */
import { errors, type Problem } from '@openmanager/protocol';
import {
  cliMessages,
  errorMessages,
  formatMessage,
  preferredLanguage,
  type CliMessages,
  type Language,
  type MessageValues,
} from '@openmanager/texts';

export type TextKey = keyof CliMessages;

function languageOf(environment: NodeJS.ProcessEnv): Language {
  const { OPENMANAGER_LANG, LC_ALL, LC_MESSAGES, LANG } = environment;
  return preferredLanguage([OPENMANAGER_LANG || LC_ALL || LC_MESSAGES || LANG || '']);
}

let language: Language = languageOf(process.env);
let { messages } = await cliMessages[language]();

/** Speaks the language of `--lang` from here on; answers the arguments without it. */
export async function takeLanguage(args: readonly string[]): Promise<readonly string[]> {
  const at = args.findIndex((arg) => arg === '--lang' || arg.startsWith('--lang='));
  const wanted = args[at]?.split('=')[1] ?? args[at + 1];
  if (at < 0 || wanted === undefined) return args;
  language = preferredLanguage([wanted]);
  ({ messages } = await cliMessages[language]());
  return args.toSpliced(at, args[at] === '--lang' ? 2 : 1);
}

export const spokenLanguage = (): Language => language;

export function text(key: TextKey, values?: MessageValues): string {
  return formatMessage(language, messages[key], values);
}

/** An error of the hub; what it says about this one case, such as the name of a field, is English. */
export function problemText({ code, detail }: Pick<Problem, 'code' | 'detail'>): string {
  const general = errorMessages[language][`error.${code}`];
  return detail === errors[code].message ? general : `${general} (${detail})`;
}
