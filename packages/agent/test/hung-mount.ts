import { keptInside } from './own-mounts.ts';

/**
 * A filesystem that never answers, made without a program of its own: FUSE is mounted on a descriptor that nobody reads.
 * In a mount namespace, so that nothing else on the machine sees it; root is needed.
 */
export const hungMounts = (places: readonly string[], command: string): string =>
  [
    keptInside,
    ...places.flatMap((place, at) => [
      `exec ${at + 10}<>/dev/fuse`,
      `mount -i -t fuse.sshfs hung${at}:/ ${place} -o fd=${at + 10},rootmode=40000,user_id=0,group_id=0`,
    ]),
    // Not by exec: the shell keeps the descriptors open as long as the command runs.
    command,
  ].join(' && ');
