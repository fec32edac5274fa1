/** Options of `unshare` for a mount namespace of a test's own. By itself it refuses in a chroot, whose root is no mount. */
export const ownMounts: readonly string[] = ['--mount', '--propagation', 'unchanged'];

/** Begins the script in it: what is mounted there is not seen outside. Whoever made the chroot has seen to that. */
export const keptInside = '{ mount --make-rprivate / 2>/dev/null || true; }';
