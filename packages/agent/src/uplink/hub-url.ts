import { AgentError } from '../agent-error.ts';

function parse(hub: string): URL {
  const text = hub.includes('://') ? hub : `http://${hub}`;
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw invalid(hub, error);
  }
  if (!['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol)) throw invalid(hub);
  return url;
}

function invalid(hub: string, cause?: unknown): AgentError {
  return new AgentError(
    'invalid-option',
    `"${hub}" is not the address of a hub.`,
    'Give it as --hub http://host:8787 or https://host.',
    cause,
  );
}

function at(hub: string, path: string, web: boolean): string {
  const url = parse(hub);
  const secure = url.protocol === 'https:' || url.protocol === 'wss:';
  const scheme = web ? (secure ? 'https' : 'http') : secure ? 'wss' : 'ws';
  return `${scheme}://${url.host}${url.pathname.replace(/\/+$/, '')}${path}`;
}

/** The hub as people write it, without a path at its end. */
export function hubOrigin(hub: string): string {
  return at(hub, '', true);
}

export function agentSocketUrl(hub: string): string {
  return at(hub, '/api/v1/agent', false);
}

export function enrolUrl(hub: string): string {
  return at(hub, '/api/v1/agents/enroll', true);
}
