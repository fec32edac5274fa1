export { StoredPast } from './stored-past.ts';
