/** What is on its way to the cluster store. */
export interface RemoteDelivery {
  stats(): {
    readonly requestsWaiting: number;
    readonly bytesWaiting: number;
    readonly samplesDelivered: number;
    readonly samplesDropped: number;
  };
}
