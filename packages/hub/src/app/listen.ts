import { HubError } from './hub-error.ts';

export interface ListenAddress {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

const FORM = /^(\[[0-9a-fA-F:.%]+\]|[^:[\]\s]+):(\d{1,5})$/;

/** `host:port`, with brackets around an IPv6 address. Throws HubError `listen-invalid`. */
export function parseListen(text: string): ListenAddress {
  const parts = FORM.exec(text);
  const port = Number(parts?.[2]);
  if (!parts || port > 65_535)
    throw new HubError(
      'listen-invalid',
      `Cannot listen on "${text}": write host:port, such as 127.0.0.1:8787 or 0.0.0.0:8787.`,
    );
  return { host: (parts[1] as string).replace(/^\[|\]$/g, ''), port };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Origin to open in a browser on this machine. */
export function originOf({ host, port }: ListenAddress): string {
  const open = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${open.includes(':') ? `[${open}]` : open}:${port}`;
}

/**
 * Names under which this hub may be addressed, or undefined for any. A hub on loopback is reached by a page that
 * made its own name resolve to 127.0.0.1 (DNS rebinding); such requests carry that name.
 */
export function allowedHostnames(
  listen: ListenAddress,
  allowOrigins: readonly string[],
): ReadonlySet<string> | undefined {
  if (!isLoopback(listen.host)) return undefined;
  return new Set([
    'localhost',
    '127.0.0.1',
    '::1',
    listen.host,
    ...allowOrigins
      .filter((origin) => URL.canParse(origin))
      .map((origin) => bare(new URL(origin).hostname)),
  ]);
}

/** Host name of a `Host` header, lower case, without port and brackets; undefined when it has no such form. */
export function hostnameOfHeader(header: string | undefined): string | undefined {
  const parts = /^(\[[0-9a-fA-F:.]+\]|[^:[\]/@\s]+)(?::\d+)?$/.exec(header ?? '');
  return parts ? bare(parts[1] as string).toLowerCase() : undefined;
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
