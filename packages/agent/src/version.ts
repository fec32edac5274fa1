/** Version of this package, as in its package.json; a test keeps them the same. */
export const AGENT_VERSION = '0.1.0';
