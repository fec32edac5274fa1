/**
 * Socket.IO's adapter for a hub that uses no rooms: every packet goes to one client, and who gets what is decided
 * by the channels. The stock adapter keeps two sets and three map entries per connection for it.
 */
export class NoRooms {
  readonly rooms: Map<string, Set<string>> = new Map();
  readonly sids: Map<string, Set<string>> = new Map();
  init(): void {}
  close(): void {}
  addAll(): void {}
  del(): void {}
  delAll(): void {}
  socketRooms(): Set<string> {
    return new Set();
  }
}
