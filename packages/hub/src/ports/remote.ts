/** What is on its way to the cluster store. */
export interface RemoteDelivery {
  figures(): {
    readonly requestsWaiting: number;
    readonly bytesWaiting: number;
    readonly samplesDelivered: number;
    readonly samplesDropped: number;
  };
}
