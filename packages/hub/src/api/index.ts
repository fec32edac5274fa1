export type { ApiContext } from './context.ts';
export { createApi } from './server.ts';
