/** Keeps one core busy until it is killed. The lowest priority, so that the machine stays usable meanwhile. */
import { constants, setPriority } from 'node:os';

setPriority(constants.priority.PRIORITY_LOW);
for (;;);
