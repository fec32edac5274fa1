export { openClusterStore, type ClusterOptions, type ClusterStore } from './cluster-store.ts';
export { RemoteDefaults, type RemoteStats } from './remote-sender.ts';
