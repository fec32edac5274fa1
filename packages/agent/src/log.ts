export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Receives log records of the agent; fields never hold keys or codes. */
export type Log = (
  level: LogLevel,
  message: string,
  fields?: Readonly<Record<string, string | number | boolean>>,
) => void;

export const silent: Log = () => {};
