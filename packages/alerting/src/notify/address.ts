import { BlockList, isIPv6 } from 'node:net';

/** Networks that a message from a hub has no business in, by the IANA special-purpose address registries. */
const special = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  special.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  // Protocol assignments (Teredo among them), documentation, 6to4: each can carry or stand for another address.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  special.addSubnet(network, prefix, 'ipv6');

const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/** Whether anybody on the Internet may be behind the address; false for text that is none. */
export function isPublicAddress(address: string): boolean {
  // Addresses with a zone, and IPv4 in IPv6 clothes, lie outside of 2000::/3.
  if (isIPv6(address))
    return globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6');
  return /^\d+\.\d+\.\d+\.\d+$/.test(address) && !special.check(address, 'ipv4');
}
