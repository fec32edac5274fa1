/** What to run on the machine that is to be watched. */
export function enrolCommands(
  hub: string,
  code: string,
): { readonly enrol: string; readonly run: string } {
  return {
    enrol: `openmanager agent enroll --hub ${hub} --code ${code}`,
    run: `openmanager agent --hub ${hub}`,
  };
}
