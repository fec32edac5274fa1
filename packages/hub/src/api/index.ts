export type { ApiContext } from './context.ts';
export { API_PREFIX, createApi, type Api } from './server.ts';
