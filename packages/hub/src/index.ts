export { HubError, type HubErrorCode } from './app/hub-error.ts';
export type { HubOptions, HubStep, Past, RunningHub } from './app/options.ts';
export { startHub } from './app/start-hub.ts';
export {
  checkDatabase,
  repairDatabase,
  type Finding,
  type RepairReport,
  type SalvageReport,
} from './app/repair.ts';
