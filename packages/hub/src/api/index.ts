export type { ApiContext } from './context.ts';
export { createApi, type Api } from './server.ts';
