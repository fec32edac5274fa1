export { agentList } from './agent-list.ts';
export { HostLifecycle } from './host-lifecycle.ts';
export { HostNameBook } from './host-names.ts';
