export type { ApiContext } from './context.ts';
export { createApi, IMPORT_PATH } from './server.ts';
