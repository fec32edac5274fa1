export { authorize, grants, type Who } from './authorize.ts';
export { Auth } from './auth.ts';
