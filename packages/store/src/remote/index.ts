export { openClusterStore, type ClusterOptions, type ClusterStore } from './cluster-store.ts';
export { RemoteDefaults, type RemoteFigures } from './remote-sender.ts';
