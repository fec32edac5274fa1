import {
  openClusterStore,
  openStore,
  type ClusterStore,
  type EmbeddedStore,
} from '@openmanager/store';
import { hasVault } from '@openmanager/alerting/notify';
import type { HostNames } from '../ports/index.ts';
import type { HubOptions } from './options.ts';

/** The store of the data folder, with a cluster behind it when there is one. */
export async function openHubStore(
  options: HubOptions,
  names: HostNames,
): Promise<EmbeddedStore | ClusterStore> {
  const { dataFolder, retentionMs, tiers, maxBytes, clusterUrl } = options;
  const own = {
    folder: dataFolder,
    // The key that seals receivers' secrets is made by the first start, after the database.
    mustExist: options.startAnew !== true && hasVault(dataFolder),
    ...(retentionMs === undefined ? {} : { retentionMs }),
    ...(tiers === undefined ? {} : { tiers }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  };
  if (clusterUrl === undefined) return openStore(own);
  const instanceOf = (hostId: string): string => names.hostname(hostId) ?? hostId;
  return openClusterStore({ ...own, url: clusterUrl, instanceOf });
}
