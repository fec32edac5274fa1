export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Receives what the agent has to say; fields never hold keys or codes. */
export type Log = (
  level: LogLevel,
  message: string,
  fields?: Readonly<Record<string, string | number | boolean>>,
) => void;

export const silent: Log = () => {};
