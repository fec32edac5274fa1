/** Programs that benchmarks compare with, installed on first use where that is possible. */
import { installPeers } from '../scripts/peers/install.ts';
import { peers, type PeerName } from '../scripts/peers/table.ts';

/** False where one is absent; says how to install it. */
export async function havePeers(...names: readonly PeerName[]): Promise<boolean> {
  const absent = await installPeers(names, console.error);
  for (const name of absent)
    console.error(
      `${name} is missing: "apt-get install ${peers[name].debian.join(' ')}" adds it to the comparison.`,
    );
  return absent.length === 0;
}
