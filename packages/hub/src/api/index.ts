export type { AlertDesk } from './alert-desk.ts';
export type { ApiContext } from './context.ts';
export { createApi, type Api } from './server.ts';
