/** Whether a hub at this host name can be reached from its own machine only. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** What to run on the machine that is to be watched. */
export function enrolCommands(
  hub: string,
  code: string,
): { readonly enrol: string; readonly run: string } {
  return {
    enrol: `npx --no-install openmanager agent enroll --hub ${hub} --code ${code}`,
    run: `npx --no-install openmanager agent --hub ${hub}`,
  };
}
