import { ProtocolError } from '../errors.ts';
import { hostStatuses, priorities, type HostStatus, type Priority } from '../model/host.ts';

export interface HostStateFields {
  readonly status: HostStatus;
  readonly priority: Priority;
}

/** Status in the lowest two bits, priority in the two above. */
export function stateCode({ status, priority }: HostStateFields): number {
  return hostStatuses.indexOf(status) | (priorities.indexOf(priority) << 2);
}

export function stateOfCode(code: number): HostStateFields {
  const status = hostStatuses[code & 3];
  const priority = priorities[code >> 2];
  if (status === undefined || priority === undefined)
    throw new ProtocolError('malformed-message', `unknown host state ${code}`);
  return { status, priority };
}
